"""Rows of csv, tsv, json-lines, parquet and text files, one at a time."""

from __future__ import annotations

import csv
import io
import json
import os
from functools import partial
from itertools import chain, islice, repeat
from typing import TYPE_CHECKING, Any, NamedTuple

from iqcurate.errors import SourceError
from iqcurate.sources.escape import escape
from iqcurate.sources.local import open_file
from iqcurate.sources.names import read_names
from iqcurate.tabular import unguard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyarrow import RecordBatch

Row = tuple[int, tuple[Any, ...]]
"""Line (or row) number, from 1, and one value a column."""

PATH_COLUMNS = (
    "path", "file", "filename", "file_name", "filepath", "file_path",
    "image", "image_path", "img", "uri", "id",
)  # fmt: skip
"""Names that a column of paths goes by, best first."""

_BATCH = 4096


class Table(NamedTuple):
    """A file of rows that can be read more than once, never as a whole.

    Parameters
    ----------
    shown
        Its name, for messages.
    columns
        Names of its columns.
    rows
        ``rows(columns)`` reads the values of some columns; raises `SourceError` with file and
        line where a row is malformed. A missing value is None.
    """

    shown: str
    columns: tuple[str, ...]
    rows: Callable[[Sequence[str]], Iterator[Row]]

    def find(self, names: Sequence[str]) -> str | None:
        """First of `names` that is a column, in any case of letters."""
        lower = {column.lower(): column for column in reversed(self.columns)}
        exact = (name for name in names if name in self.columns)
        other = (lower[name.lower()] for name in names if name.lower() in lower)
        return next(exact, next(other, None))


def is_table(path: bytes) -> bool:
    """Whether the name is one of a table or list."""
    return _extension(path) in _FORMATS


def open_table(path: bytes) -> Table:
    """Read the head of a table; raises `SourceError` where it cannot be read."""
    make = _FORMATS.get(_extension(path))
    if make is None:
        known = ", ".join(sorted(_FORMATS))
        raise SourceError(f"{escape(path)}: not a table ({known})")
    try:
        table = make(path, escape(path))
    except OSError as error:
        raise _unreadable(path, error) from error
    return table._replace(rows=partial(_guarded, path, table.rows))


def _guarded(
    path: bytes, rows: Callable[[Sequence[str]], Iterator[Row]], columns: Sequence[str]
) -> Iterator[Row]:
    try:
        yield from rows(columns)
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: bytes, error: OSError) -> SourceError:
    return SourceError(f"{escape(path)}: cannot be read: {error.strerror or error}")


def as_path(value: object, where: str) -> bytes:
    """Bytes of the path in a cell; `SourceError` where it can be none."""
    if not isinstance(value, (str, bytes)) or not value:
        raise SourceError(f"{where}: {value!r} is no path")
    try:
        path = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError as error:
        raise SourceError(f"{where}: {value!r} is no valid text") from error
    if b"\0" in path:
        raise SourceError(f"{where}: {value!r} holds a NUL")
    return path


def _extension(path: bytes) -> str:
    return os.path.splitext(os.fsdecode(path))[1].lower()  # noqa: PTH122 - bytes


def _text(path: bytes, shown: str) -> io.TextIOWrapper:
    buffered = io.BufferedReader(open_file(path))
    if buffered.peek(2).startswith((b"\xff\xfe", b"\xfe\xff")):
        buffered.close()
        raise SourceError(f"{shown}: the file is UTF-16: save it as UTF-8")
    return io.TextIOWrapper(buffered, "utf-8-sig", "surrogateescape", newline="")


def _names_table(path: bytes, shown: str) -> Table:
    def rows(_: Sequence[str]) -> Iterator[Row]:
        with open_file(path) as stream:
            for number, name in read_names(stream, shown):
                yield number, (name,)

    open_file(path).close()
    return Table(shown, ("path",), rows)


def _csv_table(path: bytes, shown: str, delimiter: str = ",") -> Table:
    def read() -> Iterator[tuple[int, list[str]]]:
        with _text(path, shown) as lines:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            try:
                yield from ((reader.line_num, row) for row in reader if row)
            except csv.Error as error:
                raise SourceError(f"{shown}, line {reader.line_num}: {error}") from error

    def rows(columns: Sequence[str]) -> Iterator[Row]:
        places = [header.index(column) for column in columns]
        for line, row in islice(read(), 1, None):
            if len(row) != len(header):
                count = f"{len(row)} values for {len(header)} columns"
                raise SourceError(f"{shown}, line {line}: {count}")
            yield line, tuple(unguard(row[place]) for place in places)

    header = next((row for _, row in read()), [])
    if not header:
        raise SourceError(f"{shown}: empty, not even a line with the names of the columns")
    return Table(shown, tuple(header), rows)


def _tsv_table(path: bytes, shown: str) -> Table:
    return _csv_table(path, shown, "\t")


def _jsonl_table(path: bytes, shown: str) -> Table:
    def read() -> Iterator[tuple[int, dict[str, Any]]]:
        with _text(path, shown) as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield number, _json_object(line, f"{shown}, line {number}")

    def rows(columns: Sequence[str]) -> Iterator[Row]:
        return ((line, tuple(map(row.get, columns))) for line, row in read())

    # Writers leave out what is null, so one line may not show all columns.
    names = {key: None for _, row in islice(read(), 1000) for key in row}
    return Table(shown, tuple(names), rows)


def _json_object(line: str, where: str) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise SourceError(f"{where}: not JSON: {error}") from error
    if not isinstance(value, dict):
        raise SourceError(f'{where}: not a JSON object such as {{"path": "a.jpg"}}')
    return value


def _parquet_table(path: bytes, shown: str) -> Table:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    def values(columns: Sequence[str], batch: RecordBatch) -> Iterator[tuple[Any, ...]]:
        return zip(*(batch.column(column).to_pylist() for column in columns), strict=True)

    def rows(columns: Sequence[str]) -> Iterator[Row]:
        try:
            with open_file(path) as stream, ParquetFile(stream, pre_buffer=False) as file:
                batches = file.iter_batches(_BATCH, columns=list(columns))
                yield from enumerate(chain.from_iterable(map(values, repeat(columns), batches)), 1)
        except ArrowException as error:
            raise SourceError(f"{shown}: {error}") from error

    try:
        with open_file(path) as stream, ParquetFile(stream) as file:
            return Table(shown, tuple(file.schema_arrow.names), rows)
    except ArrowException as error:
        raise SourceError(f"{shown}: not a Parquet file: {error}") from error


_FORMATS: dict[str, Callable[[bytes, str], Table]] = {
    ".txt": _names_table,
    ".csv": _csv_table,
    ".tsv": _tsv_table,
    ".jsonl": _jsonl_table,
    ".ndjson": _jsonl_table,
    ".parquet": _parquet_table,
}
