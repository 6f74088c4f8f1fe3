"""Images of a folder, however deep, while it is being listed."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from iqcurate.formats import IMAGE_EXTENSIONS, looks_like_image
from iqcurate.sources.base import Skip
from iqcurate.sources.escape import escape
from iqcurate.sources.local import failure_of, file_ref, list_folder, peek
from iqcurate.types import Code

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iqcurate.sources.labels import Labeller
    from iqcurate.types import ImageRef

_EXTENSIONS = frozenset(extension.encode() for extension in IMAGE_EXTENSIONS)


class _Open(NamedTuple):
    """A folder being listed: ready-made beginnings of its files' path, id and uri."""

    key: tuple[int, int]
    path: bytes
    id: str
    uri: str
    names: Iterator[bytes]


class Walk:
    """Everything below a folder, names of each folder in the order of their bytes.

    Links are followed; one that leads to a folder it lies in is skipped, so a walk ends. A
    folder reached by two links is listed under both names.

    Parameters
    ----------
    path
        Of the folder, absolute.
    prefix
        What ids begin with: empty or ending in ``/``.
    labeller
        Gives labels by id.
    all_files
        Give files that are no images a reference, too.
    """

    def __init__(self, path: bytes, prefix: str, labeller: Labeller, all_files: bool) -> None:
        self._path = path
        self._prefix = prefix
        self._labels = labeller.of
        self._all_files = all_files
        self._chain: list[_Open] = []

    def __iter__(self) -> Iterator[ImageRef | Skip]:
        self._chain = [self._open_root()]
        while self._chain:
            folder = self._chain[-1]
            for name in folder.names:
                found = self._look(folder, name)
                if isinstance(found, _Open):
                    self._chain.append(found)
                    break
                yield found
            else:
                self._chain.pop()

    def _open_root(self) -> _Open:
        names = list_folder(self._path)
        path = self._path.rstrip(b"/") + b"/"
        return _Open(_key(path), path, self._prefix, escape(path), iter(names))

    def _look(self, folder: _Open, name: bytes) -> ImageRef | Skip | _Open:
        path, text = folder.path + name, escape(name)
        shown = folder.id + text
        if name.startswith(b"."):
            return Skip(shown, "hidden")
        try:
            found = os.stat(path)  # noqa: PTH116 - bytes
        except OSError as error:
            return self._without_stat(shown, folder.uri + text, path, error)
        if stat.S_ISDIR(found.st_mode):
            return self._enter(shown, folder.uri + text, path, found)
        if not stat.S_ISREG(found.st_mode):
            return Skip(shown, "not a regular file")
        reason = "" if self._all_files else _why_not(path)
        if reason:
            return Skip(shown, reason)
        return file_ref(shown, folder.uri + text, path, found, self._labels(shown))

    def _without_stat(self, name: str, uri: str, path: bytes, error: OSError) -> ImageRef | Skip:
        failure = failure_of(error)
        if failure.code is Code.GONE or error.errno == errno.ELOOP:
            if os.path.islink(path):  # noqa: PTH114 - bytes
                return Skip(name, "a broken link")
            # One file removed, or a disk unmounted: nobody can tell from here.
            return Skip(name, "gone while it was listed", is_error=True)
        if has_image_extension(path):
            return file_ref(name, uri, path, failure, self._labels(name))
        # It may be a folder full of images.
        return Skip(name, f"cannot be read: {failure.text}", is_error=True)

    def _enter(self, name: str, uri: str, path: bytes, found: os.stat_result) -> _Open | Skip:
        key = (found.st_dev, found.st_ino)
        if any(folder.key == key for folder in self._chain):
            return Skip(name, "a link to a folder that it lies in")
        try:
            names = sorted(os.listdir(path))  # noqa: PTH208 - bytes; a tenth of scandir's memory
        except OSError as error:
            return Skip(name, f"folder cannot be read: {error.strerror}", is_error=True)
        if b"_delta_log" in names:
            return Skip(name, "a score store")
        return _Open(key, path + b"/", name + "/", uri + "/", iter(names))


def _key(path: bytes) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - bytes
    return found.st_dev, found.st_ino


def has_image_extension(path: bytes) -> bool:
    """Whether a file's name says that it is an image."""
    return path[path.rfind(b".") :].lower() in _EXTENSIONS


def _why_not(path: bytes) -> str:
    """Why a regular file is taken for no image; empty if it is one."""
    if has_image_extension(path):
        return ""
    try:
        return "" if looks_like_image(peek(path)) else "not an image"
    except OSError as error:
        return f"no image extension, and cannot be read: {error.strerror}"
