"""A scale of evenly spaced bins, on which curves are smoothed and cut-offs are found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.curves import bandwidth

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.analysis.cutoffs.ranks import Ranks
    from iqcurate.analysis.cutoffs.sample import Ranked

BINS = 1024
RAW_BINS = 4096
"""Raw scores may have long tails, so that most of the scale is empty."""
_MARGIN = 4.0


@dataclass(frozen=True, slots=True)
class Axis:
    """Positions of distinct values on a scale of bins.

    A *place* is a number of bins from the centre of bin 0: bins with a smaller index are worse.

    Parameters
    ----------
    start, step
        Position of the centre of bin 0, and the distance of two bins.
    bins
        Number of bins M.
    positions, values
        Position on the scale of each distinct value, both ascending, float64 (K,).
    """

    start: float
    step: float
    bins: int
    positions: npt.NDArray[np.float64]
    values: npt.NDArray[np.float64]

    @property
    def centres(self) -> npt.NDArray[np.float64]:
        """Positions of the bins, float64 (M,)."""
        return np.linspace(self.start, self.start + (self.bins - 1) * self.step, self.bins)

    @property
    def bin_of_level(self) -> npt.NDArray[np.int32]:
        """Nearest bin of each distinct value, int32 (K,)."""
        return np.rint((self.positions - self.start) / self.step).astype(np.int32)

    def spread(self, counts: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Counts of distinct values (K,) as counts of bins (M,), shared between two neighbours."""
        place = (self.positions - self.start) / self.step
        low = np.minimum(place.astype(np.int32), self.bins - 2)
        upper = (place - low) * counts
        lower = np.bincount(low, counts - upper, self.bins)
        return np.asarray(lower + np.bincount(low + 1, upper, self.bins), dtype=float)

    def value(self, place: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Value at a place; beyond the smallest and largest value these."""
        where = self.start + np.asarray(place) * self.step
        return np.asarray(np.interp(where, self.positions, self.values))

    def place(self, values: float | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Place of values; the inverse of `value` inside the range of the data."""
        where = np.asarray(np.interp(values, self.values, self.positions))
        return (where - self.start) / self.step


def level_axis(ranks: Ranks) -> Axis:
    """Every distinct value is a bin."""
    k = len(ranks.values)
    return Axis(0.0, 1.0, k, np.arange(k, dtype=float), ranks.values)


def normal_axis(ranked: Ranked) -> Axis:
    """Normal scores of the pooled ranks, with room for the tails; values must differ."""
    return _padded(ranked, ranked.ranks.normal_scores(), BINS)


def raw_axis(ranked: Ranked) -> Axis:
    """The scores as they are; they must differ."""
    return _padded(ranked, ranked.ranks.values, RAW_BINS)


def _padded(ranked: Ranked, positions: npt.NDArray[np.float64], bins: int) -> Axis:
    kinds = (ranked.right, ranked.wrong, ranked.right + ranked.wrong)
    margin = _MARGIN * max(float(bandwidth(counts, positions)) for counts in kinds)
    start, end = positions[0] - margin, positions[-1] + margin
    return Axis(start, (end - start) / (bins - 1), bins, positions, ranked.ranks.values)
