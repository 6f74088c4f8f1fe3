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


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its 95% interval."""

    estimate: float
    low: float
    high: float


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
    return Interval(float(centre), float(centre + low), float(centre + high))


def interval_of_largest(values: Floats, units: int) -> tuple[Interval, int]:
    """Of the largest of several quantities, and which that is.

    The largest of noisy estimates is too large. Below the upper end of the interval all of them
    lie (each with its own 97.5% bound, which is enough); above the lower end lies at least one
    (a bound for all at once: the largest of the studentised deviations).

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
    safe = np.where(scale > 0, scale, 1.0)
    most = np.quantile((deviations / safe).max(axis=1), 1 - _TAIL)
    low = centre - most * scale
    best = int(np.argmax(centre))
    return Interval(float(centre[best]), float(low.max()), float(high.max())), best


def _deviations(values: Floats, units: int) -> tuple[Floats, Floats]:
    """Estimate, and what the draws differ from their mean."""
    drawn = values[1:]
    wider = t.ppf(1 - _TAIL, units - 1) / norm.ppf(1 - _TAIL) * np.sqrt(units / (units - 1))
    return values[0], wider * (drawn - drawn.mean(axis=0))
