"""Keeping libraries below us from writing to the user's terminal."""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import sys
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

_here = threading.local()


class _InThisThread:
    """Stands where a warning filter has its module pattern; matches per thread.

    `warnings.catch_warnings` swaps the filters of the whole process, so it would hide or show
    the warnings of other threads, and raises where the user has turned warnings into errors.
    """

    def match(self, _module: str) -> bool:
        return getattr(_here, "quiet", False)


_FILTER = ("ignore", None, Warning, _InThisThread(), 0)


@contextmanager
def no_warnings() -> Iterator[None]:
    """Drop Python warnings raised in this thread, whatever the filters; other threads' stay."""
    filters = cast("list[object]", warnings.filters)
    if not filters or filters[0] is not _FILTER:
        filters.insert(0, _FILTER)
    before = getattr(_here, "quiet", False)
    _here.quiet = True
    try:
        yield
    finally:
        _here.quiet = before


def silence_pillow() -> None:
    """Turn off what Pillow and its libtiff write to the terminal on their own.

    libtiff's handlers are set in the very library that Pillow uses, found through the module
    linked to it; thread-safe, and nobody else's messages are touched. Pillow's log records
    still reach handlers that the program has set up.
    """
    from PIL import _imaging

    logging.getLogger("PIL").addHandler(logging.NullHandler())
    library = ctypes.CDLL(_imaging.__file__)
    for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
        if hasattr(library, name):
            getattr(library, name)(None)


@contextmanager
def own_stderr() -> Iterator[None]:
    """Keep file descriptor 2 for Python alone; for a program that owns its process.

    Whatever native libraries write to it goes nowhere, while `sys.stderr` and `faulthandler`
    still reach the terminal. Set up logging inside, not before: a handler made before holds
    the old stream. Does nothing where `sys.stderr` is not file descriptor 2 any more.
    """
    if not _is_descriptor_2(sys.stderr):
        yield
        return
    before = sys.stderr
    before.flush()
    with _copy_of(before) as ours:
        try:
            _move_python_to(ours)
            with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 a device, not a path
                os.dup2(nowhere.fileno(), 2)
            yield
        finally:
            ours.flush()
            os.dup2(ours.fileno(), 2)
            _move_python_to(before)


def _is_descriptor_2(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.fileno() == 2
    except (OSError, ValueError):  # replaced by something without a descriptor, or closed
        return False


def _copy_of(stream: TextIO) -> TextIO:
    return open(  # noqa: PTH123 a descriptor; the caller closes it
        os.dup(2),
        "w",
        buffering=1,
        encoding=stream.encoding,
        errors=stream.errors,
    )


def _move_python_to(stream: TextIO) -> None:
    sys.stderr = stream
    if faulthandler.is_enabled():
        faulthandler.enable(stream)
