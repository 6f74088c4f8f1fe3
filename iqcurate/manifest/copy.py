"""A filtered copy: a folder that holds only the images that are kept, in their structure."""

from __future__ import annotations

import errno
import json
import os
import shutil
from typing import TYPE_CHECKING

from iqcurate.errors import SourceError, UsageError
from iqcurate.manifest.paths import show
from iqcurate.sources.local import absolute, current_folder, look
from iqcurate.types import Failure

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from iqcurate.manifest.paths import Finder

LINKS = ("symlink", "hardlink", "copy")
_MARK = ".iqcurate-copy"
_FORMAT = "iqcurate-copy"


def check_replaceable(folder: Path, force: bool) -> None:
    """Raise `UsageError` where a folder is there that must not be replaced.

    Only an empty folder, or with `force` one that was written as a copy and holds nothing else
    since, ever is: the originals of somebody's images must not go by a slip.
    """
    if not os.path.lexists(folder):
        return
    if not folder.is_dir() or folder.is_symlink():
        raise UsageError(f"{folder} is there already and no folder: choose another name")
    if not any(folder.iterdir()):
        return
    if not force:
        raise UsageError(f"{folder} is there already: --force replaces it")
    if _files(folder) != _written(folder):
        raise UsageError(
            f"{folder} holds files that were not written by this command: choose another name, "
            "or remove it yourself"
        )


def write_copy(
    kept: Iterable[tuple[str, str | None]], folder: Path, link: str, finder: Finder
) -> int:
    """Fill a folder with links to images, or copies; it appears when it is whole.

    Parameters
    ----------
    kept
        Id and uri of each image.
    folder
        The folder; one that is there is replaced.
    link
        One of `LINKS`.
    finder
        Finds the images.

    Returns
    -------
    Number of images.

    Raises
    ------
    SourceError
        Where an image is not there, or is no file.
    UsageError
        Where two images would have one place, or an id has none.
    """
    draft = _own_draft(folder)
    try:
        count = _fill(draft, kept, link, finder)
        _mark(draft, count)
        _swap(draft, folder)
    finally:
        if draft.exists():
            shutil.rmtree(draft)
    return count


def _own_draft(folder: Path) -> Path:
    """A new folder to fill; one that a kill left is removed."""
    draft = folder.with_name(f".{folder.name}.part")
    if (draft / _MARK).is_file():
        shutil.rmtree(draft)
    draft.mkdir()
    _mark(draft, 0)
    return draft


def _fill(draft: Path, kept: Iterable[tuple[str, str | None]], link: str, finder: Finder) -> int:
    top, base, count = os.fsencode(draft), current_folder(), 0
    made: set[bytes] = set()
    for name, uri in kept:
        source = absolute(finder.path(name, uri), base)
        target = top + b"/" + finder.place(name)
        parent = target.rpartition(b"/")[0]
        try:
            if parent not in made:
                os.makedirs(parent, exist_ok=True)  # noqa: PTH103 - bytes
                made.add(parent)
            _put(source, target, link)
        except (FileExistsError, NotADirectoryError):
            raise UsageError(
                f"{name!r}: the copy has something of that name already, from another id"
            ) from None
        count += 1
    return count


def _put(source: bytes, target: bytes, link: str) -> None:
    """Only regular files, so that no link in the copy leads into another folder."""
    found = look(source)
    if isinstance(found, Failure):
        raise SourceError(
            f"{show(source)}: {found.text}; nothing was written. --root tells where the images are"
        )
    try:
        if link == "symlink":
            os.symlink(source, target)  # noqa: PTH211 - bytes
        elif link == "hardlink":
            os.link(os.path.realpath(source), target)
        elif os.path.lexists(target):
            raise FileExistsError
        else:
            shutil.copy2(source, target)
    except OSError as error:
        if error.errno == errno.EXDEV:
            raise UsageError("hard links cannot lead to another disk: --link copy") from None
        raise


def _swap(draft: Path, folder: Path) -> None:
    old = folder.with_name(f".{folder.name}.{os.getpid()}.old")
    if folder.exists():
        folder.rename(old)
    draft.rename(folder)
    if old.exists():
        shutil.rmtree(old)


def _mark(folder: Path, files: int) -> None:
    (folder / _MARK).write_text(json.dumps({"format": _FORMAT, "files": files}))


def _written(folder: Path) -> int | None:
    """Number of images that this command wrote to a folder; None where it did not."""
    try:
        mark = json.loads((folder / _MARK).read_text())
    except (OSError, ValueError):
        return None
    known = isinstance(mark, dict) and mark.get("format") == _FORMAT
    return mark.get("files") if known else None


def _files(folder: Path) -> int:
    return sum(len(files) for _, _, files in os.walk(os.fsencode(folder))) - 1
