"""Intervals of a paired difference over test images and seeds, both of which are samples.

The variance is clustered two ways, by test image (or group of them) and by seed (Cameron, Gelbach
and Miller 2011), and Student's t has one degree of freedom less than the smaller of both counts.
A t test over seeds alone takes the test images, and the overlap of the training sets, for granted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import beta, nct, t

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

POWER = 0.8
FEW = 5
"""With fewer units that differ, their spread says little of what others would do."""
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference in [-1, 1] and how sure it is.

    Parameters
    ----------
    mean
        Of tried minus compared.
    by_unit, by_seed, by_both
        Parts of the variance of the mean: those that shrink with more units of test images, with
        more seeds, and with either.
    units, seeds
        How many there are.
    images
        Test images.
    differing
        Units in which any seed made a difference.
    alike
        Units of equal weight that would say as much (Kish 1965): (sum w)^2 / sum w^2; less than
        `units` where groups differ in size or classes in weight.
    """

    mean: float
    by_unit: float
    by_seed: float
    by_both: float
    units: int
    seeds: int
    images: int
    differing: int
    alike: float

    @property
    def error(self) -> float:
        """Standard error."""
        return float(np.sqrt(self.by_unit + self.by_seed + self.by_both))

    @property
    def freedom(self) -> int:
        """Degrees of freedom."""
        return min(self.units, self.seeds) - 1

    def interval(self, level: float) -> tuple[float, float]:
        """Confidence interval of that level, such as .95; unbounded with one unit or seed."""
        if self.freedom < 1:
            return -1.0, 1.0
        half = float(t.ppf((1 + level) / 2, self.freedom)) * self.error
        return self.mean - half, self.mean + half

    @property
    def hidden(self) -> float:
        """The largest share that may differ, at 95%, where few units were seen to; else 0.

        An interval of a spread of 0 has no width, however few units there are, and that of a few
        units that differ is hardly wider. This is the bound of Clopper and Pearson (1934), of
        `alike` units.
        """
        if self.differing >= min(FEW, self.units):
            return 0.0
        others = self.alike - self.differing
        return float(beta.ppf(0.95, self.differing + 1, others)) if others > 0 else 1.0

    def power(self, size: float) -> float:
        """How often a 95% interval would exclude 0 if the true difference were of that size.

        0 where so few units differ that one of that size may be `hidden`.
        """
        if self.freedom < 1 or self.hidden > abs(size):
            return 0.0
        if not self.error:
            return 1.0
        edge = float(t.ppf(0.975, self.freedom))
        shift = abs(size) / self.error
        far = nct.cdf(-edge, self.freedom, shift)  # NaN where it is too small to be computed
        return float(nct.sf(edge, self.freedom, shift) + np.nan_to_num(far))

    @property
    def smallest(self) -> float:
        """The smallest true difference that would be seen with a power of 80%."""
        return max(_shown(self.error, self.freedom), self.hidden)

    def units_needed(self, size: float) -> int | None:
        """Test images (or groups) to see `size` with a power of 80%; None: more seeds, too."""
        return _least(lambda n: self._shown_with(n, self.seeds) <= size, self.units)

    def seeds_needed(self, size: float) -> int | None:
        """Seeds to see a difference of `size` with a power of 80%; None: more images, too."""
        return _least(lambda n: self._shown_with(self.units, n) <= size, self.seeds)

    def _shown_with(self, units: int, seeds: int) -> float:
        more_units, more_seeds = self.units / units, self.seeds / seeds
        variance = (
            self.by_unit * more_units
            + self.by_seed * more_seeds
            + self.by_both * more_units * more_seeds
        )
        return _shown(float(np.sqrt(variance)), min(units, seeds) - 1)


def _shown(error: float, freedom: int) -> float:
    if freedom < 1:
        return 1.0
    return float(t.ppf(0.975, freedom) + t.ppf(POWER, freedom)) * error


def _least(enough: Callable[[int], bool], start: int) -> int | None:
    """The least number, from `start` on, that is enough; None where a million is not."""
    if enough(start):
        return start
    low, high = start, start
    while not enough(high):
        if high > _MOST:
            return None
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def difference(
    tried: npt.NDArray[np.bool_],
    compared: npt.NDArray[np.bool_],
    units: Ints,
    weights: Floats,
) -> Difference:
    """Compare two arms on the same test images over the same seeds.

    Parameters
    ----------
    tried, compared
        bool (seeds, images): whether each image was predicted right.
    units
        int (images,): what the images belong to.
    weights
        float64 (images,), what each counts for; they sum to 1.
    """
    number = np.unique(units, return_inverse=True)[1]
    count, seeds = int(number.max()) + 1, len(tried)
    raw = tried.astype(np.float64) - compared.astype(np.float64)
    mean = float((raw @ weights).mean())
    differing = len(np.unique(number[raw.any(axis=0)]))
    parts = np.stack([np.bincount(number, row, count) for row in (raw - mean) * weights]) / seeds
    by_unit = _spread(parts.sum(axis=0))
    by_seed = _spread(parts.sum(axis=1))
    both = _spread(parts.ravel())
    sizes = np.bincount(number, weights)
    alike = float(sizes.sum() ** 2 / (sizes**2).sum())
    both_ways = max(by_unit - both, 0.0), max(by_seed - both, 0.0), both
    return Difference(mean, *both_ways, count, seeds, len(units), differing, alike)


def _spread(totals: Floats) -> float:
    """Variance of a sum of independent totals; 0 for one."""
    n = len(totals)
    return float((totals**2).sum() * n / (n - 1)) if n > 1 else 0.0
