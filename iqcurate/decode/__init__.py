"""Bytes to an oriented image of 8-bit pixels, or to the reason why not.

Pillow is the judge of what is whole, save for lost tails that it passes over; where a faster
decoder gives the same pixels it does the work and leaves its other complaints to Pillow.

Colour is taken as stored: ICC profiles are left alone. 16-bit samples v become
round(v * 255 / 65535); 16-bit RGB comes from Pillow with the high byte of each sample,
floor(v / 256), which agrees with that within one and exactly where v is a multiple of 257.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from iqcurate.decode.cut import png_lost_its_tail
from iqcurate.decode.failures import failure_of_loading, pixels_cut, too_many_pixels
from iqcurate.quiet import no_warnings
from iqcurate.types import Code, Failure, Header, Image, Status

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

    from iqcurate.decode.pixels import Pixels

DECODE_VERSION = 1
"""Goes up when the same bytes may give other pixels."""


@dataclass(frozen=True, slots=True)
class DecodeSettings:
    """How images are decoded.

    Parameters
    ----------
    max_pixels
        Images with more pixels are `too_large`; judged by the header.
    max_bytes
        Files with more bytes are `too_large`.
    background
        Colour (red, green, blue) under transparent pixels.
    """

    max_pixels: int = 200_000_000
    max_bytes: int = 1 << 30
    background: tuple[int, int, int] = (255, 255, 255)

    def fingerprint(self) -> dict[str, object]:
        """Return what can change pixels: not the limits."""
        return {"version": DECODE_VERSION, "background": list(self.background)}


@dataclass(frozen=True, slots=True)
class Decoded:
    """What became of the bytes.

    Parameters
    ----------
    header
        Known as soon as the header could be read, even where the pixels are broken.
    image
        The picture, or None.
    failure
        Why there is no picture, or None.
    """

    header: Header | None
    image: Image | None
    failure: Failure | None


_DEFAULT = DecodeSettings()


def decode(data: bytes, settings: DecodeSettings = _DEFAULT) -> Decoded:
    """Decode an image file of any format that Pillow reads; may be called from many threads.

    Parameters
    ----------
    data
        The whole file.
    settings
        Limits, and the colour under transparent pixels.

    Returns
    -------
    Decoded, with exactly one of image and failure set. Bad bytes never raise.
    """
    if refused := _refuse_bytes(data, settings):
        return Decoded(None, None, refused)
    from iqcurate.decode.opening import open_picture

    warm_up()
    _let_pillow_open(settings.max_pixels)
    with no_warnings():
        picture = open_picture(data, settings.max_pixels)
        if isinstance(picture, Failure):
            return Decoded(None, None, picture)
        return _decode_picture(picture, data, settings)


def warm_up() -> None:
    """Load Pillow's plugins and quieten libtiff; idempotent, best done before threads start."""
    from iqcurate.decode.opening import load_plugins

    load_plugins()


def _decode_picture(picture: ImageFile, data: bytes, settings: DecodeSettings) -> Decoded:
    from iqcurate.decode.opening import header_of
    from iqcurate.decode.orientation import orient, orientation_of

    header = header_of(picture)
    if refused := _refuse_pixels(header, settings.max_pixels):
        return Decoded(header, None, refused)
    pixels = _pixels_of(picture, data, settings)
    if isinstance(pixels, Failure):
        return Decoded(header, None, pixels)
    pixels = orient(pixels, orientation_of(picture))
    header = replace(header, height=pixels.shape[0], width=pixels.shape[1])
    if refused := _refuse_pixels(header, settings.max_pixels):  # older Pillow: icons
        return Decoded(header, None, refused)
    return Decoded(header, Image(header, pixels), None)


def _pixels_of(picture: ImageFile, data: bytes, settings: DecodeSettings) -> Pixels | Failure:
    from iqcurate.decode.jpeg import fast_jpeg
    from iqcurate.decode.pixels import to_pixels

    found = fast_jpeg(picture, data)
    if found is not None:
        return found
    try:
        pixels = to_pixels(picture, settings.background)
    except Exception as error:  # noqa: BLE001 Pillow raises a zoo of types on broken files
        return failure_of_loading(error, picture, settings.max_pixels)
    if picture.format == "PNG" and png_lost_its_tail(data):
        return pixels_cut("the file ends in something else")
    return pixels


def _refuse_bytes(data: bytes, settings: DecodeSettings) -> Failure | None:
    if not data:
        return Failure(Status.UNREADABLE, Code.BROKEN_HEADER, "the file is empty")
    if len(data) <= settings.max_bytes:
        return None
    text = f"the file has {len(data)} bytes, more than the limit of {settings.max_bytes}"
    return Failure(Status.TOO_LARGE, Code.LIMIT, text)


def _refuse_pixels(header: Header, limit: int) -> Failure | None:
    if header.width * header.height <= limit:
        return None
    return too_many_pixels(f"{header.width} x {header.height}", limit)


def _let_pillow_open(max_pixels: int) -> None:
    """Lift Pillow's own guard, which refuses at twice its figure, to the user's limit."""
    from PIL import Image as PillowImage

    guard = PillowImage.MAX_IMAGE_PIXELS
    if guard is not None and 2 * guard < max_pixels:
        PillowImage.MAX_IMAGE_PIXELS = (max_pixels + 1) // 2
