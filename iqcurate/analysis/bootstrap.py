"""Intervals of means over images, by drawing images, or groups of images, anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm, t

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_TAIL = 0.025
_DROPPED = 0.001
_OFTEN = 0.9


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95% interval, and its standard error."""

    estimate: float
    low: float
    high: float
    error: float

    @property
    def reach(self) -> tuple[float, float]:
        """How far above, and below, a bound the truth must lie.

        So far that 9 intervals of 10 like this lie wholly beyond the bound.
        """
        slack = norm.ppf(_OFTEN) * self.error
        return self.estimate - self.low + slack, self.high - self.estimate + slack


def draw(units: npt.NDArray[np.integer], draws: int, seed: int) -> Floats:
    """Weights of N images in each draw; units that belong together are drawn together.

    Parameters
    ----------
    units
        (N,): number of the unit of each image, from 0 without gaps.
    draws, seed
        How many, and of the generator.

    Returns
    -------
    float64 (draws + 1, N), rows summing to 1. The first row is the images as they are.
    """
    count = int(units.max()) + 1
    rng = np.random.default_rng(seed)
    times = rng.multinomial(count, np.full(count, 1 / count), size=draws)
    weights = np.vstack([np.ones((1, len(units))), times[:, units]])
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def interval(values: Floats, units: int) -> Interval:
    """Of one quantity: percentiles of its draws, moved to where the estimate is.

    A little wider for few units, as Student's t is than the normal distribution.

    Parameters
    ----------
    values
        (draws + 1,), the estimate first.
    units
        How many were drawn from.
    """
    centre, spread = _deviations(values, units)
    low, high = np.quantile(spread, [_TAIL, 1 - _TAIL])
    return Interval(float(centre), float(centre + low), float(centre + high), float(spread.std()))


def interval_of_largest(values: Floats, units: int) -> tuple[Interval, int]:
    """Of the largest of several quantities, and which that is.

    The largest of noisy estimates is too large. Below the upper end of the interval all of them
    lie (each with its own 97.5% bound, which is enough); above the lower end lies at least one:
    a bound for all at once, by the largest of the studentised deviations. It need not hold for
    those that are surely smaller than the lower end (Romano, Shaikh, Wolf 2014, *Econometrica*
    82, 1979: their selection step): they are left out, and so are those below the new one.

    Parameters
    ----------
    values
        (draws + 1, K), the estimates first.
    units
        How many were drawn from.
    """
    centre, deviations = _deviations(values, units)
    high = centre + np.quantile(deviations, 1 - _TAIL, axis=0)
    scale = deviations.std(axis=0)
    best = int(np.argmax(centre))
    low = _lower_end(centre, deviations, scale)
    found = Interval(float(centre[best]), low, float(high.max()), float(scale[best]))
    return found, best


def _lower_end(centre: Floats, deviations: Floats, scale: Floats) -> float:
    studentised = deviations / np.where(scale > 0, scale, 1.0)
    surely_below = centre + np.quantile(studentised.max(axis=1), 1 - _DROPPED) * scale
    among = np.ones(len(centre), bool)
    while True:
        most = np.quantile(-studentised[:, among].min(axis=1), 1 - (_TAIL - _DROPPED))
        low = (centre - most * scale)[among].max()
        left = among & (surely_below > low)
        if (left == among).all() or not left.any():
            return float(low)
        among = left


def _deviations(values: Floats, units: int) -> tuple[Floats, Floats]:
    """Estimate, and what the draws differ from their mean."""
    drawn = values[1:]
    wider = t.ppf(1 - _TAIL, units - 1) / norm.ppf(1 - _TAIL) * np.sqrt(units / (units - 1))
    return values[0], wider * (drawn - drawn.mean(axis=0))
