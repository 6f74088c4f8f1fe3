"""EXIF orientation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from iqcurate.decode.pixels import Pixels

_ORIENTATION = 0x0112
_TURNED_BY_PILLOW = frozenset({"TIFF"})


def orientation_of(picture: ImageFile) -> int:
    """Return the EXIF orientation (1 to 8) that is still to be applied; 1 where none is known."""
    if picture.format in _TURNED_BY_PILLOW or _would_load(picture):
        return 1
    try:
        value = picture.getexif().get(_ORIENTATION, 1)
    except Exception:  # noqa: BLE001 EXIF of any brokenness is ignored, as image viewers do
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _would_load(picture: ImageFile) -> bool:
    """Whether asking for EXIF would decode the pixels: a PNG may have it behind them."""
    return picture.format == "PNG" and bool(picture.tile) and "exif" not in picture.info


def orient(pixels: Pixels, orientation: int) -> Pixels:
    """Turn pixels upright.

    Parameters
    ----------
    pixels
        uint8 (H, W) or (H, W, 3), as stored.
    orientation
        EXIF orientation (1 to 8): which corner the first row and column are.

    Returns
    -------
    uint8, contiguous; height and width are exchanged for orientations 5 to 8.
    """
    if orientation == 1:
        return np.ascontiguousarray(pixels)
    if orientation >= 5:
        pixels = np.swapaxes(pixels, 0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    upright = np.empty(pixels.shape, np.uint8)
    for plane in np.ndindex(pixels.shape[2:]):  # one colour at a time: twice as fast as all
        upright[:, :, *plane] = pixels[:, :, *plane]
    return upright
