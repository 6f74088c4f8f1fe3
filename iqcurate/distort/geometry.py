"""Cropped, turned and shifted.

Turning interpolates by a spline of degree 5 (scipy, at exact coordinates): of what comes with the
package it blurs least.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy import ndimage

from iqcurate.distort.planes import by_plane, with_pixels

if TYPE_CHECKING:
    from iqcurate.distort.planes import Plane
    from iqcurate.types import Image

SHIFT = 0.2
"""Of the side of the square: how far `turn` can move it."""
_DEGREE: Final = 5
_MARGIN = 16  # pixels around what is turned, after which a spline has forgotten its border
_LEAST_SIDE = 1


def crop(image: Image, removed: float, across: float = 0.0, down: float = 0.0) -> Image:
    """Keep a part of an image of the same shape.

    Parameters
    ----------
    image
        Any size.
    removed
        Share of each side that goes, in [0, 1).
    across, down
        Where what is kept lies: 0 left or top, 1 right or bottom.
    """
    height, width = image.pixels.shape[:2]
    high, wide = (max(1, round(n * (1 - removed))) for n in (height, width))
    top, left = round(down * (height - high)), round(across * (width - wide))
    return with_pixels(image, image.pixels[top : top + high, left : left + wide])


def tile(image: Image, number: int) -> Image:
    """Cut one of four quarters out of an image, numbered by rows from 0.

    An odd row or column in the middle is in none; of an image one pixel wide all have that pixel.
    """
    height, width = image.pixels.shape[:2]
    high, wide = max(1, height // 2), max(1, width // 2)
    top = (height - high) * (number // 2)
    left = (width - wide) * (number % 2)
    return with_pixels(image, image.pixels[top : top + high, left : left + wide])


def square(image: Image) -> Image:
    """Cut out, untouched, the square that `turn` turns."""
    height, width = image.pixels.shape[:2]
    side = _side(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return with_pixels(image, image.pixels[top : top + side, left : left + side])


def turn(image: Image, degrees: float, across: float = 0.0, down: float = 0.0) -> Image:
    """Cut out a square that is turned around its centre.

    It has the same side at every angle: the largest, but for a margin, that stays inside the
    image, also where it is moved by `SHIFT` of its side and turned by a degree.

    Parameters
    ----------
    image
        Any size.
    degrees
        Clockwise turn of the square.
    across, down
        How far its centre lies from that of the image, in sides of the square.
    """
    height, width = image.pixels.shape[:2]
    side = _side(height, width)
    centre = np.array([(height - 1) / 2 + down * side, (width - 1) / 2 + across * side])
    cosine, sine = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    reach = side / 2 * (abs(cosine) + abs(sine)) + _MARGIN
    low = np.maximum(np.floor(centre - reach).astype(int), 0)
    high = np.minimum(np.ceil(centre + reach).astype(int) + 1, [height, width])
    part = image.pixels[low[0] : high[0], low[1] : high[1]]
    matrix = np.array([[cosine, sine], [-sine, cosine]])
    offset = centre - low - matrix @ np.full(2, (side - 1) / 2)

    def turned(plane: Plane) -> Plane:
        found: Plane = ndimage.affine_transform(
            plane, matrix, offset, (side, side), output=np.float32, order=_DEGREE, mode="mirror"
        )
        return found

    return with_pixels(image, by_plane(part, turned))


def _side(height: int, width: int) -> int:
    """Side of the square that fits at every angle, and at a degree when it is moved."""
    degree = math.radians(1)
    widest = max(math.sqrt(2), math.cos(degree) + math.sin(degree) + 2 * SHIFT)
    return max(_LEAST_SIDE, math.floor((min(height, width) - 2) / widest))
