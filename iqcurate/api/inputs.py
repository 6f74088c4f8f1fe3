"""Scores to work on, from a store or from any table that somebody else made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.columns import directions as recorded_directions
from iqcurate.api.columns import read_document
from iqcurate.api.ids import find_double
from iqcurate.api.tables import metric_columns
from iqcurate.errors import SourceError, UsageError
from iqcurate.metrics.registry import all_specs
from iqcurate.sources.table import PATH_COLUMNS
from iqcurate.spec import FIXED_COLUMNS, Direction
from iqcurate.store.table import Reader, is_store
from iqcurate.tabular import read_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    ScoresLike: TypeAlias = str | os.PathLike[str] | pd.DataFrame | pa.Table

_BETWEEN = "\0"
_NULLS = 65_536
KEPT = ("id", "uri", "label", "split", "group", "status", "error", "sha256")
"""Columns beside the scores that later steps use; null where a table has none."""
FACTS = ("width", "height", "bytes", "mode", "format", "metric_errors")
"""Columns that only `read_scores` with `whole` keeps, where a table has them."""
VARIANT = {"variant": "clean", "level": "0"}
"""What tells the rows of one id apart where an image was distorted, and what the image itself is
called there."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of many images.

    Parameters
    ----------
    table
        The columns `KEPT` as text, then float64 columns of scores, where null is "no score".
        One row an image; ids are unique (with variants: together with the columns of `VARIANT`,
        which come last). Arrow, because ten million texts in pandas take gigabytes.
    directions
        Of each score column, ``higher`` or ``lower``.
    unused
        Columns of numbers of which nobody said which way they point.
    name
        Where they are from, for messages.
    properties
        Columns of numbers that are neither good nor bad, and of bytes (hashes of pictures); only
        where they were asked for.
    """

    table: pa.Table
    directions: Mapping[str, Direction]
    unused: tuple[str, ...]
    name: str
    properties: tuple[str, ...] = ()

    def values(self, metric: str) -> npt.NDArray[np.float64]:
        """Scores of one metric, float64 (N,), NaN where there is none."""
        values: npt.NDArray[np.float64] = self.table.column(metric).to_numpy()
        return values


def read_scores(
    source: ScoresLike,
    metrics: Sequence[str] | None = None,
    directions: Mapping[str, str] | None = None,
    assumed: Mapping[str, Direction] | None = None,
    variants: bool = False,
    whole: bool = False,
) -> Scores:
    """Read a score store, or a table with a column of ids or paths and columns of scores.

    Parameters
    ----------
    source
        Folder of a store; file (CSV, TSV, JSON lines, Parquet); or a table in memory.
    metrics
        Only these columns (in a store also metrics and groups); default: every column of
        numbers that has a direction.
    directions
        Column -> ``higher`` or ``lower`` (which is better), for columns that are not named
        like a metric; wins over what is known.
    assumed
        Column -> direction, where nothing else says it.
    variants
        Keep the rows of distorted variants, where a table has such; else only the images.
    whole
        Keep `FACTS` and plain properties, too, and take a table without any scores.

    Raises
    ------
    StoreError, SourceError
        Where the source cannot be read, or two rows have one id.
    UsageError
        Where a metric is not there, has no direction, or (but for `whole`) nothing is left.
    """
    given = {name: _direction(name, word) for name, word in (directions or {}).items()}
    if isinstance(source, str | os.PathLike) and is_store(Path(source)):
        path = Path(source)
        wanted = metric_columns(path, metrics) if metrics else None
        table, known = _read_store(path, wanted, whole), _store_directions(path)
        name = str(path)
    else:
        table, name = _read_foreign(source)
        known, wanted = _registry_directions(), list(metrics) if metrics else None
    if not variants:
        table = _undistorted(table)
    return _chosen(table, wanted, {**(assumed or {}), **known, **given}, set(given), name, whole)


def _chosen(
    table: pa.Table,
    wanted: Sequence[str] | None,
    known: Mapping[str, Direction],
    given: set[str],
    name: str,
    whole: bool,
) -> Scores:
    other = {*FIXED_COLUMNS, *VARIANT}
    numbers = [n for n in table.schema.names if n not in other and _is_number(table, n)]
    for column in [*(wanted or ()), *given]:
        if column not in numbers:
            have = ", ".join(numbers) or "none"
            raise UsageError(f"{name} has no scores named {column!r}; columns of numbers: {have}")
    pointing = [n for n in numbers if known.get(n, Direction.NONE) is not Direction.NONE]
    unused = [n for n in numbers if n not in known]
    if wanted is not None:
        _require_directions(wanted, pointing, unused)
        pointing = list(dict.fromkeys(wanted))
    if not pointing and not whole:
        ways = f"; say it with --direction {unused[0]}=higher (or lower)" if unused else ""
        raise UsageError(f"{name} has no scores with a direction{ways}")
    plain = _plain(table, pointing)
    properties = [n for n in table.schema.names if known.get(n) is Direction.NONE] if whole else []
    for column in [*(n for n in FACTS if whole and n in table.schema.names), *properties]:
        plain = plain.append_column(column, table.column(column))
    chosen = {n: known[n] for n in pointing}
    return Scores(plain, chosen, tuple(unused), name, tuple(properties))


def _require_directions(
    wanted: Iterable[str], pointing: Sequence[str], unused: Sequence[str]
) -> None:
    for column in wanted:
        if column in unused:
            raise UsageError(
                f"which way {column!r} points is not known: --direction {column}=higher (or lower)"
            )
        if column not in pointing:
            raise UsageError(f"{column!r} is a plain property, neither good nor bad")


def _plain(table: pa.Table, metrics: Sequence[str]) -> pa.Table:
    columns: dict[str, Any] = {}
    for name in KEPT:
        there = name in table.schema.names
        column = table.column(name) if there else _nulls(table.num_rows)
        columns[name] = column.cast(pa.string())
    for name in metrics:
        column = table.column(name).cast(pa.float64())
        finite = pc.is_finite(column)
        columns[name] = column if _all(finite) else pc.if_else(finite, column, None)
    columns |= {n: as_text(table.column(n)) for n in VARIANT if n in table.schema.names}
    return pa.table(columns)


def _all(mask: pa.ChunkedArray) -> bool:
    return bool(pc.all(mask).as_py() in (True, None))


def _nulls(n: int) -> pa.ChunkedArray:
    """Nulls as text, in memory but once."""
    chunk = pa.nulls(min(n, _NULLS), pa.string())
    return pa.chunked_array(
        [chunk.slice(0, min(_NULLS, n - start)) for start in range(0, n, _NULLS)], pa.string()
    )


def _undistorted(table: pa.Table) -> pa.Table:
    for name, usual in VARIANT.items():
        if name in table.schema.names:
            column = pc.fill_null(as_text(table.column(name)), usual)
            table = table.filter(pc.equal(column, usual)).drop_columns([name])
    return table


def as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Values as text; whole numbers, also where they are kept as floats, without ``.0``."""
    if pa.types.is_floating(column.type):
        column = pc.if_else(pc.is_nan(column), None, column)
        whole = pc.and_(pc.is_finite(column), pc.equal(column, pc.floor(column)))
        column = column.cast(pa.int64()) if pc.all(whole).as_py() else column
    return column.cast(pa.string())


def _is_number(table: pa.Table, name: str) -> bool:
    kind = table.schema.field(name).type
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind))


def _read_store(path: Path, wanted: Sequence[str] | None, whole: bool) -> pa.Table:
    metrics = metric_columns(path) if wanted is None or whole else wanted
    reader = Reader(path)
    keys = [n for n in VARIANT if n in reader.schema.names]
    names = [*KEPT, *keys, *metrics]
    if whole:
        names += [n for n in FACTS if n in reader.schema.names]
    if keys:
        table = reader.to_table(names)
        return table.sort_by([(name, "ascending") for name in ("id", *keys)])
    while True:
        version, columns = reader.version, _sorted_columns(reader, names)
        if reader.version == version:
            return pa.table({name: columns[name] for name in names})


def _sorted_columns(reader: Reader, names: Sequence[str]) -> dict[str, pa.ChunkedArray]:
    """One column after the other, the long texts first: sorting holds a column three times."""
    order = pc.sort_indices(reader.to_table(["id"])["id"])
    lengths = {"sha256": 0, "uri": 1, "id": 2}
    by_length = sorted(names, key=lambda name: lengths.get(name, 3))
    return {name: reader.to_table([name])[name].take(order) for name in by_length}


def _store_directions(path: Path) -> dict[str, Direction]:
    return recorded_directions(read_document(path), metric_columns(path))


def _registry_directions() -> dict[str, Direction]:
    return {name: spec.direction for name, spec in all_specs().items()}


def _read_foreign(source: ScoresLike) -> tuple[pa.Table, str]:
    if isinstance(source, pa.Table):
        table, name = source, "the table"
    elif isinstance(source, str | os.PathLike):
        path = Path(source)
        if path.is_dir():
            raise SourceError(f"{path}: is a folder, but no score store")
        table, name = read_table(path, (*KEPT, *PATH_COLUMNS)), str(path)
    else:
        table, name = pa.Table.from_pandas(source, preserve_index=False), "the table"
    return with_ids(table, name), name


def with_ids(table: pa.Table, name: str) -> pa.Table:
    """Give a table a text column ``id``: its own, or its first column of paths.

    Raises
    ------
    SourceError
        Where there is none, an id is empty, or two rows have the same.
    """
    lower = {n.lower(): n for n in reversed(table.schema.names)}
    found = next((lower[n] for n in ("id", *PATH_COLUMNS) if n in lower), None)
    if found is None:
        columns = ", ".join(table.schema.names)
        raise SourceError(f"{name}: no column of ids or paths, such as id or path; has {columns}")
    ids = table.column(found).cast(pa.string())
    if ids.null_count:
        raise SourceError(f"{name}: {ids.null_count} rows have no {found}")
    check_unique(table, ids, name)
    if found == "id":
        return table.set_column(table.schema.get_field_index("id"), "id", ids)
    if "id" in table.schema.names:
        table = table.drop_columns(["id"])
    return table.append_column("id", ids)


def check_unique(table: pa.Table, ids: pa.ChunkedArray, name: str) -> None:
    """Raise `SourceError` where two rows have one id (and variant and level, where there are)."""
    double = find_double(keys(table, ids, has_variants(table)))
    if double is not None:
        text, *rest = double[0].split(_BETWEEN)
        what = f"the id {text!r}" + (f", variant {' '.join(rest)}" if rest else "")
        raise SourceError(f"{name}: {double[1]} rows have {what}")


def has_variants(table: pa.Table) -> bool:
    """Whether rows of one id may be told apart by variant and level."""
    return not set(VARIANT).isdisjoint(table.schema.names)


def keys(table: pa.Table, ids: pa.ChunkedArray, by_variant: bool) -> pa.ChunkedArray:
    """Text that tells rows apart: the id, with variant and level where asked for."""
    if not by_variant:
        return ids
    parts = [
        pc.fill_null(as_text(table.column(name)), usual) if name in table.schema.names else usual
        for name, usual in VARIANT.items()
    ]
    return pc.binary_join_element_wise(ids, *parts, _BETWEEN)


def _direction(name: str, word: str) -> Direction:
    if word not in (Direction.HIGHER, Direction.LOWER):
        raise UsageError(f"--direction {name}={word}: it is higher or lower (which is better)")
    return Direction(word)
