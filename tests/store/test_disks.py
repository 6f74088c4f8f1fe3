"""Disks that are full or read-only, folders that belong to others, readers that are slow."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from iqcurate.errors import StoreError
from iqcurate.store.table import Reader, Writer

NOBODY = "65534"


def as_other_user(code: str, *arguments: object) -> subprocess.CompletedProcess:
    """Run Python as a user who may not do everything (these tests may run as root)."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
    return subprocess.run(command, check=False, capture_output=True, text=True)


@pytest.fixture
def open_path(tmp_path):
    """A folder whose parents others may pass through."""
    for folder in [tmp_path, *tmp_path.parents[:2]]:
        folder.chmod(0o755)
    return tmp_path


READ = """
import sys
from iqcurate.store.table import Reader
reader = Reader(sys.argv[1])
print(reader.to_table().num_rows, len(reader.history()), reader.provenance())
"""
WRITE = """
import sys
import pyarrow as pa
from iqcurate.errors import StoreError
from iqcurate.store.table import Writer
try:
    Writer(sys.argv[1], pa.schema([("id", pa.string())]))
except StoreError as error:
    print(error)
"""


@pytest.fixture
def locked(open_path, tables):
    store = open_path / "scores"
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 5), {})
        writer.save_provenance({"a": 1})
    folders = [store, store / "_delta_log", store / "_iqcurate"]
    for folder in folders:
        folder.chmod(0o555)
    for file in store.rglob("*.*"):
        file.chmod(0o444)
    (store / "_iqcurate" / "lock").chmod(0o444)
    yield store
    for folder in folders:
        folder.chmod(0o755)


def test_a_store_that_cannot_be_written_can_be_read(locked):
    run = as_other_user(READ, locked)
    assert run.stderr == ""
    rows, commits, provenance = run.stdout.split(maxsplit=2)
    assert (rows, provenance.strip()) == ("5", "{'a': 1}")
    assert int(commits) >= 2


def test_writing_where_one_may_not_says_so(locked, open_path):
    for place in (locked, open_path / "new"):
        run = as_other_user(WRITE, place)
        assert run.returncode == 0, run.stderr
        assert str(place) in run.stdout
        assert "Permission denied" in run.stdout
        assert "choose a folder that you may use" in run.stdout


FULL = """
import resource, signal, sys
import pyarrow as pa
from iqcurate.errors import StoreError
from iqcurate.store import table
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
table.STREAM_FROM = int(sys.argv[2])
schema = pa.schema([("id", pa.string()), ("x", pa.int64())])
big = pa.table({"id": [str(i * 7919) for i in range(200_000)], "x": [0] * 200_000})
try:
    with table.Writer(sys.argv[1], schema) as writer:
        writer.append(pa.table({"id": ["a", "b"], "x": [1, 2]}), {})
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        getattr(writer, sys.argv[3])(big, {})
except StoreError as error:
    print(error)
"""


@pytest.mark.parametrize(("limit", "method"), [(9, "append"), (9, "update"), (0, "update")])
def test_a_full_disk_is_told_and_loses_nothing(store, tables, limit, method):
    command = [sys.executable, "-c", FULL, str(store), str(limit), method]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (run.returncode, run.stderr) == (0, "")
    assert "File too large; free some space and run again" in run.stdout
    assert Reader(store).to_table().num_rows == 2
    assert len(list(store.glob("*.parquet"))) == 1  # what it could not finish is gone
    schema = pa.schema([("id", pa.string()), ("x", pa.int64())])
    with Writer(store, schema) as writer:
        assert writer.recovered
        assert list(writer.staged()) == []
    assert len(tables.at_rest(store)) == 2


def test_a_reader_goes_on_where_a_run_compacted_meanwhile(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 5), {})
        writer.append(tables.rows(5, 5), {})
        early, slow = writer.reader(), writer.reader()
        batches = slow.batches()
        next(batches)
    assert early.to_table().num_rows == 10
    assert sum(batch.num_rows for batch in early.batches()) == 10
    with pytest.raises(StoreError, match="was compacted; read it again"):
        list(batches)


def test_a_lost_or_broken_data_file_is_told(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 5), {})
    (file,) = store.glob("*.parquet")
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(StoreError, match="could not read its rows"):
        Reader(store).to_table()
    file.unlink()
    with pytest.raises(StoreError, match="are gone"):
        Reader(store).to_table()
    with pytest.raises(StoreError, match="are gone"):
        list(Reader(store).batches())


def test_every_commit_is_on_the_disk(store, tables, monkeypatch):
    synced: list[str] = []
    real = os.fsync

    def fsync(handle):
        synced.append(os.readlink(f"/proc/self/fd/{handle}"))
        real(handle)

    if not Path("/proc/self/fd").exists():
        pytest.skip("needs /proc")
    with tables.open(store) as writer:
        monkeypatch.setattr(os, "fsync", fsync)
        writer.append(tables.rows(0, 5), {})
        (data,) = store.glob("*.parquet")
        entry = store / "_delta_log" / f"{writer.reader().version:020}.json"
        order = [synced.index(str(p)) for p in (data, store, entry, store / "_delta_log")]
        assert order == sorted(order)  # data before the commit that names it
        synced.clear()
        writer.save_provenance({})
        assert str(store / "_iqcurate" / ".provenance.json.tmp") in synced
        assert str(store / "_iqcurate") in synced
