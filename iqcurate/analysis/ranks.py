"""Images from worst to best by the mean of their ranks in several metrics."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.cutoffs.ranks import rank as ordered
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
    total, count = np.zeros(0), np.zeros(0, np.int16)
    for values, direction in scores:
        if not len(count):
            total, count = np.zeros(len(values)), np.zeros(len(values), np.int16)
        have = ~np.isnan(values)
        if have.any():
            total[have] += _percentiles(values[have], direction)
        count += have
    with np.errstate(invalid="ignore"):
        total /= count
    return np.round(total, _DIGITS, out=total)


def _percentiles(values: Ranks, direction: Direction) -> Ranks:
    """Percentile rank of each value, in (0, 1), 0 for the worst."""
    found = ordered(values if direction is Direction.HIGHER else -values)
    percentiles: Ranks = found.ridits()[found.level]
    return percentiles


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
    """The first `quota[c]` of each class by key and id.

    Ids are looked at only where the last place of a class is shared: sorting ten million of them
    takes a gigabyte.
    """
    rows = np.flatnonzero(among)
    rows = rows[np.lexsort((key[rows], classes[rows]))]
    sizes = np.bincount(classes[rows], minlength=len(quota))
    begin = np.cumsum(sizes) - sizes
    taken = np.minimum(sizes, np.maximum(quota, 0))
    last = np.full(len(quota), -np.inf)  # key of the last one chosen in each class
    last[taken > 0] = key[rows[(begin + taken - 1)[taken > 0]]]
    chosen = np.zeros(len(key), bool)
    keys, of = key[rows], classes[rows]
    chosen[rows[keys < last[of]]] = True
    tied = rows[keys == last[of]]
    places = taken - np.bincount(classes[chosen], minlength=len(quota))
    chosen[_first_by_id(tied, ids, classes, places)] = True
    return chosen


def _first_by_id(
    rows: npt.NDArray[np.intp],
    ids: pa.ChunkedArray,
    classes: Codes,
    places: npt.NDArray[np.integer],
) -> npt.NDArray[np.intp]:
    """Of some rows the first `places[c]` of each class by id."""
    of = classes[rows]
    table = pa.table({"class": of, "id": ids.take(pa.array(rows))})
    order = pc.sort_indices(table, [("class", "ascending"), ("id", "ascending")]).to_numpy()
    of = of[order]
    place = np.arange(len(of)) - np.searchsorted(of, of)
    return np.asarray(rows[order[place < places[of]]])
