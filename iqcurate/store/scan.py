"""Read the data files of a table, those without a later column too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.dataset as ds
import pyarrow.fs as pafs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import pyarrow as pa
    import pyarrow.compute as pc

    from iqcurate.store.log import DataFile

_BATCH = 65_536
_LEAN = ds.ParquetFragmentScanOptions(pre_buffer=False)


def scan(store: Path, files: Sequence[DataFile], schema: pa.Schema) -> ds.Dataset:
    """Give the files of a store as one dataset; columns that a file lacks are null."""
    if not files:
        return ds.dataset(schema.empty_table())
    # A file system of its own keeps pyarrow from taking odd names for URLs.
    paths = [str(store / file.name) for file in files]
    return ds.dataset(paths, schema=schema, format="parquet", filesystem=pafs.LocalFileSystem())


def stream(
    dataset: ds.Dataset,
    columns: Sequence[str] | None = None,
    filter: pc.Expression | None = None,  # noqa: A002 - pyarrow's name for it
) -> Iterator[pa.RecordBatch]:
    """Read a dataset a batch at a time, only a few ahead, so that memory stays flat."""
    names = None if columns is None else list(columns)
    batches = dataset.to_batches(
        columns=names, filter=filter, batch_size=_BATCH, batch_readahead=2, fragment_readahead=1, fragment_scan_options=_LEAN
    )
    return iter(batches)
