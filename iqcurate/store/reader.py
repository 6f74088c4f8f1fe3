"""Reading a store, at rest or while it is written to."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import pyarrow as pa

from iqcurate.errors import StoreError
from iqcurate.store import log, provenance
from iqcurate.store.files import LOG, absolute, in_words
from iqcurate.store.scan import scan, stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import pyarrow.compute as pc
    import pyarrow.dataset as ds

_TRIES = 5
_ENTRY = re.compile(r"\d{20}\.(json|checkpoint.*\.parquet)")
_T = TypeVar("_T")


def is_store(path: Path | str) -> bool:
    """Whether there is a store (or another Delta Lake table) in this folder.

    A kill or a power cut while the table was being made leaves a log without entries, or an
    empty one: that is none yet.
    """
    from pathlib import Path

    try:
        entries = [e for e in (Path(path) / LOG).iterdir() if _ENTRY.fullmatch(e.name)]
        return not all(map(log.is_torn, entries))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # opening it says why it cannot be read


class Reader:
    """A store as of one version; takes no lock, writes nothing.

    Works while a run is going and right after a kill: it sees what was committed. Where the
    files of its version were compacted away meanwhile, it goes on with the newest version.

    Parameters
    ----------
    path
        Folder of the store.

    Raises
    ------
    StoreError
        There is no store, or its log is broken.
    """

    schema: pa.Schema
    """Plain Arrow types, every field nullable."""
    version: int
    """Number of the commit that is read."""

    def __init__(self, path: Path | str) -> None:
        self.path = absolute(path)
        if not is_store(self.path):
            raise StoreError(f"{self.path}: no store there; make one with iqcurate score")
        self._open()

    def _open(self) -> None:
        with in_words(self.path, "read its transaction log"):
            opened = log.Log(self.path)
            self._files = opened.files()
        self.version, self.schema = opened.version, opened.schema
        self.__dict__.pop("_dataset", None)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(file.rows for file in self._files)

    @cached_property
    def _dataset(self) -> ds.Dataset:
        return scan(self.path, self._files, self.schema)

    def to_table(
        self,
        columns: Sequence[str] | None = None,
        filter: pc.Expression | None = None,  # noqa: A002 - pyarrow's name for it
    ) -> pa.Table:
        """Read columns (all by default) of the rows for which an expression holds.

        Raises
        ------
        StoreError
            There is no such column, or a file cannot be read.
        """
        names = self._chosen(columns).names
        return self._retry(lambda: self._dataset.to_table(columns=names, filter=filter))

    def batches(
        self,
        columns: Sequence[str] | None = None,
        filter: pc.Expression | None = None,  # noqa: A002 - pyarrow's name for it
    ) -> Iterator[pa.RecordBatch]:
        """Read as `to_table` does, a batch at a time."""
        names = self._chosen(columns).names
        first, rest = self._retry(lambda: _started(stream(self._dataset, names, filter)))
        yield from first
        try:
            with in_words(self.path, "read its rows"):
                yield from rest
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise StoreError(f"{self.path}: was compacted; read it again") from error
            raise

    def _retry(self, read: Callable[[], _T]) -> _T:
        """Read; where files went away meanwhile, look at the log again."""
        for _ in range(_TRIES):
            try:
                with in_words(self.path, "read its rows"):
                    return read()
            except StoreError as error:
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise
            self._open()
        raise StoreError(f"{self.path}: files of its newest version are gone; restore a copy")

    def _chosen(self, columns: Sequence[str] | None) -> pa.Schema:
        if columns is None:
            return self.schema
        if unknown := [name for name in columns if name not in self.schema.names]:
            raise StoreError(
                f"{self.path}: has no column {', '.join(unknown)}; "
                f"it has {', '.join(self.schema.names)}"
            )
        return pa.schema([self.schema.field(name) for name in columns])

    def provenance(self) -> dict[str, Any]:
        """How the rows came about, as the last run saved it; empty where none did."""
        return provenance.load(self.path)

    def history(self) -> list[dict[str, Any]]:
        """What each commit did, newest first.

        Returns
        -------
        list of dict
            ``version``, ``time`` (UTC), ``operation`` (Delta's word), ``iqcurate`` (its version)
            and ``note`` (what the writer said).
        """
        with in_words(self.path, "read its history"):
            return list(log.history(self.path))


def _started(
    batches: Iterator[pa.RecordBatch],
) -> tuple[list[pa.RecordBatch], Iterator[pa.RecordBatch]]:
    first = next(batches, None)
    return ([] if first is None else [first]), batches
