"""Where the image of a row is, and where it goes in a copy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iqcurate.errors import UsageError
from iqcurate.sources.escape import unescape
from iqcurate.sources.local import absolute, current_folder

if TYPE_CHECKING:
    from pathlib import Path


class Finder:
    """Finds images by id and uri.

    Parameters
    ----------
    root
        Folder that ids are paths in; None: the uri tells, and where there is none, the id is a
        path from the current folder.
    """

    def __init__(self, root: str | os.PathLike[str] | None) -> None:
        self._root = None if root is None else absolute(os.fsencode(root), current_folder())

    def path(self, name: str, uri: str | None) -> bytes:
        """Path of an image; relative where nothing says more."""
        if self._root is not None:
            return self._root + b"/" + relative(name, self._root)
        return _plain(uri or name, current_folder())

    def place(self, name: str) -> bytes:
        """Path of an image inside a copy: its id without what leads out of it.

        Raises
        ------
        UsageError
            Where nothing is left.
        """
        return relative(name, self._root or current_folder())


def relative(name: str, base: bytes) -> bytes:
    """Path that an id stands for, without a leading ``/`` and without any ``..``.

    Raises
    ------
    UsageError
        Where nothing is left, or it cannot be a path.
    """
    parts = _plain(name, base).split(b"/")
    found = b"/".join(part for part in parts if part not in (b"", b".", b".."))
    if not found or b"\0" in found:
        raise UsageError(f"the id {name!r} is no path: write a table instead")
    return found


def _plain(text: str, base: bytes) -> bytes:
    """Path of an id or uri; one that somebody else wrote may not be escaped."""
    path, literal = unescape(text), text.encode()
    if path == literal or b"\0" in path:
        return literal
    is_literal = os.path.lexists(absolute(literal, base)) and not os.path.lexists(
        absolute(path, base)
    )
    return literal if is_literal else path


def show(path: bytes | Path) -> str:
    """A path for messages."""
    return os.fsdecode(path).encode("utf-8", "backslashreplace").decode()
