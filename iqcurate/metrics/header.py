"""Plain properties that the header of an image gives: no pixels are decoded for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
