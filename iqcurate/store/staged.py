"""Updates that wait beside the table until all of them can be applied at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from iqcurate.durable import make_folder, publish, sync
from iqcurate.store.files import OWN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Staged:
    """Numbered Parquet files in a folder of their own.

    The table's log knows the number of the last one that it took in. So one that is still here
    after it was applied is never applied again, and a number is never given twice.

    Parameters
    ----------
    store
        Folder of the store.
    applied
        Number of the last update that the table took in.
    """

    def __init__(self, store: Path, applied: int) -> None:
        self._folder = store / OWN / "staged"
        self.forget(applied)

    def __bool__(self) -> bool:
        return self.last > self._applied

    @property
    def last(self) -> int:
        """Number of the newest update, applied or not."""
        return max([self._applied, *self._files()])

    def add(self, rows: pa.Table) -> None:
        """Stage an update, on the disk before it returns."""
        make_folder(self._folder)
        path = self._path(self.last + 1)
        draft = path.with_suffix(".tmp")
        pq.write_table(rows, str(draft), compression="zstd")
        publish(draft, path)

    def tables(self) -> Iterator[pa.Table]:
        """Give what is not yet applied, oldest first."""
        for number in self._files():
            if number > self._applied:
                with pq.ParquetFile(str(self._path(number))) as file:
                    yield file.read()

    def forget(self, applied: int) -> None:
        """Remove what the table took in, and drafts that a kill left."""
        self._applied = applied
        old = [self._path(number) for number in self._files() if number <= applied]
        old += self._folder.glob("*.tmp")
        for path in old:
            path.unlink()
        if old:
            sync(self._folder)

    def _files(self) -> list[int]:
        return sorted(int(path.stem) for path in self._folder.glob("*.parquet"))

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:012}.parquet"
