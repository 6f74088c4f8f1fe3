"""Bring a store to rest: few files, all of one schema, and none that the table does not name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from iqcurate.durable import sync
from iqcurate.store.changes import plain_schema
from iqcurate.store.files import LOG
from iqcurate.store.parts import FILE_ROWS, write
from iqcurate.store.scan import scan, stream

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.store.log import DataFile, Log

# Our names and those of delta-rs, drafts of its object store included.
_PART = re.compile(
    r"part-(\d{5}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(-c\d{3})?(\.\w+)?\.parquet(#\d+)?"
)


def compact(log: Log) -> None:
    """Gather small files, and files that lack a column, into large ones.

    Readers of a plain folder take the schema of one file for that of all, and fail where there
    is none, so a table without rows gets a file too.
    """
    files = log.files()
    alike = [file for file in files if _fits(log, file)]
    small = [file for file in alike if file.rows < FILE_ROWS // 2]
    if len(alike) == len(files) and len(small) < 2 and files:
        return
    old = small + [file for file in files if file not in alike]
    note = {"action": "compact", "files": len(old)}
    rows = stream(scan(log.store, old, log.schema))
    log.commit(write(log.store, rows, log.schema), "append", note, removes=old)


def _fits(log: Log, file: DataFile) -> bool:
    with pq.ParquetFile(str(log.store / file.name)) as opened:
        return bool(plain_schema(opened.schema_arrow).equals(log.schema))


def remove_orphans(log: Log) -> None:
    """Delete data files that the table does not name, and drafts of log entries.

    Like a full vacuum of delta-rs, but it also finds the drafts that a kill leaves
    (``part-*.parquet#1``), and it leaves files alone that a user put there.
    """
    named = {file.name for file in log.files()}
    parts = [path for path in log.store.glob("part-*") if _PART.fullmatch(path.name)]
    found = [path for path in parts if path.name not in named]
    drafts = [*(log.store / LOG).glob("*.tmp"), *(log.store / LOG).glob("*#*")]
    for path in [*found, *drafts]:
        path.unlink()
    if found or drafts:
        sync(log.store)


def remove(store: Path, names: set[str]) -> None:
    """Delete data files by name."""
    for name in names:
        (store / name).unlink(missing_ok=True)
