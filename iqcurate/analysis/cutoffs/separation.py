"""Do wrong images score worse than right ones: the test of Brunner and Munzel.

Brunner and Munzel 2000, Biometrical Journal 42(1):17. Where images come in units, the variance
of the placements is taken between units (Obuchowski 1997, Biometrics 53(2):567).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr

from iqcurate.analysis.cutoffs.ranks import class_ridits
from iqcurate.analysis.cutoffs.sample import Ranked, Sample, compact, ranked
from iqcurate.analysis.cutoffs.shares import TWO_SIDED, Share

if TYPE_CHECKING:
    import numpy.typing as npt

LEAST_RIGHT, LEAST_WRONG = 2, 1
"""Of a class, so that it says something about the images within it."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How wrong images lie against right ones.

    Parameters
    ----------
    auc
        Probability that a wrong image scores worse than a right one, ties half.
    variance, freedom
        Of `auc`.
    n
        Independent images of the rarer kind, for where the variance is 0.
    n_wrong
        Wrong images that it rests on.
    """

    auc: float
    variance: float
    freedom: float
    n: int
    n_wrong: int

    @property
    def p(self) -> float:
        """One-sided p value: wrong images score worse."""
        return self._tail(0.5 - self.auc)

    @property
    def reversed_p(self) -> float:
        """One-sided p value: wrong images score better."""
        return self._tail(self.auc - 0.5)

    def _tail(self, away: float) -> float:
        if self.variance <= 0:
            return 0.0 if away < 0 else 1.0
        return float(stdtr(self.freedom, away / np.sqrt(self.variance)))

    def interval(self) -> tuple[float, float, float]:
        """(low, point, high) of `auc`: Wilson's 95% interval of a share as uncertain as it."""
        n = self.auc * (1 - self.auc) / self.variance if self.variance > 0 else self.n
        low, high = Share(self.auc, max(n, 1.0)).interval(TWO_SIDED)
        return low, self.auc, high


def separation(data: Ranked) -> Separation:
    """Compare wrong with right images; there must be two of each."""
    kinds = (
        _Kind(data.wrong, data.right, data.n_wrong, better=True),
        _Kind(data.right, data.wrong, data.n_right, better=False),
    )
    if data.sample.units is None:
        parts, drawn = [kind.variance() for kind in kinds], [kind.n for kind in kinds]
        variance = sum(parts)
    else:
        parts, drawn, variance = _between_units(data, data.sample.units, kinds)
    below = sum(part**2 / max(n - 1, 1) for part, n in zip(parts, drawn, strict=True))
    freedom = sum(parts) ** 2 / below if below > 0 else 1.0
    return Separation(kinds[0].mean(), variance, freedom, min(drawn), data.n_wrong)


@dataclass(frozen=True, slots=True)
class _Kind:
    """Right or wrong images, at each of the distinct values.

    A placement is the share of the others that score better (worse), ties half. The mean
    placement of either kind is the area under the curve.
    """

    own: npt.NDArray[np.float64]
    others: npt.NDArray[np.float64]
    n: int
    better: bool

    def placements(self) -> npt.NDArray[np.float64]:
        found = np.cumsum(self.others)
        total = found[-1]
        found -= self.others / 2
        found /= total
        return np.subtract(1, found, out=found) if self.better else found

    def mean(self) -> float:
        return float(self.own @ self.placements()) / self.n

    def away(self) -> npt.NDArray[np.float64]:
        found = self.placements()
        found -= float(self.own @ found) / self.n
        return found

    def variance(self) -> float:
        """Of the mean of independent images."""
        squares = self.away()
        squares **= 2
        return float(self.own @ squares) / (self.n * max(self.n - 1, 1))


def _between_units(
    data: Ranked, units: npt.NDArray[np.int32], kinds: tuple[_Kind, _Kind]
) -> tuple[list[float], list[int], float]:
    """Variances of both kinds, units that have each, and the variance of their sum."""
    n_units = int(units.max()) + 1
    sums, drawn = [], []
    for kind, there in zip(kinds, (data.sample.wrong, ~data.sample.wrong), strict=True):
        count = int(np.count_nonzero(np.bincount(units[there], minlength=n_units)))
        total = np.bincount(units[there], kind.away()[data.ranks.level[there]], n_units) / kind.n
        sums.append(total * np.sqrt(count / max(count - 1, 1)))
        drawn.append(count)
    both = sums[0] + sums[1]
    return [float(s @ s) for s in sums], drawn, float(both @ both)


def within_classes(data: Ranked) -> Separation | None:
    """Compare wrong with right images by their ridits inside their class.

    Only classes with at least 2 right images and 1 wrong one count. None where there is no such
    class, or no labels.
    """
    sample = data.sample
    if sample.classes is None:
        return None
    known = sample.classes >= 0
    n_classes = int(sample.classes.max(initial=-1)) + 1
    wrong = np.bincount(sample.classes[known & sample.wrong], minlength=n_classes)
    right = np.bincount(sample.classes[known & ~sample.wrong], minlength=n_classes)
    tells = (right >= LEAST_RIGHT) & (wrong >= LEAST_WRONG)
    if not tells.any():
        return None
    chosen = known & np.append(tells, False)[sample.classes]
    ridits = class_ridits(data.ranks.level[chosen], sample.classes[chosen])
    units = None if sample.units is None else compact(sample.units[chosen])
    return separation(ranked(Sample(ridits, sample.wrong[chosen], units)))
