"""Any mode that Pillow knows to 8-bit grey or RGB."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt

from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL.Image import Image as Picture

    Colour = tuple[int, int, int]
    Conversion = Callable[[Picture], npt.NDArray[np.uint8]]

Pixels = npt.NDArray[np.uint8]

_FULL_SCALE = {"I;12": 4095}
"""What white is where Pillow leaves samples of fewer than 16 bits as they are, by raw mode."""
_GREY = frozenset({"1", "L", "LA", "La"})
_BAND = 1 << 21
"""Pixels converted at a time, which bounds the memory that conversion takes."""


def to_pixels(picture: Picture, background: Colour) -> Pixels | Failure:
    """Decode and convert to 8 bits; raises whatever Pillow raises on a broken file.

    Parameters
    ----------
    picture
        Opened; is loaded here.
    background
        Colour under transparent pixels.

    Returns
    -------
    uint8 (H, W) for grey modes, else (H, W, 3); a failure for values that have no 8-bit meaning.
    """
    stored = raw_mode(picture)
    picture.load()
    conversion = _conversion(picture, stored, background)
    if isinstance(conversion, Failure):
        return conversion
    return _stack(map(conversion, _bands(picture)), picture.height)


def raw_mode(picture: Picture) -> str:
    """Return how samples are stored in the file (such as ``RGB;16B``), or ``""``."""
    tile = getattr(picture, "tile", None)
    args = tile[0][3] if tile else ""
    first = args[0] if isinstance(args, tuple) and args else args
    return first if isinstance(first, str) else ""


def _bands(picture: Picture) -> Iterator[Picture]:
    """Cut a picture into bands of whole rows, from the top."""
    rows = max(1, _BAND // picture.width)
    for top in range(0, picture.height, rows):
        yield picture.crop((0, top, picture.width, min(top + rows, picture.height)))


def _stack(bands: Iterator[Pixels], height: int) -> Pixels:
    first = next(bands)
    pixels = np.empty((height, *first.shape[1:]), np.uint8)
    top = 0
    for band in chain([first], bands):
        pixels[top : top + len(band)] = band
        top += len(band)
    return pixels


def _conversion(picture: Picture, stored: str, background: Colour) -> Conversion | Failure:
    """Choose what turns a band of the loaded picture into 8-bit samples."""
    if picture.mode.startswith("I;16"):
        return partial(_from_16_bit, _table(_FULL_SCALE.get(stored, 65535)), background)
    if picture.mode == "I":
        return _conversion_of_integers(picture)
    if picture.mode == "F":
        return _conversion_of_floats(picture)
    if picture.mode == "LAB":
        return _conversion_of_lab()
    if ";16" in stored:
        _keep_high_bytes_of_transparent_colour(picture)
    return partial(_from_8_bit, background)


def _table(full_scale: int) -> Pixels:
    """Return round(255 v / full_scale) for v in 0 .. full_scale."""
    steps = np.arange(full_scale + 1, dtype=np.uint32)
    return ((steps * 510 + full_scale) // (2 * full_scale)).astype(np.uint8)


def _look_up(table: Pixels, picture: Picture) -> Pixels:
    return cast("Pixels", table[np.minimum(np.asarray(picture), len(table) - 1)])


def _from_16_bit(table: Pixels, background: Colour, picture: Picture) -> Pixels:
    pixels = _look_up(table, picture)
    transparent = picture.info.get("transparency")
    if not isinstance(transparent, int):
        return pixels
    hidden = np.asarray(picture) == transparent
    if _is_grey(background):
        return np.where(hidden, np.uint8(background[0]), pixels)
    return np.where(hidden[:, :, None], np.array(background, np.uint8), pixels[:, :, None])


def _conversion_of_integers(picture: Picture) -> Conversion | Failure:
    low, high = _extremes(picture)
    if low < 0 or high > 65535:
        return _no_meaning(f"whole numbers from {low:.0f} to {high:.0f}", "0 to 65535")
    return partial(_look_up, _table(65535))


def _conversion_of_floats(picture: Picture) -> Conversion | Failure:
    low, high = _extremes(picture)
    if not (low >= 0 and high <= 255):  # also where one is NaN
        return _no_meaning(f"numbers from {low:g} to {high:g}", "0 to 1 or 0 to 255")
    return partial(_from_floats, 255.0 if high <= 1 else 1.0)


def _extremes(picture: Picture) -> tuple[float, float]:
    """Return the least and the greatest sample; NaN for both if any is NaN."""
    ends = [(band.min(), band.max()) for band in map(np.asarray, _bands(picture))]
    return float(np.min(ends)), float(np.max(ends))


def _from_floats(scale: float, picture: Picture) -> Pixels:
    values = np.asarray(picture, np.float64)
    return np.floor(values * scale + 0.5).astype(np.uint8)


def _no_meaning(found: str, expected: str) -> Failure:
    text = f"the pixels are {found}, expected {expected}: what is white is not known"
    return Failure(Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE, text)


def _conversion_of_lab() -> Conversion:
    from PIL import ImageCms

    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    transform = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
    return lambda picture: np.asarray(transform.apply(picture))


def _keep_high_bytes_of_transparent_colour(picture: Picture) -> None:
    """Cut the 16-bit colour declared transparent as Pillow has cut the pixels."""
    colour = picture.info.get("transparency")
    if isinstance(colour, tuple):
        picture.info["transparency"] = tuple(sample >> 8 for sample in colour)


def _from_8_bit(background: Colour, picture: Picture) -> Pixels:
    grey = picture.mode in _GREY
    if not picture.has_transparency_data:
        return np.asarray(picture.convert("L" if grey else "RGB"))
    return _on_background(picture.convert("LA" if grey else "RGBA"), background)


def _on_background(picture: Picture, background: Colour) -> Pixels:
    """Composite LA or RGBA; grey stays grey on a grey background."""
    from PIL import Image

    grey = picture.mode == "LA" and _is_grey(background)
    mode = "L" if grey else "RGB"
    canvas = Image.new(mode, picture.size, background[0] if grey else background)
    canvas.paste(picture.convert(mode), mask=picture.getchannel("A"))
    return np.asarray(canvas)


def _is_grey(colour: Colour) -> bool:
    return len(set(colour)) == 1
