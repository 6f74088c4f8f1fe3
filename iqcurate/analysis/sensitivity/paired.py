"""Intervals of means over images, also where images belong together and where few differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

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


def estimate(values: Floats, units: Units, added: Sequence[float], weight: float) -> Estimate:
    """Mean of some images, with an interval that stays honest where all values are equal.

    Made-up observations widen it, as Agresti and Coull 1998 do for a share and Agresti and Min
    2005 for the difference of two paired shares; the variance is that between units (images of one
    group count as one), with Student's t of their number.

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
        return Estimate(np.nan, np.nan, np.nan, 0)
    _, of = np.unique(units[there], return_inverse=True)
    groups = int(of.max()) + 1
    extra = np.asarray(added, float)
    count = len(known) + weight * len(extra)
    centre = (known.sum() + weight * extra.sum()) / count
    sums = np.bincount(of, known - centre)
    spread = (sums**2).sum() * groups / max(groups - 1, 1) + weight * ((extra - centre) ** 2).sum()
    half = stdtrit(max(groups - 1, 1), 1 - _TAIL) * np.sqrt(spread) / count
    mean = float(known.mean())
    return Estimate(mean, min(mean, centre - half), max(mean, centre + half), len(known))


def share(right: Floats, units: Units) -> Estimate:
    """Share of right images, in [0, 1]: two right and two wrong ones are added."""
    found = estimate(right, units, (0.0, 1.0), 2.0)
    return Estimate(found.mean, max(0.0, found.low), min(1.0, found.high), found.images)


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
    return estimate(kept * clean - distorted, units, (kept, kept - 1, -1.0, 0.0), 1.0)
