"""Files that results are written to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def check_output(path: Path, force: bool) -> None:
    """Raise `UsageError` where a file cannot be written there."""
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: --force overwrites it")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder: make it first")


def file_name(metric: str) -> str:
    """A metric's name (``pyiqa:x``, or any column's) as the name of a file anywhere."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in metric)
