"""Images from worst to best by the mean of their ranks in several metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.stats import rankdata

from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Ranks: TypeAlias = npt.NDArray[np.float64]
    Codes: TypeAlias = npt.NDArray[np.int32]
    Mask: TypeAlias = npt.NDArray[np.bool_]

_DIGITS = 12  # fewer than the noise of adding up, more than the distance of two ranks


def mean_rank(scores: Iterable[tuple[npt.NDArray[np.float64], Direction]]) -> Ranks:
    """Mean over the metrics of each image's percentile rank.

    Parameters
    ----------
    scores
        Of each metric: float64 (N,), NaN where there is none, and which are better.

    Returns
    -------
    float64 (N,) in (0, 1), 0 for the worst; the mean of the metrics that have a value, NaN
    where none has. Equal scores share the mean of their ranks.
    """
    total, count = np.zeros(1), np.zeros(1, np.int64)
    for values, direction in scores:
        have = ~np.isnan(values)
        rank = np.zeros(len(values))
        signed = values[have] if direction is Direction.HIGHER else -values[have]
        rank[have] = (rankdata(signed) - 0.5) / max(have.sum(), 1)
        total, count = total + rank, count + have
    with np.errstate(invalid="ignore"):
        return np.asarray(np.round(total / count, _DIGITS), np.float64)


def worst(rank: Ranks, ids: pa.ChunkedArray, share: float, classes: Codes | None = None) -> Mask:
    """Tell which images are the worst `share` of those that have a rank, or of each class.

    Rounded down to whole images; of equal ones the first by id go first.

    Parameters
    ----------
    rank
        float64 (N,), NaN for images that are left out.
    ids
        Text (N,).
    share
        From 0 to 1.
    classes
        int32 (N,): the class of each image; the share is taken of each.
    """
    codes = np.zeros(len(rank), np.int32) if classes is None else classes
    codes = codes - min(codes.min(initial=0), 0)
    ranked = ~np.isnan(rank)
    sizes = np.bincount(codes[ranked])
    quota = np.array([math.floor(n * share + 1e-9) for n in sizes], np.int64)
    return _first(rank, ids, codes, ranked, quota)


def best(rank: Ranks, ids: pa.ChunkedArray, classes: Codes, among: Mask, quota: Codes) -> Mask:
    """Tell which images are the best `quota[c]` of class c `among` those that may be chosen.

    Of equal ones the first by id are chosen; images without a class (-1) or a rank never.

    Parameters
    ----------
    rank, ids, classes
        As for `worst`.
    among
        bool (N,).
    quota
        int32 (classes,).
    """
    return _first(-rank, ids, classes, among & (classes >= 0) & ~np.isnan(rank), quota)


def _first(
    key: Ranks, ids: pa.ChunkedArray, classes: Codes, among: Mask, quota: npt.NDArray[np.integer]
) -> Mask:
    """The first `quota[c]` of each class by key and id."""
    rows = np.flatnonzero(among)
    columns = {"class": classes[rows], "key": key[rows], "id": ids.filter(pa.array(among))}
    order = pc.sort_indices(pa.table(columns), [(name, "ascending") for name in columns])
    rows = rows[order.to_numpy()]
    sorted_classes = classes[rows]
    place = np.arange(len(rows)) - np.searchsorted(sorted_classes, sorted_classes)
    chosen = np.zeros(len(key), bool)
    chosen[rows[place < quota[sorted_classes]]] = True
    return chosen
