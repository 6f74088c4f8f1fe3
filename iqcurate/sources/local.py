"""Files of this machine, by their paths in bytes: pathlib cannot hold every name."""

from __future__ import annotations

import errno
import os
import stat
from functools import partial
from io import FileIO
from typing import TYPE_CHECKING

from iqcurate.errors import SourceError
from iqcurate.sources.escape import escape
from iqcurate.types import Code, Failure, ImageRef, Status

if TYPE_CHECKING:
    from iqcurate.sources.label_table import Labels

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
GONE = Failure(Status.MISSING, Code.GONE, "the file is not there")
NOT_REGULAR = Failure(Status.UNSUPPORTED, Code.NOT_AN_IMAGE, "not a regular file")


def open_file(path: bytes) -> FileIO:
    """Open a regular file for reading, unbuffered.

    Never waits, even where a named pipe took the file's place.

    Raises
    ------
    OSError
        It cannot be opened, or is no regular file.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", path)
        return FileIO(descriptor)
    except BaseException:
        os.close(descriptor)
        raise


def peek(path: bytes, size: int = 64) -> bytes:
    """First bytes of a file; raises OSError."""
    with open_file(path) as stream:
        return stream.read(size)


def file_ref(
    name: str,
    uri: str,
    path: bytes,
    found: os.stat_result | Failure,
    labels: Labels = (None, None, None),
) -> ImageRef:
    """Make the reference to a local file from what was found out about it."""
    opener = partial(open_file, path)
    if isinstance(found, Failure):
        return ImageRef(name, uri, opener, "", *labels, found)
    return ImageRef(name, uri, opener, f"{found.st_size}-{found.st_mtime_ns}", *labels)


def look(path: bytes) -> os.stat_result | Failure:
    """See whether there is a regular file, without opening it."""
    try:
        found = os.stat(path)  # noqa: PTH116 - bytes
    except OSError as error:
        return failure_of(error)
    return found if stat.S_ISREG(found.st_mode) else NOT_REGULAR


def failure_of(error: OSError) -> Failure:
    """Turn an error of the system into what a row says."""
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return GONE
    text = error.strerror or str(error)
    code = Code.PERMISSION if isinstance(error, PermissionError) else Code.IO
    return Failure(Status.UNREADABLE, code, text)


def normalise(path: bytes) -> bytes:
    """Drop ``.`` and empty names from a path; ``..`` stays, it may follow a link."""
    names = [name for name in path.split(b"/") if name not in (b"", b".")]
    return (b"/" if path.startswith(b"/") else b"") + b"/".join(names)


def absolute(path: bytes, base: bytes) -> bytes:
    """Absolute path without ``..``; links before a ``..`` are followed, others are kept."""
    joined = path if path.startswith(b"/") else base + b"/" + path
    names = normalise(joined).split(b"/")
    if b".." not in names:
        return b"/".join(names) or b"/"
    last = len(names) - names[::-1].index(b"..")
    real = os.path.realpath(b"/".join(names[:last])).rstrip(b"/")
    return b"/".join([real, *names[last:]]) or b"/"


def current_folder() -> bytes:
    """Absolute path of the working folder; raises `SourceError` where it was removed."""
    try:
        return os.getcwdb()  # noqa: PTH109 - bytes
    except FileNotFoundError as error:
        raise SourceError("the current folder is gone: change to another one") from error


def base_folder(root: str | None, default: bytes = b"") -> bytes:
    """Absolute path of the folder that paths start at; a root that is given must be there."""
    base = absolute(default if root is None else os.fsencode(root), current_folder())
    if root is not None:
        check_folder(base)
    return base


def check_folder(path: bytes) -> None:
    """Raise `SourceError` where a folder that a user gave is gone, empty or unreadable."""
    try:
        with os.scandir(path) as entries:
            if next(entries, None) is not None:
                return
    except OSError as error:
        raise _no_folder(path, error) from error
    raise SourceError(f"{escape(path)}: the folder is empty. Is it mounted?")


def list_folder(path: bytes) -> list[bytes]:
    """Names in a folder that a user gave, in the order of their bytes."""
    try:
        names = sorted(os.listdir(path))  # noqa: PTH208 - bytes
    except OSError as error:
        raise _no_folder(path, error) from error
    if not names:
        raise SourceError(f"{escape(path)}: the folder is empty. Is it mounted?")
    return names


def _no_folder(path: bytes, error: OSError) -> SourceError:
    if isinstance(error, (FileNotFoundError, NotADirectoryError)):
        return SourceError(f"{escape(path)}: there is no such folder. Is it mounted?")
    return SourceError(f"{escape(path)}: the folder cannot be read: {error.strerror}")
