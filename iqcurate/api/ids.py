"""Ten million ids, found in one another and checked for doubles, by their hashes.

Arrow's own hash tables of so many texts take seconds to minutes and gigabytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

_AT_ONCE = 100_000


def find_double(ids: pa.ChunkedArray) -> tuple[str, int] | None:
    """A text that is there more than once, and how often; None where all differ."""
    found = hashes(ids)
    order = np.argsort(found, kind="stable")
    ordered = found[order]
    again = np.flatnonzero(ordered[1:] == ordered[:-1])
    for start in range(0, len(again), _AT_ONCE):
        part = again[start : start + _AT_ONCE]
        same = pc.equal(ids.take(pa.array(order[part])), ids.take(pa.array(order[part + 1])))
        doubles = part[same.to_numpy()]
        if len(doubles):
            text = ids[int(order[doubles[0]])]
            return text.as_py(), pc.sum(pc.equal(ids, text)).as_py()
    return None


def positions(wanted: pa.ChunkedArray, among: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Index of each wanted text among others that all differ, int64 (N,), -1 where it is not."""
    if not len(among) or not len(wanted):
        return np.full(len(wanted), -1, dtype=np.int64)
    have, want = hashes(among), hashes(wanted)
    order, sought = np.argsort(have, kind="stable"), np.argsort(want, kind="stable")
    ordered = have[order]
    place = np.minimum(np.searchsorted(ordered, want[sought]), len(order) - 1)
    found = np.full(len(want), -1, dtype=np.int64)
    hit = ordered[place] == want[sought]
    found[sought[hit]] = order[place[hit]]
    return _checked(found, wanted, among)


def _checked(
    found: npt.NDArray[np.int64], wanted: pa.ChunkedArray, among: pa.ChunkedArray
) -> npt.NDArray[np.int64]:
    """Look up anew, the slow way, what has the same hash and is another text."""
    for start in range(0, len(found), _AT_ONCE):
        part = found[start : start + _AT_ONCE]
        hit = np.flatnonzero(part >= 0)
        texts = wanted.slice(start, len(part)).take(pa.array(hit))
        same = pc.equal(texts, among.take(pa.array(part[hit]))).to_numpy()
        if not same.all():
            index = pc.index_in(texts.filter(pa.array(~same)), value_set=among.combine_chunks())
            part[hit[~same]] = pc.fill_null(index, -1).to_numpy()
    return found


def hashes(ids: pa.ChunkedArray) -> npt.NDArray[np.uint64]:
    """64 bits of each text, uint64 (N,)."""
    from pandas.util import hash_array

    found = np.empty(len(ids), dtype=np.uint64)
    for start in range(0, len(ids), _AT_ONCE):
        texts = ids.slice(start, _AT_ONCE).to_numpy(zero_copy_only=False)
        found[start : start + len(texts)] = hash_array(texts, categorize=False)
    return found
