"""Whose a demonstration's folders are: nothing else in them is touched."""

from __future__ import annotations

import json
import os
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from iqcurate.errors import UsageError
from iqcurate.portable import save_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_MARK = "demo.json"


def claim(folders: Mapping[Path, Mapping[str, Any]]) -> None:
    """Take folders for a demonstration, and note the options that it is made with.

    Parameters
    ----------
    folders
        Options by folder; None is the default of each.

    Raises
    ------
    UsageError
        Where one of them holds something else, also a demonstration with other options.
    """
    marks = {folder: _mark(options) for folder, options in folders.items()}
    for folder, mark in marks.items():
        _check_free(folder, mark)
    for folder, mark in marks.items():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            save_document(mark, folder / _MARK)
        except OSError as error:
            raise UsageError(f"{folder} cannot be written: {error.strerror}") from error


def _mark(options: Mapping[str, Any]) -> dict[str, Any]:
    made = {"iqcurate": version("iqcurate"), **options}
    if made.get("keep_images") is not None:
        made["keep_images"] = os.path.abspath(made["keep_images"])  # noqa: PTH100 - keeps links
    return made


def _check_free(folder: Path, mark: Mapping[str, Any]) -> None:
    file = folder / _MARK
    if file.is_file():
        if (theirs := _read(file)) != mark:
            raise UsageError(
                f"{folder} holds a demo with other options{_in_words(theirs)}: "
                "use these, or name another folder"
            )
    elif folder.is_dir() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty, and no demo's: name another folder")
    elif os.path.lexists(folder) and not folder.is_dir():
        raise UsageError(f"{folder} is no folder: name another")


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"{file} cannot be read: name another folder for the demo")
    return found


def _in_words(mark: Mapping[str, Any]) -> str:
    """How the demonstration was called that left a mark."""
    options = ((n, v) for n, v in mark.items() if n != "iqcurate" and v is not None)
    words = [f"--{name.replace('_', '-')} {value}" for name, value in options]
    return f" ({' '.join(words)}, iqcurate {mark.get('iqcurate')})"
