"""Images named in a list or on standard input."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from iqcurate.errors import SourceError
from iqcurate.sources.base import Listing, Skip
from iqcurate.sources.escape import escape, unescape
from iqcurate.sources.labels import Labeller, make_labeller
from iqcurate.sources.local import absolute, base_folder, file_ref, look, normalise
from iqcurate.sources.names import read_names
from iqcurate.sources.refusals import refuse_url
from iqcurate.sources.seen import Seen
from iqcurate.sources.table import PATH_COLUMNS, Table, as_path, open_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iqcurate.sources.base import SourceOptions
    from iqcurate.types import ImageRef


def list_source(path: bytes, options: SourceOptions, joined: Table | None) -> Listing:
    """Images named in a table; relative paths start at its folder, or at `options.root`.

    Raises
    ------
    SourceError
        The table cannot be read or has no column of paths.
    UsageError
        A rule for labels cannot be followed.
    """
    base = base_folder(options.root, os.path.dirname(path))  # noqa: PTH120 - bytes
    table = open_table(path)
    column = _path_column(table, options.path_column)
    labeller = make_labeller(options, escape(base), table, joined)
    return Listing(escape(base), "list", once(_rows(table, column, base, labeller)), labeller)


def stdin_source(stream: BinaryIO, options: SourceOptions, joined: Table | None) -> Listing:
    """Images named on a stream, while they arrive; see `read_names`."""
    base = base_folder(options.root)
    labeller = make_labeller(options, escape(base), joined=joined)
    return Listing(escape(base), "stdin", once(_lines(stream, base, labeller)), labeller)


def named_ref(name: bytes, base: bytes, labels: Labeller, record: Mapping[str, object]) -> ImageRef:
    """Make the reference to a file that somebody named; it may not be there.

    The id is that name, tidied and escaped: with one base, two files never share an id.
    """
    path = absolute(name, base)
    shown = escape(normalise(name)) or "."
    return file_ref(shown, escape(path), path, look(path), labels.of(shown, record))


def once(entries: Iterable[ImageRef | Skip]) -> Iterator[ImageRef | Skip]:
    """Turn repeated files into skips."""
    seen = Seen()
    for entry in entries:
        new = isinstance(entry, Skip) or seen.add(entry.uri.encode())
        yield entry if isinstance(entry, Skip) or new else Skip(entry.id, "listed twice")


def _path_column(table: Table, asked: str | None) -> str:
    column = table.find([asked] if asked else PATH_COLUMNS)
    if column is None:
        found = ", ".join(table.columns)
        wanted = f"column {asked!r}" if asked else "column of paths"
        raise SourceError(
            f"{table.shown}: no {wanted}; the columns are {found}: name one with --path-column"
        )
    return column


def _rows(table: Table, column: str, base: bytes, labels: Labeller) -> Iterator[ImageRef]:
    escaped = column.lower() in ("id", "uri")
    for line, (value, *values) in table.rows([column, *labels.columns]):
        where = f"{table.shown}, line {line}"
        name = as_path(value, where)
        refuse_url(name, where)
        if escaped and b"%" in name:
            name = _unescaped(name, base)
        yield named_ref(name, base, labels, dict(zip(labels.columns, values, strict=True)))


def _lines(stream: BinaryIO, base: bytes, labels: Labeller) -> Iterator[ImageRef]:
    for number, name in read_names(stream, "standard input"):
        refuse_url(name, f"standard input, name {number}")
        yield named_ref(name, base, labels, {})


def _unescaped(name: bytes, base: bytes) -> bytes:
    """Path of an id or uri; one that somebody else wrote may be a plain path."""
    path = unescape(os.fsdecode(name))
    is_plain = os.path.lexists(absolute(name, base)) and not os.path.lexists(absolute(path, base))
    return name if is_plain else path
