"""The contenders of this process: the decoders, and each build of our kernels."""

from __future__ import annotations

import io
import sys
from typing import TYPE_CHECKING

import simplejpeg
from PIL import Image

from benchmarks.contenders import Answer
from benchmarks.timing import timed
from iqcurate.kernels import Kernel, runnable
from iqcurate.metrics.classical import tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.photos import Photo

METRICS = ("lapv", "lapm", "wavs", "brisque", "niqe")
ALL_FIVE = "all five"
TWO = "brisque and niqe"
PARTS = {**{name: (name,) for name in METRICS}, TWO: METRICS[3:], ALL_FIVE: METRICS}
"""What is timed of the kernels: metrics alone and in one call."""


class Decoders:
    """RGB decode from memory, by simplejpeg and by Pillow."""

    name = "decoders"
    slow = False
    at_once = False
    most_pixels = sys.maxsize

    def __init__(self, clock: str) -> None:
        self._clock = clock

    def time(self, photos: Sequence[Photo]) -> Answer:
        """See `Contender.time`."""
        data = photos[0].path.read_bytes()
        simplejpeg.decode_jpeg(data)  # as warm as the kernels are, which need the pixels first
        return Answer(
            {
                "simplejpeg": timed(self._clock, simplejpeg.decode_jpeg, data)[0],
                "pillow": timed(self._clock, _decode_by_pillow, data)[0],
            }
        )


class Kernels:
    """Our metrics on decoded pixels, by every build that this machine runs."""

    name = "iqcurate"
    slow = False
    at_once = False
    most_pixels = sys.maxsize

    def __init__(self, clock: str) -> None:
        self._clock = clock
        self._kernels = {build: Kernel(tables(), build) for build in runnable()}

    def time(self, photos: Sequence[Photo]) -> Answer:
        """See `Contender.time`."""
        pixels = simplejpeg.decode_jpeg(photos[0].path.read_bytes())
        spent = {
            f"iqcurate {part} {build}": timed(self._clock, kernel, pixels, metrics)[0]
            for build, kernel in self._kernels.items()
            for part, metrics in PARTS.items()
        }
        scores = self._kernels[runnable()[-1]](pixels, METRICS)
        return Answer(spent, {f"iqcurate {name}": getattr(scores, name) for name in METRICS})


def _decode_by_pillow(data: bytes) -> None:
    with Image.open(io.BytesIO(data)) as opened:
        opened.load()
