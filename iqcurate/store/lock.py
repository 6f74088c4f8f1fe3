"""One writer at a time on a store, and whether the last one came to its end."""

from __future__ import annotations

import json
import os
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from iqcurate.durable import make_folder, replace, sync
from iqcurate.errors import StoreBusyError, StoreError
from iqcurate.store.files import OWN

if TYPE_CHECKING:
    from pathlib import Path


class Lock:
    """The right to write to a store, held from construction to `release`.

    The operating system holds the lock, so it ends with the process, however that dies. The
    owner file beside it says who holds it; one that is still there when the lock is free was
    left by a run that did not finish.

    Parameters
    ----------
    store
        Folder of the store.

    Raises
    ------
    StoreBusyError
        Another process (or another writer of this one) holds it.
    OSError
        The folder cannot be written.
    """

    unfinished: bool
    """The last writer was killed or failed before it could `finish`."""

    def __init__(self, store: Path) -> None:
        from filelock import FileLock

        folder = store / OWN
        make_folder(folder)
        self._owner = folder / "owner.json"
        self._lock = FileLock(folder / "lock", timeout=0, thread_local=False)
        self._store = store
        self._acquire()
        try:
            self._file = _identity(folder / "lock")
            self.unfinished = self._owner.exists()
            replace(self._owner, _myself())
        except BaseException:
            self._lock.release()
            raise

    def _acquire(self) -> None:
        from filelock import Timeout

        try:
            self._lock.acquire()
        except Timeout:
            raise StoreBusyError(
                f"{self._store}: {_holder(self._owner)} is writing to this store; "
                "wait until it is done, or stop it, and run again"
            ) from None

    def check(self) -> None:
        """Raise `StoreError` where the folder is not the one any more that was locked."""
        if _identity(self._store / OWN / "lock") != self._file:
            raise StoreError(
                f"{self._store}: the store was moved, removed or replaced during the run; put it "
                "back and run again: what it holds is not scored anew"
            )

    def finish(self) -> None:
        """Note that the writer came to its end; keeps the lock."""
        self._owner.unlink(missing_ok=True)
        sync(self._owner.parent)

    def release(self) -> None:
        """Let others write."""
        self._lock.release()


def _identity(path: Path) -> tuple[int, int] | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _myself() -> bytes:
    about = {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": [os.fsencode(word).decode(errors="replace") for word in sys.argv],
    }
    return json.dumps(about, ensure_ascii=False).encode()


def _holder(owner: Path) -> str:
    about: dict[str, Any] = {}
    with suppress(OSError, ValueError):
        about = json.loads(owner.read_bytes())
    if not about:
        return "another process"
    return "process {pid} on {host}, since {since},".format(**about)
