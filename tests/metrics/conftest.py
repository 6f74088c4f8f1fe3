"""Real photographs as grey planes."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from iqcurate.testing import sample_photos


def _read(path):
    with PIL.Image.open(path) as photo:
        photo.draft("RGB", (640, 480))
        photo = photo.convert("RGB")
        photo.thumbnail((640, 480))
        return np.array(photo)


@pytest.fixture(scope="session")
def photos():
    """uint8 RGB by name: those that ship with scikit-image, or better, the test data's."""
    folder = os.environ.get("IQCURATE_TEST_DATA")
    if not folder:
        return {f"sample {i}": photo.pixels for i, photo in enumerate(sample_photos())}
    paths = sorted((Path(folder) / "imagenet_sample" / "images").rglob("*.JPEG"))[:10]
    paths += sorted((Path(folder) / "photos_hires").glob("*.jpg"))
    return {path.name: _read(path) for path in paths}


@pytest.fixture(scope="session")
def crop():
    """A small piece of a real photograph, of odd size, float64."""
    return np.ascontiguousarray(sample_photos()[3].grey[100:141, 120:173])
