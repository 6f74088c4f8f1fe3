"""A kill at any moment loses nothing committed and doubles nothing."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from iqcurate.store.table import Reader, Writer, is_store

if TYPE_CHECKING:
    from pathlib import Path

# What is done step by step, told apart by the rows alone. Says so on stdout when it is safe.
WORKER = """
import sys
import pyarrow as pa
from iqcurate.store import table

SCHEMA = pa.schema([("id", pa.string()), ("x", pa.int64()), ("n", pa.int64())])
SIZE = 40


def names(step):
    return [f"{step}/{i}" for i in range(SIZE)]


def do(writer, step):
    kind, block = step % 4, step - step % 4
    table.STREAM_FROM = 0 if kind == 2 else 10**9
    values = [step] * SIZE
    if kind == 0:
        writer.append(pa.table({"id": names(block), "x": values}), {"step": step})
    elif kind == 1:
        writer.update(pa.table({"id": names(block), "x": values}), {"step": step})
    elif kind == 2:
        writer.update(pa.table({"id": names(block), "n": values}), {"step": step})
    else:
        writer.apply_staged({"step": step})


def main(path, step, at_once=6):
    print("ready", flush=True)
    while True:
        with table.Writer(path, SCHEMA) as writer:
            for step in range(step, step + at_once):
                do(writer, step)
                print(step, flush=True)
        step += 1


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
"""
SIZE = 40


def state_after(step: int) -> tuple[dict, dict]:
    """Rows that are seen, and those with what is staged applied, after some steps."""
    seen: dict[str, tuple] = {}
    staged: dict[str, tuple] = {}
    for s in range(step + 1):
        names = [f"{s - s % 4}/{i}" for i in range(SIZE)]
        if s % 4 < 2:
            seen.update(dict.fromkeys(names, (s, None)))
        elif s % 4 == 2:
            staged.update({name: (seen[name][0], s) for name in names})
        else:
            seen.update(staged)
            staged = {}
    return seen, {**seen, **staged}


def content(store: Path) -> dict:
    if not is_store(store):
        return {}
    rows = Reader(store).to_table().to_pylist()
    assert len({row["id"] for row in rows}) == len(rows)
    return {row["id"]: (row["x"], row["n"]) for row in rows}


def with_staged(writer: Writer) -> dict:
    found = content(writer.path)
    for table in writer.staged():
        found.update({r["id"]: (found[r["id"]][0], r["n"]) for r in table.to_pylist()})
    return found


@pytest.fixture
def worker(tmp_path):
    script = tmp_path / "worker.py"
    script.write_text(WORKER)
    return script


def start(worker: Path, store: Path, *numbers: int) -> subprocess.Popen:
    command = [sys.executable, str(worker), str(store), *map(str, numbers or [0])]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n", child.stderr.read()
    return child


def stop(child: subprocess.Popen, sign: signal.Signals, after_lines: int, pause: float) -> int:
    """Send a signal at some moment; give the last step that was reported as done."""
    done = [child.stdout.readline() for _ in range(after_lines)]
    time.sleep(pause)
    child.send_signal(sign)
    with child:  # communicate() would lose the lines that were read ahead
        rest = child.stdout.read()
    lines = [line for line in [*done, *rest.splitlines()] if line.strip()]
    return int(lines[-1]) if lines else -1


def test_kills_at_random_moments(worker, tmp_path, tables):
    store, moment, step = tmp_path / "scores", random.Random(5), 0
    for _ in range(6):
        child = start(worker, store, step)
        lines = moment.randint(0, 14)
        done = max(step - 1, stop(child, signal.SIGKILL, lines, moment.uniform(0, 0.06)))
        assert child.returncode == -signal.SIGKILL
        found = content(store)
        if is_store(store):
            delta = {r["id"]: (r["x"], r["n"]) for r in tables.by_delta(store)}
            assert delta == found
            with Writer(store, Reader(store).schema) as writer:
                whole = with_staged(writer)
            assert content(store) == found
            tables.at_rest(store)
        else:
            whole = {}
        assert (found, whole) in [state_after(done), state_after(done + 1)]
        step = done + 1 if (found, whole) == state_after(done) else done + 2
    assert step > 10


def test_ctrl_c_at_random_moments_leaves_a_store_at_rest(worker, tmp_path, tables):
    store, moment, step = tmp_path / "scores", random.Random(6), 0
    for _ in range(3):
        child = start(worker, store, step)
        lines = moment.randint(1, 8)
        done = stop(child, signal.SIGINT, lines, moment.uniform(0, 0.03))
        assert child.returncode not in (0, -signal.SIGKILL)
        found = content(store)
        with Writer(store, Reader(store).schema) as writer:
            whole = with_staged(writer)
        assert (found, whole) in [state_after(done), state_after(done + 1)]
        step = done + 1 if (found, whole) == state_after(done) else done + 2
        tables.at_rest(store)


def test_what_a_killed_run_leaves_is_cleaned_up(worker, tmp_path, tables):
    store = tmp_path / "scores"
    child = start(worker, store)
    stop(child, signal.SIGKILL, 3, 0)
    found, orphans = content(store), ["part-" + "0" * 8 + "-0000" * 3 + "-" + "0" * 12]
    for ending in (".parquet", "-c000.snappy.parquet", ".parquet#1"):
        (store / (orphans[0] + ending)).write_bytes(b"half")
    (store / "_delta_log" / "_commit_x.json.tmp").write_bytes(b"half")
    assert content(store) == found  # readers are not disturbed meanwhile
    with Writer(store, Reader(store).schema) as writer:
        assert writer.recovered
        # At rest before anything new is written.
        assert len(tables.at_rest(store)) == len(found)
    assert not list((store / "_delta_log").glob("*.tmp"))
    with Writer(store, Reader(store).schema) as writer:
        assert not writer.recovered


@pytest.mark.parametrize("torn", [b"", b"\0" * 512])
def test_a_log_entry_that_a_power_cut_emptied_is_taken_away(store, tables, torn):
    writer = tables.open(store)
    writer.append(tables.rows(0, 5), {})
    version = writer.reader().version
    writer._lock.release()  # as a kill does
    (store / "_delta_log" / f"{version + 1:020}.json").write_bytes(torn)
    assert Reader(store).to_table().num_rows == 5
    with tables.open(store) as writer:
        assert writer.recovered
        assert writer.rows == 5
        writer.append(tables.rows(5, 5), {})
    assert len(tables.at_rest(store)) == 10


@pytest.mark.parametrize("torn", [b"", b"\0" * 512])
def test_a_table_whose_first_log_entry_was_emptied_is_none_yet(store, tables, torn):
    writer = tables.open(store)
    writer._lock.release()  # as a kill does
    for entry in (store / "_delta_log").iterdir():
        entry.write_bytes(torn)
    assert not is_store(store)
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 5), {})
    assert len(tables.at_rest(store)) == 5


def test_two_processes_on_one_store(worker, tmp_path, tables):
    store = tmp_path / "scores"
    child = start(worker, store, 0, 1_000_000)  # one writer without an end
    child.stdout.readline()
    second = subprocess.run(
        [sys.executable, str(worker), str(store), "0"],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert second.returncode == 1
    assert f"StoreBusyError: {store}: process {child.pid} on {os.uname().nodename}, since 20" in (
        second.stderr
    )
    # The first was not disturbed, and its lock ends with it.
    done = stop(child, signal.SIGKILL, 1, 0.05)
    assert done >= 1
    with Writer(store, Reader(store).schema) as writer:
        assert writer.rows >= SIZE


def by_delta(tables, store):
    """Read again where the end of a run took files away under Polars."""
    for _ in range(5):
        with suppress(FileNotFoundError):
            return tables.by_delta(store)
    return tables.by_delta(store)


def test_readers_follow_a_run(worker, tmp_path, tables):
    store = tmp_path / "scores"
    child = start(worker, store)
    try:
        for _ in range(25):
            done = int(child.stdout.readline())
            ours = content(store)
            assert len(ours) >= len(state_after(done)[0])
            assert len(ours) % SIZE == 0
            assert len(by_delta(tables, store)) >= len(ours)
    finally:
        stop(child, signal.SIGKILL, 0, 0)


SHORT = """
import sys
import pyarrow as pa
from iqcurate.store.table import Reader, Writer
path, i = sys.argv[1], int(sys.argv[2])
with Writer(path, pa.schema([("id", pa.string()), ("x", pa.int64())])) as writer:
    writer.append(pa.table({"id": [str(i)], "x": [i]}), {})
    writer.update(pa.table({"id": [str(i)], "x": [i + 1]}), {})
    list(writer.reader().batches())
assert Reader(path).to_table().num_rows == i + 1
"""


def test_short_processes_end_well(tmp_path, tables):
    for i in range(4):
        command = [sys.executable, "-c", SHORT, str(tmp_path / "s"), str(i)]
        run = subprocess.run(command, check=False, capture_output=True, text=True)
        assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
    assert len(tables.at_rest(tmp_path / "s")) == 4
