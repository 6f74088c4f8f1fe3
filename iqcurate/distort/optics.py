"""Blurred: by a Gaussian, by motion, out of focus.

Borders are mirrored (the pixel at the border twice), so that no dark frame appears.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage
from scipy.signal import oaconvolve

from iqcurate.distort.planes import by_plane, with_pixels

if TYPE_CHECKING:
    from collections.abc import Callable

    from iqcurate.distort.planes import Plane
    from iqcurate.types import Image

_FINE = 16
"""Points in each direction to a pixel, by which its share of a kernel is counted."""


def blur(image: Image, sigma: float, reach: float = 4.0) -> Image:
    """Blur by a Gaussian.

    Parameters
    ----------
    image
        Any size.
    sigma
        Standard deviation in pixels.
    reach
        Standard deviations at which it is cut off on each side: the window is
        ``2 * round(reach * sigma) + 1`` pixels wide.
    """

    def blurred(plane: Plane) -> Plane:
        found: Plane = ndimage.gaussian_filter(plane, sigma, truncate=reach)
        return found

    return with_pixels(image, by_plane(image.pixels, blurred))


def motion(image: Image, length: float, degrees: float = 0.0) -> Image:
    """Blur by a straight movement of the camera at constant speed.

    Parameters
    ----------
    image
        Any size.
    length
        Of the movement in pixels; 1 and less change nothing.
    degrees
        Its direction, anticlockwise from the horizontal.
    """
    return with_pixels(image, by_plane(image.pixels, _filtered(motion_kernel(length, degrees))))


def defocus(image: Image, radius: float) -> Image:
    """Blur by a disc, as an ideal lens does that is out of focus.

    Parameters
    ----------
    image
        Any size.
    radius
        Of the disc in pixels.
    """
    return with_pixels(image, by_plane(image.pixels, _filtered(disc_kernel(radius))))


def motion_kernel(length: float, degrees: float) -> Plane:
    """Share of the exposure that each pixel gets: odd sides, sum 1."""
    length = max(1.0, length)
    side = math.ceil((length - 1) / 2)
    count = math.ceil(length) * _FINE
    places = length * ((np.arange(count) + 0.5) / count - 0.5)
    angle = math.radians(degrees)
    across = side + np.rint(places * math.cos(angle)).astype(int)
    down = side - np.rint(places * math.sin(angle)).astype(int)
    kernel = np.zeros((2 * side + 1, 2 * side + 1))
    np.add.at(kernel, (down, across), 1.0)
    return _normalised(kernel)


def disc_kernel(radius: float) -> Plane:
    """Share of each pixel in a disc: odd sides, sum 1."""
    side = math.ceil(max(radius, 0.0))
    fine = (np.arange((2 * side + 1) * _FINE) + 0.5) / _FINE - side - 0.5
    inside = fine[:, None] ** 2 + fine[None, :] ** 2 <= radius**2
    shares = inside.reshape(2 * side + 1, _FINE, 2 * side + 1, _FINE).mean(axis=(1, 3))
    if not shares.any():
        shares[side, side] = 1.0
    return _normalised(shares)


def _normalised(kernel: np.ndarray) -> Plane:
    found: Plane = (kernel / kernel.sum()).astype(np.float32)
    return found


def _filtered(kernel: Plane) -> Callable[[Plane], Plane]:
    """Function that convolves a plane with a kernel that is the same turned by 180 degrees."""

    def filtered(plane: Plane) -> Plane:
        around = [(side // 2, side // 2) for side in kernel.shape]
        found = oaconvolve(np.pad(plane, around, mode="symmetric"), kernel, mode="valid")
        return np.asarray(found, np.float32)

    return filtered
