"""Interrupted runs: nothing that was finished is lost, nothing is doubled."""

from __future__ import annotations

import json
import random
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress

import polars as pl
import pytest
from e2e.conftest import copy_samples, rows_of, same_rows
from e2e.test_score import check_readers
from PIL import Image

import iqcurate
from iqcurate.errors import StoreError

HELD = """
import itertools, os, time
import iqcurate.executors.local as local
import iqcurate.store.scores as scores
from iqcurate.cli import main
from iqcurate.engine import Engine

scores.COMMIT_EVERY_S, scores._SHARE, local._PATIENCE_S = 0.1, 1.0, 0.5
stage, begun = Engine.cpu_stage, itertools.count()

def held(*args):
    while next(begun) >= {free} and not os.path.exists("go"):
        time.sleep(0.02)
    return stage(*args)

Engine.cpu_stage = held
main()
"""
MANY = 40


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    samples = copy_samples(folder / "samples", 4).iterdir()
    originals = [Image.open(p).convert("RGB") for p in samples]
    (folder / "photos").mkdir()
    for i in range(MANY):
        originals[i % 4].resize((240 + i % 7, 200)).save(folder / "photos" / f"{i:03}.png")
    return folder / "photos"


@pytest.fixture
def many(made, tmp_path):
    return shutil.copytree(made, tmp_path / "photos")


def hold(command, free: int = 6) -> None:
    """Commit often, and after some images wait until `go`, however fast this machine is."""
    command.argv = [command.argv[0], "-c", HELD.format(free=free)]


def go(command) -> None:
    (command.cwd / "go").touch()


def wait_for_rows(store, process, least: int = 1, column: str = "id") -> int:
    """Rows with a value in a column that a reader sees while the run is going."""
    give_up = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < give_up:
        with suppress(StoreError, KeyError):
            if (rows := int(iqcurate.load_scores(store)[column].notna().sum())) >= least:
                return rows
        time.sleep(0.1)
    process.kill()
    pytest.fail(f"no rows: {process.communicate()}")


def wait_for_word(process, word: bytes) -> None:
    """Until the run says something on standard error."""
    said = b""
    while word not in said:
        line = process.stderr.readline()
        assert line, said
        said += line


def test_killed_three_times_then_resumed_equals_an_undisturbed_run(command, many, tmp_path):
    args = ("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    command("score", "photos", "-o", "fresh", "-m", "lapv,niqe")
    hold(command)
    chance, store = random.Random(5), tmp_path / "scores"
    seen = 0
    for _ in range(3):
        process = command.start(*args)
        wait_for_rows(store, process, seen + chance.randint(1, 6))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        rows = iqcurate.load_scores(store)
        assert rows["id"].is_unique
        assert len(rows) > seen, "what was committed stays"
        seen = len(rows)
        delta = pl.read_delta(str(store)).sort("id")
        assert delta["id"].to_list() == rows["id"].tolist()
    go(command)
    told = command.json(*args)
    assert (told["images"], told["run"]["unchanged"]) == (MANY, seen)
    same_rows(rows_of(store), rows_of(tmp_path / "fresh"), but=())
    check_readers(store, MANY)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_saves_says_how_to_go_on_and_exits_130(command, many, tmp_path, how):
    hold(command)
    process = command.start("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    before = wait_for_rows(tmp_path / "scores", process)
    process.send_signal(how)
    wait_for_word(process, b"finishing the images in work")
    go(command)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert b"the same command again" in err
    after = len(rows_of(tmp_path / "scores"))
    assert before < after < MANY, "also those in work"
    check_readers(tmp_path / "scores", after)
    told = json.loads(command("score", "photos", "-o", "scores", "--json").stdout)
    assert told["run"]["unchanged"] == after
    assert told["images"] == MANY


def test_a_second_writer_is_refused_while_readers_read(command, many, tmp_path):
    hold(command)
    process = command.start("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    wait_for_rows(tmp_path / "scores", process)
    second = command.process("score", "photos", "-o", "scores", code=1)
    assert str(process.pid).encode() in second.stderr
    assert socket.gethostname().encode() in second.stderr
    assert b"images" in command("show", "scores").stdout
    assert process.poll() is None
    process.kill()
    process.communicate()
    out = command("score", "photos", "-o", "scores")
    assert b"killed" in out.stderr
    assert len(rows_of(tmp_path / "scores")) == MANY


def test_an_added_metric_that_was_killed_goes_on(command, many, tmp_path):
    command("score", "photos", "-o", "scores", "-m", "lapv")
    hold(command)
    process = command.start("score", "photos", "-o", "scores", "-m", "niqe")
    wait_for_rows(tmp_path / "scores", process, column="niqe")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    rows = rows_of(tmp_path / "scores")
    assert len(rows) == MANY
    assert rows["lapv"].notna().all()
    assert 0 < rows["niqe"].notna().sum() < MANY
    command("score", "photos", "-o", "scores", "-m", "niqe")
    command("score", "photos", "-o", "fresh", "-m", "lapv,niqe")
    same_rows(rows_of(tmp_path / "scores"), rows_of(tmp_path / "fresh"), but=())


def test_ctrl_c_while_it_waits_for_names(command, many, tmp_path):
    hold(command)
    process = subprocess.Popen(
        [*command.argv, "score", "-", "-o", "scores", "-m", "lapv"], cwd=tmp_path,
        env=command.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    process.stdin.write(b"photos/000.png\nphotos/001.png\n")
    process.stdin.flush()
    wait_for_rows(tmp_path / "scores", process, least=2)
    process.send_signal(signal.SIGINT)
    names = process.stdin
    process.stdin = None  # stays open: more names may come
    _, err = process.communicate(timeout=120)
    names.close()
    assert process.returncode == 130, err
    assert b"the same command again" in err
    assert len(rows_of(tmp_path / "scores")) == 2


def test_a_second_ctrl_c_stops_at_once_and_keeps_what_was_finished(command, many, tmp_path):
    hold(command, free=1)
    process = command.start("score", "photos", "-o", "scores", "-m", "lapv", "--workers", "1")
    wait_for_rows(tmp_path / "scores", process)
    process.send_signal(signal.SIGINT)
    wait_for_word(process, b"once more: stop at once")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert b"stopped at once" in err
    assert len(rows_of(tmp_path / "scores")) == 1
    check_readers(tmp_path / "scores", 1)


WAITING = """
import time
from iqcurate import cli

cli.call = lambda: (print("ready", flush=True), time.sleep(60))
cli.main()
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("second", [None, 0.0, 0.05])
def test_a_signal_while_no_run_is_going_ends_in_a_word(command, how, second):
    command.argv = [command.argv[0], "-c", WAITING]
    process = command.start()
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(how)
    if second is not None:
        time.sleep(second)
        process.send_signal(how)
    _, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (130, b"\ninterrupted\n")
