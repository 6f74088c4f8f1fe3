"""How much memory a process has held at most."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def most_memory(pid: int | None = None) -> int:
    """Peak resident memory in bytes, of this process or another; 0 where that cannot be told.

    What `resource` says of a process on Linux includes its parent's memory at its start.
    """
    if sys.platform == "linux":
        status = Path(f"/proc/{pid or os.getpid()}/status").read_text()
        lines = [line for line in status.splitlines() if line.startswith("VmHWM:")]
        return int(lines[0].split()[1]) * 1024 if lines else 0
    if pid is not None:
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
