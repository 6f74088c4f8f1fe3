"""Tables that other programs write and open: CSV, JSON lines, Parquet; Excel only to write."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from iqcurate.errors import SourceError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import pyarrow as pa

FORMATS = (".csv", ".jsonl", ".parquet", ".xlsx")
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
_TO_GUARD, _GUARDED = r"\A('*[=+\-@\t\r])", r"\A'('*[=+\-@\t\r])"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f]")
_EXCEL_ROWS = 1_048_576


def guard(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would run as a formula."""
    return "'" + text if _FORMULA.match(text) else text


def unguard(text: str) -> str:
    """Take the apostrophe of `guard` away again."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text


def read_table(path: Path, texts: Iterable[str] = ()) -> pa.Table:
    """Read a CSV, TSV, JSON lines or Parquet file; its ending says the format.

    Texts of CSV files that `write_table` guarded come back as they were; empty ones are null.

    Parameters
    ----------
    path
        The file.
    texts
        Columns that are text even where they look like numbers (CSV) or times.

    Raises
    ------
    SourceError
        Where the file cannot be read, or is not what its ending says.
    """
    import pyarrow as pa

    readers: dict[str, Callable[[Path], pa.Table]] = {
        ".csv": partial(_read_csv, delimiter=",", texts=texts),
        ".tsv": partial(_read_csv, delimiter="\t", texts=texts),
        ".jsonl": partial(_read_jsonl, texts=texts),
        ".ndjson": partial(_read_jsonl, texts=texts),
        ".parquet": _read_parquet,
    }
    read = readers.get(path.suffix.lower())
    if read is None:
        if not path.exists():
            raise SourceError(f"{path}: no such file or folder")
        raise SourceError(f"{path}: not a table; the name must end in {', '.join(readers)}")
    try:
        return read(path)
    except FileNotFoundError:
        raise SourceError(f"{path}: there is no such file") from None
    except (OSError, pa.ArrowException) as error:
        raise SourceError(f"{path}: cannot be read: {error}") from error


def _read_csv(path: Path, delimiter: str, texts: Iterable[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow_csv

    table = arrow_csv.read_csv(
        path,
        parse_options=arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
        convert_options=arrow_csv.ConvertOptions(column_types=dict.fromkeys(texts, pa.string())),
    )
    for i, field in enumerate(table.schema):
        if pa.types.is_string(field.type):
            plain = pc.replace_substring_regex(table.column(i), _GUARDED, r"\1")
            given = pc.if_else(pc.equal(plain, ""), None, plain)
            table = table.set_column(i, field.name, given)
    return table


def _read_jsonl(path: Path, texts: Iterable[str]) -> pa.Table:
    """Read JSON lines; Arrow takes texts that look like times for times unless it is told."""
    import pyarrow as pa
    from pyarrow import json as arrow_json

    table = arrow_json.read_json(path)
    times = [f.name for f in table.schema if pa.types.is_timestamp(f.type) and f.name in set(texts)]
    if not times:
        return table
    told = arrow_json.ParseOptions(pa.schema([(name, pa.string()) for name in times]))
    return arrow_json.read_json(path, parse_options=told).select(table.schema.names)


def _read_parquet(path: Path) -> pa.Table:
    import pyarrow.parquet as pq

    return pq.read_table(path, pre_buffer=False)  # with it, memory doubles for a while


def write_table(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    """Write record batches to a file whose ending says the format; returns the rows.

    The file appears under its name when it is whole. Parquet and JSON lines hold the values as
    they are; in CSV, texts are guarded against being run as formulas.

    Raises
    ------
    UsageError
        Where the ending is not one of `FORMATS`.
    """
    writers: dict[str, Callable[[Iterable[pa.RecordBatch], pa.Schema, Path], int]] = {
        ".csv": _write_csv,
        ".jsonl": _write_jsonl,
        ".parquet": _write_parquet,
        ".xlsx": _write_xlsx,
    }
    write = writers.get(path.suffix.lower())
    if write is None:
        raise UsageError(f"{path}: cannot write that; the name must end in {', '.join(FORMATS)}")
    unfinished = path.with_name(f".{path.name}.part")
    try:
        rows = write(batches, schema, unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return rows


def _write_csv(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    kinds = [f.type if _is_plain(f.type) else pa.string() for f in schema]
    rows = 0
    with arrow_csv.CSVWriter(path, pa.schema(zip(schema.names, kinds, strict=True))) as out:
        for batch in batches:
            out.write_batch(pa.record_batch([*map(_csv_column, batch.columns)], schema.names))
            rows += len(batch)
    return rows


def _is_plain(kind: pa.DataType) -> bool:
    import pyarrow.types as is_

    return bool(is_.is_string(kind) or is_.is_boolean(kind) or is_.is_primitive(kind))


def _csv_column(column: pa.Array) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if _is_plain(column.type) and not pa.types.is_string(column.type):
        return column
    text = column if pa.types.is_string(column.type) else _as_text(column)
    return pc.replace_substring_regex(text, _TO_GUARD, r"'\1")


def _as_text(column: pa.Array) -> pa.Array:
    import pyarrow as pa

    return pa.array([_cell(v) for v in column.to_pylist()], pa.string())


def _cell(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value) if isinstance(value, list) else value


def _write_jsonl(batches: Iterable[pa.RecordBatch], _schema: pa.Schema, path: Path) -> int:
    rows = 0
    with path.open("w", encoding="utf-8") as file:
        for batch in batches:
            for record in batch.to_pylist():
                file.write(json.dumps(record, ensure_ascii=False, default=bytes.hex) + "\n")
            rows += len(batch)
    return rows


def _write_parquet(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    import pyarrow.parquet as pq

    rows = 0
    with pq.ParquetWriter(path, schema) as out:
        for batch in batches:
            out.write_batch(batch)
            rows += len(batch)
    return rows


def _write_xlsx(batches: Iterable[pa.RecordBatch], schema: pa.Schema, path: Path) -> int:
    try:
        from openpyxl import Workbook
    except ImportError:
        raise UsageError("writing Excel files needs: pip install 'iqcurate[excel]'") from None
    book = Workbook(write_only=True)
    sheet = book.create_sheet("scores")
    sheet.append(schema.names)
    rows = 0
    for batch in batches:
        rows += len(batch)
        if rows >= _EXCEL_ROWS:
            raise UsageError(f"an Excel sheet holds {_EXCEL_ROWS - 1} rows: write CSV or Parquet")
        for row in _rows(batch):
            sheet.append([_excel_cell(sheet, v) for v in row])
    book.save(path)
    return rows


def _excel_cell(sheet: Any, value: object) -> object:
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return _cell(value)
    cell = WriteOnlyCell(sheet, _CONTROL.sub(lambda m: f"\\x{ord(m[0]):02x}", value))
    cell.data_type = "s"  # never a formula
    return cell


def _rows(batch: pa.RecordBatch) -> Iterable[Sequence[object]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)
