"""Made operators and images for the tests of the engine."""

from __future__ import annotations

import io
import threading
import time
from collections import Counter
from functools import partial

import numpy as np
from PIL import Image as PillowImage

from iqcurate.operators import Column, Undefined
from iqcurate.types import ImageRef


def png(width: int, height: int, seed: int = 0) -> bytes:
    """A noise picture."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    PillowImage.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def ref(name: str, data: bytes) -> ImageRef:
    """An image in memory."""
    return ImageRef(name, f"memory:{name}", partial(io.BytesIO, data), str(len(data)))


class Several:
    """A per-image operator that serves three columns and counts its calls."""

    columns = (Column("mean"), Column("height", "int64"), Column("never"))

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    def __call__(self, image, wanted):
        with self._lock:
            self.calls[",".join(sorted(wanted))] += 1
        every = {
            "mean": float(image.grey.mean()),
            "height": image.pixels.shape[0],
            "never": Undefined("never", "this one never has a value"),
        }
        return {name: every[name] for name in wanted}


class Slow(Several):
    """Takes its time."""

    columns = (Column("mean"),)

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def __call__(self, image, wanted):
        time.sleep(self.seconds)
        return super().__call__(image, wanted)


class Embedding:
    """A batch operator that gives a record and a vector."""

    columns = (Column("brightest"), Column("embedding", "float32[3]"))

    def __init__(self, batch: int = 4, device: str = "made:0") -> None:
        self.batch = batch
        self.device = device
        self.sizes: list[int] = []
        self.threads: set[int] = set()

    def prepare(self, image):
        return image.rgb.astype(np.float32)

    def run(self, arrays):
        self.sizes.append(len(arrays))
        self.threads.add(threading.get_ident())
        return [
            {"brightest": float(a.max()), "embedding": a.mean(axis=(0, 1)).tolist()} for a in arrays
        ]


class Picky:
    """A batch operator that refuses small images and fails on the widest."""

    columns = (Column("area", "int64"),)

    def __init__(self, device: str = "made:0") -> None:
        self.batch = 3
        self.device = device
        self.threads: set[int] = set()

    def prepare(self, image):
        if image.header.width < 10:
            return Undefined("too_small", "needs 10 columns")
        return image.grey

    def run(self, arrays):
        self.threads.add(threading.get_ident())
        if any(a.shape[1] == 99 for a in arrays):
            raise RuntimeError("99 columns are too many")
        return [{"area": a.size} for a in arrays]
