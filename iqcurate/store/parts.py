"""The Parquet files that hold the rows of a table."""

from __future__ import annotations

import json
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from deltalake.transaction import AddAction

from iqcurate.durable import sync

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    import pyarrow as pa

FILE_ROWS = 1_000_000
"""Rows from which the next file is begun."""
_GROUP_ROWS = 131_072


def write(store: Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> list[AddAction]:
    """Write rows into new files of a store, on the disk before it returns.

    Where there are no rows, one file without rows; where that fails, none.

    Returns
    -------
    list of AddAction
        For a commit to name them: until then they are not part of the table.
    """
    parts = _Parts(store, schema)
    try:
        for batch in batches:
            parts.write(batch)
        parts.close()
    except BaseException:
        parts.discard()
        raise
    sync(store)
    return parts.done


class _Parts:
    """Files of about `FILE_ROWS` rows, one after the other."""

    def __init__(self, store: Path, schema: pa.Schema) -> None:
        self.done: list[AddAction] = []
        self._store, self._schema = store, schema
        self._path = self._next()
        self._writer: pq.ParquetWriter | None = None
        self._rows = 0

    def _next(self) -> Path:
        return self._store / f"part-{uuid.uuid4()}.parquet"

    def write(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._open().write_batch(batch, row_group_size=_GROUP_ROWS)
            self._rows += batch.num_rows
        if self._rows >= FILE_ROWS:
            self._end()

    def close(self) -> None:
        if self._rows or not self.done:
            self._end()

    def _open(self) -> pq.ParquetWriter:
        if self._writer is None:
            self._writer = pq.ParquetWriter(str(self._path), self._schema, compression="zstd")
        return self._writer

    def _end(self) -> None:
        self._open().close()
        sync(self._path)
        stat = self._path.stat()
        stats, when = json.dumps({"numRecords": self._rows}), int(stat.st_mtime * 1000)
        self.done.append(AddAction(self._path.name, stat.st_size, {}, when, True, stats))
        self._writer, self._rows, self._path = None, 0, self._next()

    def discard(self) -> None:
        """Take the files away as far as that goes; the next tidying does the rest."""
        with suppress(Exception):
            self._open().close()
        for path in [self._path, *(self._store / add.path for add in self.done)]:
            with suppress(OSError):
                path.unlink()
