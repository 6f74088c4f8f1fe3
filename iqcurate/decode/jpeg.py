"""The fast path for JPEG."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from iqcurate.decode.pixels import Pixels

_SPACES = {("RGB", "YCbCr"): "RGB", ("L", "Gray"): "GRAY"}
"""(mode in Pillow, colour space stored) -> what to decode to."""


def fast_jpeg(picture: ImageFile, data: bytes) -> Pixels | None:
    """Decode a whole, ordinary JPEG, or return None to leave it to Pillow.

    Same pixels as Pillow's: both use libjpeg-turbo with its accurate transform and smooth
    upsampling. In strict mode any warning of libjpeg is an error, so that what comes back is
    from a file without a fault; Pillow then has nothing to complain about either.
    """
    if picture.format not in ("JPEG", "MPO"):
        return None
    import simplejpeg

    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        wanted = _SPACES.get((picture.mode, space))
        if wanted is None or (width, height) != picture.size:
            return None
        pixels = cast("Pixels", simplejpeg.decode_jpeg(data, colorspace=wanted))
    except Exception:  # noqa: BLE001 any complaint at all: Pillow judges
        return None
    return pixels[:, :, 0] if wanted == "GRAY" else pixels
