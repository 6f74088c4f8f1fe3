"""One photo of a printed code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.synthetic import bottle as bottles
from iqcurate.synthetic import camera, light
from iqcurate.synthetic.codes import code_lines, dots
from iqcurate.synthetic.printers import Drops, Printer, print_code

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from iqcurate.synthetic.camera import Exposure, View

    Plane = NDArray[np.floating]

_MARGIN = 36  # pixels around the photo, that blur reaches into
_PATCH = 9  # pixels around the middle of a drop, that it may cover
_MATT = np.float32(0.6)  # share of a reflection that is lost on ink


@dataclass(frozen=True, slots=True)
class Item:
    """A bottle with its code."""

    bottle: bottles.Bottle
    drops: Drops


def make_item(printer: Printer, material: bottles.Material, rng: np.random.Generator) -> Item:
    """Draw a bottle, and print a code on it."""
    bottle = bottles.make_bottle(material, rng)
    return Item(bottle, print_code(printer, dots(code_lines(rng)), rng))


def photograph(
    item: Item,
    view: View,
    lit: light.Light,
    exposure: Exposure,
    side: int,
    rng: np.random.Generator,
) -> bytes:
    """Take a photo; returns a JPEG file of a square with `side` pixels a side."""
    scene = _render(item, view, lit, side + 2 * _MARGIN)
    blurred = camera.blur(scene, exposure)[:, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return camera.jpeg(camera.develop(camera.sense(blurred, exposure, rng)), exposure.jpeg)


def _render(item: Item, view: View, lit: light.Light, side: int) -> camera.Colours:
    """Linear light of an ideal camera, (3, side, side)."""
    x, y = view.ground(side)
    slopes = _slopes(item.bottle, view, x, y)
    cover = 1 - np.exp(-_ink(item.drops, view, x, y))
    material = item.bottle.material
    ink = np.asarray(material.ink, np.float32)[:, None, None]
    body = bottles.colour(item.bottle, x, y, slopes)
    body += (ink - body) * cover
    shine = light.reflections(lit, slopes) * np.float32(material.gloss) * (1 - _MATT * cover)
    scene = body * light.shade(lit, slopes) + shine
    return np.asarray(scene * np.asarray(lit.tint, np.float32)[:, None, None])


def _slopes(bottle: bottles.Bottle, view: View, x: Plane, y: Plane) -> tuple[Plane, Plane]:
    """Slope of the bottom along the photo's rows and columns."""
    height = bottles.relief(bottle, x, y)
    down, along = np.gradient(height, np.float32(1 / view.scale))
    side = len(x)
    middle = view.pixels(np.array(bottle.middle[0]), np.array(bottle.middle[1]), side)
    at = np.arange(side, dtype=np.float32)
    bend = np.float32(1 / (bottle.dome * view.scale))
    along += ((at - np.float32(middle[0])) * bend)[None, :]
    down += ((at - np.float32(middle[1])) * bend)[:, None]
    return along, down


def _ink(drops: Drops, view: View, x: Plane, y: Plane) -> Plane:
    """Optical density of the ink at each pixel: where drops overlap it adds up."""
    side = len(x)
    column, row = view.pixels(drops.x, drops.y, side)
    reach = np.arange(-_PATCH, _PATCH + 1)
    rows = np.rint(row).astype(np.intp)[:, None, None] + reach[None, :, None]
    columns = np.rint(column).astype(np.intp)[:, None, None] + reach[None, None, :]
    inside = (rows >= 0) & (rows < side) & (columns >= 0) & (columns < side)
    place = np.where(inside, rows * side + columns, 0)
    off = np.hypot(
        (x.ravel()[place] - drops.x[:, None, None]) / (drops.width[:, None, None] / 2),
        (y.ravel()[place] - drops.y[:, None, None]) / (drops.height[:, None, None] / 2),
    )
    # an edge as soft as a pixel, whatever the drop's size
    soft = 2 / (view.scale * np.minimum(drops.width, drops.height))[:, None, None]
    density = np.clip((1 - off) / soft + 0.5, 0, 1) * (1 + drops.rim * (off**4 - 0.33))
    density *= drops.ink[:, None, None] * inside
    flat = np.bincount(place.ravel(), density.ravel(), minlength=side * side)
    return flat.reshape(side, side).astype(np.float32)
