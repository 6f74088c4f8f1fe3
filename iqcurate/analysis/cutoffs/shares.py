"""Shares of images, and intervals of them and of their differences.

Wilson 1927 for a share; Newcombe 1998, Statistics in Medicine 17:873 (method 10) for a difference.
Where images come in units, n is the effective sample size, from the variance between units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

ONE_SIDED, TWO_SIDED = 1.6448536269514722, 1.959963984540054
"""Normal quantiles of 95% bounds and of 95% intervals."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share and the number of independent images that it is worth."""

    value: float
    n: float

    def interval(self, z: float) -> tuple[float, float]:
        """Wilson's interval."""
        centre = (self.value + z**2 / (2 * self.n)) / (1 + z**2 / self.n)
        half = z * np.sqrt(self.value * (1 - self.value) / self.n + (z / (2 * self.n)) ** 2)
        half /= 1 + z**2 / self.n
        return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def share(hit: npt.NDArray[np.bool_], units: npt.NDArray[np.int32] | None) -> Share:
    """Share of images for which `hit`, bool (N,) with N > 0, holds."""
    n, value = len(hit), float(np.mean(hit))
    if units is None:
        return Share(value, n)
    _, unit = np.unique(units, return_inverse=True)
    sums = np.bincount(unit, hit - value)
    drawn = len(sums)
    variance = float(sums @ sums) / n**2 * drawn / max(drawn - 1, 1)
    effective = value * (1 - value) / variance if variance > 0 else drawn
    return Share(value, float(min(max(effective, 1.0), n)))


def difference(first: Share, second: Share, z: float) -> tuple[float, float, float]:
    """(low, point, high) of the first share minus the second."""
    gap = first.value - second.value
    low1, high1 = first.interval(z)
    low2, high2 = second.interval(z)
    low = gap - float(np.hypot(first.value - low1, high2 - second.value))
    high = gap + float(np.hypot(high1 - first.value, second.value - low2))
    return low, gap, high
