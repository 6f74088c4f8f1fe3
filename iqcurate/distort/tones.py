"""Noisy, pale, or of fewer pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from iqcurate.distort.planes import to_8_bits, with_pixels

if TYPE_CHECKING:
    from iqcurate.types import Image

_LUMA = np.array([0.299, 0.587, 0.114])
_BICUBIC = Pillow.Resampling.BICUBIC


def noise(image: Image, sd: float, seed: int = 0) -> Image:
    """Add Gaussian noise to each colour of each pixel, independently.

    Cutting to 8 bits comes after: in the middle of the scale noise of 100 is left with a standard
    deviation of 82, and with less in dark and bright places.

    Parameters
    ----------
    image
        Any size.
    sd
        Standard deviation before cutting, on the scale 0-255.
    seed
        The same seed gives the same noise, whatever `sd` scales it with.
    """
    made = np.random.default_rng(seed).standard_normal(image.pixels.shape, np.float32)
    return with_pixels(image, to_8_bits(image.pixels + np.float32(sd) * made))


def contrast(image: Image, factor: float) -> Image:
    """Blend with the plain grey of the image's mean luminance.

    Parameters
    ----------
    image
        Any size.
    factor
        What is left of the contrast: 1 all, 0 a plain grey.
    """
    pixels = image.pixels.astype(np.float32)
    colours = pixels.mean(axis=(0, 1), dtype=np.float64)
    grey = float(colours @ _LUMA) if image.pixels.ndim == 3 else float(colours)
    return with_pixels(image, to_8_bits(factor * pixels + (1 - factor) * grey))


def resolution(image: Image, side: int) -> Image:
    """Make an image smaller, and as large as it was again: detail goes, size stays.

    By Pillow's bicubic resampling, which averages where it makes smaller.

    Parameters
    ----------
    image
        Any size; one whose shorter side has no more pixels is left as it is.
    side
        Pixels of the shorter side in between, at least 1.
    """
    height, width = image.pixels.shape[:2]
    shorter = min(height, width)
    if shorter <= side:
        return image
    small = (max(1, round(width * side / shorter)), max(1, round(height * side / shorter)))
    picture = Pillow.fromarray(image.pixels).resize(small, _BICUBIC)
    return with_pixels(image, np.asarray(picture.resize((width, height), _BICUBIC)))
