"""A bounded queue that costs almost nothing while it is neither full nor empty."""

from __future__ import annotations

import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Empty", "Line"]

T = TypeVar("T")

_NAP_S = 0.002


class Line(Generic[T]):
    """Like `queue.Queue`, for threads that hand over thousands of things a second.

    `queue.Queue` wakes a waiting thread for each thing, and each switch of threads costs as much
    as handling it. Here who finds the line full naps, and then has room for several.

    Parameters
    ----------
    bound
        The most things in it, about: threads that put at the same time may exceed it by one each.
    """

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self._things: SimpleQueue[T] = SimpleQueue()

    def put(self, thing: T, given_up: Callable[[], bool]) -> bool:
        """Put a thing in, when there is room; false if `given_up` said true before that."""
        while self._things.qsize() >= self._bound:
            if given_up():
                return False
            time.sleep(_NAP_S)
        self._things.put(thing)
        return True

    def get(self, timeout: float) -> T:
        """Take the oldest thing; raises `Empty` where there is none for `timeout` seconds."""
        return self._things.get(timeout=timeout)

    def get_now(self) -> T:
        """Take the oldest thing; raises `Empty` where there is none."""
        return self._things.get_nowait()
