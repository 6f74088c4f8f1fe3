"""What Pillow's complaints mean."""

from __future__ import annotations

import ctypes
import re
from typing import TYPE_CHECKING

from iqcurate.decode.cut import ends_too_early
from iqcurate.formats import looks_like_image, why_not_decoded
from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PIL.ImageFile import ImageFile

_UNSUPPORTED = re.compile(
    r"unsupported|not (?:yet )?(?:supported|implemented|available|installed)|unimplemented"
    r"|cannot handle|unknown (?:pixel|\w+) mode",
    re.IGNORECASE,
)
_INSIDE_PYTHON = re.compile(r"<[^<>]* at 0x[0-9a-fA-F]+>|\b\w+Plugin\.|\bb(?=['\"])")
_SAYS_NOTHING = re.compile(r"\S*$|cannot identify|not identified|cannot load this|decoder error")
_FOR_PEOPLE = (OSError, ValueError, RuntimeError, SyntaxError)


def failure_of_opening(refusals: Sequence[Exception], data: bytes, max_pixels: int) -> Failure:
    """Say why no plugin opened the bytes.

    Parameters
    ----------
    refusals
        What the plugins raised, in the order they were tried.
    data
        The whole file.
    max_pixels
        The limit, for the text.
    """
    head = data[:64]
    if limit := next(filter(None, (_hit_limit(e, max_pixels) for e in refusals)), None):
        return limit
    if reason := why_not_decoded(head):
        return _unsupported(reason)
    if not looks_like_image(head):
        text = "the file is not an image of a known format"
        return Failure(Status.UNSUPPORTED, Code.NOT_AN_IMAGE, text)
    if ends_too_early(data):
        return pixels_cut("the file ends too early")
    error = refusals[0] if refusals else ValueError()
    if _says_unsupported(error):
        return _unsupported(_readable(error))
    text = f"the header is broken: {_readable(error, 'it is not built as its format demands')}"
    return Failure(Status.UNREADABLE, Code.BROKEN_HEADER, text)


def failure_of_loading(error: Exception, picture: ImageFile, max_pixels: int) -> Failure:
    """Say why the pixels of an opened picture could not be decoded."""
    if limit := _hit_limit(error, max_pixels):
        return limit
    if _says_unsupported(error):
        return _unsupported(_readable(error))
    if codec := _missing_codec(picture):
        return _unsupported(f"there is no decoder for TIFF with {codec} compression")
    return pixels_cut(_readable(error, "the data cannot be decoded"))


def pixels_cut(reason: str) -> Failure:
    """Say that the pixels of an image are not whole."""
    return Failure(Status.TRUNCATED, Code.PIXELS_CUT, f"the pixels are not whole: {reason}")


def too_many_pixels(found: str, limit: int) -> Failure:
    """Say that an image is larger than the limit."""
    text = f"the image has {found} pixels, the limit is {limit}; raise it with --max-pixels"
    return Failure(Status.TOO_LARGE, Code.LIMIT, text)


def _hit_limit(error: Exception, max_pixels: int) -> Failure | None:
    from PIL.Image import DecompressionBombError

    if isinstance(error, MemoryError):
        text = "decoding it needs more memory than there is"
        return Failure(Status.UNREADABLE, Code.OUT_OF_MEMORY, text)
    if isinstance(error, DecompressionBombError):
        found = re.search(r"\d+", str(error))
        return too_many_pixels(found[0] if found else "too many", max_pixels)
    return None


def _says_unsupported(error: Exception) -> bool:
    return isinstance(error, NotImplementedError) or bool(_UNSUPPORTED.search(str(error)))


def _unsupported(text: str) -> Failure:
    return Failure(Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE, text)


def _missing_codec(picture: ImageFile) -> str | None:
    """Name the compression of a TIFF that this libtiff was built without."""
    from PIL import _imaging
    from PIL.TiffImagePlugin import COMPRESSION_INFO_REV, TiffImageFile

    name = str(picture.info.get("compression"))
    scheme = COMPRESSION_INFO_REV.get(name) if isinstance(picture, TiffImageFile) else None
    is_there = getattr(ctypes.CDLL(_imaging.__file__), "TIFFIsCODECConfigured", None)
    if scheme is None or is_there is None or is_there(ctypes.c_uint16(scheme)):
        return None
    return name


def _readable(error: Exception, otherwise: str = "the decoder does not know its form") -> str:
    """One line without what only means something inside Python."""
    text = " ".join(_INSIDE_PYTHON.sub("", str(error)).split())
    wrapped = bool(error.args) and isinstance(error.args[0], Exception)
    if wrapped or not isinstance(error, _FOR_PEOPLE) or _SAYS_NOTHING.match(text):
        return otherwise
    return text[:200]
