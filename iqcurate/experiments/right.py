"""How often the images of a subset are predicted rightly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

if TYPE_CHECKING:
    import numpy.typing as npt

_Z = float(norm.ppf(0.975))


@dataclass(frozen=True, slots=True)
class Share:
    """A share of right ones.

    Parameters
    ----------
    share
        In [0, 1].
    low, high
        95% interval of Wilson 1927, for as many independent images as the real ones, of which
        those of one category are alike, are worth.
    worth
        That number, at most the number of images (Kish's design effect).
    """

    share: float
    low: float
    high: float
    worth: float


def share_of(right: npt.NDArray[np.bool_], categories: npt.NDArray[np.int64]) -> Share | None:
    """Share of right images; None without any.

    Parameters
    ----------
    right
        bool (n,).
    categories
        int64 (n,).
    """
    n = len(right)
    if not n:
        return None
    share = float(right.mean())
    worth = n / _design_effect(right.astype(float), categories)
    centre = (share + _Z**2 / (2 * worth)) / (1 + _Z**2 / worth)
    half = _Z / (1 + _Z**2 / worth) * np.sqrt(share * (1 - share) / worth + _Z**2 / (4 * worth**2))
    return Share(share, float(max(centre - half, 0)), float(min(centre + half, 1)), worth)


def _design_effect(values: npt.NDArray[np.float64], categories: npt.NDArray[np.int64]) -> float:
    """1 + (images a category - 1) x intraclass correlation, at least 1."""
    _, codes = np.unique(categories, return_inverse=True)
    size = np.bincount(codes)
    n, k = len(values), len(size)
    if k < 2 or n == k:
        return 1.0
    mean = np.bincount(codes, values) / size
    within = float(((values - mean[codes]) ** 2).sum()) / (n - k)
    among = float((size * (mean - values.mean()) ** 2).sum()) / (k - 1)
    each = (n - (size**2).sum() / n) / (k - 1)
    whole = among + (each - 1) * within
    alike = (among - within) / whole if whole > 0 else 0.0
    return max(1.0, 1 + (n / k - 1) * alike)
