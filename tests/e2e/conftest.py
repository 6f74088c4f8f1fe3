"""The command as a user runs it: a process of its own."""

from __future__ import annotations

import io
import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from iqcurate.cli import call
from iqcurate.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stream(io.TextIOWrapper):
    """A terminal that is none and remembers."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), write_through=True)

    def taken(self) -> bytes:
        return self.buffer.getvalue()


class Command:
    """Runs `iqcurate` in a folder."""

    def __init__(self, cwd: Path) -> None:
        self.cwd = cwd
        self.argv = [sys.executable, "-m", "iqcurate"]
        self.env = {**os.environ, "PYTHONWARNINGS": "error", "COLUMNS": "160"}
        self.started: list[subprocess.Popen] = []

    def __call__(self, *args, code: int = 0, stdin: bytes = b""):
        """Call the command in this process."""
        streams = [io.TextIOWrapper(io.BytesIO(stdin)), *(Stream() for _ in range(2))]
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(self.cwd)
            for name, stream in zip(("stdin", "stdout", "stderr"), streams, strict=True):
                patch.setattr(sys, name, stream)
            with pytest.raises(SystemExit) as ended:
                call([*map(os.fspath, args)])
        out, err = (stream.taken() for stream in streams[1:])
        assert (ended.value.code or 0) == code, (ended.value.code, out, err)
        return subprocess.CompletedProcess(args, code, out, err)

    def process(self, *args, code: int | None = 0, before: list[str] = (), **kwargs):
        """Call the command in a process of its own."""
        done = subprocess.run(
            [*before, *self.argv, *map(os.fspath, args)],
            cwd=self.cwd, env=self.env, capture_output=True, timeout=120, check=False, **kwargs,
        )  # fmt: skip
        assert code in (None, done.returncode), (done.returncode, done.stdout, done.stderr)
        assert b"Traceback" not in done.stderr
        return done

    def json(self, *args, code: int = 0):
        return json.loads(self(*args, "--json", code=code).stdout)

    def start(self, *args) -> subprocess.Popen:
        process = subprocess.Popen(
            [*self.argv, *map(os.fspath, args)],
            cwd=self.cwd, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.started.append(process)
        return process

    def end(self) -> None:
        """Leave no process behind where a test failed: others would fail of it."""
        for process in self.started:
            process.kill()
            with process:  # waits for it and closes its pipes
                pass


@pytest.fixture
def command(tmp_path) -> Iterator[Command]:
    command = Command(tmp_path)
    yield command
    command.end()


SAMPLES = ("astronaut.png", "camera.png", "chelsea.png", "coffee.png", "hubble_deep_field.jpg",
           "ihc.png", "page.png", "retina.jpg", "rocket.jpg", "text.png")  # fmt: skip


def copy_samples(folder: Path, n: int = 5) -> Path:
    """Real pictures that ship with scikit-image, small ones first."""
    import skimage

    source = Path(skimage.__file__).parent / "data"
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(SAMPLES, key=lambda s: (source / s).stat().st_size)[:n]:
        if not (folder / name).exists():
            shutil.copy(source / name, folder / name)
    return folder


@pytest.fixture
def photos(tmp_path) -> Path:
    return copy_samples(tmp_path / "photos")


def held(monkeypatch, free: int) -> threading.Event:
    """Let runs in this process wait, after some images, until the event is set."""
    go, begun, stage = threading.Event(), itertools.count(), Engine.cpu_stage

    def wait(*args):
        if next(begun) >= free:
            go.wait(120)
        return stage(*args)

    monkeypatch.setattr(Engine, "cpu_stage", wait)
    return go


def rows_of(store: Path) -> pd.DataFrame:
    """All rows, as comparable text, sorted by id."""
    import iqcurate

    return iqcurate.load_scores(store).sort_values("id").reset_index(drop=True)


def same_rows(left: pd.DataFrame, right: pd.DataFrame, but=("fingerprint", "uri")) -> None:
    """Equal to the last bit, whatever the order of columns."""
    columns = sorted(set(left.columns) - set(but))
    assert columns == sorted(set(right.columns) - set(but))
    pd.testing.assert_frame_equal(left[columns], right[columns], check_exact=True)
