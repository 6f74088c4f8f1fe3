"""Names inside a store, and the words for what goes wrong with its files."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from iqcurate.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LOG = "_delta_log"
"""Folder of the transaction log inside a store."""
OWN = "_iqcurate"
"""Folder of everything else inside a store; table readers leave it alone."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # delta-rs paints its messages
_DISK_IS_GONE = ("Input/output error", "Stale file handle", "not connected", "No such device")

# Folder names that delta-rs cannot open (it decodes and splits them) or opens elsewhere.
_NO_FOLDER = re.compile(r"%[0-9A-Fa-f]{2}|[\x00-\x1f\x7f\\\ud800-\udfff]")


def absolute(path: Path | str) -> Path:
    """Give the absolute path of a store.

    Raises
    ------
    StoreError
        The folder has a name that a Delta Lake table cannot have.
    """
    from pathlib import Path

    found = Path(os.path.abspath(path))  # noqa: PTH100 - Path.absolute() keeps ".."
    if bad := _NO_FOLDER.search(str(found)):
        raise StoreError(
            f"{str(found)!r}: a store cannot lie under a folder whose name has {bad[0]!r} in it; "
            "choose another folder"
        )
    return found


@contextmanager
def in_words(path: Path, doing: str) -> Iterator[None]:
    """Turn errors of the file system, Arrow and delta-rs into a `StoreError` naming the cause."""
    try:
        yield
    except Exception as error:
        if is_failure(error):
            raise StoreError(f"{path}: could not {doing}: {_cause(error)}") from error
        raise


def is_failure(error: BaseException) -> bool:
    """Whether an error comes from the disk or the libraries that read and write it."""
    import pyarrow as pa
    from deltalake.exceptions import DeltaError

    return isinstance(error, (OSError, DeltaError, pa.ArrowException))


def _cause(error: BaseException) -> str:
    text = " ".join(_COLOUR.sub("", str(error)).split()).replace(" ↳ ", ": ")
    if isinstance(error, PermissionError) or "Permission denied" in text:
        return f"{text}; choose a folder that you may use, or change its permissions"
    if "Read-only file system" in text:
        return f"{text}; choose a folder on a disk that can be written"
    if any(sign in text for sign in ("No space left", "quota exceeded", "File too large")):
        return f"{text}; free some space and run again: all that was committed is kept"
    if any(sign in text for sign in _DISK_IS_GONE):
        return f"{text}; check the disk and run again: all that was committed is kept"
    return text
