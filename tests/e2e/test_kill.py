"""Interrupted runs: nothing that was finished is lost, nothing is doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import time

import polars as pl
import pytest
from e2e.conftest import copy_samples, rows_of, same_rows
from e2e.test_score import check_readers
from PIL import Image

import iqcurate
from iqcurate.errors import StoreError

QUICK = """
import time
import iqcurate.store.scores as scores
from iqcurate.cli import main
from iqcurate.engine import Engine

scores.COMMIT_EVERY_S, scores._SHARE = 0.2, 1.0
stage = Engine.cpu_stage
Engine.cpu_stage = lambda *args: (time.sleep({seconds}), stage(*args))[1]
main()
"""


@pytest.fixture
def many(tmp_path):
    """120 pictures that take a few seconds."""
    folder = tmp_path / "photos"
    folder.mkdir()
    originals = [Image.open(p).convert("RGB") for p in copy_samples(tmp_path / "o", 4).iterdir()]
    for i in range(120):
        originals[i % 4].resize((240 + i % 7, 200)).save(folder / f"{i:03}.png")
    return folder


def quick(command, seconds: float = 0.03) -> None:
    """Commit often, and take a while over each image, so that a signal comes in between."""
    command.argv = [command.argv[0], "-c", QUICK.format(seconds=seconds)]


def wait_for_rows(store, process, least: int = 1) -> int:
    """Rows that a reader sees while the run is going."""
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if (rows := len(iqcurate.load_scores(store))) >= least:
                return rows
        except StoreError:
            pass
        time.sleep(0.05)
    pytest.fail(f"no rows: {process.communicate()}")


def test_killed_five_times_then_resumed_equals_an_undisturbed_run(command, many, tmp_path):
    args = ("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    command.process("score", "photos", "-o", "fresh", "-m", "lapv,niqe")
    quick(command)
    chance = random.Random(5)
    seen = 0
    for _ in range(5):
        process = command.start(*args)
        time.sleep(chance.uniform(0.8, 3.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        store = tmp_path / "scores"
        if (store / "_delta_log").exists():
            rows = iqcurate.load_scores(store)
            assert rows["id"].is_unique
            assert len(rows) >= seen, "what was committed stays"
            seen = len(rows)
            delta = pl.read_delta(str(store)).sort("id")
            assert delta["id"].to_list() == rows["id"].tolist()
    told = json.loads(command.process(*args, "--json").stdout)
    assert told["images"] == 120
    same_rows(rows_of(tmp_path / "scores"), rows_of(tmp_path / "fresh"), but=())
    check_readers(tmp_path / "scores", 120)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_saves_says_how_to_go_on_and_exits_130(command, many, tmp_path, how):
    quick(command)
    process = command.start("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    before = wait_for_rows(tmp_path / "scores", process)
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert b"the same command again" in err
    after = len(rows_of(tmp_path / "scores"))
    assert before <= after < 120
    check_readers(tmp_path / "scores", after)
    told = json.loads(command.process("score", "photos", "-o", "scores", "--json").stdout)
    assert told["run"]["unchanged"] == after
    assert told["images"] == 120


def test_a_second_writer_is_refused_while_readers_read(command, many, tmp_path):
    quick(command)
    process = command.start("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    wait_for_rows(tmp_path / "scores", process)
    process.send_signal(signal.SIGSTOP)
    second = command.process("score", "photos", "-o", "scores", code=1)
    assert str(process.pid).encode() in second.stderr
    assert socket.gethostname().encode() in second.stderr
    assert b"images" in command.process("show", "scores").stdout
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    out = command.process("score", "photos", "-o", "scores")
    assert b"killed" in out.stderr
    assert len(rows_of(tmp_path / "scores")) == 120


def test_an_added_metric_that_was_killed_goes_on(command, many, tmp_path):
    command.process("score", "photos", "-o", "scores", "-m", "lapv")
    quick(command)
    process = command.start("score", "photos", "-o", "scores", "-m", "niqe")
    time.sleep(2.5)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    rows = rows_of(tmp_path / "scores")
    assert len(rows) == 120
    assert rows["lapv"].notna().all()
    command.process("score", "photos", "-o", "scores", "-m", "niqe")
    command.process("score", "photos", "-o", "fresh", "-m", "lapv,niqe")
    same_rows(rows_of(tmp_path / "scores"), rows_of(tmp_path / "fresh"), but=())


def test_ctrl_c_while_it_waits_for_names(command, many, tmp_path):
    quick(command)
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
    _, err = process.communicate(timeout=20)
    names.close()
    assert process.returncode == 130, err
    assert b"the same command again" in err
    assert len(rows_of(tmp_path / "scores")) == 2


def test_a_second_ctrl_c_stops_at_once_and_keeps_what_was_finished(command, many, tmp_path):
    quick(command, seconds=1.5)
    process = command.start("score", "photos", "-o", "scores", "-m", "lapv", "--workers", "1")
    wait_for_rows(tmp_path / "scores", process)
    process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert b"stopped at once" in err
    assert len(rows_of(tmp_path / "scores")) >= 1
    check_readers(tmp_path / "scores", len(rows_of(tmp_path / "scores")))


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
    _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (130, b"\ninterrupted\n")
