"""The frozen values that travel between the parts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

_RED, _GREEN, _BLUE = 0.298936021293775, 0.587043074451121, 0.114020904255103


class Status(StrEnum):
    """What became of an image; speaks of the image alone, never of a metric."""

    OK = "ok"
    UNSUPPORTED = "unsupported"
    """Not an image we know, or a feature that the decoder lacks."""
    UNREADABLE = "unreadable"
    """Could not be read, or the header is broken."""
    TRUNCATED = "truncated"
    """The header is good, the pixels are not whole."""
    TOO_LARGE = "too_large"
    MISSING = "missing"


class Code(StrEnum):
    """Why an image has no scores."""

    PERMISSION = "permission"
    IO = "io"
    TIMEOUT = "timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CRASHED = "crashed"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FEATURE = "unsupported_feature"
    BROKEN_HEADER = "broken_header"
    PIXELS_CUT = "pixels_cut"
    LIMIT = "limit"
    GONE = "gone"


RETRYABLE = frozenset({Code.PERMISSION, Code.IO, Code.TIMEOUT, Code.OUT_OF_MEMORY, Code.CRASHED})
"""Codes that another try can change while the file stays as it is."""


def storable(text: str) -> str:
    """Text that every table can hold: what is not valid Unicode becomes an escape."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an image could not be scored."""

    status: Status
    code: Code
    text: str

    @property
    def error(self) -> str:
        """``code: text``, as the `error` column has it."""
        return storable(f"{self.code}: {self.text}")


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image of a source: what it is called and how to read it.

    Parameters
    ----------
    id
        Unique in a store, stable across machines, valid UTF-8.
    uri
        Opens the image again; for a file its absolute path, escaped like the id.
    opener
        Gives the bytes as a binary stream. A source that can only be read in sequence
        (a tar) hands over one that holds the bytes already read.
    fingerprint
        Changes when the image does (size and mtime for files).
    label, split, group
        What is known of the image, null where nothing is.
    failure
        Set where listing already showed that the image cannot be read.
    """

    id: str
    uri: str
    opener: Callable[[], BinaryIO]
    fingerprint: str
    label: str | None = None
    split: str | None = None
    group: str | None = None
    failure: Failure | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What an image says of itself.

    Parameters
    ----------
    width, height
        In pixels, after EXIF orientation.
    mode
        Pillow's mode of the stored pixels, such as ``RGB``, ``CMYK``, ``I;16``.
    format
        Pillow's name of the file format, such as ``JPEG``.
    bits_per_pixel
        Of the stored pixels, all channels together (24 for 8-bit RGB).
    luma_steps
        Of a JPEG: the quantisation table of its first component (brightness), 64 steps in rows
        from the lowest frequency; empty where there is none.
    """

    width: int
    height: int
    mode: str
    format: str
    bits_per_pixel: int
    luma_steps: tuple[int, ...] = ()


@dataclass(frozen=True)
class Image:
    """A decoded, oriented image.

    Parameters
    ----------
    header
        What the file said.
    pixels
        uint8, (H, W) for grey images or (H, W, 3) for RGB; read-only.
    """

    header: Header
    pixels: npt.NDArray[np.uint8]

    def __post_init__(self) -> None:
        self.pixels.setflags(write=False)

    @cached_property
    def rgb(self) -> npt.NDArray[np.uint8]:
        """uint8 (H, W, 3), read-only; a view for grey images."""
        if self.pixels.ndim == 3:
            return self.pixels
        return np.broadcast_to(self.pixels[:, :, None], (*self.pixels.shape, 3))

    @cached_property
    def grey(self) -> npt.NDArray[np.float64]:
        """float64 (H, W), read-only, computed once: see `rgb_to_grey`."""
        grey = rgb_to_grey(self.pixels)
        grey.setflags(write=False)
        return grey


def rgb_to_grey(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Turn 8-bit pixels into the grey that the classical metrics are defined on.

    MATLAB's rgb2gray on 8-bit images: BT.601 luma, rounded half away from zero.

    Parameters
    ----------
    pixels
        uint8, (H, W) or (H, W, 3).

    Returns
    -------
    float64 (H, W), whole numbers in [0, 255].
    """
    if pixels.ndim == 2:
        return pixels.astype(np.float64)
    grey = pixels[:, :, 0].astype(np.float64)
    grey *= _RED
    grey += pixels[:, :, 1] * _GREEN
    grey += pixels[:, :, 2] * _BLUE
    grey += 0.5
    np.floor(grey, out=grey)
    return grey
