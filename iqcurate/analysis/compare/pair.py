"""The scores of two sets in one metric."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.find import oriented
from iqcurate.analysis.cutoffs.ranks import rank
from iqcurate.analysis.cutoffs.sample import Ranked, Sample, compact

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.spec import Direction

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Pair:
    """Scores of the images of A and of B that have one.

    Parameters
    ----------
    a, b
        Finite, float64 (N,) and (M,).
    direction
        Which are better.
    units
        int32 (N + M,) from 0, first of A, then of B: images of one unit (a group; or an image
        that is in both sets) are not independent. None where each is one of its own.
    classes
        int32 (N + M,), -1 where there is none; None where no class is known.
    """

    a: Floats
    b: Floats
    direction: Direction
    units: Codes | None = None
    classes: Codes | None = None

    @classmethod
    def of(
        cls,
        a: Floats,
        b: Floats,
        direction: Direction,
        units: Codes | None,
        classes: Codes | None,
    ) -> Pair:
        """Leave out images without a score (NaN)."""
        have = np.isfinite(np.concatenate([a, b]))
        return cls(
            a[np.isfinite(a)],
            b[np.isfinite(b)],
            direction,
            None if units is None else compact(units[have]),
            None if classes is None else classes[have],
        )

    @cached_property
    def in_b(self) -> npt.NDArray[np.bool_]:
        """Which of all images are of B, bool (N + M,)."""
        return np.repeat([False, True], [len(self.a), len(self.b)])

    @cached_property
    def ranked(self) -> Ranked:
        """All images in order from the worst to the best, "wrong" being those of B."""
        goodness = oriented(np.concatenate([self.a, self.b]), self.direction)
        ranks = rank(goodness)
        counts = (
            np.bincount(ranks.level[k], minlength=len(ranks.values)).astype(float)
            for k in (~self.in_b, self.in_b)
        )
        return Ranked(Sample(goodness, self.in_b, self.units), ranks, *counts)

    @cached_property
    def apart(self) -> Floats:
        """Share of A minus share of B that is not better, at each distinct score, float64 (K,)."""
        data = self.ranked
        apart: Floats = np.cumsum(data.right) / len(self.a) - np.cumsum(data.wrong) / len(self.b)
        apart[-1] = 0.0
        return apart

    def score(self, level: int) -> float:
        """The distinct score of that number, counted from the worst."""
        return float(oriented(self.ranked.ranks.values[level], self.direction))

    @cached_property
    def independent(self) -> tuple[int, int]:
        """Units with an image in A, and with one in B."""
        if self.units is None:
            return len(self.a), len(self.b)
        parts = self.units[~self.in_b], self.units[self.in_b]
        return int((np.bincount(parts[0]) > 0).sum()), int((np.bincount(parts[1]) > 0).sum())
