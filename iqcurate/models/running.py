"""Running a network so that the row of an image never depends on its batch."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    Array = npt.NDArray[Any]
    Run = Callable[[Sequence[Array]], Array]


def one_by_one(one: Callable[[Array], Array], threads: int, begin: Callable[[], object]) -> Run:
    """Run images alone, on several threads.

    For CPUs: an image on one core, several at a time, takes less than a batch whose every layer
    is split between cores, and the shape of a batch changes the last bits of a row.

    Parameters
    ----------
    one
        From a batch of one image, (1, ...), to its row, (1, n).
    threads
        How many at a time.
    begin
        Called once in each thread.
    """
    pool = started_pool(threads, begin)

    def run(arrays: Sequence[Array]) -> Array:
        return np.concatenate(list(pool.map(lambda a: one(a[None]), arrays)))

    return run


def started_pool(threads: int, begin: Callable[[], object]) -> ThreadPoolExecutor:
    """Return a pool whose threads all run already, after each has called `begin`."""
    started = threading.Barrier(threads + 1)

    def start() -> None:
        begin()
        started.wait()

    pool = ThreadPoolExecutor(threads, thread_name_prefix="network", initializer=start)
    for _ in range(threads):
        pool.submit(bool)
    started.wait()
    return pool


def padded(batch: Callable[[Array], Array], size: int) -> Run:
    """Run batches that always have the same size, the last image filling up what lacks.

    For GPUs, and networks whose batch size is fixed: the same size means the same kernels, and
    these treat each image of a batch alike.

    Parameters
    ----------
    batch
        From (size, ...) to (size, n).
    size
        Images in a batch.
    """

    def run(arrays: Sequence[Array]) -> Array:
        rows = []
        for start in range(0, len(arrays), size):
            part = list(arrays[start : start + size])
            full = np.stack(part + part[-1:] * (size - len(part)))
            rows.append(batch(full)[: len(part)])
        return np.concatenate(rows)

    return run
