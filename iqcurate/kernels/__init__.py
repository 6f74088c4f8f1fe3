"""The five classical metrics, compiled: the fast way to what `iqcurate.metrics` defines.

The C source lies in ``src``; it is built once for each instruction set, and `load` takes the
best that the processor runs. What it computes is tested against the plain definitions.
"""

from __future__ import annotations

from iqcurate.kernels.kernel import Kernel, Scores
from iqcurate.kernels.library import BUILDS, load_library, runnable

__all__ = ["BUILDS", "Kernel", "Scores", "load_library", "runnable"]
