"""Intervals of means over images, also where images belong together and where few differ."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtr, stdtrit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Units = npt.NDArray[np.intp]

_TAIL = 0.025


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its 95% interval; NaN where there are no images.

    Parameters
    ----------
    mean, low, high
        The estimate and its interval.
    images
        It is the mean of.
    """

    mean: float
    low: float
    high: float
    images: int


@dataclass(frozen=True, slots=True)
class Spread:
    """A mean, and how sure it is.

    Parameters
    ----------
    mean, images
        The mean, and of how many images.
    centre, error, freedom
        Where its interval lies, with made-up observations; its standard error; degrees of freedom.
    """

    mean: float
    images: int
    centre: float
    error: float
    freedom: int

    @property
    def estimate(self) -> Estimate:
        """The mean with its interval, which holds it."""
        half = float(stdtrit(self.freedom, 1 - _TAIL)) * self.error
        low, high = min(self.mean, self.centre - half), max(self.mean, self.centre + half)
        return Estimate(self.mean, low, high, self.images)

    def p(self, other: float) -> float:
        """Two-sided p value of its being `other`."""
        away = abs(self.centre - other)
        return 2 * float(stdtr(self.freedom, -away / self.error)) if self.error else float(not away)


def spread(values: Floats, units: Units, added: Sequence[float], weight: float) -> Spread | None:
    """Mean of some images, and how sure it is also where all values are equal; None of none.

    Made-up observations make it less so, as Agresti and Coull 1998 do for a share and Agresti and
    Min 2005 for the difference of two paired shares; the variance is that between units (images of
    one group count as one), with Student's t of their number.

    Parameters
    ----------
    values
        (N,), NaN where nothing is known.
    units
        (N,): number of the group of each image, or of the image.
    added, weight
        Values of the made-up observations, and how many each counts as.
    """
    there = np.isfinite(values)
    known = values[there]
    if not len(known):
        return None
    _, of = np.unique(units[there], return_inverse=True)
    groups = int(of.max()) + 1
    extra = np.asarray(added, float)
    count = len(known) + weight * len(extra)
    centre = (known.sum() + weight * extra.sum()) / count
    sums = np.bincount(of, known - centre)
    square = (sums**2).sum() * groups / max(groups - 1, 1) + weight * ((extra - centre) ** 2).sum()
    error = float(np.sqrt(square) / count)
    return Spread(float(known.mean()), len(known), float(centre), error, max(groups - 1, 1))


def estimate_error(values: Floats, units: Units) -> float:
    """Standard error that the mean of one image would have, images of a group counted as one."""
    found = spread(values, units, (), 0.0)
    return np.nan if found is None else found.error * float(np.sqrt(found.images))


def estimate(values: Floats, units: Units, added: Sequence[float], weight: float) -> Estimate:
    """Mean of some images with its interval; see `spread`."""
    found = spread(values, units, added, weight)
    return Estimate(np.nan, np.nan, np.nan, 0) if found is None else found.estimate


def share(right: Floats, units: Units) -> Estimate:
    """Share of right images, in [0, 1]: two right and two wrong ones are added."""
    return bounded(estimate(right, units, (0.0, 1.0), 2.0), 0.0, 1.0)


def bounded(found: Estimate, least: float, most: float) -> Estimate:
    """An interval without what cannot be."""
    return replace(found, low=max(least, found.low), high=min(most, found.high))


def fall(clean: Floats, distorted: Floats, units: Units, spared: float = 0.0) -> Estimate:
    """How much accuracy falls: mean of ``(1 - spared) * clean - distorted``.

    With `spared` = 0.1 it is positive where accuracy falls by more than a tenth of itself. One
    observation is added for each of the four outcomes of a pair: twice what Agresti and Min add,
    so that no fall of a tenth is excluded by fewer than 25 images (all right: "rule of three").

    Parameters
    ----------
    clean, distorted
        (N,): 1 right, 0 wrong, NaN not known; pairs of one image.
    units
        See `estimate`.
    spared
        Share of the clean accuracy.
    """
    kept = 1 - spared
    added = (kept, kept - 1, -1.0, 0.0)
    return bounded(estimate(kept * clean - distorted, units, added, 1.0), -1.0, kept)
