"""What the tests of deep metrics share: no network, and random checkpoints made once."""

from __future__ import annotations

import socket
from functools import cache

import pytest
from conftest import needs
from deep.made import make_checkpoint, pictures

from iqcurate.metrics.deep import build, operator
from iqcurate.operators import Setup

SIZES = ((224, 224), (300, 225), (110, 90))


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Any attempt to reach a network is an error, not a wait."""

    def refuse(*args, **kwargs):
        raise AssertionError("a test of deep metrics tried the network")

    for name in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


@pytest.fixture(autouse=True, scope="session")
def one_core():
    """Kernels of torch that share cores with other tests wait for each other."""
    needs("torch")
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """Path of a checkpoint of a metric, made when it is first asked for."""
    needs("pyiqa")
    folder = tmp_path_factory.mktemp("checkpoints")
    return cache(lambda metric: make_checkpoint(metric, folder, pictures(SIZES)))


@pytest.fixture(scope="session")
def setup_of(checkpoint):
    return lambda metric, **more: Setup(weights={metric: checkpoint(metric)}, threads=2, **more)


@pytest.fixture(scope="module")
def load_once():
    """Let a metric's network be built once for a module of tests."""
    patch = pytest.MonkeyPatch()
    kept = {}

    def built(metric, files):
        if metric not in kept:
            kept[metric] = build.build(metric, files)
        return kept[metric]

    patch.setattr(operator, "build", built)
    yield
    patch.undo()
