"""What was listed before, in 8 bytes a path."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from hashlib import blake2b

import numpy as np

_RECENT = 1 << 18


class Seen:
    """Set of paths, kept as 64-bit hashes in sorted arrays of doubling size.

    Two different paths among ten million share a hash with a probability of 3e-6, among a
    hundred million of 3e-4; the second would be taken for a repetition.
    """

    def __init__(self, recent: int = _RECENT) -> None:
        self._limit = recent
        self._recent: set[int] = set()
        self._runs: list[array[int]] = []

    def add(self, path: bytes) -> bool:
        """Whether `path` is new; it is not from now on."""
        value = int.from_bytes(blake2b(path, digest_size=8).digest())
        if value in self._recent or any(_holds(run, value) for run in self._runs):
            return False
        self._recent.add(value)
        if len(self._recent) >= self._limit:
            self._settle()
        return True

    def _settle(self) -> None:
        run = array("Q", sorted(self._recent))
        self._recent.clear()
        while self._runs and len(self._runs[-1]) <= len(run):
            run = _merged(self._runs.pop(), run)
        self._runs.append(run)


def _merged(one: array[int], other: array[int]) -> array[int]:
    both = one + other
    np.frombuffer(both, np.uint64).sort()
    return both


def _holds(run: array[int], value: int) -> bool:
    place = bisect_left(run, value)
    return place < len(run) and run[place] == value
