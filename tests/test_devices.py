"""Where networks run."""

from __future__ import annotations

import sys
import types

import pytest
from conftest import needs

from iqcurate.devices import check_device, exact_kernels, find_device
from iqcurate.errors import DeviceError, UsageError
from iqcurate.memory import give_back_memory


@pytest.fixture
def machine(monkeypatch):
    """Pretend that torch finds these."""

    def have(gpus: int = 0, apple: bool = False) -> types.SimpleNamespace:
        cuda = types.SimpleNamespace(is_available=lambda: gpus > 0, device_count=lambda: gpus)
        backends = types.SimpleNamespace(mps=types.SimpleNamespace(is_available=lambda: apple))
        torch = types.SimpleNamespace(cuda=cuda, backends=backends)
        monkeypatch.setitem(sys.modules, "torch", torch)
        return torch

    return have


@pytest.mark.parametrize(
    ("gpus", "apple", "wanted", "found"),
    [
        (0, False, "auto", "cpu"),
        (0, True, "auto", "cpu"),
        (2, False, "auto", "cuda:0"),
        (2, False, "cpu", "cpu"),
        (2, False, "cuda", "cuda:0"),
        (2, False, "cuda:1", "cuda:1"),
        (0, True, "mps", "mps"),
    ],
)
def test_devices(machine, gpus, apple, wanted, found):
    machine(gpus, apple)
    assert find_device(wanted) == found


@pytest.mark.parametrize(
    ("gpus", "wanted", "says"),
    [
        (0, "cuda", "--device cuda:0: torch finds no GPU here; --device cpu goes without"),
        (1, "cuda:1", "--device cuda:1: torch finds 1 GPU here"),
        (2, "cuda:2", "finds 2 GPUs here"),
        (2, "mps", "--device mps: torch finds no Apple GPU"),
    ],
)
def test_devices_that_are_not_there(machine, gpus, wanted, says):
    machine(gpus)
    with pytest.raises(DeviceError, match=says):
        find_device(wanted)


@pytest.mark.parametrize("wanted", ["gpu", "cuda:", "cuda:x", "cpu:0", "", "cuda:1 "])
def test_what_is_no_device(wanted):
    with pytest.raises(UsageError, match="it is auto, cpu, cuda, cuda:N or mps"):
        check_device(wanted)


def test_the_cpu_needs_no_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    assert find_device("cpu") == "cpu"
    give_back_memory()


def test_memory_of_a_device_that_was_used_is_given_back(machine):
    emptied = []
    for used in (False, True):
        cuda = machine(1).cuda
        cuda.is_initialized, cuda.empty_cache = (lambda used=used: used), lambda: emptied.append(1)
        give_back_memory()
    assert emptied == [1]


def test_kernels_are_repeatable_and_cudnn_stays_on():
    needs("torch")
    from torch.backends import cudnn

    before = cudnn.enabled, cudnn.deterministic
    with exact_kernels():
        assert (cudnn.enabled, cudnn.deterministic, cudnn.benchmark) == (True, True, False)
        assert not cudnn.allow_tf32
    assert (cudnn.enabled, cudnn.deterministic) == before
