"""Ctrl-C and SIGTERM: the first ends a run in order, the second at once."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import contextmanager, suppress
from io import UnsupportedOperation
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

INTERRUPTED = 130
"""Exit code."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(BaseException):
    """The user wants the end; not a KeyboardInterrupt, which the command framework keeps."""


class StopAtOnce(Interrupted):
    """The user asked twice while a run was going."""


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise `Interrupted` on a signal; after this block, while the process ends, none counts."""

    def interrupt(_number: int, frame: FrameType | None) -> None:
        if _is_importing(frame):  # where an exception can get lost, and nothing is half done
            _ignore_signals()
            say_interrupted()
            os._exit(INTERRUPTED)
        raise Interrupted

    for number in _SIGNALS:
        signal.signal(number, interrupt)
    try:
        yield
    finally:
        try:
            _ignore_signals()
        except Interrupted:  # one more, just before
            _ignore_signals()


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def say_interrupted() -> None:
    """Tell the user; nothing was half done."""
    _say("\ninterrupted\n")


def _say(text: str) -> None:
    """Write to standard error from a handler, which may come amid another write to it."""
    try:
        os.write(sys.stderr.fileno(), text.encode())
    except UnsupportedOperation:  # not a file, as in a notebook
        with suppress(RuntimeError):
            sys.stderr.write(text)
    except (OSError, ValueError):  # closed
        pass


@contextmanager
def stop_signals() -> Iterator[Callable[[], bool]]:
    """Give a function that says whether the user wants the run to end."""
    asked = False

    def ask(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            raise StopAtOnce
        asked = True
        _say("\nfinishing the images in work and saving (once more: stop at once)\n")

    before = {s: signal.signal(s, ask) for s in _SIGNALS}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
