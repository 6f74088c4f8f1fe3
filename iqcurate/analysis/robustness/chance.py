"""Correlations that chance alone gives, simulated."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.robustness.correlations import pcc, srcc
from iqcurate.analysis.robustness.protocol import overlaps

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_DRAWS, _LEAST_DRAWS, _NUMBERS = 20_000, 1000, 4_000_000
"""Sequences that are drawn: fewer of long ones, whose correlations scatter less."""


@dataclass(frozen=True, slots=True)
class Chance:
    """Absolute correlation of one sequence of scores in which nothing but chance works.

    Parameters
    ----------
    pcc, srcc
        Its mean.
    pcc_95, srcc_95
        Its 95% quantile.
    """

    pcc: float
    srcc: float
    pcc_95: float
    srcc_95: float


@cache
def independent(steps: int) -> Chance:
    """Of normal scores that know nothing of each other."""
    draws = max(_LEAST_DRAWS, min(_DRAWS, _NUMBERS // steps))
    return _of(np.random.default_rng(0).standard_normal((draws, steps)))


@cache
def nested(sweep: str) -> Chance:
    """Of the crops or the turned squares of one image, whose texture is the same everywhere.

    What a metric sees at a place is independent of what it sees elsewhere, and the score of a
    part of the image is the mean over it: parts that share area share noise.
    """
    shared = overlaps(sweep)
    areas = np.diag(shared)
    covariance = shared / np.outer(areas, areas)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0))
    return _of(np.random.default_rng(0).standard_normal((_DRAWS, len(areas))) @ root.T)


def _of(scores: Floats) -> Chance:
    steps = np.arange(scores.shape[1], dtype=float)
    found = [np.abs(f(scores, steps)) for f in (pcc, srcc)]
    means, highs = ([float(f(v)) for v in found] for f in (np.mean, lambda v: np.quantile(v, 0.95)))
    return Chance(*means, *highs)
