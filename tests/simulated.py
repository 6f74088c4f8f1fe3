"""Data sets whose truth is known, and a learner fast enough to train on thousands of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from iqcurate.experiments.training.design import Quality, Question
from iqcurate.experiments.training.split import Split
from iqcurate.experiments.training.study import TEST, Settings, Study
from iqcurate.models.labelled import Labelled

SHARE = 0.3


class Ridge:
    """Ridge regression on one column a class, in closed form; weights count."""

    alone = False

    def __init__(self, features, labels, held_out, strength=1.0):
        self.features, self.labels, self.held_out = features, labels, held_out
        self.identity = {"learner": "ridge"}
        self.strength, self.classes = strength, int(labels.max()) + 1

    def __call__(self, training, number):
        x, y = self.features[training.rows], np.eye(self.classes)[self.labels[training.rows]]
        w = np.ones(len(x)) if training.weights is None else training.weights
        middle, level = w @ x / w.sum(), w @ y / w.sum()
        centred = x - middle
        left = (centred * w[:, None]).T @ centred + self.strength * np.eye(x.shape[1])
        slope = np.linalg.solve(left, (centred * w[:, None]).T @ (y - level))
        return (self.features[self.held_out] - middle) @ slope + level


@dataclass(frozen=True)
class World:
    """How a simulated data set is made.

    Parameters
    ----------
    random_labels
        Share of the bad images whose label is drawn anew.
    rare
        Share of images of a condition in which the classes are told apart by other features; in
        the pool they are the bad ones.
    """

    pool: int = 600
    test: int = 200
    numbers: int = 20
    apart: float = 1.2
    random_labels: float = 0.0
    rare: float = 0.0


def made(world: World, seed: int, seeds: int = 20, **settings) -> tuple[Study, Ridge]:
    """A study of two classes: normal features, qualities unrelated to the class."""
    rng = np.random.default_rng(seed)
    validation = 2
    n = world.pool + validation + world.test
    labels = rng.permutation(np.arange(n) % 2)
    rare = rng.random(n) < world.rare
    features = rng.normal(size=(n, world.numbers))
    features[np.arange(n), labels + 2 * rare] += world.apart
    rank = (rng.permutation(n) + 0.5) / n
    if world.rare:
        rank = np.where(rare, 0.0, 1.0) + rng.random(n) / 1000
    pool = np.arange(world.pool)
    spoilt = pool[(rank[pool] < SHARE) & (rng.random(world.pool) < world.random_labels)]
    labels[spoilt] = rng.integers(0, 2, len(spoilt))
    parts = np.split(np.arange(n), [world.pool, world.pool + validation])
    split = Split(pool, parts[1], parts[2])
    taking = Labelled(np.arange(n), ("a", "b"), labels, np.arange(n), np.arange(0), ())
    study = Study(
        taking, split, Quality(rank), Settings((SHARE,), seeds=seeds, seed=seed, **settings)
    )
    return study, Ridge(features, labels, study.held_out)


def answer(study: Study, learner: Ridge, question: Question = Question.QUALITY):
    """The comparison on all test images, as the commands come to it."""
    done = {job: study.run(job, learner) for job in study.jobs()}
    for share in study.undecided(done):
        done |= {job: study.run(job, learner) for job in study.shuffled_jobs(share)}
    return next(a for a in study.answers(done) if (a.question, a.part) == (question, TEST))
