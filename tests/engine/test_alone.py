"""An image in a process of its own."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial

import pytest
from engine.crashing import Crashing, make_crashing, make_process
from engine.operators import png, ref
from PIL import Image

from iqcurate.decode import DecodeSettings
from iqcurate.engine import Engine
from iqcurate.executors import alone
from iqcurate.executors import child as child_module
from iqcurate.executors.alone import Alone, Part
from iqcurate.executors.child import Child, Ended
from iqcurate.metrics.registry import load_operators, resolve
from iqcurate.tasks import Row, Task, Variant
from iqcurate.types import Code, Status

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
    here = next(engine.cpu_stage(task, content)).row
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


FIRST = Part(frozenset(COLUMNS), partial(load_operators, COLUMNS))
CRASHING = Part(frozenset({"sum"}), make_crashing)
PROCESS = Part(frozenset({"process"}), make_process)


def deep_rows(*widths: int, stop=bool) -> list[Row]:
    """Of images that wide, one after the other in one stage."""
    engine = Engine(load_operators(COLUMNS))
    wanted = frozenset({"lapv", "sum", "process"})
    with closing(Alone(FIRST, [CRASHING, PROCESS], stop)) as stage:
        tasks = [Task(ref(f"{w}.png", png(w, 9)), wanted) for w in widths]
        found = [stage(engine, task, engine.read(task)) for task in tasks]
    return [ticket.row for tickets in found for ticket in tickets]


def test_a_network_that_kills_its_process_costs_its_own_column():
    before, killed, after = deep_rows(10, 13, 11)
    assert killed.failure is None
    assert killed.values["sum"].error == "crashed: it kills the process that scores it (SIGSEGV)"
    assert killed.values["lapv"] > 0
    for row in (before, after):
        assert row.values["sum"] > 0
    assert before.values["process"] not in (os.getpid(), killed.values["process"])
    assert killed.values["process"] == after.values["process"], "it is not started for each image"


def test_a_network_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(alone, "BATCH_PATIENCE_S", 4.0)
    hung, after = deep_rows(17, 11)
    assert hung.values["sum"].error == "timeout: not scored within 4 s"
    assert after.values["sum"] > 0


def test_a_run_that_is_stopped_waits_for_no_network():
    began = time.monotonic()
    assert deep_rows(17, stop=lambda: time.monotonic() > began + 3) == []
    assert time.monotonic() < began + 20


class Alive(Crashing):
    """Says how many of the arrays that it was given are still there."""

    def __init__(self) -> None:
        self.arrays: list[weakref.ref] = []

    def prepare(self, image):
        array = image.grey.copy()
        self.arrays.append(weakref.ref(array))
        return array

    def run(self, arrays):
        return [{"sum": sum(each() is not None for each in self.arrays)} for _ in arrays]


def test_versions_of_an_image_are_in_memory_one_at_a_time():
    versions = tuple(Variant("same", float(level)) for level in range(20))
    task = Task(ref("a.png", png(30, 20)), frozenset({"sum"}), versions)
    content = Engine([]).read(task)
    asked = alone._Question(1, lambda: [Alive()], DecodeSettings(), task, content)
    assert [found.values["sum"] for found in alone._Answers()(asked)] == [1] * 20


def test_many_versions_have_more_time_than_one(monkeypatch):
    given = []
    monkeypatch.setattr(Child, "ask", lambda *a: given.append(a[2]))
    engine = Engine([])
    for count in (1, 61):
        versions = tuple(Variant("same", float(level)) for level in range(count))
        task = Task(ref("a.png", png(30, 20)), frozenset({"lapv"}), versions)
        assert Alone(FIRST)(engine, task, engine.read(task)) == []
    assert given == [alone.PATIENCE_S, alone.PATIENCE_S + 60 * 30]


def test_an_image_that_cannot_be_read_goes_to_no_network():
    engine = Engine([])
    task = Task(ref("cut.png", png(50, 40)[:900]), frozenset({"sum"}))
    with closing(Alone(Part(frozenset(), list), [CRASHING])) as stage:
        (ticket,) = stage(engine, task, engine.read(task))
    assert (ticket.row.failure.status, ticket.row.values) == (Status.TRUNCATED, {})


def answers(monkeypatch, tmp_path, answer: str) -> Child:
    """A process that answers so."""
    text = f"from iqcurate.executors.child import serve\ndef main(): serve({answer})\n"
    (tmp_path / "answering.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return Child("answering:main")


def test_what_cannot_be_sent_is_an_error_and_not_a_wait(monkeypatch, tmp_path):
    with closing(answers(monkeypatch, tmp_path, "lambda q: q")) as child:
        with pytest.raises((pickle.PicklingError, AttributeError, TypeError)):
            child.ask(lambda: None, 60, bool)
        assert child.ask("next", 60, bool) == "next"


def test_an_answer_that_cannot_be_read_is_no_wait(monkeypatch, tmp_path):
    """As where a library's exception cannot be made again from its pickle."""
    monkeypatch.setattr(child_module, "_GRACE_S", 1.0)
    broken = "lambda q: type('Odd', (), {'__reduce__': lambda s: (int, ('no number',))})()"
    with closing(answers(monkeypatch, tmp_path, broken)) as child:
        assert isinstance(child.ask(1, 60, bool), Ended)
