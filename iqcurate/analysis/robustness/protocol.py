"""Which versions of each image are scored, and what they are called in the table of scores.

Crops, angles and steps of focus are those of Smith, Zuo, Stonehouse, Obara 2024 (VISAPP).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Key = tuple[str, float]
"""Variant and level."""

VERSION = 1
"""Goes up whenever a version of an image may come out otherwise than before."""

CLEAN: Key = ("clean", 0.0)
SEQUENCE = "sequence"

TILES: tuple[Key, ...] = tuple(("tile", float(n)) for n in range(4))
REMOVED = tuple(n / 20 for n in range(1, 10))
CROPS: tuple[Key, ...] = tuple(("crop", share) for share in REMOVED)
"""Around a point of the image that is chosen by chance; level: share of each side removed."""
CORNER_CROPS: tuple[Key, ...] = tuple(("crop_corner", share) for share in REMOVED)
"""From the bottom and the right."""
ANGLES = (15.0, 30.0, 45.0, 60.0, 75.0)
SQUARE: Key = ("rotate", 0.0)
"""The centred square, untouched."""
STILL: tuple[Key, ...] = (("rotate", -1.0), ("rotate", 1.0))
"""The same resampling, hardly turned: what an angle is measured against."""
TURNED: tuple[Key, ...] = tuple(("rotate", angle) for angle in ANGLES)
SHIFTS: tuple[Key, ...] = tuple(("shift", float(n)) for n in range(4))
"""Right, left, down, up by a fifth of the side, turned by a degree: other content."""
SIGMAS = tuple(n / 2 for n in range(1, 10))
BLURS: tuple[Key, ...] = tuple(("blur", sigma) for sigma in SIGMAS)
JUDGED_SIGMA = 2.0


class Protocol(StrEnum):
    """Which set of versions."""

    RESPONSE = "response"
    """What response sizes, and so verdicts, need."""
    PAPER = "paper"
    """As in the paper."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """Versions of an image in steps, of which correlations are taken.

    Parameters
    ----------
    steps
        Each a version, or several whose mean counts, in order; step i is number i.
    quality
        Whether the quality falls from step to step.
    """

    steps: tuple[tuple[Key, ...], ...]
    quality: bool = False


def _each(*keys: Key) -> tuple[tuple[Key, ...], ...]:
    return tuple((key,) for key in keys)


_BLUR = Sweep(_each(CLEAN, *BLURS), quality=True)
SWEEPS: dict[Protocol, dict[str, Sweep]] = {
    Protocol.RESPONSE: {
        "crop": Sweep(_each(CLEAN, *CROPS)),
        "rotate": Sweep((STILL, *_each(*TURNED))),
        "blur": _BLUR,
    },
    Protocol.PAPER: {
        "crop": Sweep(_each(CLEAN, *CORNER_CROPS)),
        "rotate": Sweep(_each(SQUARE, *TURNED)),
        "blur": _BLUR,
    },
}
_ALL: dict[Protocol, tuple[Key, ...]] = {
    Protocol.RESPONSE: (
        CLEAN, *CROPS, *TILES, SQUARE, *STILL, *TURNED, *SHIFTS, *BLURS,
    ),
    Protocol.PAPER: (CLEAN, *CORNER_CROPS, SQUARE, *TURNED, *BLURS),
}  # fmt: skip


def keys_of(protocol: Protocol) -> tuple[Key, ...]:
    """All versions that a protocol needs."""
    return _ALL[protocol]


def overlaps(name: str) -> npt.NDArray[np.float64]:
    """Area that each two steps of a sweep share, float64 (K, K), of an image of area 1.

    Steps of a blur show the same area, so that nothing is told by it.
    """
    if name == "crop":
        kept = np.array([1.0, *((1 - share) ** 2 for share in REMOVED)])
        return np.asarray(np.minimum.outer(kept, kept), np.float64)
    x, y = np.meshgrid(*[np.linspace(-0.5, 0.5, 401)] * 2)
    inside = []
    for angle in np.radians([0.0, *ANGLES]):
        right = np.abs(x * np.cos(angle) + y * np.sin(angle))
        down = np.abs(y * np.cos(angle) - x * np.sin(angle))
        inside.append(np.maximum(right, down).ravel() <= 0.5 / np.sqrt(2))
    shown = np.array(inside, float)
    return np.asarray(shown @ shown.T / x.size, np.float64)
