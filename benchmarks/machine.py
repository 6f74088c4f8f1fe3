"""What the figures were measured on, and with."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

from iqcurate.kernels import runnable

_PACKAGES = ("iqcurate", "numpy", "pillow", "simplejpeg", "deltalake", "pyarrow")
_SIMD = re.compile(r"sse|ssse|avx|fma|f16c|bmi|asimd|sve|sha_ni")


def describe_machine() -> dict[str, object]:
    """Return processor, its vector instructions, cores, memory, system and how busy it is."""
    return {
        "cpu": cpu_model(),
        "flags": [flag for flag in _cpuinfo("flags", "Features").split() if _SIMD.match(flag)],
        "kernel_builds": list(runnable()),
        "cores": cores(),
        "memory_mb": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20,
        "system": platform.platform(),
        "load_before": [round(load, 2) for load in os.getloadavg()],
    }


def describe_versions() -> dict[str, str]:
    """Return the versions of Python and the packages that take part, and the commit."""
    packages = {name: version(name) for name in _PACKAGES}
    return {"python": platform.python_version(), **packages, "commit": _commit()}


def cpu_model() -> str:
    """Return the name of the processor."""
    name = _cpuinfo("model name")
    if not name and platform.system() == "Darwin":
        name = _output("sysctl", "-n", "machdep.cpu.brand_string")
    return name or platform.machine()


def slug(text: str) -> str:
    """Return the text in the letters that a file name should have."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def available_memory() -> int | None:
    """Return the bytes that are free for a new process, or None where that is not known."""
    try:
        found = re.search(r"MemAvailable:\s*(\d+) kB", Path("/proc/meminfo").read_text())
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def _cpuinfo(*keys: str) -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return ""
    found = re.search(rf"^(?:{'|'.join(keys)})\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1] if found else ""


def _commit() -> str:
    return _output("git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty")


def _output(*command: str) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
