"""Runs of `iqcurate` that meet a fault at a chosen call to the file system."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
EFFECTS = ["nothing", "kill", "interrupt", "terminate", "full", "read_only", "broken"]


class Call(NamedTuple):
    """A call that changed a file under the folder that is watched."""

    phase: str
    name: str
    path: str


@dataclass
class Ended:
    """How a run ended."""

    code: int
    """Exit code; that of a signal is negative."""
    out: str
    err: str
    calls: list[Call]
    before: list[Call]
    """Those before the fault; all where none came."""
    scored: list[str]
    """Ids of the rows that the run was given."""


class Faults:
    """Runs the command in a folder, in forks of a process that has imported everything."""

    def __init__(self, library: Path, scratch: Path) -> None:
        self.scratch = scratch
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "forks.py"), str(library)],
            env={**os.environ, "LD_PRELOAD": str(library), "COLUMNS": "160"},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def start(self, cwd, *args, effect="nothing", under="s", **options) -> int:
        """Begin a run and give its process id.

        The fault comes at the call number `at`, from 1, of a `phase` ("" for any); a signal
        comes again `then` calls later.
        """
        job = {
            "cwd": str(cwd), "args": [str(a) for a in args], "under": under,
            "effect": EFFECTS.index(effect), "phase": "", "at": 0, "then": 0,
            "stream_from": 1_000_000, "slow_us": 0,
            **{name: str(self.scratch / name) for name in ("out", "err", "log")},
            **options,
        }  # fmt: skip
        for name in ("out", "err", "log"):
            (self.scratch / name).write_bytes(b"")
        self.process.stdin.write(json.dumps(job) + "\n")
        return int(self.process.stdout.readline())

    def wait(self) -> Ended:
        """Wait for the end of the run."""
        code = os.waitstatus_to_exitcode(int(self.process.stdout.readline()))
        lines = [x.split("\t") for x in (self.scratch / "log").read_text().splitlines()]
        calls = [(kind, Call(*rest)) for kind, *rest in lines if kind != "scored"]
        before = list(takewhile(lambda each: each[0] != "fault", calls))
        scored = [rest[0] for kind, *rest in lines if kind == "scored"]
        texts = ((self.scratch / name).read_text() for name in ("out", "err"))
        return Ended(code, *texts, *([c for _, c in part] for part in (calls, before)), scored)

    def wait_for_call(self, pid: int, number: int) -> None:
        """Until a run has made so many calls, or has ended."""
        while len((self.scratch / "log").read_bytes().splitlines()) < number:
            if not Path(f"/proc/{pid}").exists():
                break
            time.sleep(0.005)

    def run(self, cwd, *args, **options) -> Ended:
        """Run to the end."""
        self.start(cwd, *args, **options)
        return self.wait()

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stdout.close()


def built(folder: Path) -> Path:
    """Compile the library that makes the faults, or skip."""
    compiler = next(filter(None, map(shutil.which, ("cc", "gcc", "clang"))), None)
    if sys.platform != "linux" or compiler is None:
        pytest.skip("needs Linux and a C compiler")
    library = folder / "faults.so"
    source = HERE / "faults.c"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-O1", "-Wall", "-o", library, source, "-ldl"], check=True
    )
    return library
