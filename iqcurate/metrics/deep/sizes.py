"""The size at which an image is scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]


def shrink(pixels: Pixels, max_side: float) -> Pixels:
    """Make the longer side at most `max_side` pixels: antialiased bicubic, rounded to 8 bits.

    Parameters
    ----------
    pixels
        uint8 (H, W, 3).
    max_side
        In pixels; `math.inf` for any.

    Returns
    -------
    uint8 (h, w, 3): what came where it is small enough.
    """
    height, width = pixels.shape[:2]
    scale = max_side / max(height, width)
    if scale >= 1:
        return pixels
    from PIL import Image

    size = max(1, round(width * scale)), max(1, round(height * scale))
    smaller = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC)
    return np.asarray(smaller)
