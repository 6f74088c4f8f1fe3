"""Reading score tables, and writing them for other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from iqcurate.analysis.summary import Summary, summarise, worst
from iqcurate.analysis.where import names_of, select
from iqcurate.api.columns import directions, read_document
from iqcurate.errors import UsageError
from iqcurate.spec import FIXED_COLUMNS, Direction
from iqcurate.store.table import Reader
from iqcurate.tabular import write_table

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import pandas as pd


def load_scores(path: str | os.PathLike[str], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Load a score store, also one that is being written or whose writer was killed.

    Parameters
    ----------
    path
        Folder of the store.
    columns
        Only these.

    Returns
    -------
    pandas.DataFrame with one row an image, sorted by id. Scores are float64, where NaN is "not
    scored" or "undefined" (then ``metric_errors`` has the reason).

    Raises
    ------
    StoreError
        Where there is no store.
    """
    wanted = None if columns is None else list(dict.fromkeys(["id", *columns]))
    table = Reader(Path(path)).to_table(wanted).sort_by("id")
    return to_frame(table if columns is None else table.select(list(columns)))


def to_frame(table: pa.Table) -> pd.DataFrame:
    """Turn Arrow rows into pandas; whole numbers with nulls stay whole (Int64)."""
    import pandas as pd

    frame: pd.DataFrame = table.to_pandas()
    for field in table.schema:
        if pa.types.is_integer(field.type) and table.column(field.name).null_count:
            frame[field.name] = pd.array(table.column(field.name).to_pylist(), dtype="Int64")
    return frame


def summarise_frame(frame: pd.DataFrame, document: Mapping[str, Any], worst_n: int) -> Summary:
    """Summarise the rows of a score table with what its provenance says of the columns."""
    return summarise(frame, directions(document, list(frame.columns)), worst_n)


def summarise_store(path: Path, frame: pd.DataFrame, metrics: Sequence[str] | None) -> Summary:
    """Summarise rows of the store at `path`, all metrics or only some."""
    known = directions(read_document(path), list(frame.columns))
    return summarise(frame, {n: known[n] for n in metric_columns(path, metrics) if n in known})


def worst_of(
    path: Path, frame: pd.DataFrame, n: int, metrics: Sequence[str] | None
) -> pd.DataFrame:
    """The `n` worst of these rows of the store at `path`; see `analysis.summary.worst`."""
    known = directions(read_document(path), list(frame.columns))
    return worst(frame, known, n, metrics and metric_columns(path, metrics))


def metric_columns(path: Path, metrics: Sequence[str] | None = None) -> list[str]:
    """The metric columns of a store, or those of some columns, metrics and groups.

    Raises
    ------
    UsageError
        Where the store has none of that name.
    """
    have = [n for n in Reader(path).schema.names if n not in FIXED_COLUMNS]
    if metrics is None:
        return have
    records = read_document(path)["columns"]
    chosen: dict[str, None] = {}
    for name in metrics:
        found = [c for c in have if name == c or _is_called(records.get(c, {}), name)]
        if not found:
            raise UsageError(f"{path} has no metric {name!r}; it has {', '.join(have)}")
        chosen |= dict.fromkeys(found)
    return list(chosen)


def judged_columns(path: Path, where: str | None) -> list[str]:
    """The metric columns that an expression asks about, and those with a better and a worse."""
    have = metric_columns(path)
    known = directions(read_document(path), have)
    asked = [n for n in (names_of(where) if where else []) if n in have]
    judged = [n for n in have if known.get(n, Direction.NONE) is not Direction.NONE]
    return list(dict.fromkeys([*asked, *judged]))


def _is_called(record: Mapping[str, Any], name: str) -> bool:
    return name == record.get("metric") or name in record.get("groups", ())


def history_of(path: Path) -> list[dict[str, Any]]:
    """What was done to a store, newest first."""
    return Reader(path).history()


def export_scores(
    path: str | os.PathLike[str],
    output: str | os.PathLike[str],
    where: str | None = None,
    force: bool = False,
) -> int:
    """Write a store to one CSV, JSON lines, Parquet or Excel file; returns the number of rows.

    Parameters
    ----------
    path
        Folder of the store.
    output
        File; its ending says the format. The order of the rows is not promised.
    where
        Only rows for which this expression holds; see `iqcurate.analysis.where.select`.
    force
        Overwrite the file.

    Raises
    ------
    UsageError
        Where the file is there already and `force` is not set, or its ending is unknown.
    """
    output = Path(output)
    if output.exists() and not force:
        raise UsageError(f"{output} is there already: --force overwrites it")
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent} is no folder: make it first")
    reader = Reader(Path(path))
    if where is None:
        return write_table(reader.batches(), reader.schema, output)
    table = reader.to_table().sort_by("id")
    rows = select(to_frame(table), where).index
    return write_table(table.take(rows.to_numpy()).to_batches(), reader.schema, output)
