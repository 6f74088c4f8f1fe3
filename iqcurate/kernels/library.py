"""Finding and loading the build of the kernels for this processor."""

from __future__ import annotations

import ctypes
import os
from functools import cache
from importlib.util import find_spec

from iqcurate.errors import UsageError

BUILDS = ("baseline", "avx2", "avx512")
"""From plain to demanding; on other processors than x86-64 there is only the first."""

CHOICE = "IQCURATE_ISA"
"""Environment variable that names the build to use."""


def load_library(build: str | None = None) -> ctypes.CDLL:
    """Load a build of the kernels; calls into it release the interpreter lock.

    Parameters
    ----------
    build
        One of `runnable`; by default the one that the environment variable ``IQCURATE_ISA``
        names, else the best.

    Raises
    ------
    UsageError
        If there is no such build, or this processor cannot run it.
    """
    there = runnable()
    name = build or os.environ.get(CHOICE) or there[-1]
    if name not in there:
        raise UsageError(f"no kernels named {name!r} run here ({CHOICE}): {', '.join(there)} do")
    return _open(name)


@cache
def runnable() -> tuple[str, ...]:
    """Name the builds that this processor can run, the best last."""
    level = int(_open("baseline").iq_cpu_level())
    return BUILDS[: level + 1]


@cache
def _open(build: str) -> ctypes.CDLL:
    # They are no Python modules, but named like ones: an editable install keeps such files
    # elsewhere than the source, and the import system knows where.
    spec = find_spec(f"iqcurate.kernels._{build}")
    if spec is None or spec.origin is None:
        raise UsageError("the compiled kernels are not there: install iqcurate again")
    return ctypes.CDLL(spec.origin)
