"""From bytes to a picture that Pillow has opened but not decoded."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import TYPE_CHECKING

from iqcurate.decode.failures import failure_of_opening
from iqcurate.decode.orientation import orientation_of
from iqcurate.decode.pixels import raw_mode
from iqcurate.formats import looks_like_image, why_not_decoded
from iqcurate.quiet import silence_pillow
from iqcurate.types import Code, Failure, Header, Status

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

_NOT_DECODED = frozenset({"EPS", "WMF", "EMF", "BUFR", "GRIB", "HDF5", "MPEG", "FPX", "MIC"})
"""Plugins that run programs, only find a format, or depend on what else is installed."""

_BITS = {
    "1": 1, "L": 8, "P": 8, "LA": 16, "La": 16, "PA": 16, "I;16": 16, "I;16L": 16, "I;16B": 16,
    "I;16N": 16, "RGB": 24, "YCbCr": 24, "LAB": 24, "HSV": 24, "RGBA": 32, "RGBa": 32,
    "RGBX": 32, "CMYK": 32, "I": 32, "F": 32,
}  # fmt: skip
_MOST_RUN_LENGTH_PIXELS = 10_000_000
"""Pillow decodes them in Python, pixel by pixel: 200 million in up to a minute."""
_DEEP = re.compile(r"([A-Za-z]+);16[BLN]")


@cache
def load_plugins() -> None:
    """Load all of Pillow's plugins and silence what is below them, once."""
    from PIL import Image

    Image.preinit()  # the common formats, so that they are tried first
    Image.init()
    silence_pillow()


def open_picture(data: bytes, max_pixels: int) -> ImageFile | Failure:
    """Read the header with the first of Pillow's plugins that takes it.

    `PIL.Image.open` does the same, but tries plugins for formats that have no pixels, hides why
    a plugin refused, warns about large images, and stops at the first surprise.
    """
    from PIL import Image

    known = looks_like_image(data[:64]) or why_not_decoded(data[:64]) is not None
    refusals: list[Exception] = []
    for name in Image.ID:
        try:
            if _is_candidate(name, data[:16], known):
                return _accepted(Image.OPEN[name][0](io.BytesIO(data), ""))
        except Exception as error:  # noqa: BLE001 Pillow raises a zoo of types on broken headers
            refusals.append(error)
    return failure_of_opening(refusals, data, max_pixels)


def _is_candidate(name: str, prefix: bytes, known: bool) -> bool:
    """Whether a plugin is to be tried; one without a signature only on bytes without one."""
    from PIL import Image

    accept = Image.OPEN[name][1]
    return name not in _NOT_DECODED and bool(accept(prefix) if accept else not known)


def _accepted(picture: ImageFile) -> ImageFile | Failure:
    """Refuse what Pillow opens but should not be decoded.

    Raises
    ------
    KeyError
        Where the file names a pixel mode that does not exist.
    """
    from PIL.ImageMode import getmode
    from PIL.TiffImagePlugin import TiffImageFile

    getmode(picture.mode)
    if isinstance(picture, TiffImageFile) and _is_preview(picture.tag_v2.get(254)):
        text = "its first picture is only a preview, as in raw camera files; convert it first"
        return Failure(Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE, text)
    pixels = picture.width * picture.height
    if picture.tile and picture.tile[0][0] == "bmp_rle" and pixels > _MOST_RUN_LENGTH_PIXELS:
        text = f"a run-length coded BMP of {pixels} pixels takes too long; convert it first"
        return Failure(Status.TOO_LARGE, Code.LIMIT, text)
    return picture


def _is_preview(subfile_type: object) -> bool:
    """Whether bit 0 of NewSubfileType is set: a reduced-resolution version of another image."""
    return isinstance(subfile_type, int) and bool(subfile_type & 1)


def header_of(picture: ImageFile) -> Header:
    """Read the header of an opened picture, before its pixels are loaded."""
    width, height = picture.size
    if orientation_of(picture) >= 5:
        width, height = height, width
    return Header(
        width,
        height,
        picture.mode,
        picture.format or "",
        _bits_per_pixel(picture),
        _luma_steps(picture),
    )


def _luma_steps(picture: ImageFile) -> tuple[int, ...]:
    """Read the quantisation table that the first component of a JPEG names."""
    from PIL.JpegImagePlugin import JpegImageFile

    if not isinstance(picture, JpegImageFile) or not picture.layer:
        return ()
    return tuple(picture.quantization.get(picture.layer[0][3], ()))


def _bits_per_pixel(picture: ImageFile) -> int:
    """Bits of the stored pixels; 16-bit colour has more than the mode it is read as."""
    if deep := _DEEP.fullmatch(raw_mode(picture)):
        return 16 * len(deep[1])
    return _BITS.get(picture.mode, 8 * len(picture.getbands()))
