"""Runs a command and prints, as JSON, its seconds and its peak memory.

    python -m benchmarks.launch COMMAND ...

A process of its own, because the peak that the system reports for a child begins with that of
the process that started it: the benchmark itself is too large to ask.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Launched:
    """What a command needed.

    Parameters
    ----------
    seconds
        Wall time.
    peak_mb
        Resident memory at its peak, in MiB.
    """

    seconds: float
    peak_mb: float


def launch(*command: str) -> Launched:
    """Run a command in the project's folder; raises RuntimeError if it fails."""
    own = [sys.executable, "-m", "benchmarks.launch", *command]
    done = subprocess.run(own, cwd=ROOT, check=False, text=True, capture_output=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed: {done.stderr}")
    return Launched(**json.loads(done.stdout))


def main() -> None:
    """Run the command of the arguments."""
    start = time.perf_counter()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    spent = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps({"seconds": spent, "peak_mb": used.ru_maxrss * _MAXRSS_UNIT / 2**20}))
    sys.exit(process.returncode)


if __name__ == "__main__":
    main()
