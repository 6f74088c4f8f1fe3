"""Columns that wait, compressed, until they are written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import MutableMapping

PIECE = 1 << 16
"""Rows of a piece."""
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="zstd")


class Packed:
    """Text columns, compressed in pieces of `PIECE` rows.

    Paths and hashes make up more than half of a table of scores, and nobody looks at them before
    they are written: so they take a third of the memory.

    Parameters
    ----------
    columns
        Name to values, N rows each. Emptied, so that no column is in memory twice.
    """

    def __init__(self, columns: MutableMapping[str, pa.ChunkedArray]) -> None:
        self._pieces = {name: _compressed(name, columns.pop(name)) for name in tuple(columns)}
        pa.default_memory_pool().release_unused()

    def piece(self, start: int) -> dict[str, pa.ChunkedArray]:
        """Columns of the piece whose first row is `start`."""
        return {
            name: pa.ipc.open_stream(pieces[start // PIECE]).read_all()[name]
            for name, pieces in self._pieces.items()
        }


def _compressed(name: str, values: pa.ChunkedArray) -> list[bytes]:
    table, found = pa.table({name: values}), []
    for start in range(0, len(values), PIECE):
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, table.schema, options=_COMPRESSED) as stream:
            stream.write_table(table.slice(start, PIECE).combine_chunks())
        found.append(sink.getvalue().to_pybytes())  # the buffer itself has room left over
    return found
