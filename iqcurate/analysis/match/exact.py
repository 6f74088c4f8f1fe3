"""The largest part of some images whose distribution is within a distance of another.

With c images in a cell and F the other distribution, n images can be taken when there are whole
numbers S with n (F - eps) <= S <= n (F + eps) at every edge, S = n at the last, and steps from 0
to c. S is reached from the left within one interval at each edge, so going through the edges once
tells whether some n can be had. Any n that cannot has a pair of edges that forbids it, and the
pair says how far down the next one is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_NOISE = 1e-9
"""Of products such as n (F + eps), which are whole numbers where nothing is rounded."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Where the other distribution is known, with the images that lie between.

    Parameters
    ----------
    upto
        Images at or below each of the K + 1 edges, int64 (K + 1,), from 0 to all; each but the
        first is more than the one before.
    least, most
        Lowest and highest share of the other set that holds while no image is passed: the shares
        at the first and at the last of the cells that an edge stands for, float64 (K + 1,).
    """

    upto: Ints
    least: Floats
    most: Floats


def edges(counts: Ints, target: Floats) -> Edges:
    """Put together the cells between which there is no image.

    Parameters
    ----------
    counts
        Images in each cell, int64 (M,).
    target
        Share of the other set at or below the upper end of each cell, float64 (M,), ascending to
        1.
    """
    last = np.append(np.flatnonzero(counts) - 1, len(counts) - 1)
    first = np.append(-1, np.flatnonzero(counts))
    upto = np.append(0, np.cumsum(counts[counts > 0]))
    share = np.append(0.0, target)
    return Edges(upto, share[first + 1], share[last + 1])


def largest(found: Edges, eps: float) -> int:
    """How many images can be had at most within a distance of `eps`; 0 where none can."""
    n, rules = int(found.upto[-1]), list[_Rule]()
    while n > 0:
        low, high = _limits(found, n, eps)
        reach = found.upto + np.minimum.accumulate(high - found.upto)
        broken = low - reach
        at = int(np.argmax(broken))
        if broken[at] <= 0:
            return n
        before = int(np.argmin((high - found.upto)[: at + 1]))
        rules.append(_Rule.between(found, before, at))
        n = _next(n, rules, eps)
    return 0


def prefixes(found: Edges, n: int, eps: float) -> Ints:
    """Images to take at or below each edge, int64 (K + 1,), as near to the target as can be."""
    low, high = _limits(found, n, eps)
    reach = (found.upto + np.minimum.accumulate(high - found.upto)).tolist()
    wish = np.rint(n * (found.least + found.most) / 2).astype(np.int64).tolist()
    sizes, floor = np.diff(found.upto).tolist(), low.tolist()
    taken = [n] * len(reach)
    for k in range(len(sizes) - 1, -1, -1):
        after = taken[k + 1]
        least, most = max(floor[k], after - sizes[k]), min(reach[k], after)
        taken[k] = min(max(wish[k], least), most)
    return np.array(taken, np.int64)


def _limits(found: Edges, n: int, eps: float) -> tuple[Ints, Ints]:
    """Fewest and most images that may lie at or below each edge."""
    low = np.ceil(n * (found.most - eps) - _NOISE).astype(np.int64)
    high = np.floor(n * (found.least + eps) + _NOISE).astype(np.int64)
    np.maximum(low, 0, out=low)
    np.minimum(high, n, out=high)
    high[0] = 0
    low[-1] = n
    return low, high


@dataclass(frozen=True, slots=True)
class _Rule:
    """Between two edges lie `room` images; the target asks for as many as rise beyond twice eps.

    `start` and `end` say that the lower edge is the first (no image is taken there, exactly), and
    that the upper one is the last (all are).
    """

    room: int
    share_before: float
    share_at: float
    start: bool
    end: bool

    @classmethod
    def between(cls, found: Edges, before: int, at: int) -> _Rule:
        final = len(found.upto) - 1
        return cls(
            int(found.upto[at] - found.upto[before]),
            float(found.least[before]),
            float(found.most[at]),
            before == 0,
            at == final,
        )

    def allows(self, n: int, eps: float) -> bool:
        high = 0 if self.start else min(n, math.floor(n * (self.share_before + eps) + _NOISE))
        low = n if self.end else max(0, math.ceil(n * (self.share_at - eps) - _NOISE))
        return low - high <= self.room

    def bound(self, n: int, eps: float) -> int:
        """Above this nothing is allowed, also without whole numbers."""
        low = 1.0 if self.end else self.share_at - eps
        rise = low - (0.0 if self.start else self.share_before + eps)
        return n if rise <= 0 else min(n, math.floor(self.room / rise + _NOISE))


def _next(n: int, rules: list[_Rule], eps: float) -> int:
    """The next smaller size that the known rules allow."""
    n = min(rule.bound(n - 1, eps) for rule in rules)
    while n > 0 and not all(rule.allows(n, eps) for rule in rules):
        n -= 1
    return n
