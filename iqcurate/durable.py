"""Files that survive a power cut."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def sync(path: Path) -> None:
    """Wait until a file or folder is on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replace(path: Path, content: bytes) -> None:
    """Write a file as a whole: readers see the old or the new content, also after a kill."""
    draft = path.with_name(f".{path.name}.tmp")
    draft.write_bytes(content)
    publish(draft, path)


def publish(draft: Path, path: Path) -> None:
    """Give a finished draft its name, on the disk before it returns."""
    sync(draft)
    draft.replace(path)
    sync(path.parent)


def make_folder(path: Path) -> None:
    """Make a folder and those above it, on the disk before it returns."""
    if path.is_dir():
        return
    make_folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir()
    sync(path.parent)
