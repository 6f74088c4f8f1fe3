"""From what a user names to a stream of image references."""

from __future__ import annotations

import os
import sys
from io import FileIO
from typing import TYPE_CHECKING, BinaryIO, cast

from iqcurate.errors import UsageError
from iqcurate.sources.base import Skip, Source, SourceOptions
from iqcurate.sources.escape import escape, local_path, unescape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.sources.table import Table

__all__ = ["Skip", "Source", "SourceOptions", "escape", "local_path", "open_source", "unescape"]

_DEFAULTS = SourceOptions()


def open_source(
    sources: Sequence[str], options: SourceOptions = _DEFAULTS, stdin: BinaryIO | None = None
) -> Source:
    """Find out what was named, and check it without listing it.

    Parameters
    ----------
    sources
        One folder, one list (txt, csv, tsv, jsonl, parquet), ``-`` for names on standard
        input, or files and folders, any number.
    options
        See `SourceOptions`.
    stdin
        Where ``-`` reads; the process's own standard input by default.

    Raises
    ------
    SourceError
        It cannot be listed: gone, empty, unreadable, or of a kind not supported.
    UsageError
        The arguments contradict each other.
    """
    from iqcurate.sources.refusals import refuse_url

    names = [os.fsencode(source) for source in sources]
    for name in names:
        refuse_url(name)
    _check_names(names)
    joined = _labels(options.labels)
    if names == [b"-"]:
        return _from_stdin(stdin, options, joined)
    return _from_files(names, options, joined)


def _check_names(names: Sequence[bytes]) -> None:
    from iqcurate.sources.table import is_table

    if not names or b"" in names:
        raise UsageError("name a folder, files, a list, or - for names on standard input")
    if len(names) > 1 and b"-" in names:
        raise UsageError("- (names on standard input) cannot be mixed with other sources")
    if len(names) > 1 and all(map(is_table, names)):
        raise UsageError("one list at a time: join them, or score one after the other")


def _labels(path: str | None) -> Table | None:
    from iqcurate.sources.table import open_table

    return None if path is None else open_table(os.fsencode(path))


def _from_stdin(stdin: BinaryIO | None, options: SourceOptions, joined: Table | None) -> Source:
    from iqcurate.sources.listing import stdin_source

    _refuse_path_column(options)
    return stdin_source(_own_stdin() if stdin is None else stdin, options, joined)


def _own_stdin() -> BinaryIO:
    """Standard input without a buffer, whose lock a thread that waits for names would hold."""
    try:
        return cast(BinaryIO, FileIO(sys.stdin.fileno(), closefd=False))
    except OSError:  # not a file of the system, as in a notebook
        return sys.stdin.buffer


def _from_files(names: Sequence[bytes], options: SourceOptions, joined: Table | None) -> Source:
    from iqcurate.sources.given import folder_source, given_source
    from iqcurate.sources.listing import list_source
    from iqcurate.sources.table import is_table

    first = names[0]
    if len(names) == 1 and is_table(first) and os.path.isfile(first):  # noqa: PTH113 - bytes
        return list_source(first, options, joined)
    if not is_table(first):
        _refuse_path_column(options)
    if len(names) == 1 and os.path.isdir(first):  # noqa: PTH112 - bytes
        return folder_source(first, options, joined)
    return given_source(names, options, joined)


def _refuse_path_column(options: SourceOptions) -> None:
    if options.path_column is not None:
        raise UsageError(f"--path-column {options.path_column}: only lists have columns")
