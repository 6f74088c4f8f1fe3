"""How far the embeddings of a subset's images spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import pdist, squareform
from scipy.stats import t as student

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]
    Units = npt.NDArray[np.int64]

LEAST_CATEGORIES = 5
"""With fewer, an interval rests on single images: so few categories tell of no others."""
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Spread:
    """Euclidean distances between the embeddings of n images, in units of the embedding.

    Parameters
    ----------
    total
        Sum over all n (n - 1) / 2 pairs.
    mean
        Of these pairs; None with one image.
    low, high
        95% interval of the mean: jackknife over categories, or over images where there are fewer
        than `LEAST_CATEGORIES`; None below three of them.
    within, between
        Mean over the pairs of one category, and of two; None without such pairs.
    """

    total: float
    mean: float | None
    low: float | None
    high: float | None
    within: float | None
    between: float | None


def spread(embeddings: Floats, categories: Units) -> Spread:
    """Measure the distances.

    Parameters
    ----------
    embeddings
        (n, numbers).
    categories
        int64 (n,).
    """
    found, categories = np.unique(categories, return_inverse=True)
    square = squareform(pdist(np.asarray(embeddings, np.float64)))
    n = len(square)
    total = float(square.sum()) / 2
    same = categories[:, None] == categories[None, :]
    units = categories if len(found) >= LEAST_CATEGORIES else np.arange(n)
    mean, low, high = _interval(square, units)
    inside = int(same.sum()) - n
    return Spread(
        total,
        mean,
        low,
        high,
        float(square[same].sum() / inside) if inside else None,
        float(square[~same].mean()) if not same.all() else None,
    )


def unit_length(embeddings: Floats) -> Floats:
    """Scale each embedding to length 1; one that is zero stays so."""
    length = np.linalg.norm(embeddings, axis=1, keepdims=True)
    return np.asarray(embeddings / np.where(length > 0, length, 1))


def _interval(square: Floats, units: Units) -> tuple[float | None, float | None, float | None]:
    """Mean pairwise distance, and its interval from leaving out one unit at a time."""
    n = len(square)
    if n < 2:
        return None, None, None
    whole = square.sum()
    mean = whole / (n * (n - 1))
    size = np.bincount(units).astype(float)
    count = len(size)
    touching = np.bincount(units, square.sum(axis=1))
    inside = np.zeros(count)
    np.add.at(inside, units, (square * (units[:, None] == units[None, :])).sum(axis=1))
    left = n - size
    if count < 3 or left.min() < 2:
        return float(mean), None, None
    without = (whole - 2 * touching + inside) / (left * (left - 1))
    error = np.sqrt((count - 1) / count * ((without - without.mean()) ** 2).sum())
    half = float(student.ppf((1 + _LEVEL) / 2, count - 1) * error)
    return float(mean), float(max(mean - half, 0)), float(mean + half)
