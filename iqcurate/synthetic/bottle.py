"""The bottom of a bottle: its plastic or glass, and the relief that the mould left."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import ndimage

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL.Image import Image

    Plane = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Material:
    """What a bottle is made of.

    Parameters
    ----------
    name
        For the table of images.
    colour
        Share of red, green and blue light (linear) that comes back from the material.
    clear
        Share of what is seen through it, from 0 (opaque).
    gloss
        Strength of reflections.
    ink
        Colour of the code.
    """

    name: str
    colour: tuple[float, float, float]
    clear: float
    gloss: float
    ink: tuple[float, float, float]


_BLACK, _WHITE, _YELLOW = (0.012, 0.012, 0.018), (0.78, 0.79, 0.77), (0.75, 0.60, 0.10)
MATERIALS = (
    Material("clear PET", (0.40, 0.42, 0.42), 0.75, 1.0, _BLACK),
    Material("blue PET", (0.22, 0.36, 0.47), 0.60, 1.0, _BLACK),
    Material("green PET", (0.13, 0.27, 0.12), 0.60, 1.0, _BLACK),
    Material("white HDPE", (0.66, 0.65, 0.61), 0.05, 0.25, _BLACK),
    Material("amber glass", (0.075, 0.030, 0.010), 0.35, 1.1, _WHITE),
    Material("black HDPE", (0.030, 0.030, 0.032), 0.0, 0.4, _YELLOW),
)
_SHARES = (0.34, 0.16, 0.16, 0.18, 0.09, 0.07)  # of bottles


@dataclass(frozen=True, slots=True)
class Mark:
    """A raised or sunk mark.

    Parameters
    ----------
    height
        In millimetres, a pixel each `_MARK_MM`.
    corner
        Place of its first pixel on the bottle, in millimetres.
    """

    height: Plane
    corner: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Bottle:
    """A bottle's bottom in its own millimetres, the code around (0, 0).

    Parameters
    ----------
    material
        What it is made of.
    middle
        Of the bottle.
    dome
        Radius of curvature of the bottom.
    rings
        Radius, width and height of each ring around the middle.
    knurl
        Radius, width, height and number of the ticks around the edge.
    seam
        Direction of the mould's parting line, in radians.
    marks
        What can be read there beside the code.
    grain
        Fine relief, and unevenness of the colour, as tiles of `_TILE` pixels.
    behind
        What is seen through a clear bottle, as a tile.
    """

    material: Material
    middle: tuple[float, float]
    dome: float
    rings: NDArray[np.float32]
    knurl: tuple[float, float, float, int]
    seam: float
    marks: tuple[Mark, ...]
    grain: Plane
    behind: Plane


_TILE = 256
_GRAIN_MM, _BEHIND_MM, _MARK_MM = 0.09, 0.7, 0.06
_BEND_MM = 14  # how far a slope of 1 moves what is seen through it


def material_of(number: int) -> Material:
    """Material of a bottle: of any few that follow each other the shares are about right."""
    share = number * 0.6180339887 % 1
    return MATERIALS[int(np.searchsorted(np.cumsum(_SHARES), share))]


def make_bottle(material: Material, rng: np.random.Generator) -> Bottle:
    """Draw a bottle of about that colour."""
    red, green, blue = np.array(material.colour) * rng.normal(1, 0.04, 3) * rng.uniform(0.7, 1.15)
    angle, far = rng.uniform(0, 2 * np.pi), rng.uniform(6, 17)
    middle = (float(far * np.cos(angle)), float(far * np.sin(angle)))
    n = rng.integers(3, 7)
    rings = np.stack(
        [rng.uniform(2, 30, n), rng.uniform(0.25, 0.8, n), rng.normal(0, 0.05, n)], axis=1
    ).astype(np.float32)
    return Bottle(
        material=replace(material, colour=(float(red), float(green), float(blue))),
        middle=middle,
        dome=float(rng.choice([-1, 1]) * rng.uniform(45, 140)),
        rings=rings,
        knurl=(float(rng.uniform(20, 27)), 0.8, 0.06, int(rng.integers(90, 140))),
        seam=float(rng.uniform(0, np.pi)),
        marks=_marks(rng, middle),
        grain=_grain(rng),
        behind=_behind(rng),
    )


def relief(bottle: Bottle, x: Plane, y: Plane) -> Plane:
    """Height of the bottom, in millimetres, at places on it; the dome not counted."""
    dx, dy = x - np.float32(bottle.middle[0]), y - np.float32(bottle.middle[1])
    far = np.hypot(dx, dy)
    height = ndimage.map_coordinates(
        bottle.grain, [y / _GRAIN_MM, x / _GRAIN_MM], order=1, mode="grid-wrap"
    )
    for radius, width, tall in bottle.rings:
        height += tall * _bump((far - radius) / width)
    height += 0.25 * _bump(far / 1.3)  # where the plastic was let in
    radius, width, tall, ticks = bottle.knurl
    height += tall * _bump((far - radius) / width) * np.cos(ticks * np.arctan2(dy, dx))
    across = dx * np.float32(np.sin(bottle.seam)) - dy * np.float32(np.cos(bottle.seam))
    height += 0.02 * _bump(across / 0.12)
    for mark in bottle.marks:
        _raise(height, mark, x, y)
    return height


def _raise(height: Plane, mark: Mark, x: Plane, y: Plane) -> None:
    """Add a mark's height, in place."""
    row, column = (y - mark.corner[1]) / _MARK_MM, (x - mark.corner[0]) / _MARK_MM
    rows, columns = mark.height.shape
    inside = (row >= 0) & (row < rows - 1) & (column >= 0) & (column < columns - 1)
    at = np.stack([row[inside], column[inside]])
    height[inside] += ndimage.map_coordinates(mark.height, at, order=1)


def colour(bottle: Bottle, x: Plane, y: Plane, slopes: tuple[Plane, Plane]) -> Plane:
    """Light that comes back, (3, height, width), before shading; relief bends what is behind."""
    behind = ndimage.map_coordinates(
        bottle.behind,
        [(y + _BEND_MM * slopes[1]) / _BEHIND_MM, (x + _BEND_MM * slopes[0]) / _BEHIND_MM],
        order=1,
        mode="grid-wrap",
    )
    material = bottle.material
    steep = slopes[0] ** 2 + slopes[1] ** 2  # where light is led away inside the wall
    light = 1 + np.float32(material.clear) * (behind - steep / (steep + np.float32(0.15)))
    return np.asarray(material.colour, np.float32)[:, None, None] * light


def _bump(t: Plane) -> Plane:
    return 1 / (1 + (t * t) ** 2)


def _grain(rng: np.random.Generator) -> Plane:
    """Orange peel and scratches: heights in millimetres."""
    noise = rng.standard_normal((2, _TILE, _TILE), np.float32)
    fine = ndimage.gaussian_filter(noise[0], 1.2, mode="wrap")
    broad = ndimage.gaussian_filter(noise[1], 7, mode="wrap")
    rough = rng.uniform(0.15, 1.0)
    grain = rough * (0.006 * fine + 0.20 * broad) + _scratches(rng)
    return grain.astype(np.float32)


def _scratches(rng: np.random.Generator) -> Plane:
    from PIL import Image, ImageDraw

    image = Image.new("L", (_TILE, _TILE))
    draw = ImageDraw.Draw(image)
    for _ in range(rng.integers(0, 9)):
        x, y = rng.uniform(0, _TILE, 2)
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(15, 120)
        end = (x + length * np.cos(angle), y + length * np.sin(angle))
        draw.line([(x, y), end], fill=int(rng.integers(60, 255)), width=1)
    lines: Plane = ndimage.gaussian_filter(np.asarray(image, np.float32) / 255, 0.6)
    return -0.012 * lines


def _behind(rng: np.random.Generator) -> Plane:
    """Bright and dark patches seen through the bottle, around 0."""
    noise = rng.standard_normal((2, 64, 64), np.float32)
    broad = ndimage.gaussian_filter(noise[0], 7, mode="wrap")
    middle = ndimage.gaussian_filter(noise[1], 3, mode="wrap")
    patches = broad / broad.std() * 0.35 + middle / middle.std() * 0.18
    return np.asarray(np.clip(patches, -0.7, 1.2), np.float32)


def _marks(rng: np.random.Generator, middle: tuple[float, float]) -> tuple[Mark, ...]:
    """The recycling mark and the number of the mould, beside the code."""
    tall = np.float32(rng.choice([-0.035, 0.045]))
    angle = rng.uniform(0, 2 * np.pi)
    made = []
    for shape in (_recycling(rng), _number(rng)):
        away = rng.uniform(10, 13) * np.array([np.cos(angle), np.sin(angle)])
        x, y = away + 0.15 * np.array(middle) - np.array(shape.shape[::-1]) * _MARK_MM / 2
        made.append(Mark(shape * tall, (float(x), float(y))))
        angle += rng.uniform(0.6, 1.4) * np.pi
    return tuple(made)


def _recycling(rng: np.random.Generator) -> Plane:
    """Three arrows around a number."""
    from PIL import Image, ImageDraw

    image = Image.new("L", (150, 150))
    draw = ImageDraw.Draw(image)
    corners = np.array([(75, 18), (132, 117), (18, 117)], float)
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        along = (end - start) / np.hypot(*(end - start))
        out = np.array([along[1], -along[0]]) * 11
        tail, head = start + (end - start) * 0.14, start + (end - start) * 0.74
        draw.line([*tail, *head], fill=255, width=8)
        draw.polygon([*(head + out), *(head - out), *(head + along * 14)], fill=255)
    _write(image, (75, 86), str(rng.integers(1, 8)), 52)
    return _moulded(image, rng)


def _number(rng: np.random.Generator) -> Plane:
    from PIL import Image

    image = Image.new("L", (150, 80))
    _write(image, (75, 40), f"{rng.integers(1, 97):02d}{rng.choice(list('ABCD '))}", 58)
    return _moulded(image, rng)


def _write(image: Image, at: tuple[int, int], text: str, size: int) -> None:
    from PIL import ImageDraw, ImageFont

    font = ImageFont.load_default(size)
    ImageDraw.Draw(image).text(at, text, fill=255, font=font, anchor="mm")


def _moulded(image: Image, rng: np.random.Generator) -> Plane:
    """The picture turned somehow, with the soft edges of a mould; 0 to 1."""
    turned = image.rotate(rng.uniform(-180, 180), expand=True)
    return ndimage.gaussian_filter(np.asarray(turned, np.float32) / 255, 2.8)
