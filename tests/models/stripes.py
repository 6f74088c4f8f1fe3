"""Stripes that each get lost at a blur of their own, and a model that looks for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy import ndimage

if TYPE_CHECKING:
    from pathlib import Path

SIDE, PERIOD, SEEN = 48, 8, 8.0
MODEL = f"""
import numpy as np

def predict(images):
    return answer(images, {SEEN})

def sharp_eyed(images):
    return answer(images, {SEEN} / 4)

def answer(images, seen):
    strength = np.array([np.ptp(i[12:36, 12:36].mean((0, 2))) / 2 for i in images])
    stripes = np.where(strength > seen, 0.9, 0.1)
    return np.stack([stripes, 1 - stripes], axis=1)
"""


def left_by(sigma: float) -> float:
    """Share of the stripes' contrast that is left by a blur of `sigma`, cut off at 2 sigma."""
    wave = np.sin(2 * np.pi * np.arange(SIDE * 3) / PERIOD)
    blurred = ndimage.gaussian_filter(wave, sigma, truncate=2.0) if sigma else wave
    return float(np.ptp(blurred[SIDE:-SIDE]) / np.ptp(wave))


def lost_at(strength: float, seen: float = SEEN) -> float:
    """Least blur, in steps of .02, after which stripes of that strength are not seen."""
    return next(s / 50 for s in range(500) if strength * left_by(s / 50) <= seen)


def make_set(folder: Path, n: int) -> list[float]:
    """`n` striped pictures in ``photos/stripes``, the model and its classes; their strengths."""
    photos = folder / "photos" / "stripes"
    photos.mkdir(parents=True)
    strengths = np.linspace(SEEN * 1.3, 90, n)
    for number, strength in enumerate(strengths):
        wave = np.sin(2 * np.pi * (np.arange(SIDE) + number) / PERIOD)
        pixels = np.rint(128 + strength * np.tile(wave, (SIDE, 1))).astype(np.uint8)
        Image.fromarray(pixels).convert("RGB").save(photos / f"{number:03}.png")
    (folder / "stripes_model.py").write_text(MODEL)
    (folder / "classes.txt").write_text("stripes\nplain")
    return list(strengths)
