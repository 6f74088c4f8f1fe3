"""Choosing images of A so that their scores are distributed like those of B."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.match.exact import edges, largest, prefixes

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Mask = npt.NDArray[np.bool_]

_CHANCE = 1.36
"""Times 1 / sqrt(n): the distance from their source that n random images exceed in one case of
twenty (Kolmogorov)."""


def allowed(n_a: int, n_b: int) -> float:
    """The distance that as many random images of B would have from it, at most 1.

    Of the smaller set: fewer images of A than of B cannot come nearer.
    """
    n = min(n_a, n_b)
    return min(1.0, _CHANCE / math.sqrt(n)) if n else 1.0


def draw(a: Floats, b: Floats, eps: float | None, random: np.random.Generator) -> Mask:
    """Choose as many images of A as can be, no further from B than `eps`.

    The distance is that of Kolmogorov and Smirnov, and it is exact: cells are the scores of B and
    the gaps between them, and within a cell it does not matter which images are taken. There they
    are drawn at random.

    Parameters
    ----------
    a, b
        Finite scores, float64 (N,) and (M,), M > 0.
    eps
        Distance, 0 to 1; None: see `allowed`.
    random
        Draws.

    Returns
    -------
    What is kept of A, bool (N,).
    """
    eps = allowed(len(a), len(b)) if eps is None else eps
    cell, target = cells(a, b)
    counts = np.bincount(cell, minlength=len(target))
    found = edges(counts, target)
    n = largest(found, eps)
    if not n:
        return np.zeros(len(a), bool)
    quota = np.zeros(len(target), np.int64)
    quota[counts > 0] = np.diff(prefixes(found, n, eps))
    return _picked(cell, counts, quota, random)


def distance(a: Floats, b: Floats) -> float:
    """Largest difference of two distribution functions, 0 to 1; NaN are left out, 0 without any."""
    a, b = np.sort(a[np.isfinite(a)]), np.sort(b[np.isfinite(b)])
    if not len(a) or not len(b):
        return 0.0
    both = np.concatenate([a, b])
    shares = [np.searchsorted(part, both, "right") / len(part) for part in (a, b)]
    return float(np.abs(shares[0] - shares[1]).max())


def cells(a: Floats, b: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    """Cell of each score of A, and the share of B at or below the upper end of each cell.

    Cells 1, 3, ... are the distinct scores of B, ascending; 0, 2, ... the gaps around them.
    """
    values, times = np.unique(b, return_counts=True)
    place = np.searchsorted(values, a)
    on = values[np.minimum(place, len(values) - 1)] == a
    shares = np.cumsum(times) / len(b)
    target = np.append(0.0, np.repeat(shares, 2))  # gap, score, gap, score, ..., gap
    return 2 * place + on, target


def _picked(
    cell: npt.NDArray[np.int64],
    counts: npt.NDArray[np.int64],
    quota: npt.NDArray[np.int64],
    random: np.random.Generator,
) -> Mask:
    """The first `quota` images of each cell in random order."""
    mixed = random.permutation(len(cell))
    order = mixed[np.argsort(cell[mixed], kind="stable")]
    begin = np.cumsum(counts) - counts
    ordered = cell[order]
    place = np.arange(len(cell)) - begin[ordered]
    keep = np.zeros(len(cell), bool)
    keep[order[place < quota[ordered]]] = True
    return keep
