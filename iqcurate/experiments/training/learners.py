"""What is trained: a learner of the study, and the linear probe."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np

from iqcurate.quiet import no_warnings

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from iqcurate.experiments.training.design import TrainingSet

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.floating[Any]]

STRENGTHS = (0.0001, 0.001, 0.01, 0.1, 1.0)
"""Values of C that are tried: the inverse of the regularisation."""
_FOLDS = 3
_MOST_ITERATIONS = 1000
_LEAST_SD = 1e-9


class StoppedError(Exception):
    """The user wants the end, in the middle of training."""


class Learner(Protocol):
    """Trains on some images and says what it makes of those that are held out."""

    alone: ClassVar[bool]
    """It uses the whole machine by itself: one is trained at a time."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What can change its answers, as JSON has it."""
        ...

    def __call__(self, training: TrainingSet, number: int) -> Floats:
        """Probabilities of the held-out images, (held out, classes).

        Everything that is left to chance depends on `number` alone, so that all arms of a seed
        begin alike.
        """
        ...


@dataclass
class Probe:
    """Logistic regression on frozen features.

    Features are standardised by the pool, and turned to its principal axes, which loses nothing
    and makes training faster; the regularisation is chosen once, by cross-validation within the
    pool: all arms have the same.

    Parameters
    ----------
    features
        float32 (n, numbers), of all images that take part.
    labels, units
        int (n,): class, and what must not be parted.
    pool, held_out
        int: rows to learn from, and to predict.
    classes
        How many there are.
    about
        What is known of the features.
    """

    alone: ClassVar[bool] = False

    features: Floats
    labels: Ints
    units: Ints
    pool: Ints
    held_out: Ints
    classes: int
    about: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._lock = Lock()

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `Learner`."""
        return {"learner": "probe", **self.about}

    def __call__(self, training: TrainingSet, number: int) -> Floats:  # noqa: ARG002 - no chance
        """See `Learner`."""
        labels = self.labels[training.rows]
        with self._lock:  # one thread chooses, the others wait for it
            strength = self.strength
        found = np.zeros((len(self.held_out), self.classes), np.float32)
        known = np.unique(labels)
        found[:, known] = self._fitted(training.rows, training.weights, strength, self.held_out)
        return found

    def _fitted(
        self, rows: Ints, weights: Floats | None, strength: float, asked: Ints
    ) -> Floats | float:
        from sklearn.linear_model import LogisticRegression

        labels = self.labels[rows]
        if len(np.unique(labels)) < 2:
            return 1.0
        model = LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS)
        with no_warnings():
            model.fit(self._turned[rows], labels, weights)
        found: Floats = model.predict_proba(self._turned[asked])
        return found

    @cached_property
    def _turned(self) -> npt.NDArray[np.float64]:
        return _turned(self.features, self.pool)

    @cached_property
    def strength(self) -> float:
        """The C with the least log loss in a cross-validation of the pool, groups kept together."""
        from sklearn.model_selection import StratifiedGroupKFold

        labels = self.labels[self.pool]
        folds = min(_FOLDS, len(np.unique(self.units[self.pool])), int(np.bincount(labels).max()))
        if folds < 2:
            return STRENGTHS[len(STRENGTHS) // 2]
        losses = np.zeros(len(STRENGTHS))
        parts = StratifiedGroupKFold(folds, shuffle=True, random_state=0)
        with no_warnings():
            splits = list(parts.split(np.empty(len(labels)), labels, self.units[self.pool]))
        for train, test in splits:
            rows, asked = self.pool[train], self.pool[test]
            known = np.unique(self.labels[rows])
            seen = np.isin(self.labels[asked], known)
            if len(known) < 2:
                continue
            at = np.searchsorted(known, self.labels[asked][seen])
            for i, strength in enumerate(STRENGTHS):
                found = np.asarray(self._fitted(rows, None, strength, asked[seen]))
                losses[i] -= np.log(np.maximum(found[np.arange(len(at)), at], 1e-12)).sum()
        return STRENGTHS[int(losses.argmin())]


def _turned(features: Floats, pool: Ints) -> npt.NDArray[np.float64]:
    """Standardised by the pool and turned to the axes along which it varies."""
    mean, sd = features[pool].mean(axis=0), features[pool].std(axis=0)
    scaled = (features - mean) / np.maximum(sd, _LEAST_SD)
    scaled = np.where(sd > _LEAST_SD, scaled, 0).astype(np.float64)
    if scaled.shape[1] <= len(pool):
        return np.asarray(scaled)
    axes = np.linalg.svd(scaled[pool], full_matrices=False)[2]
    return np.asarray(scaled @ axes.T)
