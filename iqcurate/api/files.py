"""Files that results are written to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_OURS = (".csv", ".png")


def check_output(path: Path, force: bool) -> None:
    """Raise `UsageError` where a file cannot be written there."""
    if path.exists() and not force:
        raise UsageError(f"{path} is there already: --force overwrites it")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is no folder: make it first")


def file_name(metric: str) -> str:
    """A metric's name (``pyiqa:x``, or any column's) as the name of a file anywhere."""
    return "".join(c if c.isalnum() or c in "._-" else "_" for c in metric)


def written_before(document: Path) -> list[str]:
    """Names of the ``files`` that an earlier run wrote, by its JSON document."""
    try:
        files = json.loads(document.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [name for name in files if isinstance(name, str)] if isinstance(files, list) else []


def remove_former(folder: Path, former: Iterable[str], written: Iterable[Path]) -> None:
    """Remove the tables and figures that an earlier run wrote into a folder, and this one did not.

    Anybody can edit the list of what it wrote: what is no table or figure in this very folder, or
    a link to one, stays whatever the list says.
    """
    gone = {*former} - {path.name for path in written}
    for path in list(folder.iterdir()):
        ours = path.name in gone and path.suffix in _OURS
        if ours and path.is_file() and not path.is_symlink():
            path.unlink()
