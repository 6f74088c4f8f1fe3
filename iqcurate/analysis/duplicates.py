"""Images that are one: by the hash of their bytes, or nearly by a perceptual hash."""

from __future__ import annotations

from itertools import combinations
from math import comb, floor
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import norm

from iqcurate.analysis.fences import LEAST, RATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]
    Rows = npt.NDArray[np.int64]
    Keys = npt.NDArray[np.unsignedinteger]

BITS = 64
COPIES = 6
"""Bits that 99 of 100 copies do not exceed which were encoded as JPEG of quality 30, halved,
blurred (sigma 2), made 20% brighter or of 30% less contrast; measured, see docs/checks.md."""
_HEAVIER = 40
"""Close pairs of unlike photographs, over those that a normal distribution expects; measured."""
_PAIRS = 200_000
_FAIR = (BITS / 2, BITS**0.5 / 2)
"""Mean and standard deviation of the distance of two strings of fair bits."""
_WINDOW = 1000
"""Hashes that share a key are each compared with so many that follow."""
_SORTING = 6
"""Cost of a hash in sorting, in comparisons of two."""
_MOST_AGREEING = 4
_MOST_EDGES = 1 << 20


def groups_of(codes: npt.NDArray[np.integer]) -> list[Rows]:
    """Rows that share a code, groups of two or more; rows with a negative code are left out."""
    rows = np.flatnonzero(codes >= 0)
    counts = np.bincount(codes[rows]) if len(rows) else np.zeros(0, np.int64)
    rows = rows[counts[codes[rows]] > 1]  # most are alone: a million arrays of one take seconds
    rows = rows[np.argsort(codes[rows], kind="stable")]
    ends = np.flatnonzero(np.diff(codes[rows])) + 1
    return [group for group in np.split(rows, ends) if len(group)]


def near_distance(hashes: Hashes, rate: float = RATE) -> int:
    """The most bits in which hashes of near duplicates may differ: what copies do, less in doubt.

    `COPIES`, or less where images of this set come so near by chance. Two images that have
    nothing to do with each other differ in about half the bits. Random pairs of this set say
    around which middle and how widely; the middle and the upper half are used, which duplicates
    do not touch. The tail is that of a normal distribution, made 40
    times as heavy. The more images
    there are, the more pairs, and the smaller the distance at which at most `rate` of the images
    have a neighbour by chance.

    Parameters
    ----------
    hashes
        uint64 (N,).
    rate
        Share of images.

    Returns
    -------
    Bits; -1 where images of this set are alike anyway, so that a hash tells nothing.
    """
    middle, spread = _FAIR if len(hashes) < LEAST else _of_random_pairs(hashes)
    chance = min(rate / max(len(hashes) - 1, 1) / _HEAVIER, 0.5)
    by_chance = floor(middle - 0.5 + spread * float(norm.ppf(chance)))
    return min(COPIES, max(-1, by_chance))


def _of_random_pairs(hashes: Hashes) -> tuple[float, float]:
    random = np.random.default_rng(0)
    first = random.integers(len(hashes), size=_PAIRS)
    second = (first + random.integers(1, len(hashes), size=_PAIRS)) % len(hashes)
    distances = np.bitwise_count(hashes[first] ^ hashes[second]).astype(np.float64)
    middle = float(np.median(distances))
    upper = distances[distances >= middle] - middle
    independent = np.sqrt(middle * (1 - middle / BITS))  # no set of bits spreads less
    return middle, float(max(np.sqrt(np.square(upper).mean()), independent))


def near(hashes: Hashes, most: int) -> npt.NDArray[np.int64]:
    """Number the groups of hashes that are connected by steps of at most `most` bits.

    Two hashes that differ in `most` bits agree in at least k of most + k parts of their bits:
    for each choice of k parts, only those that agree in these are compared. Time grows about
    linearly with the number of hashes while `most` stays small. Where
    more than 1000 different hashes agree in the chosen parts, each is compared with the next
    1000, so a group of that size might come apart.

    Parameters
    ----------
    hashes
        uint64 (N,).
    most
        Bits; none are near where it is negative, equal ones neither.

    Returns
    -------
    int64 (N,): rows of one group share a number.
    """
    if most < 0:
        return np.arange(len(hashes))
    different, inverse = np.unique(hashes, return_inverse=True)
    groups = np.arange(len(different))
    edges: list[Rows] = []
    for order, mask in _orders(different, most):
        edges += _close_pairs(different[order], order, mask, most, groups)
        if sum(e.shape[1] for e in edges) > _MOST_EDGES:
            groups, edges = _joined(groups, edges), []
    return np.asarray(_joined(groups, edges)[inverse], np.int64)


def _orders(hashes: Hashes, most: int) -> Iterator[tuple[Rows, np.uint64]]:
    """Orders in which hashes that agree in some parts, the bits of the mask, are neighbours.

    Parts of few bits are sorted in linear time, so the last of the parts comes first.
    """
    chosen = _agreeing(len(hashes), most)
    parts = [range(j, BITS, most + chosen) for j in range(most + chosen)]
    values = [_gathered(hashes, bits) for bits in parts]
    for last in range(chosen - 1, len(parts)):
        by_last = np.argsort(values[last], kind="stable")
        for others in combinations(range(last), chosen - 1):
            mask = np.uint64(sum(1 << bit for j in (*others, last) for bit in parts[j]))
            key = _side_by_side([values[j] for j in others], [len(parts[j]) for j in others])
            yield by_last[np.argsort(key[by_last], kind="stable")] if others else by_last, mask


def _agreeing(n: int, most: int) -> int:
    """How many of the parts are to agree: where sorting and comparing together cost least."""

    def cost(k: int) -> float:
        return comb(most + k, k) * (_SORTING + n / 2 ** (BITS * k / (most + k) + 1))

    return min(range(1, _MOST_AGREEING + 1), key=cost)


def _gathered(hashes: Hashes, bits: Sequence[int]) -> Keys:
    """The chosen bits of each hash, side by side."""
    return _side_by_side([hashes >> np.uint64(bit) & np.uint64(1) for bit in bits], [1] * len(bits))


def _side_by_side(values: Sequence[Keys], widths: Sequence[int]) -> Keys:
    """One number of several of so many bits, in the smallest type."""
    kind = np.min_scalar_type((1 << sum(widths)) - 1)
    key = np.zeros(len(values[0]) if values else 0, kind)
    for value, width in zip(values, widths, strict=True):
        key = key << kind.type(width) | value.astype(kind)
    return key


def _close_pairs(
    hashes: Hashes, rows: Rows, mask: np.uint64, most: int, groups: Rows
) -> list[Rows]:
    """Pairs (2, n) of rows of different groups that agree under the mask and are close.

    Parameters
    ----------
    hashes, rows
        Sorted by the bits of the mask.
    """
    found, at = [], np.arange(len(hashes))
    for lag in range(1, _WINDOW + 1):
        at = at[: np.searchsorted(at, len(hashes) - lag)]
        differing = hashes[at] ^ hashes[at + lag]
        agree = differing & mask == 0
        at, differing = at[agree], differing[agree]
        if not len(at):
            break
        close = at[np.bitwise_count(differing) <= most]
        pairs = np.stack([rows[close], rows[close + lag]])
        found.append(pairs[:, groups[pairs[0]] != groups[pairs[1]]])
    return [pairs for pairs in found if pairs.size]


def _joined(groups: Rows, edges: list[Rows]) -> Rows:
    if not edges:
        return groups
    first, second = groups[np.concatenate(edges, axis=1)]
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(len(groups),) * 2)
    return np.asarray(connected_components(graph, directed=False)[1][groups], np.int64)
