"""Predictions to judge scores by, from `iqcurate.predict` or any other table."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.inputs import VARIANT, as_text, with_ids
from iqcurate.errors import SourceError, UsageError
from iqcurate.sources.table import PATH_COLUMNS
from iqcurate.store.table import Reader, is_store
from iqcurate.tabular import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    PredictionsLike: TypeAlias = str | os.PathLike[str] | pd.DataFrame | pa.Table

TEXTS = ("label", "predicted", "group", "model")
NUMBERS = ("confidence", "p_true")
COLUMNS = ("id", *TEXTS, *NUMBERS, "correct", "correct_top5", *VARIANT)
"""What a table of predictions may hold; only the id, and what says right from wrong, it must."""
_FURTHER = re.compile(r"(predicted|correct)_([2-9]|[1-9]\d+)")
_TRUE, _FALSE = ("true", "1", "yes"), ("false", "0", "no")


@dataclass(frozen=True, slots=True)
class Predictions:
    """What a classifier said of images.

    Parameters
    ----------
    table
        ``id``, then of `COLUMNS` those that there are: texts, float64 (`NUMBERS`), and
        ``correct`` and ``correct_top5`` as bool. Further partitions of a cross-validation have
        ``predicted_2`` (or ``correct_2``) and so on.
    name
        Where they are from, for messages.
    """

    table: pa.Table
    name: str


def read_predictions(
    source: PredictionsLike, columns: Mapping[str, str] | None = None
) -> Predictions:
    """Read a table of predictions, one row an image (or an image and variant).

    Parameters
    ----------
    source
        File (CSV, TSV, JSON lines, Parquet), folder of a store, or a table in memory.
    columns
        Which of its columns are ours: ``{"label": "target", "predicted": "output"}``.

    Raises
    ------
    StoreError, SourceError
        Where it cannot be read, or two rows have one id.
    UsageError
        Where a column is not there or is not what it should be.
    """
    table, name = _read(source, columns or {})
    table = with_ids(_renamed(table, columns or {}, name), name)
    if "correct" not in table.schema.names and "predicted" not in table.schema.names:
        raise UsageError(
            f"{name} has no column 'predicted' (or 'correct'); it has "
            f"{', '.join(table.schema.names)}. Say which it is: --columns predicted=NAME"
        )
    return Predictions(_typed(table, name), name)


def _read(source: PredictionsLike, columns: Mapping[str, str]) -> tuple[pa.Table, str]:
    if isinstance(source, pa.Table):
        return source, "the predictions"
    if not isinstance(source, str | os.PathLike):
        return pa.Table.from_pandas(source, preserve_index=False), "the predictions"
    path = Path(source)
    if is_store(path):
        return Reader(path).to_table(), str(path)
    if path.is_dir():
        raise SourceError(f"{path}: is a folder, but no store of predictions")
    texts = ("id", *PATH_COLUMNS, *TEXTS, *VARIANT, *columns.values())
    return read_table(path, texts), str(path)


def _renamed(table: pa.Table, columns: Mapping[str, str], name: str) -> pa.Table:
    have = table.schema.names
    for ours, theirs in columns.items():
        if ours not in COLUMNS:
            raise UsageError(f"--columns {ours}={theirs}: it is one of {', '.join(COLUMNS)}")
        if theirs not in have:
            raise UsageError(f"{name} has no column {theirs!r}; it has {', '.join(have)}")
    replaced = {ours for ours, theirs in columns.items() if ours != theirs}
    table = table.drop_columns([n for n in have if n in replaced and n not in columns.values()])
    names = {theirs: ours for ours, theirs in columns.items()}
    return table.rename_columns([names.get(n, n) for n in table.schema.names])


def _typed(table: pa.Table, name: str) -> pa.Table:
    typed = {"id": table.column("id")}
    for column in COLUMNS[1:]:
        if column not in table.schema.names:
            continue
        values = table.column(column)
        if column in NUMBERS:
            typed[column] = _numbers(values, column, name)
        elif column.startswith("correct"):
            typed[column] = _truths(values, column, name)
        else:
            typed[column] = _texts(values)
    for column in further(table):
        values = table.column(column)
        typed[column] = _texts(values) if column.startswith("p") else _truths(values, column, name)
    return pa.table(typed)


def further(table: pa.Table) -> list[str]:
    """Columns that say right from wrong in partitions of a cross-validation after the first."""
    found = {
        m[2]: m[0] for n in sorted(table.schema.names, reverse=True) if (m := _FURTHER.fullmatch(n))
    }
    return [found[number] for number in sorted(found, key=int)]


def _texts(values: pa.ChunkedArray) -> pa.ChunkedArray:
    text = as_text(values)
    return pc.if_else(pc.equal(text, ""), None, text)


def _numbers(values: pa.ChunkedArray, column: str, name: str) -> pa.ChunkedArray:
    try:
        return values.cast(pa.float64())
    except pa.ArrowInvalid as error:
        raise UsageError(f"{name}: column {column!r} does not hold numbers: {error}") from error


def _truths(values: pa.ChunkedArray, column: str, name: str) -> pa.ChunkedArray:
    text = pc.utf8_lower(_texts(values))
    is_true = pc.is_in(text, value_set=pa.array(_TRUE))
    known = pc.or_(is_true, pc.is_in(text, value_set=pa.array(_FALSE)))
    other = text.filter(pc.and_(pc.is_valid(text), pc.invert(known)))
    if len(other):
        raise UsageError(f"{name}: column {column!r} holds {other[0].as_py()!r}, not true or false")
    return pc.if_else(known, is_true, None)
