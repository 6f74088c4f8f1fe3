"""What all distortions share: each colour on its own, and back to 8 bits."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.types import Image

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Pixels = npt.NDArray[np.uint8]
    Plane = npt.NDArray[np.float32]


def by_plane(pixels: Pixels, change: Callable[[Plane], Plane]) -> Pixels:
    """Change each colour on its own; rounded and cut to 8 bits."""
    if pixels.ndim == 2:
        return to_8_bits(change(pixels.astype(np.float32)))
    planes = (change(pixels[:, :, k].astype(np.float32)) for k in range(pixels.shape[2]))
    return to_8_bits(np.stack(list(planes), axis=2))


def to_8_bits(values: npt.NDArray[np.floating]) -> Pixels:
    """Round to whole numbers in [0, 255]."""
    whole: Pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return whole


def with_pixels(image: Image, pixels: Pixels) -> Image:
    """An image with other pixels."""
    height, width = pixels.shape[:2]
    header = replace(image.header, width=width, height=height)
    return Image(header, np.ascontiguousarray(pixels))
