"""`iqcurate score` as a whole: beside the sum of its parts, and on two threads."""

from __future__ import annotations

import hashlib
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import simplejpeg

import iqcurate
from benchmarks.launch import launch
from benchmarks.ours import METRICS
from benchmarks.timing import Laps, timed
from iqcurate.kernels import Kernel
from iqcurate.metrics.classical import tables

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from benchmarks.photos import Photo

Series = dict[str, list[float]]
"""What was measured -> its value in each repetition."""

PARTS = ("read", "sha256", "decode", "five metrics")
CLI = (sys.executable, "-m", "iqcurate")
_ROUNDS_OF_HASHING = 20_000
_CONTROL_TASKS = 100


def copy_photos(photos: Sequence[Photo], count: int, folder: Path) -> list[Path]:
    """Fill a folder with that many files, real copies of the photos in turn."""
    folder.mkdir()
    targets = [folder / f"{number:06d}.jpg" for number in range(count)]
    for number, target in enumerate(targets):
        shutil.copyfile(photos[number % len(photos)].path, target)
    return targets


def time_runs(
    files: list[Path], threads: int, repetitions: int, scratch: Path, tell: Callable[[str], object]
) -> Series:
    """Time the parts, the runs and the control in turn; every second time in reverse order.

    Parameters
    ----------
    files
        All files of one folder.
    threads
        Compared with one; with 1, only the rows of one thread are there.
    repetitions
        How often.
    scratch
        Folder for the stores.

    Returns
    -------
    Seconds by ``PART CLOCK`` for each of `PARTS`; ``run N CLOCK`` for `iqcurate.score` in this
    process with N workers, ``command N wall`` for the command with its start,
    ``control N wall`` for pure arithmetic on N threads; and ``command N peak_mb``.
    """
    folder, store = files[0].parent, scratch / "store"
    tasks: list[Callable[[], dict[str, float]]] = [partial(_parts, files)]
    for n in sorted({1, threads}):
        tasks += [partial(_run, folder, store, n), partial(_control, n)]
        tasks += [partial(_command, folder, store, n)]
    iqcurate.score(files[:1], workers=1)  # what is loaded once
    found: Series = {}
    for number in range(repetitions):
        tell(f"repetition {number + 1} of {repetitions}")
        for task in tasks if number % 2 == 0 else reversed(tasks):
            for what, value in task().items():
                found.setdefault(what, []).append(value)
    return found


def _parts(files: Sequence[Path]) -> dict[str, float]:
    """Do the work of a run on this thread, with nothing around it."""
    kernel, laps = Kernel(tables()), Laps()
    for path in files:
        laps.start()
        data = path.read_bytes()
        laps.end("read")
        hashlib.sha256(data).digest()
        laps.end("sha256")
        pixels = simplejpeg.decode_jpeg(data)
        laps.end("decode")
        kernel(pixels, METRICS)
        laps.end("five metrics")
        del pixels
    return laps.total


def _run(folder: Path, store: Path, workers: int) -> dict[str, float]:
    laps = Laps()
    iqcurate.score(folder, store, workers=workers)
    laps.end(f"run {workers}")
    shutil.rmtree(store)
    return laps.total


def _command(folder: Path, store: Path, workers: int) -> dict[str, float]:
    used = launch(*CLI, "score", str(folder), "-o", str(store), "--workers", str(workers), "-q")
    shutil.rmtree(store)
    name = f"command {workers}"
    return {f"{name} wall": used.seconds, f"{name} peak_mb": used.peak_mb}


def _control(threads: int) -> dict[str, float]:
    """Hash the same few bytes again and again: arithmetic without memory, lock or Python."""

    def task(_: int) -> bytes:
        return hashlib.pbkdf2_hmac("sha256", b"control", b"salt", _ROUNDS_OF_HASHING)

    with ThreadPoolExecutor(threads) as pool:
        spent, _ = timed("wall", lambda: list(pool.map(task, range(_CONTROL_TASKS))))
    return {f"control {threads} wall": spent}
