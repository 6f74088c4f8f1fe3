"""Where a manifest goes: a table, a plain list of paths, or a copy of what is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iqcurate.errors import UsageError
from iqcurate.manifest.copy import LINKS, check_replaceable, write_copy
from iqcurate.manifest.paths import Finder
from iqcurate.tabular import FORMATS, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from iqcurate.manifest.rows import Manifest, Told

LIST = ".txt"


@dataclass(frozen=True, slots=True)
class Output:
    """A place to write to, checked before the work begins.

    Parameters
    ----------
    path
        The file or folder.
    folder
        Whether it is a folder: a filtered copy.
    link
        What a filtered copy is made of.
    null
        Whether names in a list end with NUL instead of a newline.
    finder
        Finds the images.
    force
        Whether to replace what is there.
    """

    path: Path
    folder: bool
    link: str
    null: bool
    finder: Finder
    force: bool

    @property
    def lists_kept(self) -> bool:
        """Whether only what is kept goes there, without reasons."""
        return self.folder or self.path.suffix.lower() == LIST

    def write(self, manifest: Manifest, told: Told | None = None) -> int:
        """Write; it appears under its name when it is whole.

        Parameters
        ----------
        manifest
            The rows.
        told
            Called now and then with how many rows were gone through, of how many.

        Returns
        -------
        Number of rows, or of images kept.
        """
        self.check()
        if self.folder:
            return write_copy(manifest.kept(told), self.path, self.link, self.finder)
        if self.path.suffix.lower() == LIST:
            return _write_list(manifest.kept(told), self.path, self.finder, self.null)
        return write_table(manifest.batches(told), manifest.schema, self.path)

    def check(self) -> None:
        """Raise `UsageError` where something is in the way."""
        if not self.path.parent.is_dir():
            raise UsageError(f"{self.path.parent} is no folder: make it first")
        if self.folder:
            check_replaceable(self.path, self.force)
        elif os.path.lexists(self.path) and not self.force:
            raise UsageError(f"{self.path} is there already: --force overwrites it")


def plan_output(
    path: str | os.PathLike[str],
    *,
    link: str = LINKS[0],
    null: bool = False,
    root: str | os.PathLike[str] | None = None,
    force: bool = False,
) -> Output:
    """Find out what a path stands for.

    Parameters
    ----------
    path
        A table (.csv, .jsonl, .parquet, .xlsx), a list (.txt), or a folder: its name ends in
        ``/``, or it is there.
    link
        What a filtered copy is made of: symlink, hardlink or copy.
    null
        Names in a list end with NUL.
    root
        Folder that ids are paths in, for images that moved.
    force
        Replace what is there.

    Raises
    ------
    UsageError
        Where it cannot be written: unknown ending, no folder to put it in, there already.
    """
    text = os.fspath(path)
    folder = text.endswith("/") or Path(text).is_dir()
    if not folder and Path(text).suffix.lower() not in (*FORMATS, LIST):
        raise UsageError(
            f"{text}: the name must end in {', '.join((*FORMATS, LIST))}, or in / for a folder"
        )
    if link not in LINKS:
        raise UsageError(f"--link {link}: it is {', '.join(LINKS)}")
    output = Output(Path(text), folder, link, null, Finder(root), force)
    output.check()
    return output


def _write_list(
    kept: Iterable[tuple[str, str | None]], path: Path, finder: Finder, null: bool
) -> int:
    """Paths of what is kept, as the file system has them."""
    unfinished = path.with_name(f".{path.name}.part")
    end, rows = b"\0" if null else b"\n", 0
    try:
        with unfinished.open("wb") as file:
            for name, uri in kept:
                found = finder.path(name, uri)
                if not null and (b"\n" in found or found.endswith(b"\r")):
                    raise UsageError(f"the name {name!r} has a line break: write with --null")
                file.write(found + end)
                rows += 1
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows
