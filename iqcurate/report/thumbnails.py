"""Small pictures that travel inside a page."""

from __future__ import annotations

import io
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from iqcurate.types import Image

SIDE = 144
"""Longest side in pixels."""
_QUALITY = 55


def thumbnail(image: Image) -> str:
    """A decoded image as a data URI: WebP, at most `SIDE` pixels on its longest side."""
    from PIL import Image as PillowImage

    picture = PillowImage.fromarray(image.pixels)
    picture.thumbnail((SIDE, SIDE), PillowImage.Resampling.LANCZOS, reducing_gap=3.0)
    out = io.BytesIO()
    picture.convert("RGB").save(out, "WEBP", quality=_QUALITY, method=4)
    return f"data:image/webp;base64,{b64encode(out.getvalue()).decode()}"
