"""Orders with ties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Ranks:
    """Where each of N values stands among them.

    Parameters
    ----------
    values
        The K distinct values, ascending, float64 (K,).
    level
        Index of each value among the distinct ones, int32 (N,).
    """

    values: npt.NDArray[np.float64]
    level: npt.NDArray[np.int32]

    def ridits(self) -> npt.NDArray[np.float64]:
        """(midrank - 0.5) / N of each distinct value, float64 (K,), in (0, 1)."""
        return ridits(np.bincount(self.level, minlength=len(self.values)))

    def normal_scores(self) -> npt.NDArray[np.float64]:
        """Normal quantiles of the ridits, float64 (K,), ascending."""
        scores: npt.NDArray[np.float64] = ndtri(self.ridits())
        return scores


def rank(values: npt.NDArray[np.float64]) -> Ranks:
    """Order values, float64 (N,) with N > 0."""
    order = np.argsort(values, kind="stable")
    ascending = values[order]
    steps = np.empty(len(values), dtype=np.int32)
    steps[0] = 0
    np.cumsum(ascending[1:] != ascending[:-1], out=steps[1:])
    level = np.empty(len(values), dtype=np.int32)
    level[order] = steps
    first = np.flatnonzero(np.diff(steps, prepend=-1))
    return Ranks(ascending[first], level)


def ridits(counts: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """(midrank - 0.5) / N of each of some ordered groups of ties, from their sizes."""
    upto = np.cumsum(counts)
    middle: npt.NDArray[np.float64] = (upto - counts / 2) / upto[-1]
    return middle


def class_ridits(
    level: npt.NDArray[np.int32], classes: npt.NDArray[np.int32]
) -> npt.NDArray[np.float64]:
    """Ridits of images inside their classes.

    Parameters
    ----------
    level, classes
        int32 (N,); ordered values (ties are equal), and classes.

    Returns
    -------
    float64 (N,), each in (0, 1).
    """
    order = np.lexsort((level, classes))
    new_class = np.diff(classes[order], prepend=np.int32(-1)) != 0
    new_tie = np.diff(level[order], prepend=np.int32(-1)) != 0
    new_tie |= new_class
    tie_at, class_at = np.flatnonzero(new_tie), np.flatnonzero(new_class)
    class_of_tie = np.cumsum(new_class[tie_at], dtype=np.int32) - np.int32(1)
    tie_size = np.diff(tie_at, append=len(order))
    middle = tie_size / 2
    middle += tie_at
    del tie_at
    middle -= class_at[class_of_tie]
    middle /= np.diff(class_at, append=len(order))[class_of_tie]
    found = np.empty(len(order))
    found[order] = np.repeat(middle, tie_size)
    return found


def srcc(first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]) -> float | None:
    """Spearman's rank correlation over the pairs (N,) where both are finite.

    None where there are fewer than two, or one of both is constant.
    """
    both = np.isfinite(first) & np.isfinite(second)
    if np.count_nonzero(both) < 2:
        return None
    one, other = (_centred_ridits(values[both]) for values in (first, second))
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 0 else None


def _centred_ridits(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    ranks = rank(values)
    centred = ranks.ridits()
    centred -= 0.5  # the mean of ridits
    return centred[ranks.level]
