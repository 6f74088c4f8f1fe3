"""Scores by class or split."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Codes: TypeAlias = npt.NDArray[np.int32]
    Floats: TypeAlias = npt.NDArray[np.float64]
    Counts: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spread:
    """Of one metric in each of P parts: scores (int64), mean and standard deviation (float64).

    Without scores the mean is NaN, with one the standard deviation is.
    """

    n: Counts
    mean: Floats
    sd: Floats


@dataclass(frozen=True, slots=True)
class Parts:
    """The classes or splits of a data set.

    Parameters
    ----------
    names
        Of P parts; None for images without one, if there are such.
    codes
        Part of each image, int32 (N,).
    images, readable
        Counts, int64 (P,).
    metrics
        By metric.
    """

    names: tuple[str | None, ...]
    codes: Codes
    images: Counts
    readable: Counts
    metrics: Mapping[str, Spread]


def divide(
    codes: Codes,
    names: list[str],
    readable: npt.NDArray[np.bool_],
    scores: Mapping[str, Floats],
) -> Parts | None:
    """Describe parts.

    Parameters
    ----------
    codes, names
        As `iqcurate.analysis.effect.encode` gives them; -1 for no name.
    readable
        bool (N,).
    scores
        By metric, float64 (N,), NaN where there is none.

    Returns
    -------
    None where no image has a name.
    """
    if not names:
        return None
    unnamed = codes < 0
    all_names: list[str | None] = list(names)
    if unnamed.any():
        codes = np.where(unnamed, len(names), codes).astype(np.int32)
        all_names.append(None)
    parts = len(all_names)
    return Parts(
        tuple(all_names),
        codes,
        np.bincount(codes, minlength=parts),
        np.bincount(codes[readable], minlength=parts),
        {name: _spread(codes, parts, values) for name, values in scores.items()},
    )


def _spread(codes: Codes, parts: int, values: Floats) -> Spread:
    have = ~np.isnan(values)
    codes, values = codes[have], values[have]
    n = np.bincount(codes, minlength=parts)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(codes, values, parts) / n
        around = values - mean[codes]
        sd = np.sqrt(np.bincount(codes, around**2, parts) / np.where(n > 1, n - 1, np.nan))
    return Spread(n, mean, sd)
