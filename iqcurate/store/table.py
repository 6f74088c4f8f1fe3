"""A Delta Lake table that is written by one process at a time and loses nothing in a kill.

It knows nothing of images: rows have key columns and other columns.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from iqcurate.durable import make_folder
from iqcurate.errors import StoreError
from iqcurate.store import provenance, tidy
from iqcurate.store.changes import Changes, cast, check_keys, fit, plain_schema
from iqcurate.store.files import LOG, OWN, absolute, in_words, is_failure
from iqcurate.store.lock import Lock
from iqcurate.store.log import Log, drop_torn_entries
from iqcurate.store.parts import write
from iqcurate.store.reader import Reader, is_store
from iqcurate.store.scan import scan, stream
from iqcurate.store.staged import Staged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    import pyarrow.compute as pc

__all__ = ["STREAM_FROM", "Reader", "Writer", "is_store"]

STREAM_FROM = 1_000_000
"""Rows from which on updates are staged, and applied in one go by `Writer.apply_staged`."""
GRACE_S = 60.0
"""How long files that an update replaced stay during a run, for readers still at work."""


class Writer:
    """The right to write to a store; a context manager that finishes at its end.

    Every method that writes returns when its commit is on the disk. A kill at any moment loses
    nothing committed and doubles nothing. Not for use from several threads.

    Parameters
    ----------
    path
        Folder of the store; made where there is none, with the folders above it.
    schema
        Columns of a new table. An existing one must have the same types where it has the same
        columns, and keeps its own.
    key
        Columns that tell rows apart; those of an existing table must be the same.

    Raises
    ------
    StoreBusyError
        Another process is writing to it.
    StoreError
        The folder holds something else, cannot be written, or the table does not fit.
    """

    recovered: bool
    """The last run did not finish; what it left was compacted and cleaned up."""

    def __init__(self, path: Path | str, schema: pa.Schema, key: Sequence[str] = ("id",)) -> None:
        self.path = absolute(path)
        self._key = tuple(key)
        self._failed = self._finished = False
        self._replaced: deque[tuple[float, set[str]]] = deque()
        with in_words(self.path, "open it for writing"):
            _check_folder(self.path)
            make_folder(self.path)
            self._lock = Lock(self.path)
            try:
                self._open(schema)
            except BaseException:
                self._lock.release()
                raise

    def _open(self, schema: pa.Schema) -> None:
        self.recovered = self._lock.unfinished and is_store(self.path)
        if self._lock.unfinished:
            drop_torn_entries(self.path)
        self._log = self._find() or Log.create(self.path, schema, self._key)
        self._check(schema)
        self._staged = Staged(self.path, self._log.applied)
        if self.recovered:
            self._tidy()

    def _find(self) -> Log | None:
        made = any((self.path / LOG).glob("[0-9]*.json")) or any(self.path.glob("*.parquet"))
        return Log(self.path) if made else None

    def _check(self, schema: pa.Schema) -> None:
        if self._log.key is None:
            raise StoreError(
                f"{self.path}: a Delta table that iqcurate did not make; choose another folder"
            )
        if self._log.key != self._key:
            raise StoreError(
                f"{self.path}: has rows by {', '.join(self._log.key)}, not by "
                f"{', '.join(self._key)}; choose another folder"
            )
        for field in plain_schema(schema):
            self._check_type(field)

    def _check_type(self, field: pa.Field) -> None:
        if field.name in self.schema.names and self.schema.field(field.name).type != field.type:
            there = self.schema.field(field.name).type
            raise StoreError(
                f"{self.path}: column {field.name} is {there}, not {field.type}; "
                "use another name or another folder"
            )

    @property
    def schema(self) -> pa.Schema:
        """Columns of the table: plain Arrow types, every field nullable."""
        return self._log.schema

    @property
    def rows(self) -> int:
        """Number of rows of the table; those staged are not counted."""
        return sum(file.rows for file in self._log.files())

    def reader(self) -> Reader:
        """Read what is committed so far; what is staged is not part of it."""
        return Reader(self.path)

    def add_columns(self, fields: Sequence[pa.Field], note: Mapping[str, Any]) -> None:
        """Add columns of nulls; those that are there already are left alone.

        Raises
        ------
        StoreError
            A column of that name has another type.
        """
        fields = list(plain_schema(pa.schema(fields)))
        for field in fields:
            self._check_type(field)
        if new := [field for field in fields if field.name not in self.schema.names]:
            with self._writing("add columns"):
                self._log.add_columns(new, note)

    def append(self, rows: pa.Table, note: Mapping[str, Any]) -> None:
        """Add rows whose keys the table does not have; columns left out are null.

        Raises
        ------
        StoreError
            A key is null or there twice, a column is unknown or of another type (nothing is
            written then), or the disk failed. Whether the table has a key is not looked up.
        """
        check_keys(rows, self._key)
        if rows.num_rows:
            with self._writing("append rows"):
                batches = (fit(batch, self.schema) for batch in rows.to_batches())
                self._log.commit(write(self.path, batches, self.schema), "append", note)

    def update(self, rows: pa.Table, note: Mapping[str, Any]) -> None:
        """Set the given columns of the rows with these keys, and add the rows not there yet.

        Other columns stay as they are; a null sets null; a column that the table lacks is added.
        From `STREAM_FROM` rows on (and while anything is staged, so that the order holds) the
        update is staged: safe, but not seen before `apply_staged`.

        Raises
        ------
        StoreError
            As for `append`.
        """
        check_keys(rows, self._key)
        rows = cast(rows, self.schema)
        if not rows.num_rows:
            return
        with self._writing("update rows"):
            if self._staged or self.rows >= STREAM_FROM:
                self._staged.add(rows)
            else:
                self._apply([rows], note)

    def staged(self) -> Iterator[pa.Table]:
        """Give the updates that are staged and not yet applied, oldest first.

        Each has the key columns and those that it sets.
        """
        with in_words(self.path, "read staged updates"):
            yield from self._staged.tables()

    def apply_staged(self, note: Mapping[str, Any]) -> None:
        """Apply what is staged, in one commit; nothing where there is nothing.

        The table streams past; memory is that of the staged rows. After a kill it is either
        applied or still staged.
        """
        with self._writing("apply staged updates"):
            if self._staged:
                last = self._staged.last
                self._apply(list(self._staged.tables()), note, last)
                self._staged.forget(last)

    def _apply(
        self, tables: Sequence[pa.Table], note: Mapping[str, Any], staged: int | None = None
    ) -> None:
        changes = Changes(tables, self._key)
        schema = pa.unify_schemas([self.schema, *(plain_schema(t.schema) for t in tables)])

        def changed() -> Iterator[pa.RecordBatch]:
            for batch in self._batches():
                yield changes.apply(fit(batch, schema))
            yield changes.rest(schema)

        self._overwrite(changed(), schema, note, staged)

    def rewrite(
        self, change: Callable[[pa.RecordBatch], pa.RecordBatch], note: Mapping[str, Any]
    ) -> None:
        """Replace every row by what `change` makes of it, a batch at a time, in one commit.

        `change` must keep keys unique; columns it leaves out become null. What is staged is
        applied first, in a commit of its own.
        """
        self.apply_staged(note)
        with self._writing("rewrite rows"):
            changed = (fit(change(batch), self.schema) for batch in self._batches())
            self._overwrite(changed, self.schema, note)

    def delete(self, drop: pc.Expression, note: Mapping[str, Any]) -> int:
        """Take away the rows for which an expression holds (not those where it is null).

        What is staged is applied first, in a commit of its own.

        Returns
        -------
        int
            How many rows went.
        """
        self.apply_staged(note)
        with self._writing("delete rows"):
            before = self.rows
            keep = drop.is_null() | ~drop
            kept = scan(self.path, self._log.files(), self.schema)
            if kept.count_rows(filter=keep) < before:
                self._overwrite(stream(kept, filter=keep), self.schema, note)
            return before - self.rows

    def save_provenance(self, document: dict[str, Any]) -> None:
        """Replace the document that says how the rows came about."""
        with self._writing("save provenance"):
            provenance.save(self.path, document)

    def finish(self) -> None:
        """Compact, clean up, give back the lock; the writer is of no more use then.

        Afterwards the folder is a plain Parquet data set. Staged updates stay staged. A second
        call does nothing.
        """
        if not self._finished:
            self._finished = True
            try:
                with in_words(self.path, "compact it"):
                    self._lock.check()
                    self._tidy()
                    self._lock.finish()
            finally:
                self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._failed:  # the disk is not to be trusted now; the next run recovers
            self._finished = True
            self._lock.release()
        else:
            self.finish()

    def _batches(self) -> Iterator[pa.RecordBatch]:
        return stream(scan(self.path, self._log.files(), self.schema))

    def _overwrite(
        self,
        batches: Iterable[pa.RecordBatch],
        schema: pa.Schema,
        note: Mapping[str, Any],
        staged: int | None = None,
    ) -> None:
        old = {file.name for file in self._log.files()}
        adds = write(self.path, batches, schema)
        self._log.commit(adds, "overwrite", note, schema=schema, staged=staged)
        self._replaced.append((time.monotonic(), old))
        while self._replaced and self._replaced[0][0] <= time.monotonic() - GRACE_S:
            tidy.remove(self.path, self._replaced.popleft()[1])

    def _tidy(self) -> None:
        self._log.look()  # Ctrl-C may have come between a commit and our look at it
        tidy.remove_orphans(self._log)  # makes room for the rest
        tidy.compact(self._log)
        tidy.remove_orphans(self._log)

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        if self._finished:
            raise StoreError(f"{self.path}: this writer has finished; open another")
        with in_words(self.path, doing):
            try:
                self._lock.check()
                yield
            except Exception as error:
                self._failed = is_failure(error)
                raise


def _check_folder(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise StoreError(f"{path}: is a file; choose a folder for the store")
    if not path.is_dir() or is_store(path):
        return
    if others := sorted({entry.name for entry in path.iterdir()} - {OWN, LOG}):
        raise StoreError(
            f"{path}: is not empty and no store (it has {others[0]!r}); choose another folder"
        )
