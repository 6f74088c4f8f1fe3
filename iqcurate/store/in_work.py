"""Which images are being worked on, in a file that outlives a crash of the process."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from hashlib import blake2b
from typing import TYPE_CHECKING

from iqcurate.durable import replace
from iqcurate.store.files import OWN, in_words

if TYPE_CHECKING:
    from pathlib import Path

_DOING = "note what is in work"
_SIZE = 16
_NOTHING = bytes(_SIZE)


class InWork:
    """Slots that hold the keys of the images that the threads of a run worked on last.

    The images in the slots of a process that died are suspected of having killed it, until a
    run that got past them comes to its end. For the holder of the store's `Lock`; each slot
    belongs to one thread.

    Parameters
    ----------
    store
        Folder of the store.

    Raises
    ------
    StoreError
        The file cannot be written.
    """

    def __init__(self, store: Path) -> None:
        self._path = store / OWN / "in_work"
        self._suspects = _keys(self._path)
        self._cleared: set[bytes] = set()
        self._slots: dict[int, bytes] = {}
        self._store = store
        self._lock = threading.Lock()
        self._open = False
        with in_words(store, _DOING):
            replace(self._path, b"".join(self._suspects))
            self._file = os.open(self._path, os.O_WRONLY)
        self._open = True

    @property
    def cleared(self) -> int:
        """How many suspects this run got past."""
        return len(self._cleared)

    def __contains__(self, image_id: object) -> bool:
        """Whether an image is suspected."""
        return bool(self._suspects) and _key(str(image_id)) in self._suspects

    def begin(self, slot: int, image_id: str) -> None:
        """Note what a thread begins to work on."""
        key = self._slots[slot] = _key(image_id)
        self._write(slot, key)

    def _write(self, slot: int, key: bytes) -> None:
        """Write, unless the run has ended: a network may outlive it."""
        with self._lock, suppress(OSError):  # a full disk: commits will say so
            if self._open:
                os.pwrite(self._file, key, (len(self._suspects) + slot) * _SIZE)

    def end(self, slot: int) -> None:
        """Note that it got past it."""
        key = self._slots.pop(slot)
        self._write(slot, _NOTHING)
        if key in self._suspects:
            self._cleared.add(key)

    def close(self, whole: bool = False) -> None:
        """Forget the suspects that turned out harmless, or have a row now; keep the others.

        Parameters
        ----------
        whole
            The run came across every image; a suspect that it did not score had its row already.
        """
        with self._lock:
            self._open = False
            os.close(self._file)
        left = set() if whole else self._suspects - self._cleared
        left |= set(self._slots.values())
        with in_words(self._store, _DOING):
            if left:
                replace(self._path, b"".join(left))
            else:
                self._path.unlink(missing_ok=True)


def _key(image_id: str) -> bytes:
    return blake2b(image_id.encode(), digest_size=_SIZE).digest()


def _keys(path: Path) -> frozenset[bytes]:
    try:
        found = path.read_bytes()
    except FileNotFoundError:
        return frozenset()
    keys = (found[i : i + _SIZE] for i in range(0, len(found) - _SIZE + 1, _SIZE))
    return frozenset(key for key in keys if key != _NOTHING)
