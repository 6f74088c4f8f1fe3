"""Runs `iqcurate` in forks of one process, each with a fault at a chosen call; see `faults.py`.

Started with ``faults.c`` loaded before all other libraries. A job is a line of JSON on standard
input; the answers are the process id, and the wait status when it has ended.
"""

from __future__ import annotations

import ctypes
import functools
import json
import os
import sys
from contextlib import redirect_stdout, suppress
from importlib import import_module
from io import BytesIO, StringIO

from PIL import Image

from iqcurate.cli import call, main
from iqcurate.engine import Engine
from iqcurate.metrics.registry import load_operators, resolve
from iqcurate.store import lock, log, provenance, scores, staged, table, tidy
from iqcurate.tasks import Task
from iqcurate.types import ImageRef

MODULES = [
    "pandas", "pyarrow.dataset", "rich.table", "iqcurate.api.score", "iqcurate.api.tables",
    "iqcurate.cli.app", "iqcurate.cli.summary", "iqcurate.cli.progress", "iqcurate.cli.stop",
    "iqcurate.api.weights", "iqcurate.weights.fetch", "filelock",
]  # fmt: skip

shim = ctypes.CDLL(sys.argv[1])
phases = [""]


def warm_up() -> None:
    """Import what a run imports, so that no fork has to."""
    for name in MODULES:
        import_module(name)
    with redirect_stdout(StringIO()), suppress(SystemExit):
        call(["metrics", "lapv"])
    png = BytesIO()
    Image.new("RGB", (20, 20)).save(png, "PNG")
    columns = {spec.name: spec for spec in resolve(["lapv", "megapixels"])}
    ref = ImageRef("", "", lambda: BytesIO(png.getvalue()), "")
    Engine(load_operators(columns)).score_now(Task(ref, frozenset(columns)))


def told(owner: object, function: str, phase: str) -> None:
    """Tell the shim while a function of the store is at work."""
    body = getattr(owner, function)

    @functools.wraps(body)
    def wrapped(*args, **kwargs):
        phases.append(", ".join(filter(None, [phases[-1], phase])))
        shim.faults_phase(phases[-1].encode())
        try:
            return body(*args, **kwargs)
        finally:
            phases.pop()
            shim.faults_phase(phases[-1].encode())

    setattr(owner, function, staticmethod(wrapped) if isinstance(owner, type(sys)) else wrapped)


def note_rows() -> None:
    """Write down each row that the run has been given, for it must not be lost by a signal."""
    add = scores.ScoreWriter.add

    def noted(self, row) -> None:
        shim.faults_note(f"scored\t{row.task.ref.id}\n".encode())
        add(self, row)

    scores.ScoreWriter.add = noted


def become(job: dict) -> None:
    """Turn this fork into the run that a job asks for."""
    os.chdir(job["cwd"])
    for number, name in ((0, os.devnull), (1, job["out"]), (2, job["err"])):
        os.dup2(os.open(name, os.O_RDWR | os.O_CREAT, 0o644), number)
    scores.COMMIT_EVERY_S, scores._SHARE = 0.0, 0.0  # each row: always as many commits
    table.STREAM_FROM, table.GRACE_S = job["stream_from"], 0.0
    entries = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    folder = os.fsencode(os.path.join(job["cwd"], job["under"]))
    fault = job["effect"], job["phase"].encode(), job["at"], job["then"]
    shim.faults_begin(folder, *fault, entries, job["slow_us"])
    sys.argv = ["iqcurate", *job["args"]]


def answer(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def serve() -> dict | None:
    """Fork for each job; gives the job in the fork, None at the end."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            return json.loads(line)
        answer(pid)
        answer(os.waitpid(pid, 0)[1])
    return None


for owner, function, phase in (
    (lock.Lock, "__init__", "lock"),
    (lock.Lock, "finish", "finish"),
    (log.Log, "create", "create"),
    (log.Log, "add_columns", "add columns"),
    (table.Writer, "append", "append"),
    (table.Writer, "_apply", "update"),
    (table.Writer, "apply_staged", "apply staged"),
    (table.Writer, "rewrite", "rewrite"),
    (table.Writer, "delete", "delete"),
    (staged.Staged, "add", "stage"),
    (staged.Staged, "forget", "forget staged"),
    (tidy, "compact", "compact"),
    (tidy, "remove_orphans", "remove orphans"),
    (tidy, "remove", "remove replaced"),
    (provenance, "save", "provenance"),
):
    told(owner, function, phase)
note_rows()
warm_up()
if (job := serve()) is not None:
    become(job)
    main()
