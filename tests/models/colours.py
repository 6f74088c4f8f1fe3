"""Labelled pictures whose class is their strongest colour, and a classifier for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("red", "green", "blue")
CLASSIFIER = """
import numpy as np

def predict(images):
    if any(i.shape[:2] == (13, 13) for i in images):
        raise ValueError("13 is an unlucky number")
    means = np.stack([i.mean((0, 1)) for i in images]) ** 2 + 1
    return means / means.sum(axis=1, keepdims=True)
"""


def draw(path: Path, colour: str, seed: int, size: int = 24) -> Path:
    """Noise with one strong channel."""
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 120, (size, size, 3), dtype=np.uint8)
    pixels[:, :, NAMES.index(colour)] += 100
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def make_set(folder: Path, n: int = 4) -> Path:
    """`n` pictures of each colour in ``photos/COLOUR``, a classifier and its classes; photos."""
    for k, colour in enumerate(NAMES):
        for i in range(n):
            draw(folder / "photos" / colour / f"{i:02}.png", colour, 100 * k + i)
    (folder / "colour_model.py").write_text(CLASSIFIER)
    (folder / "classes.txt").write_text("\n".join(NAMES))
    return folder / "photos"
