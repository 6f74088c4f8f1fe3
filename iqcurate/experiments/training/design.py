"""Which images each training set holds.

An *arm* is a way to make a training set of the images of a draw. Arms are compared in pairs that
answer different questions; see `QUESTIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_DRAW, _RANDOM, _SHUFFLED = 1, 2, 3


class Kind(StrEnum):
    """How a training set is made of the images of a draw."""

    ALL = "all"
    """All of them."""
    REMOVED = "removed"
    """Without the worst."""
    RANDOM = "random"
    """Without as many of each class, at random."""
    WEIGHTED = "weighted"
    """All of them, the better the more weight."""


class Question(StrEnum):
    """What a pair of arms is to answer."""

    QUALITY = "quality"
    """Does quality matter? The worst removed against as many removed at random."""
    REMOVAL = "removal"
    """Should I remove? The worst removed, not topped up, against all."""
    WEIGHTING = "weighting"
    """Should I give bad images less weight? Weighted against all."""


QUESTIONS = {
    Question.QUALITY: (Kind.REMOVED, Kind.RANDOM),
    Question.REMOVAL: (Kind.REMOVED, Kind.ALL),
    Question.WEIGHTING: (Kind.WEIGHTED, Kind.ALL),
}
"""The arm that is tried, and the one that it is compared with."""


@dataclass(frozen=True, slots=True)
class Arm:
    """A way to make a training set.

    Parameters
    ----------
    kind
        See `Kind`.
    share
        Of what is removed; 0 where nothing is, or where a rule rejects.
    shuffle
        From 1: the images of each class have exchanged their quality by chance, for the test of
        randomisation; 0: they have their own.
    """

    kind: Kind
    share: float = 0.0
    shuffle: int = 0

    @property
    def name(self) -> str:
        """Such as ``removed-0.2`` or ``removed-0.2-shuffled-17``."""
        share = f"-{self.share:g}" if self.share else ""
        shuffle = f"-shuffled-{self.shuffle}" if self.shuffle else ""
        return f"{self.kind}{share}{shuffle}"


@dataclass(frozen=True, slots=True)
class Quality:
    """What is known of the quality of N images.

    Parameters
    ----------
    rank
        float64 (N,) in (0, 1), 0 for the worst; NaN without a score: such are never removed.
    rejected
        bool (N,): what a rule rejects, where one was given; shares then say nothing.
    per_class
        Remove the worst of each class, not of all.
    """

    rank: Floats
    rejected: Mask | None = None
    per_class: bool = False

    def removed(self, rows: Ints, labels: Ints, share: float) -> Mask:
        """Tell which of some images go, bool (len(rows),); `labels` are those of all N.

        Shares are rounded down to whole images; of equal ranks the first go.
        """
        if self.rejected is not None:
            return self.rejected[rows]
        part = labels[rows] if self.per_class else np.zeros(len(rows), np.int64)
        rank = self.rank[rows]
        order = np.lexsort((rows, rank, part))  # NaN comes last
        sizes = np.bincount(part)
        place = np.empty(len(rows), np.int64)
        place[order] = np.arange(len(rows)) - (np.cumsum(sizes) - sizes)[part[order]]
        found: Mask = (place < np.floor(sizes * share + 1e-9)[part]) & ~np.isnan(rank)
        return found

    def weights(self, rows: Ints, labels: Ints) -> Floats:
        """Weight of each image, proportional to its rank, of mean 1 in each class."""
        rank = self.rank[rows]
        weights = np.where(np.isnan(rank), 0.5, rank)
        total = np.bincount(labels[rows], weights)[labels[rows]]
        return np.asarray(weights * np.bincount(labels[rows])[labels[rows]] / total)

    def shuffled(self, pool: Ints, labels: Ints, seed: int, shuffle: int) -> Quality:
        """The same with the qualities of the pool exchanged by chance within each class."""
        rng = np.random.default_rng([seed, _SHUFFLED, shuffle])
        source = np.arange(len(self.rank))
        for label in np.unique(labels[pool]):
            of = pool[labels[pool] == label]
            source[of] = rng.permutation(of)
        rejected = None if self.rejected is None else self.rejected[source]
        return replace(self, rank=self.rank[source], rejected=rejected)

    def high(self, rows: Ints) -> Mask:
        """Tell which images are of high quality: not rejected, else the better half by rank."""
        if self.rejected is not None:
            return ~self.rejected[rows]
        rank = self.rank[rows]
        known = ~np.isnan(rank)
        found: Mask = known & (rank >= (np.median(rank[known]) if known.any() else 0.0))
        return found


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Images to train on: rows, int (n,), and their weights, None where all are alike."""

    rows: Ints
    weights: Floats | None = None


def draw(pool: Ints, labels: Ints, share: float, seed: int, number: int) -> Ints:
    """Images of one draw: that share of each class of the pool, at least one, sorted.

    Without replacement within a draw; draws are independent of each other.
    """
    rng = np.random.default_rng([seed, _DRAW, number])
    drawn = []
    for label in np.unique(labels[pool]):
        of = pool[labels[pool] == label]
        drawn.append(rng.permutation(of)[: max(1, round(share * len(of)))])
    return np.sort(np.concatenate(drawn))


def training_set(
    arm: Arm, rows: Ints, labels: Ints, quality: Quality, seed: int, number: int
) -> TrainingSet:
    """Images that an arm leaves of `rows`; `quality` is shuffled already where the arm asks for it.

    Chance depends on seed, number and share alone.
    """
    if arm.kind is Kind.ALL:
        return TrainingSet(rows)
    if arm.kind is Kind.WEIGHTED:
        return TrainingSet(rows, quality.weights(rows, labels))
    gone = quality.removed(rows, labels, arm.share)
    if arm.kind is Kind.REMOVED:
        return TrainingSet(rows[~gone])
    rng = np.random.default_rng([seed, _RANDOM, number, round(1e6 * arm.share)])
    return TrainingSet(rows[~_as_many(gone, labels[rows], rng)])


def _as_many(gone: Mask, labels: Ints, rng: np.random.Generator) -> Mask:
    """As many of each class as are gone, by chance."""
    found = np.zeros(len(gone), bool)
    for label in np.unique(labels[gone]):
        of = np.flatnonzero(labels == label)
        found[rng.permutation(of)[: int(gone[of].sum())]] = True
    return found
