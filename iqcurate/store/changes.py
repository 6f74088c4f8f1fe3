"""Arrow tables fitted to a schema, and rows that are changed by key as they stream past."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import numpy.typing as npt

_PLAIN = {
    pa.large_string(): pa.string(),
    pa.string_view(): pa.string(),
    pa.large_binary(): pa.binary(),
    pa.binary_view(): pa.binary(),
}


def plain_type(kind: pa.DataType) -> pa.DataType:
    """Give the one Arrow type that the store uses for what is the same type in Parquet."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(plain_type(kind.value_type))
    return _PLAIN.get(kind, kind)


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """Give the schema with plain types, every field nullable, without metadata."""
    return pa.schema([pa.field(f.name, plain_type(f.type)) for f in schema])


def fit(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Bring a batch to a schema: order, types, null for what is missing.

    Raises
    ------
    StoreError
        The batch has a column that the schema lacks, or a value that does not fit its type.
    """
    if batch.schema.equals(schema):
        return batch
    if extra := set(batch.schema.names) - set(schema.names):
        raise StoreError(f"the store has no column {', '.join(sorted(extra))}; add it first")
    columns = [_column(batch, field) for field in schema]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


def cast(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Give the table with the types of the columns that the schema has."""
    plain = plain_schema(table.schema)
    fields = [schema.field(f.name) if f.name in schema.names else f for f in plain]
    try:
        return table.cast(pa.schema(fields))
    except pa.ArrowException as error:
        raise StoreError(f"rows do not fit the store: {error}") from error


def _column(batch: pa.RecordBatch, field: pa.Field) -> pa.Array:
    if field.name not in batch.schema.names:
        return pa.nulls(batch.num_rows, field.type)
    try:
        return batch.column(field.name).cast(field.type)
    except pa.ArrowException as error:
        raise StoreError(f"column {field.name}: {error}") from error


def keys_of(table: pa.Table | pa.RecordBatch, key: Sequence[str]) -> list[Any]:
    """Give the key of each row: the value itself for one column, else a tuple."""
    columns = [table.column(name).to_pylist() for name in key]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def check_keys(table: pa.Table, key: Sequence[str]) -> None:
    """Raise `StoreError` where a key is missing, null or there twice."""
    for name in key:
        if name not in table.column_names:
            raise StoreError(f"rows need the key column {name}")
        if table.column(name).null_count:
            raise StoreError(f"a row has no {name}; every row needs one")
    if table.group_by(list(key)).aggregate([]).num_rows < table.num_rows:
        raise StoreError(f"two rows have the same {', '.join(key)}")


class Changes:
    """Columns to set in the rows with given keys, and rows to add for keys not met.

    Later tables win over earlier ones, column by column. Memory: the tables and eight bytes a
    row and set of columns.

    Parameters
    ----------
    tables
        Oldest first; each with the key columns and the columns to set (null sets null).
    key
        Names of the key columns.
    """

    def __init__(self, tables: Sequence[pa.Table], key: Sequence[str]) -> None:
        self._key = tuple(key)
        self._number: dict[Any, int] = {}
        numbers = [self._enumerate(keys_of(table, key)) for table in tables]
        self._met = np.zeros(len(self._number), dtype=bool)
        self._values: dict[str, pa.ChunkedArray] = {}
        self._sources: dict[str, npt.NDArray[np.int64]] = {}
        shared: dict[tuple[int, ...], npt.NDArray[np.int64]] = {}
        for name in dict.fromkeys(name for table in tables for name in table.column_names):
            using = tuple(i for i, table in enumerate(tables) if name in table.column_names)
            self._values[name] = _stack([tables[i].column(name) for i in using])
            if using not in shared:
                shared[using] = self._last([numbers[i] for i in using])
            self._sources[name] = shared[using]

    def _enumerate(self, keys: Iterable[Any]) -> npt.NDArray[np.int64]:
        number = self._number
        return np.array([number.setdefault(k, len(number)) for k in keys], dtype=np.int64)

    def _last(self, numbers: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
        """For each key, the row of the stacked tables that sets it last; -1 for none."""
        source = np.full(len(self._number), -1, dtype=np.int64)
        every = np.concatenate(numbers)
        np.maximum.at(source, every, np.arange(len(every)))
        return source

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Give the batch with the columns set; the batch must have all of them."""
        number = self._number
        at = np.array([number.get(k, -1) for k in keys_of(batch, self._key)], dtype=np.int64)
        if not (at >= 0).any():
            return batch
        self._met[at[at >= 0]] = True
        columns = [self._set(name, batch.column(name), at) for name in batch.schema.names]
        return pa.RecordBatch.from_arrays(columns, schema=batch.schema)

    def _set(self, name: str, column: pa.Array, at: npt.NDArray[np.int64]) -> pa.Array:
        if name in self._key or name not in self._values:
            return column
        source = np.where(at >= 0, self._sources[name][at], -1)
        chosen = pa.array(source >= 0)
        new = self._take(name, source, column.type)
        return pc.if_else(chosen, new, column)

    def _take(self, name: str, source: npt.NDArray[np.int64], kind: pa.DataType) -> pa.Array:
        rows = pa.array(source, mask=source < 0)
        taken = self._values[name].take(rows).cast(kind)
        return pa.concat_arrays(taken.chunks) if taken.num_chunks else pa.nulls(len(source), kind)

    def rest(self, schema: pa.Schema) -> pa.RecordBatch:
        """Give the rows of the keys that no batch had, null where nothing is set."""
        at = np.flatnonzero(~self._met)
        columns = [
            self._take(f.name, self._sources[f.name][at], f.type)
            if f.name in self._values
            else pa.nulls(len(at), f.type)
            for f in schema
        ]
        return pa.RecordBatch.from_arrays(columns, schema=schema)


def _stack(columns: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """One column after the other, in as few chunks as it takes: rows are taken faster then."""
    kind = plain_type(columns[-1].type)
    chunks = [chunk for column in columns for chunk in column.cast(kind).chunks]
    stacked = pa.table({"": pa.chunked_array(chunks, type=kind)})
    return stacked.combine_chunks().column(0)
