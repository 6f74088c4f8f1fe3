"""Whether scores are still distributed as they were when a cut-off was found."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.cutoffs import Reference

LEAST = 0.1
"""Smallest distance worth a warning: a shift of a normal distribution by a quarter of its sd."""
_LEVEL = 0.001


@dataclass(frozen=True, slots=True)
class Drift:
    """How far two distributions of scores are apart.

    Parameters
    ----------
    distance
        Largest difference of the two distribution functions (Kolmogorov-Smirnov), 0 to 1, at
        the quantiles that are known of the earlier one.
    allowed
        Below it there is nothing to say: the larger of `LEAST` and what two samples of one
        distribution exceed in one case of a thousand.
    median_then, median_now
        Of the scores.
    """

    distance: float
    allowed: float
    median_then: float
    median_now: float

    @property
    def drifted(self) -> bool:
        """Whether the scores have moved."""
        return self.distance > self.allowed


def drift(
    scores: npt.NDArray[np.float64], reference: Reference, calibrated_on: int
) -> Drift | None:
    """Compare scores with those that a cut-off was found on.

    Parameters
    ----------
    scores
        float64 (N,), NaN where there is none.
    reference
        Of the cut-off.
    calibrated_on
        Number of scores behind it; where it is not known (0), taken to be that of `scores`.

    Returns
    -------
    None where there are no scores.
    """
    now = np.sort(scores[~np.isnan(scores)])
    if not len(now):
        return None
    then = np.asarray(reference.quantiles)
    return Drift(
        _distance(now, then),
        max(LEAST, _critical(len(now), calibrated_on or len(now))),
        float(np.quantile(then, 0.5)),
        float(np.median(now)),
    )


def _distance(now: npt.NDArray[np.float64], quantiles: npt.NDArray[np.float64]) -> float:
    """Compare on both sides of each quantile: where scores are equal, the functions are steps."""
    share = np.linspace(0, 1, len(quantiles))
    at = np.unique(quantiles)
    below = share[np.searchsorted(quantiles, at, "left")]
    upto = share[np.searchsorted(quantiles, at, "right") - 1]
    below_now = np.searchsorted(now, at, "left") / len(now)
    upto_now = np.searchsorted(now, at, "right") / len(now)
    return float(max((below_now - below).max(), (upto - upto_now).max(), 0))


def _critical(n: int, m: int) -> float:
    """Two samples of one distribution are further apart with probability `_LEVEL` (asymptotic)."""
    return math.sqrt(-math.log(_LEVEL / 2) / 2) * math.sqrt((n + m) / (n * m))
