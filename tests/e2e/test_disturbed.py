"""Folders that change, go away or lose their rights while a run goes over them."""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

import pandas as pd
import pytest
from e2e.conftest import Command, rows_of, same_rows
from e2e.test_hostile import as_nobody, open_to_all
from e2e.test_kill import go, hold, wait_for_rows
from e2e.test_score import check_readers
from e2e.test_sequences import picture

import iqcurate
from iqcurate.errors import SourceError, StoreError


@pytest.fixture
def folder(tmp_path):
    """Two folders of pictures, in the order in which they are listed."""
    for i in range(20):
        picture(tmp_path / "p" / "a" / f"{i:02}.png", i)
        picture(tmp_path / "p" / "b" / f"{i:02}.png", 100 + i)
    return tmp_path / "p"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "s"


def disturbed(folder, store, change, after: int = 3, **options):
    """Score; call `change` once some images are done."""
    left = [after]

    def progress(state) -> None:
        if state.done >= after and left:
            left.clear()
            change()

    options = {"metrics": ["lapv"], "workers": 1, "progress": progress} | options
    result = iqcurate.score(folder, store, **options)
    assert not left
    return result


def heals(folder, store) -> None:
    """The next run ends as a fresh one, but for rows of what is gone."""
    iqcurate.score(folder, store, yes=True, retry_failed=True)
    again = iqcurate.score(folder, store, yes=True).report.counts
    assert {k for k, v in again.items() if v} <= {"unchanged"}
    fresh = iqcurate.score(folder, metrics=["lapv"]).frame.set_index("id")
    rows = rows_of(store).set_index("id")
    assert set(rows.loc[rows.index.difference(fresh.index), "status"]) <= {"missing"}
    pd.testing.assert_frame_equal(rows.loc[fresh.index], fresh, check_dtype=False)
    check_readers(store, len(rows))


def test_files_that_are_replaced_cut_or_emptied(folder, store):
    def change() -> None:
        for i in range(20):
            path = folder / "ab"[i % 2] / f"{i:02}.png"
            if i % 3 == 0:
                picture(path, 1000 + i, (30, 20))
            else:
                with path.open("r+b") as file:
                    file.truncate(i % 3 * path.stat().st_size // 3 if i % 3 == 1 else 0)

    result = disturbed(folder, store, change)
    assert set(result.frame["status"]) <= {"ok", "truncated", "unreadable"}
    heals(folder, store)


def test_files_that_grow_while_they_are_read(folder, store):
    whole = {p: p.read_bytes() for p in sorted((folder / "b").iterdir())}
    for path in whole:
        path.write_bytes(b"")

    def grow() -> None:
        for start in range(0, 1600, 80):
            for path, data in whole.items():
                with path.open("ab") as file:
                    file.write(data[start : start + 80])
            time.sleep(0.01)

    writer = threading.Thread(target=grow)
    writer.start()
    first = iqcurate.score(folder, store, metrics=["lapv"], workers=2).frame
    writer.join()
    assert set(first["status"]) <= {"ok", "truncated", "unreadable"}
    heals(folder, store)
    assert (rows_of(store)["status"] == "ok").all()


def test_a_subfolder_that_is_removed(folder, store):
    result = disturbed(folder, store, lambda: shutil.rmtree(folder / "b"))
    assert len(result.frame) >= 20
    assert set(result.frame["status"]) <= {"ok", "missing"}
    heals(folder, store)


def test_the_folder_that_is_removed_and_comes_back(folder, store):
    away = folder.with_name("away")
    disturbed(folder, store, lambda: folder.rename(away))
    before = rows_of(store)
    with pytest.raises(SourceError, match=r"no such f.* folder"):
        iqcurate.score(folder, store)
    same_rows(rows_of(store), before)
    folder.mkdir()
    with pytest.raises(SourceError, match=r"empty\. Is it mounted"):
        iqcurate.score(folder, store)
    same_rows(rows_of(store), before)
    folder.rmdir()
    away.rename(folder)
    heals(folder, store)
    assert (rows_of(store)["status"] == "ok").all()


def test_a_folder_becomes_a_file_and_a_file_a_folder(folder, store):
    def change() -> None:
        shutil.rmtree(folder / "b")
        picture(folder / "b.png", 7)
        (folder / "b").write_bytes(b"no image")
        (folder / "a" / "19.png").unlink()
        picture(folder / "a" / "19.png" / "in.png", 8)

    disturbed(folder, store, change)
    heals(folder, store)


def test_links_that_turn_in_a_circle(folder, store):
    def change() -> None:
        (folder / "b" / "loop").symlink_to(folder)
        (folder / "b" / "one.png").symlink_to("two.png")
        (folder / "b" / "two.png").symlink_to("one.png")

    result = disturbed(folder, store, change)
    assert len(result.frame) == 40
    heals(folder, store)


def test_clocks_that_go_wrong(folder, store, monkeypatch):
    def change() -> None:
        for path in (folder / "b").iterdir():
            os.utime(path, (time.time() + 1e6, time.time() + 1e6))
        now = time.time
        monkeypatch.setattr(time, "time", lambda: now() - 1e6)

    disturbed(folder, store, change)
    heals(folder, store)


def test_the_store_that_is_removed_while_it_is_written_to(folder, store, monkeypatch):
    monkeypatch.setattr("iqcurate.store.scores.COMMIT_EVERY_S", 0.0)
    with pytest.raises(StoreError, match="run again") as told:
        disturbed(folder, store, lambda: shutil.rmtree(store))
    assert str(store) in str(told.value)
    assert not (store / "_delta_log").exists()
    iqcurate.score(folder, store, metrics=["lapv"])
    heals(folder, store)


def test_another_store_that_takes_the_place_of_the_one_written_to(folder, store, monkeypatch):
    monkeypatch.setattr("iqcurate.store.scores.COMMIT_EVERY_S", 0.0)
    other = store.with_name("other")
    iqcurate.score(folder / "b", other, metrics=["lapv"])

    def change() -> None:
        store.rename(store.with_name("away"))
        other.rename(store)

    before = rows_of(other)
    with pytest.raises(StoreError, match="run again"):
        disturbed(folder, store, change)
    same_rows(rows_of(store), before)
    check_readers(store, 20)


@pytest.fixture
def open_place():
    """A folder of its own: other sessions of pytest close the one they have in common."""
    with tempfile.TemporaryDirectory() as place:
        yield Path(place)


def test_rights_that_are_lost_on_the_way(folder, open_place):
    folder = shutil.copytree(folder, open_place / "p")
    open_to_all(open_place)
    command, store = Command(open_place), open_place / "s"
    hold(command, free=3)
    argv, command.argv = command.argv, [*as_nobody(), *command.argv]
    process = command.start("score", "p", "-o", "s", "-m", "lapv", "--workers", "1")
    wait_for_rows(store, process)
    for i in range(10, 20):
        (folder / "a" / f"{i}.png").chmod(0)
    (folder / "b").chmod(0)
    go(command)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    rows = rows_of(store).set_index("id")
    closed = rows.loc[rows["status"] != "ok"]
    assert len(closed) == 10
    assert closed["error"].str.startswith("permission: ").all()
    assert b"cannot be read" in err
    (folder / "b").chmod(0o755)
    for i in range(10, 20):
        (folder / "a" / f"{i}.png").chmod(0o644)
    command.argv = argv
    command.process("score", "p", "-o", "s", "--retry-failed", before=as_nobody())
    heals(folder, store)
    assert (rows_of(store)["status"] == "ok").all()


@pytest.fixture
def mounted():
    """Mount something for a test, or skip: ``mounted(kind, folder, options)``."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root on Linux may mount")
    libc, places = ctypes.CDLL(None, use_errno=True), []

    def mount(kind: str, place: Path, options: str, flags: int = 0) -> None:
        place.mkdir(exist_ok=True)
        if libc.mount(b"none", os.fsencode(place), kind.encode(), flags, options.encode()):
            pytest.skip(f"may not mount: {os.strerror(ctypes.get_errno())}")
        places.append(place)

    yield mount
    for place in reversed(places):
        libc.umount2(os.fsencode(place), 2)


REMOUNT, READ_ONLY = 32, 1


def test_a_disk_that_is_full_until_space_is_freed(command, folder, mounted, tmp_path):
    disk = tmp_path / "disk"
    mounted("tmpfs", disk, "size=1m")
    args = ("score", "p", "-o", "disk/s", "-m", "lapv")
    command("score", "p", "-o", "peace", "-m", "lapv")
    for free_kib in (0, 4, 24, 40):
        (disk / "ballast").write_bytes(b"x" * (1024 - free_kib) * 1024)
        err = command(*args, code=1).stderr
        assert b"free some space and run again" in err
        assert err.count(b"\n") == 1
    (disk / "ballast").unlink()
    command(*args)
    same_rows(rows_of(disk / "s"), rows_of(tmp_path / "peace"), but=())
    check_readers(disk / "s", 40)
    mounted("tmpfs", disk, "size=1m", REMOUNT | READ_ONLY)
    picture(folder / "new.png", 5)
    err = command(*args, code=1).stderr
    assert b"Read-only file system" in err
    assert b"choose a folder on a disk that can be written" in err
    check_readers(disk / "s", 40)


def test_a_source_on_a_disk_that_was_taken_away(command, folder, mounted, tmp_path):
    command("score", "p", "-o", "s", "-m", "lapv")
    try:
        device = os.open("/dev/fuse", os.O_RDWR)
    except OSError as error:
        pytest.skip(f"no FUSE: {error}")
    mounted("fuse", folder, f"fd={device},rootmode=40000,user_id=0,group_id=0")
    os.close(device)  # the end of its server
    for output in ("s", "new"):
        err = command("score", "p", "-o", output, code=1).stderr
        assert b"not connected. Is it mounted" in err
    assert not (tmp_path / "new").exists()
    command("score", "p/a/00.png", "p/a/01.png", "-o", "new")
    rows = rows_of(tmp_path / "new")
    assert set(rows["error"]) == {"io: Transport endpoint is not connected"}
    assert (rows_of(tmp_path / "s")["status"] == "ok").all()
