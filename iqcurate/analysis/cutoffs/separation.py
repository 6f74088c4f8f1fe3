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
from iqcurate.analysis.cutoffs.sample import Ranked, Sample, ranked
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
    worse = np.cumsum(data.wrong) - data.wrong / 2
    better = data.n_right - np.cumsum(data.right) + data.right / 2
    of_wrong, of_right = better / data.n_right, worse / data.n_wrong
    auc = float(data.wrong @ of_wrong) / data.n_wrong
    if data.sample.units is None:
        parts = [
            _variance(data.wrong, of_wrong - auc, data.n_wrong),
            _variance(data.right, of_right - auc, data.n_right),
        ]
        drawn = [data.n_wrong, data.n_right]
        variance = sum(parts)
    else:
        parts, drawn, variance = _between_units(data, of_wrong - auc, of_right - auc)
    below = sum(part**2 / max(n - 1, 1) for part, n in zip(parts, drawn, strict=True))
    freedom = sum(parts) ** 2 / below if below > 0 else 1.0
    return Separation(auc, variance, freedom, min(drawn), data.n_wrong)


def _variance(counts: npt.NDArray[np.float64], away: npt.NDArray[np.float64], n: int) -> float:
    return float(counts @ away**2) / (n * max(n - 1, 1))


def _between_units(
    data: Ranked, of_wrong: npt.NDArray[np.float64], of_right: npt.NDArray[np.float64]
) -> tuple[list[float], list[int], float]:
    """Variances of both kinds, units that have each, and the variance of their sum."""
    units, level, wrong = data.sample.units, data.ranks.level, data.sample.wrong
    if units is None:
        raise ValueError("no units")
    n_units = int(units.max()) + 1
    sums, drawn = [], []
    for kind, away, n in ((wrong, of_wrong, data.n_wrong), (~wrong, of_right, data.n_right)):
        there = units[kind]
        count = int(np.count_nonzero(np.bincount(there, minlength=n_units)))
        total = np.bincount(there, away[level[kind]], n_units) / n
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
    chosen = known.copy()
    chosen[known] = tells[sample.classes[known]]
    within = sample.only(chosen)
    if within.classes is None:
        raise ValueError("no classes")
    ridits = class_ridits(data.ranks.level[chosen], within.classes)
    return separation(ranked(Sample(ridits, within.wrong, within.units)))
