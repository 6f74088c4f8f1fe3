"""Put a file into the folder of weights: one process at a time, whole or not at all."""

from __future__ import annotations

from contextlib import contextmanager
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from typing import TYPE_CHECKING

from iqcurate.durable import make_folder, publish, replace
from iqcurate.errors import WeightsError
from iqcurate.weights.folder import VARIABLE
from iqcurate.weights.pins import FILE as PINS
from iqcurate.weights.pins import Pin, pins_text, read_pins

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from iqcurate.spec import Weights

_FULL = "free some space and run the same command again"
_CLOSED = f"choose a folder that you may write to: --weights-dir, or {VARIABLE}"
_ADVICE = {ENOSPC: _FULL, EDQUOT: _FULL, EACCES: _CLOSED, EPERM: _CLOSED, EROFS: _CLOSED}


@contextmanager
def writing(folder: Path, file: str, wait: Callable[[str], None]) -> Iterator[Path]:
    """Hold the right to write one file of the folder, and give its path.

    Parameters
    ----------
    folder
        Is made where it is not there.
    file
        Name of the file.
    wait
        Is told why nothing happens while another process holds that right.

    Raises
    ------
    WeightsError
        Where the folder cannot be written, in words.
    """
    with _in_words(folder):
        make_folder(folder)
        with _lock(folder, file, wait):
            yield folder / file


def keep(draft: Path, record: Weights, pin: Pin) -> None:
    """Pin what a checked file holds, and give it its name."""
    note(draft.parent, record, pin)
    path = draft.with_name(record.file)
    if draft.is_symlink():
        draft.replace(path)
    else:
        publish(draft, path)


def note(folder: Path, record: Weights, pin: Pin) -> None:
    """Pin what a file holds, where no whole hash of it is published."""
    if record.sha256 is not None:
        return
    with _lock(folder, PINS, lambda _: None):
        pins = read_pins(folder)
        if pins.get(record.file) != pin:
            replace(folder / PINS, pins_text(pins | {record.file: pin}))


@contextmanager
def _lock(folder: Path, file: str, wait: Callable[[str], None]) -> Iterator[None]:
    from filelock import FileLock, Timeout

    lock = FileLock(folder / f".{file}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        wait(f"another process is writing {folder / file}; waiting for it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _in_words(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        advice = _ADVICE.get(error.errno or 0)
        what = f"{error.filename or folder}: {error.strerror or error}"
        raise WeightsError(f"{what}; {advice}" if advice else what) from error
