"""Peak memory of one huge image, and going on with a store that is complete."""

from __future__ import annotations

import io
import shutil
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from benchmarks.launch import launch
from benchmarks.photos import make_photo
from benchmarks.runs import CLI

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.runs import Series

_HUGE = (10_000, 10_000)
_TINY = 32
_KINDS = 16


def score_huge(original: Path, repetitions: int, scratch: Path) -> Series:
    """Score one image of 100 MP, made of `original`: ``wall`` seconds and ``peak_mb``."""
    folder, store = scratch / "huge", scratch / "store"
    make_photo(original, _HUGE, folder)
    used = []
    for _ in range(repetitions):
        used.append(launch(*CLI, "score", str(folder), "-o", str(store), "-q"))
        shutil.rmtree(store)
    shutil.rmtree(folder)
    return {"wall": [u.seconds for u in used], "peak_mb": [u.peak_mb for u in used]}


def resume(count: int, repetitions: int, scratch: Path) -> Series:
    """Start a finished run of `count` tiny images again: ``wall`` seconds and ``peak_mb``.

    ``first wall`` is the one run that scored them.
    """
    folder, store = scratch / "tiny", scratch / "store"
    _make_tiny(count, folder)
    command = (*CLI, "score", str(folder), "-o", str(store), "-q")
    first = launch(*command)
    used = [launch(*command) for _ in range(repetitions)]
    shutil.rmtree(store)
    shutil.rmtree(folder)
    return {
        "first wall": [first.seconds],
        "wall": [u.seconds for u in used],
        "peak_mb": [u.peak_mb for u in used],
    }


def _make_tiny(count: int, folder: Path) -> None:
    folder.mkdir()
    random = np.random.default_rng(0)
    kinds = []
    for _ in range(_KINDS):
        stream = io.BytesIO()
        pixels = random.integers(0, 256, (_TINY, _TINY, 3), np.uint8)
        Image.fromarray(pixels).save(stream, "JPEG")
        kinds.append(stream.getvalue())
    for number in range(count):
        (folder / f"{number:06d}.jpg").write_bytes(kinds[number % _KINDS])
