"""Compressed and decoded again: JPEG and JPEG 2000, by Pillow (libjpeg-turbo and OpenJPEG)."""

from __future__ import annotations

import math
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from iqcurate.distort.planes import with_pixels
from iqcurate.errors import UndefinedScoreError

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.types import Image

    Pixels = npt.NDArray[np.uint8]

TOLERANCE_DB = 0.3
_USUALLY_LACKS_DB = 0.4  # what OpenJPEG's own aim falls short by, on photos
_TRIES = 16
_RESOLUTIONS = (6, 5, 4, 3)
"""Of the wavelet transform; the first is what encoders take. Of a small image few bytes are left
at the low end, and steps between what they can say are wide: other transforms have others."""
_LEAST_DB, _MOST_DB = 1.0, 90.0


def jpeg(image: Image, quality: int) -> Image:
    """Compress as JPEG and decode.

    Parameters
    ----------
    image
        Any size; its colours are subsampled 4:2:0.
    quality
        Of libjpeg, 1 to 100.
    """
    return with_pixels(
        image, _through(image.pixels, "JPEG", quality=int(quality), subsampling="4:2:0")
    )


def jpeg2000(image: Image, psnr: float, tolerance: float = TOLERANCE_DB) -> Image:
    """Compress as JPEG 2000 (9/7 wavelet) so that it differs by a given PSNR, and decode.

    The aim that the encoder takes is missed by up to 1.2 dB; it is moved until what comes out is
    right.

    Parameters
    ----------
    image
        Any size.
    psnr
        Peak signal-to-noise ratio in dB over all colours, see `psnr_between`.
    tolerance
        How far from it is good enough, in dB.

    Raises
    ------
    UndefinedScoreError
        ``unreachable``: a flat image, for one, is never that bad.
    """
    nearest = math.inf
    most = min(image.pixels.shape[:2]).bit_length()
    for resolutions in dict.fromkeys(min(n, most) for n in _RESOLUTIONS):
        found = _search(image.pixels, psnr, tolerance, resolutions)
        if not isinstance(found, float):
            return with_pixels(image, found)
        nearest = min(nearest, found, key=abs)
    raise UndefinedScoreError(
        "unreachable", f"JPEG 2000 comes no nearer to {psnr:g} dB than {psnr + nearest:.1f} dB"
    )


def _search(pixels: Pixels, psnr: float, tolerance: float, resolutions: int) -> Pixels | float:
    """Pixels that are near enough, else by how much the nearest differ from what is wanted."""
    aim, low, high = psnr + _USUALLY_LACKS_DB, _LEAST_DB, _MOST_DB
    nearest = math.inf
    for _ in range(_TRIES):
        found = _through(
            pixels, "JPEG2000", quality_mode="dB", quality_layers=[aim], irreversible=True,
            num_resolutions=resolutions,
        )  # fmt: skip
        off = psnr_between(pixels, found) - psnr
        if abs(off) <= tolerance:
            return found
        nearest = min(nearest, off, key=abs)
        low, high = (low, aim) if off > 0 else (aim, high)
        step = aim - off
        aim = step if low < step < high else (low + high) / 2
        if high - low < tolerance / 10:
            break
    return nearest


def psnr_between(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio in dB, over all pixels and colours; infinite for equals."""
    error = float(np.mean((one.astype(np.float64) - other) ** 2))
    return 10 * math.log10(255**2 / error) if error else math.inf


def _through(pixels: Pixels, codec: str, **options: Any) -> Pixels:
    data = BytesIO()
    Pillow.fromarray(pixels).save(data, codec, **options)
    with Pillow.open(data) as coded:
        return np.asarray(coded)
