"""The five classical metrics, compiled: the fast way to what `iqcurate.metrics` defines.

`count` is what the simple checks are made of.
The C source lies in ``src``; it is built once for each instruction set, and `load` takes the
best that the processor runs. What it computes is tested against the plain definitions.
"""

from __future__ import annotations

from iqcurate.kernels.counting import Counts, count
from iqcurate.kernels.kernel import Kernel, Scores
from iqcurate.kernels.library import BUILDS, load_library, runnable

__all__ = ["BUILDS", "Counts", "Kernel", "Scores", "count", "load_library", "runnable"]
