"""Plain properties that the header of an image gives: no pixels are decoded for them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from iqcurate.errors import UndefinedScoreError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from iqcurate.types import Header


def megapixels(header: Header) -> float:
    """Millions of pixels, > 0."""
    return header.width * header.height / 1e6


def aspect_ratio(header: Header) -> float:
    """Width over height after orientation: above 1 for landscape, below 1 for portrait."""
    return header.width / header.height


def bits_per_pixel(header: Header) -> int:
    """Bits of a stored pixel, all channels together: 24 for 8-bit RGB."""
    return header.bits_per_pixel


_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
"""Table K.1 of ITU-T T.81, which the Independent JPEG Group's encoder scales by its quality."""


def jpeg_quality(header: Header) -> int:
    """Quality of a JPEG on the scale of the Independent JPEG Group, 1 to 100.

    The quality whose brightness table comes nearest: the least mean of abs(log2) of the ratios
    of the 64 steps. Exact for files of encoders that use those tables; for others (cameras,
    Photoshop) the quality that rounds as coarsely.

    Raises
    ------
    UndefinedScoreError
        ``no_table``, where the file has none of its own.
    """
    import numpy as np

    if len(header.luma_steps) != len(_LUMA):
        raise UndefinedScoreError("no_table", "the file has no table of quantisation steps")
    steps = np.log2(np.maximum(header.luma_steps, 1))
    return 1 + int(np.argmin(np.abs(_log_steps() - steps).mean(axis=1)))


@cache
def _log_steps() -> npt.NDArray[np.float64]:
    """log2 of the steps of each quality, (100, 64); as jpeg_quality_scaling of libjpeg."""
    import numpy as np

    quality = np.arange(1, 101)[:, None]
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)
    steps = np.clip((np.array(_LUMA) * percent + 50) // 100, 1, 255)
    return np.asarray(np.log2(steps), np.float64)
