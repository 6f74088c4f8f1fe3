"""An image in a process of its own."""

from __future__ import annotations

import io
import pickle
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest
from engine.operators import ref
from PIL import Image

from iqcurate.decode import DecodeSettings
from iqcurate.engine import Engine
from iqcurate.executors import alone
from iqcurate.executors.alone import Alone, Part
from iqcurate.metrics.registry import load_operators, resolve
from iqcurate.tasks import Task
from iqcurate.types import Code

NOBODY = Part(frozenset(), list)
COLUMNS = {spec.name: spec for spec in resolve(["lapv", "megapixels"])}


@pytest.fixture
def task():
    out = io.BytesIO()
    Image.effect_noise((40, 30), 50).convert("RGB").save(out, "JPEG")
    return Task(ref("a.jpg", out.getvalue()), frozenset(COLUMNS))


def rows(task):
    engine = Engine(load_operators(COLUMNS))
    content = engine.read(task)
    here = engine.cpu_stage(task, content)[0].row
    with closing(alone_for(COLUMNS)) as stage:
        return here, stage(engine, task, content)[0].row


def alone_for(columns) -> Alone:
    return Alone(Part(frozenset(columns), partial(load_operators, columns)))


def break_decoder(monkeypatch, tmp_path, how: str) -> None:
    """New processes have a decoder that does this."""
    text = f"import os, time, simplejpeg\nsimplejpeg.decode_jpeg = lambda *a, **k: {how}\n"
    (tmp_path / "sitecustomize.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)


def test_its_row_is_the_one_it_would_have_had(task):
    here, alone = rows(task)
    assert alone.failure is None
    assert alone.values == here.values
    assert (alone.header, alone.sha256) == (here.header, here.sha256)


def test_modules_in_the_current_folder_are_not_run(task, tmp_path, monkeypatch):
    (tmp_path / "pickle.py").write_text("open('run', 'w')")
    monkeypatch.chdir(tmp_path)
    assert rows(task)[1].failure is None
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ("os._exit(0)", "it ends the process that scores it (exit code 0)"),
        ("os._exit(3)", "it ends the process that scores it (exit code 3)"),
        ("os.kill(os.getpid(), 6)", "it kills the process that scores it (SIGABRT)"),
    ],
)
def test_how_the_process_ended_is_the_reason(task, tmp_path, monkeypatch, how, text):
    break_decoder(monkeypatch, tmp_path, how)
    failure = rows(task)[1].failure
    assert (failure.code, failure.text) == (Code.CRASHED, text)


def test_one_process_at_a_time(task, tmp_path, monkeypatch):
    log = tmp_path / "log"
    begin_and_end = f"[open({str(log)!r}, 'a').write(c) for c in 'be' if not time.sleep(0.2)]"
    break_decoder(monkeypatch, tmp_path, begin_and_end)
    engine = Engine(load_operators(COLUMNS))
    content = engine.read(task)
    with closing(alone_for(COLUMNS)) as stage, ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: stage(engine, task, content), range(3)))
    assert log.read_text() == "bebebe"


def test_a_process_whose_parent_is_gone_ends_in_time():
    hang = "import time; from iqcurate.executors import child; child.serve(time.sleep)"
    question = pickle.dumps((1, 60))
    ended = subprocess.run([sys.executable, "-c", hang], input=question, check=False, timeout=30)
    assert ended.returncode == -signal.SIGALRM
