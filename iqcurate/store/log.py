"""The transaction log: which Parquet files make up the table, and who committed what.

Data files are on the disk before a commit of delta-rs, which is atomic, names them. So a power
cut cannot take back what a commit names, and a kill leaves at most files that none names.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from itertools import takewhile
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Field, Schema, Transaction
from deltalake.transaction import RemoveAction

from iqcurate.durable import sync
from iqcurate.errors import StoreError
from iqcurate.store.changes import plain_schema
from iqcurate.store.files import LOG

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from deltalake.transaction import AddAction

_KEY = "iqcurate.key"
_NOTE = "iqcurate.note"
_VERSION = "iqcurate.version"
_STAGED = "iqcurate.staged"
_HISTORY_KEPT = {"delta.enableExpiredLogCleanup": "false"}


class DataFile(NamedTuple):
    """A Parquet file of the table."""

    name: str
    rows: int
    bytes: int


class Log:
    """The log of one table, as of the last look at it.

    Parameters
    ----------
    store
        Folder of the table, absolute.
    """

    def __init__(self, store: Path) -> None:
        self.store = store
        self._table = _opened(store)
        self._take()

    @classmethod
    def create(cls, store: Path, schema: pa.Schema, key: Sequence[str]) -> Log:
        """Make an empty table; `OSError` or `DeltaError` where that fails."""
        DeltaTable.create(
            store,
            Schema.from_arrow(plain_schema(schema)),
            configuration={_KEY: json.dumps(key), **_HISTORY_KEPT},
            raise_if_key_not_exists=False,
            commit_properties=_properties({"action": "create"}),
        )
        log = cls(store)
        log._sync_since(-1)
        sync(store)
        return log

    @property
    def key(self) -> tuple[str, ...] | None:
        """Key columns; None where the table was not made by us."""
        text = self._table.metadata().configuration.get(_KEY)
        return tuple(json.loads(text)) if text else None

    @property
    def applied(self) -> int:
        """Number of the last staged update that is part of the table; -1 for none."""
        found = self._table.transaction_version(_STAGED)
        return -1 if found is None else found

    def files(self) -> list[DataFile]:
        """Give the files of the table."""
        actions = pa.table(self._table.get_add_actions())
        names = ("path", "num_records", "size_bytes")
        columns = [actions.column(name).to_pylist() for name in names]
        return [self._file(*row) for row in zip(*columns, strict=True)]

    def _file(self, name: str, rows: int | None, size: int) -> DataFile:
        if rows is None:  # another writer of Delta tables left the count out
            rows = pq.read_metadata(self.store / name).num_rows
        return DataFile(name, rows, size)

    def commit(
        self,
        adds: Sequence[AddAction],
        mode: Literal["append", "overwrite"],
        note: Mapping[str, Any],
        *,
        removes: Sequence[DataFile] = (),
        schema: pa.Schema | None = None,
        staged: int | None = None,
    ) -> None:
        """Make files part of the table, in one step, on the disk before it returns.

        Parameters
        ----------
        adds
            What `iqcurate.store.parts.write` gave.
        mode
            Whether what is there stays.
        note
            What was done; goes into the history.
        removes
            Files whose rows are in `adds` (mode ``append``).
        schema
            The new schema of the table (mode ``overwrite``).
        staged
            Number of the last staged update that `adds` holds.
        """
        gone = [_remove(file) for file in removes]
        for add in adds:
            add.data_change = not gone
        self._table.create_write_transaction(
            [*adds, *gone],
            mode,
            Schema.from_arrow(schema or self.schema),
            commit_properties=_properties(note, staged),
        )
        self.look()

    def add_columns(self, fields: Sequence[pa.Field], note: Mapping[str, Any]) -> None:
        """Add columns of nulls."""
        new = [Field.from_arrow(field) for field in plain_schema(pa.schema(fields))]
        self._table.alter.add_columns(new, commit_properties=_properties(note))
        self.look()

    def look(self) -> None:
        """Take in what was committed since the last look, and put it on the disk."""
        before = self.version
        self._table.update_incremental()
        self._take()
        self._sync_since(before)

    def _take(self) -> None:
        self.version = self._table.version()
        self.schema = plain_schema(pa.schema(self._table.schema().to_arrow()))

    def _sync_since(self, version: int) -> None:
        folder = self.store / LOG
        for number in range(version + 1, self.version + 1):
            for path in folder.glob(f"{number:020}.*"):
                sync(path)
        if (last := folder / "_last_checkpoint").exists():
            sync(last)
        sync(folder)


def _opened(store: Path) -> DeltaTable:
    """Open a table; log entries at the end that a power cut left without content say nothing."""
    if torn := _torn_entries(store):
        return DeltaTable(store, version=int(torn[-1].stem) - 1)
    return DeltaTable(store)


def _remove(file: DataFile) -> RemoveAction:
    now = int(time.time() * 1000)
    return RemoveAction(file.name, False, now, size=file.bytes, partition_values={})


def _properties(note: Mapping[str, Any], staged: int | None = None) -> CommitProperties:
    from importlib.metadata import version

    about = {_VERSION: version("iqcurate"), _NOTE: json.dumps(dict(note))}
    done = None if staged is None else [Transaction(_STAGED, staged)]
    return CommitProperties(custom_metadata=about, app_transactions=done)


def drop_torn_entries(store: Path) -> None:
    """Take away log entries at the end that a power cut left without content.

    They were never confirmed to the caller, as that comes after they are on the disk.
    """
    for entry in _torn_entries(store):
        entry.unlink()


def _torn_entries(store: Path) -> list[Path]:
    """Entries at the end of a log that are empty, newest first."""
    entries = sorted((store / LOG).glob("[0-9]*.json"), reverse=True)
    return list(takewhile(is_torn, entries))


def is_torn(entry: Path) -> bool:
    """Whether a log entry lost its content in a power cut."""
    content = entry.read_bytes()
    return not content.strip(b"\0 \n")


def history(store: Path) -> Iterator[dict[str, Any]]:
    """Give what each commit says of itself, newest first.

    Read from the log itself: in some oddly named folders delta-rs gives an empty history.
    """
    for entry in sorted((store / LOG).glob("[0-9]*.json"), reverse=True):
        with entry.open(encoding="utf-8") as lines:
            yield _told(int(entry.stem), _info(lines))


def _info(lines: Iterable[str]) -> dict[str, Any]:
    found = (json.loads(line).get("commitInfo") for line in lines if line.strip())
    return next(filter(None, found), {})


def _told(version: int, info: dict[str, Any]) -> dict[str, Any]:
    try:
        note = json.loads(info.get(_NOTE, "{}"))
    except ValueError as error:
        raise StoreError(f"version {version} of the store has a broken note: {error}") from error
    return {
        "version": version,
        "time": datetime.fromtimestamp(info.get("timestamp", 0) / 1000, UTC),
        "operation": info.get("operation", ""),
        "iqcurate": info.get(_VERSION),
        "note": note,
    }
