"""Pictures for the kernels, and what the definitions say of them."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from iqcurate.errors import UndefinedScoreError
from iqcurate.metrics.brisque import brisque
from iqcurate.metrics.focus import lapm, lapv
from iqcurate.metrics.niqe import niqe
from iqcurate.metrics.wavelet import wavs
from iqcurate.testing import sample_photos
from iqcurate.types import rgb_to_grey

DEFINITIONS = {"lapv": lapv, "lapm": lapm, "wavs": wavs, "brisque": brisque, "niqe": niqe}
SIZES = (
    (1, 1), (1, 9), (9, 1), (2, 2), (3, 3), (6, 7), (7, 7), (12, 12), (13, 13), (13, 40), (40, 13),
    (14, 15), (95, 95), (96, 96), (97, 193), (191, 192), (192, 191), (95, 200), (97, 97),
    (103, 98), (111, 101), (200, 127), (200, 129), (200, 255), (200, 256), (200, 257), (193, 287),
    (193, 289), (105, 511), (104, 513), (3, 8192), (8192, 3), (13, 5000), (2000, 14), (99, 3001),
)  # fmt: skip


def _read(path):
    with PIL.Image.open(path) as picture:
        pixels = np.array(picture.convert("RGB"))
    if max(pixels.shape) > 1500:  # a crop: scaling down would make all photographs sharp
        pixels = pixels[500:1200, 700:1600]
    return np.ascontiguousarray(pixels)


def _photos():
    folder = os.environ.get("IQCURATE_TEST_DATA")
    if not folder:
        return {f"sample {i}": photo.pixels for i, photo in enumerate(sample_photos())}
    data = Path(folder)
    paths = sorted((data / "imagenet_sample" / "images").rglob("*.JPEG"))[::40]
    paths += sorted((data / "tid2013_five").glob("*.png"))
    live = (data / "live_subset").rglob("*")
    paths += sorted(p for p in live if p.suffix in (".bmp", ".png"))[::4]
    paths += sorted((data / "photos_hires").glob("*.jpg"))
    assert len(paths) >= 25
    return {path.name: _read(path) for path in paths}


def _made():
    rng = np.random.default_rng(0)
    photo = sample_photos()[0].pixels
    ramp = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    spot = np.full((250, 2000), 255, np.uint8)
    spot[100, 900] = 254
    half_flat = photo.copy()
    half_flat[:200, :300] = 9
    return {
        "constant": np.full((200, 210), 7, np.uint8),
        "white": np.full((200, 210, 3), 255, np.uint8),
        "ramp": ramp,
        "ramp down": ramp.T,
        "steep ramp": np.tile((np.arange(300) * 5 % 256).astype(np.uint8), (250, 1)),
        "two levels": np.where(ramp < 100, 0, 255).astype(np.uint8),
        "two noisy levels": (rng.random((300, 300)) < 0.5).astype(np.uint8) * 255,
        "spot": spot,
        "noise": rng.integers(0, 256, (300, 310, 3), dtype=np.uint8),
        "checkerboard": (np.indices((200, 301)).sum(axis=0) % 2 * 255).astype(np.uint8),
        "posterised by 32": photo // 32 * 32,
        "posterised by 64": photo // 64 * 64,
        "half flat": half_flat,
    }


def _sizes():
    grey = sample_photos()[3].pixels[:, :, 1]
    return {f"{h}x{w}": np.resize(grey, (h, w)) for h, w in SIZES}


@pytest.fixture(scope="session")
def pictures():
    """uint8 by name: real photographs, made pictures and odd sizes."""
    return {**_photos(), **_made(), **_sizes()}


@pytest.fixture(scope="session")
def expected(pictures):
    """By name of picture: score, or why there is none, of each metric by its definition."""
    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda pixels: _define(rgb_to_grey(pixels)), pictures.values())
        return dict(zip(pictures, found, strict=True))


def _define(grey):
    return {name: _score(definition, grey) for name, definition in DEFINITIONS.items()}


def _score(definition, grey):
    try:
        return definition(grey)
    except UndefinedScoreError as reason:
        return f"{reason.code}: {reason.text}"
