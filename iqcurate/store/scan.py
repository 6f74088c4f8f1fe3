"""Read the data files of a table, those without a later column too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.dataset as ds

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.compute as pc

    from iqcurate.store.log import DataFile


def scan(store: Path, files: Sequence[DataFile], schema: pa.Schema) -> ds.Dataset:
    """Give the files of a store as one dataset; columns that a file lacks are null."""
    if not files:
        return ds.dataset(schema.empty_table())
    paths = [str(store / file.name) for file in files]
    return ds.dataset(paths, schema=schema, format="parquet")


def stream(
    dataset: ds.Dataset,
    columns: Sequence[str] | None = None,
    filter: pc.Expression | None = None,  # noqa: A002 - pyarrow's name for it
) -> Iterator[pa.RecordBatch]:
    """Read a dataset a batch at a time.

    One row group after the other: a scan of the whole reads on ahead of a slow consumer, and
    its memory grows with the table.
    """
    names = list(columns) if columns is not None else dataset.schema.names
    for fragment in dataset.get_fragments():
        for group in _row_groups(fragment):
            yield from group.to_batches(schema=dataset.schema, columns=names, filter=filter)


def _row_groups(fragment: ds.Fragment) -> list[ds.Fragment]:
    whole = not isinstance(fragment, ds.ParquetFileFragment)
    return [fragment] if whole else fragment.split_by_row_group()
