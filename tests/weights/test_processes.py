"""The command as processes: killed, interrupted, two at once, on disks that do not take it."""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest
from e2e.faults import Faults, built

from iqcurate.weights.pins import read_pins

BODY = random.Random(3).randbytes(500_000)
SMALL = BODY[:20_000]
CODES = {"kill": -signal.SIGKILL, "interrupt": 130, "full": 1, "read_only": 1, "broken": 1}
FILE = "ckpt_koniq10k.pt"  # of maniqa; nothing of its hash is published
FETCH = [sys.executable, "-m", "iqcurate", "weights", "fetch", "maniqa"]


@pytest.fixture
def start(site, tmp_path):
    """Start a process that fetches, with the server as mirror."""
    site.files[FILE] = BODY
    env = {**os.environ, "IQCURATE_WEIGHTS": "w", "IQCURATE_WEIGHTS_MIRROR": site.url}

    def started(*more: str) -> subprocess.Popen:
        return subprocess.Popen(
            [*FETCH, *more], cwd=tmp_path, env=env, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    return started


def wait_for(condition) -> None:
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def came(tmp_path) -> int:
    part = tmp_path / "w" / f"{FILE}.part"
    return part.stat().st_size if part.exists() else 0


def good(folder, body: bytes = BODY) -> bool:
    pin = read_pins(folder)[FILE]
    return (folder / FILE).read_bytes() == body and pin.sha256 == hashlib.sha256(body).hexdigest()


def test_two_processes_fetch_once(site, tmp_path, start):
    site.gate = threading.Event()
    first = start()
    wait_for(lambda: site.requests)
    second = start()
    time.sleep(1)
    site.gate.set()
    for process in (first, second):
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert len(site.requests) == 1
    assert good(tmp_path / "w")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_download_that_was_stopped_is_continued_by_the_same_command(
    site, tmp_path, start, number
):
    site.gate = threading.Event()
    process = start()
    wait_for(lambda: came(tmp_path))
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert err.endswith("the same command goes on from there\ninterrupted\n")
    had = came(tmp_path)
    assert had
    site.gate.set()
    again = start()
    _, err = again.communicate(timeout=60)
    assert again.returncode == 0, err
    assert site.requests[-1]["Range"] == f"bytes={had}-"
    assert good(tmp_path / "w")


def test_the_licence_is_shown_before_anything_comes(site, start):
    site.statuses.append((404, {}))
    process = start()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    licence, refusal = err.splitlines()
    assert licence.startswith("maniqa: ckpt_koniq10k.pt, 543 MB; licence: CC BY-NC-SA 4.0")
    assert refusal == f"iqcurate: {site.url}/{FILE}: the server answers 404 Not Found"


def as_nobody(tmp_path, site, *args):
    if os.geteuid() != 0:
        before = []
    elif shutil.which("setpriv") is None:
        pytest.skip("root, and no setpriv to become somebody else")
    else:
        before = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        for folder in (tmp_path, *tmp_path.parents[:2]):
            folder.chmod(0o711)
    env = {**os.environ, "IQCURATE_WEIGHTS_MIRROR": site.url, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        [*before, *FETCH[:4], *args, "maniqa", "--weights-dir", str(tmp_path / "w")],
        env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_folder_that_one_may_only_read(site, tmp_path):
    site.files[FILE] = BODY
    (tmp_path / "w").mkdir(mode=0o755)
    (tmp_path / "w").chmod(0o555)
    done = as_nobody(tmp_path, site, "fetch")
    assert done.returncode == 1
    assert "Permission denied; choose a folder that you may write to: --weights-dir" in done.stderr
    assert site.requests == []
    (tmp_path / "w").chmod(0o755)
    (tmp_path / "file").write_bytes(BODY)
    env = {**os.environ, "IQCURATE_WEIGHTS": str(tmp_path / "w")}
    subprocess.run([*FETCH[:4], "add", "maniqa", str(tmp_path / "file")], env=env, check=True)
    (tmp_path / "w").chmod(0o555)
    for command in ("fetch", "verify"):  # what an administrator put there is used as it is
        done = as_nobody(tmp_path, site, command)
        assert done.returncode == 0, done.stderr
    assert site.requests == []


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    runs = Faults(built(folder), folder)
    yield runs
    runs.close()


class Fetching:
    """Runs that meet a fault, each followed by one in peace."""

    def __init__(self, site, base, faults) -> None:
        site.files[FILE] = SMALL
        self.base, self.faults = base, faults
        self.args = ["weights", "fetch", "maniqa", "--mirror", site.url, "--weights-dir"]
        self.calls = self.run("calm").calls
        assert good(base / "calm", SMALL)

    def run(self, folder: str, **fault):
        return self.faults.run(self.base, *self.args, folder, under=folder, **fault)

    def check(self, effect: str, at: int) -> None:
        ended = self.run("w", effect=effect, at=at)
        folder = self.base / "w"
        whole = (folder / FILE).exists()
        assert not whole or good(folder, SMALL)
        assert ended.code == CODES[effect] or (whole and ended.code == 0), ended.err
        assert "Traceback" not in ended.err
        if effect == "full" and ended.code:
            assert "free some space and run the same command again" in ended.err
        ended = self.run("w")
        assert ended.code == 0, ended.err
        assert good(folder, SMALL)
        assert {p.name for p in folder.iterdir() if not p.name.endswith(".lock")} <= {
            FILE, "pins.json", f".{FILE}.part.json.tmp", ".pins.json.tmp", f"{FILE}.part.json",
        }  # fmt: skip
        shutil.rmtree(folder)


@pytest.mark.parametrize("effect", ["kill", "full"])
def test_after_a_fault_at_the_steps_that_count_the_next_run_ends_well(
    site, tmp_path, faults, effect
):
    fetching = Fetching(site, tmp_path, faults)
    steps = {
        call: at
        for at, call in enumerate(fetching.calls, 1)
        if call.name == "rename" or (call.name, call.path) == ("write", f"/{FILE}.part")
    }
    assert len(steps) >= 4
    for at in steps.values():
        fetching.check(effect, at)


@pytest.mark.slow
@pytest.mark.parametrize("effect", CODES)
def test_after_a_fault_at_any_step_the_next_run_ends_well(site, tmp_path, faults, effect):
    fetching = Fetching(site, tmp_path, faults)
    for at in range(1, len(fetching.calls) + 1):
        fetching.check(effect, at)
