"""A network that is trained whole."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import needs

from iqcurate.experiments.training.design import TrainingSet
from iqcurate.experiments.training.finetune import Finetune, Training
from iqcurate.experiments.training.learners import StoppedError

TRAINED, HELD_OUT = 64, 40


def stripes(n: int, side: int = 32) -> tuple[np.ndarray, np.ndarray]:
    """Pictures of stripes down and across, under noise, and which they are."""
    rng = np.random.default_rng(3)
    labels = np.arange(n) % 2
    waves = np.sin(np.arange(side) / rng.uniform(0.8, 1.6, n)[:, None] + rng.uniform(0, 6, (n, 1)))
    down = 127 + 60 * waves[:, None, :] + rng.normal(0, 30, (n, side, side))
    turned = np.where(labels[:, None, None] == 1, down, down.transpose(0, 2, 1))
    pixels = np.repeat(np.clip(turned, 0, 255).astype(np.uint8)[:, None], 3, axis=1)
    return pixels, labels


def learner(**changes) -> Finetune:
    needs("torch", "torchvision")
    pixels, labels = stripes(TRAINED + HELD_OUT)
    how = Training(size=32, batch=16, **{"epochs": 5, "rate": 1e-3, **changes})
    return Finetune(pixels, labels, np.arange(TRAINED, TRAINED + HELD_OUT), 2, how)


@pytest.mark.slow
def test_it_learns_from_random_parameters():
    net = learner()
    found = net(TrainingSet(np.arange(TRAINED)), 0)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)
    assert (found.argmax(axis=1) == net.labels[net.held_out]).mean() > 0.8


@pytest.mark.slow
def test_weights_count_and_seeds_differ():
    net = learner(epochs=2)
    some = np.arange(32)
    weights = np.where(net.labels[some] == 1, 2.0, 0.0)
    plain, one = net(TrainingSet(some), 0), net(TrainingSet(some, weights), 0)
    assert one[:, 1].mean() > plain[:, 1].mean() + 0.1, "it has been taught one class only"
    assert not np.array_equal(plain, net(TrainingSet(some), 1))
    np.testing.assert_array_equal(plain, net(TrainingSet(some), 0))


def test_it_stops_in_the_middle():
    net = learner()
    net.stop = lambda: True
    with pytest.raises(StoppedError):
        net(TrainingSet(np.arange(TRAINED)), 0)
