"""Files and folders that were named one by one."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING, NamedTuple

from iqcurate.errors import SourceError, UsageError
from iqcurate.sources.base import Listing, Skip
from iqcurate.sources.escape import escape
from iqcurate.sources.folder import Walk, has_image_extension
from iqcurate.sources.labels import Labeller, make_labeller
from iqcurate.sources.listing import named_ref, once
from iqcurate.sources.local import absolute, base_folder, check_folder, normalise
from iqcurate.sources.refusals import refuse_archive

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from iqcurate.sources.base import SourceOptions
    from iqcurate.sources.table import Table
    from iqcurate.types import ImageRef


class _Given(NamedTuple):
    name: bytes
    path: bytes
    is_folder: bool

    @property
    def prefix(self) -> str:
        """What the ids of a folder's files begin with."""
        name = escape(normalise(self.name)).rstrip("/")
        return name + "/" if name or self.name.startswith(b"/") else ""


def folder_source(path: bytes, options: SourceOptions, joined: Table | None) -> Listing:
    """Images of one folder; ids are relative to it."""
    path = base_folder(None, path)
    if options.root is not None and not _same(path, os.fsencode(options.root)):
        raise UsageError(f"--root {options.root} is another folder than {escape(path)}")
    check_folder(path)
    if is_store(path):
        raise SourceError(f"{escape(path)}: this is a score store, not a folder of images")
    root = escape(path)
    labeller = make_labeller(options, root, joined=joined, label_default="folder")
    return Listing(root, "folder", Walk(path, "", labeller, options.all_files), labeller, ("",))


def given_source(names: Sequence[bytes], options: SourceOptions, joined: Table | None) -> Listing:
    """Files, or files and folders; ids begin with the names as given.

    Raises
    ------
    SourceError
        The only name is not there, a folder is empty or gone, or a file is an archive.
    """
    base = base_folder(options.root)
    given = [_look(name, base, is_only=len(names) == 1) for name in names]
    folders = [each for each in given if each.is_folder]
    if folders and len(names) == 1:
        raise UsageError(f"--root {options.root} is another folder than {escape(names[0])}")
    default = "folder" if folders else "none"
    labeller = make_labeller(options, escape(base), joined=joined, label_default=default)
    entries = once(_entries(given, base, labeller, options.all_files))
    prefixes = tuple(each.prefix for each in folders if not is_store(each.path))
    return Listing(escape(base), "several" if folders else "files", entries, labeller, prefixes)


def is_store(path: bytes) -> bool:
    """Whether a folder is a score store."""
    return os.path.isdir(path + b"/_delta_log")  # noqa: PTH112 - bytes


def _same(one: bytes, other: bytes) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - bytes
    except OSError:
        return False


def _look(name: bytes, base: bytes, is_only: bool) -> _Given:
    path = absolute(name, base)
    try:
        found = os.stat(path)  # noqa: PTH116 - bytes
    except (FileNotFoundError, NotADirectoryError):
        _refuse_gone(name, is_only)
        return _Given(name, path, is_folder=False)
    except OSError as error:
        _refuse_unseen(name, error)
        return _Given(name, path, is_folder=False)  # its row will say why
    is_folder = stat.S_ISDIR(found.st_mode)
    if is_folder:
        check_folder(path)
    elif stat.S_ISREG(found.st_mode) and not has_image_extension(path):
        refuse_archive(path)
    return _Given(name, path, is_folder)


def _refuse_gone(name: bytes, is_only: bool) -> None:
    shown = escape(name)
    if b"*" in name:
        raise SourceError(f"{shown}: the shell found no file that matches; check the pattern")
    if name.endswith(b"/"):
        raise SourceError(f"{shown}: there is no such folder. Is it mounted?")
    if is_only:
        raise SourceError(f"{shown}: there is no such file or folder")


def _refuse_unseen(name: bytes, error: OSError) -> None:
    """A name that is not that of an image may be a folder, on a disk that is gone, say."""
    if not has_image_extension(name):
        raise SourceError(
            f"{escape(name)}: cannot be read: {error.strerror}. Is it mounted, and are you "
            "allowed to?"
        ) from error


def _entries(
    given: Iterable[_Given], base: bytes, labeller: Labeller, all_files: bool
) -> Iterator[ImageRef | Skip]:
    for each in given:
        if not each.is_folder:
            yield named_ref(each.name, base, labeller, {})
        elif is_store(each.path):
            yield Skip(each.prefix, "a score store")
        else:
            yield from Walk(each.path, each.prefix, labeller, all_files)
