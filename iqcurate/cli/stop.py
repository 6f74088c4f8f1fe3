"""Ctrl-C and SIGTERM: the first ends the run in order, the second at once."""

from __future__ import annotations

import signal
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class StopAtOnce(BaseException):
    """The user asked twice; not a KeyboardInterrupt, which the command framework keeps."""


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether the user wants the run to end."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise StopAtOnce
        asked = True
        sys.stderr.write("\nfinishing the images in work and saving (once more: stop at once)\n")
        sys.stderr.flush()

    before = {s: signal.signal(s, ask) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
