"""The fast path for JPEG, which also sees what Pillow passes over."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from iqcurate.decode.failures import pixels_cut
from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from iqcurate.decode.pixels import Pixels

_SPACES = {
    ("RGB", "YCbCr"): "RGB",
    ("RGB", "RGB"): "RGB",
    ("L", "Gray"): "GRAY",
    ("CMYK", "CMYK"): "CMYK",
    ("CMYK", "YCCK"): "CMYK",
}
"""(mode in Pillow, colour space stored) -> what to decode to."""
_CUT = re.compile(r"[Pp]remature end|found marker 0xd9 instead of RST")
"""Warnings of libjpeg that the pixel data ended before the picture did."""
_MOST_SCANS = 100
"""As in libtiff. Encoders make some ten; a scan of 12 bytes may cost a pass over all pixels."""
_MARKER = re.compile(rb"\xff+[^\x00\x01\xd0-\xd7\xff]")
"""A marker after which there is a length; what follows the start of a scan is skipped."""


def fast_jpeg(picture: ImageFile, data: bytes) -> Pixels | Failure | None:
    """Decode a whole, ordinary JPEG, or return None to leave it to Pillow.

    Same pixels as Pillow's: both use libjpeg-turbo with its accurate transform and smooth
    upsampling. In strict mode any warning of libjpeg is an error, so that what comes back is
    from a file without a fault. Pillow does not hear these warnings: where data are missing but
    the file goes on, as with an end marker or zeros in their place, it takes grey for pixels.
    That is a failure here, and so are very many scans; other warnings are left to Pillow.
    """
    if picture.format not in ("JPEG", "MPO"):
        return None
    if data.count(b"\xff\xda") > _MOST_SCANS and _scans(data) > _MOST_SCANS:
        text = f"the image has more than {_MOST_SCANS} scans: it would take very long to decode"
        return Failure(Status.TOO_LARGE, Code.LIMIT, text)
    import simplejpeg

    try:
        height, width, space, _ = simplejpeg.decode_jpeg_header(data)
        wanted = _SPACES.get((picture.mode, space))
        if wanted is None or (width, height) != picture.size:
            return None
        pixels = cast("Pixels", simplejpeg.decode_jpeg(data, colorspace=wanted))
    except Exception as error:  # noqa: BLE001 any other complaint at all: Pillow judges
        return pixels_cut("their data end too early") if _CUT.search(str(error)) else None
    if wanted == "CMYK":  # Pillow knows which are stored inverted
        return None
    return pixels[:, :, 0] if wanted == "GRAY" else pixels


def _scans(data: bytes) -> int:
    """Count the scans of the first image in a JPEG file."""
    scans, at = 0, 2
    while found := _MARKER.search(data, at):
        marker, at = data[found.end() - 1], found.end()
        if marker == 0xD9:
            break
        scans += marker == 0xDA
        at += int.from_bytes(data[at : at + 2], "big")
    return scans
