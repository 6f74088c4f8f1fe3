"""Files that results are written to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable


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
    """Remove what an earlier run wrote into a folder, and this one did not."""
    kept = {path.name for path in written}
    for name in former:
        if name not in kept and Path(name).name == name and (folder / name).is_file():
            (folder / name).unlink()
