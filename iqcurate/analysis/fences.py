"""Where a distribution ends: limits beyond which a value does not belong to the rest.

The median and the quartile on the side that is asked for give a normal distribution for that
side, on a scale where ordinary photographs are about normal; the limit is what it exceeds at a
given rate. Each side has its own width, so skew does no harm, and up to a quarter of the values
may be beyond the limit without moving it far. Where a few values are common and the rest is
spread widely, as with sizes, the tenth may make the limit wider.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm

if TYPE_CHECKING:
    import numpy.typing as npt

    Values = npt.NDArray[np.float64]

RATE = 0.001
"""Share of a normal distribution that lies beyond a limit, on one side."""
LEAST = 20
"""Fewer values than this have no quartiles worth the name."""
_TAILS = (0.25, 0.1)
"""Where the quartile is the median, the tenth tells the width."""
_HALF_A_LEVEL = 1 / 512


class Side(StrEnum):
    """Which end of a distribution is looked at."""

    LOW = "low"
    HIGH = "high"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Limits:
    """Values below `low` or above `high` are beyond the limits."""

    low: float = -math.inf
    high: float = math.inf

    def beyond(self, values: Values) -> npt.NDArray[np.bool_]:
        """Tell which values are beyond; NaN is not."""
        return np.asarray((values < self.low) | (values > self.high))

    def excess(self, values: Values) -> Values:
        """How far values are beyond, > 0 where they are."""
        return np.asarray(np.maximum(self.low - values, values - self.high))


@dataclass(frozen=True, slots=True)
class Logit:
    """Scale of values in a range: log of what is below over what is above.

    Half a grey level (1/512 of the range) is added at both ends, so that they have a place.
    """

    low: float
    high: float

    def forth(self, value: float) -> float:
        """From a value to the scale."""
        share = (value - self.low) / (self.high - self.low)
        return float(logit((share + _HALF_A_LEVEL) / (1 + 2 * _HALF_A_LEVEL)))

    def back(self, place: float) -> float:
        """From the scale to a value, within the range."""
        share = float(expit(place)) * (1 + 2 * _HALF_A_LEVEL) - _HALF_A_LEVEL
        return self.low + min(max(share, 0.0), 1.0) * (self.high - self.low)


class Log:
    """Scale of positive values: ratios count."""

    forth = staticmethod(math.log)
    back = staticmethod(math.exp)


def limits(
    values: Values, scale: Logit | Log, side: Side, rate: float = RATE, wider: bool = False
) -> Limits | None:
    """Limits of a distribution.

    Parameters
    ----------
    values
        float64 (N,), NaN where there is none.
    scale
        On which it is about normal.
    side
        Which limits are wanted; the other is infinite.
    rate
        Share of a normal distribution beyond each limit.
    wider
        Take the wider of the limits by quartile and by tenth.

    Returns
    -------
    None with fewer than `LEAST` values. Where all but a tenth of the values on a side are the
    median, the limit is the median.
    """
    have = values[~np.isnan(values)]
    if len(have) < LEAST:
        return None
    return Limits(
        _limit(have, scale, -1, rate, wider) if side is not Side.HIGH else -math.inf,
        _limit(have, scale, 1, rate, wider) if side is not Side.LOW else math.inf,
    )


def _limit(values: Values, scale: Logit | Log, sign: int, rate: float, wider: bool) -> float:
    shares = [0.5, *(tail if sign < 0 else 1 - tail for tail in _TAILS)]
    middle, *outer = np.quantile(values, shares, method="inverted_cdf").tolist()
    widths = [
        abs(scale.forth(value) - scale.forth(middle)) / float(norm.isf(tail))
        for tail, value in zip(_TAILS, outer, strict=True)
        if value != middle
    ]
    if not widths:
        return float(middle)
    width = max(widths) if wider else widths[0]
    return float(scale.back(scale.forth(middle) + sign * width * float(norm.isf(rate))))
