"""Many photos at a glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from PIL.Image import Image


def contact_sheet(paths: Sequence[Path], columns: int, side: int = 192) -> Image:
    """Photos row by row in squares of `side` pixels; the last row may be short."""
    from PIL import Image

    rows = -(-len(paths) // columns)
    sheet = Image.new("RGB", (columns * side, rows * side), "white")
    for i, path in enumerate(paths):
        with Image.open(path) as photo:
            small = photo.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
        sheet.paste(small, (i % columns * side, i // columns * side))
    return sheet
