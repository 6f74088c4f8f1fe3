"""Signals that wait while something must be done whole."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_WAITING = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def signals_wait() -> Iterator[None]:
    """Handle SIGINT and SIGTERM only at the end of this block; they are sent again there.

    Where the block fails, its error is the news, and they are forgotten. Does nothing in other
    threads than the main one, which alone handles signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        came.append(number)

    ours = [s for s in _WAITING if signal.getsignal(s) is not None]  # None: set by a C library
    before = {s: signal.signal(s, note) for s in ours}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for late in came:
        signal.raise_signal(late)
