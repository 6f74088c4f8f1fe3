"""The light on a bottle: even and uneven, and what its relief reflects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Plane = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Lamp:
    """A lamp as the relief sees it.

    Parameters
    ----------
    slope
        Slope of the surface that reflects the lamp into the camera, along x and y.
    spread
        Of those slopes: small for a bare bulb, large for a window.
    ring
        Radius of a ring light in slopes; 0 for a lamp that is none.
    strength
        Of its reflection, of 1.
    """

    slope: tuple[float, float]
    spread: float
    ring: float
    strength: float


@dataclass(frozen=True, slots=True)
class Light:
    """What lights the scene.

    Parameters
    ----------
    level
        Exposure: light of a white surface, of 1.
    gradient
        Relative change of light across the photo, along x and y.
    key
        Direction that most light comes from, as slopes; gives the relief its shades.
    vignette
        Loss of light in the corners, of 1.
    tint
        White balance that is off, per channel.
    lamps
        What shows as highlights.
    """

    level: float
    gradient: tuple[float, float]
    key: tuple[float, float]
    vignette: float
    tint: tuple[float, float, float]
    lamps: tuple[Lamp, ...]


def make_light(rng: np.random.Generator) -> Light:
    """Draw a light: a room, a window, or the ring of a camera stand."""
    lamps = [_lamp(rng, ring=0.0) for _ in range(rng.integers(1, 3))]
    if rng.random() < 0.3:
        lamps.append(_lamp(rng, ring=float(rng.uniform(0.05, 0.12))))
    warm = rng.normal(0, 0.05)
    angle, steep = rng.uniform(0, 2 * np.pi), rng.uniform(0.3, 1.2)
    return Light(
        level=float(rng.uniform(0.75, 1.15)),
        gradient=(float(rng.normal(0, 0.22)), float(rng.normal(0, 0.22))),
        key=(float(steep * np.cos(angle)), float(steep * np.sin(angle))),
        vignette=float(rng.uniform(0.05, 0.3)),
        tint=(float(1 + warm), 1.0, float(1 - warm)),
        lamps=tuple(lamps),
    )


def _lamp(rng: np.random.Generator, ring: float) -> Lamp:
    away = rng.uniform(0.04, 0.22)
    angle = rng.uniform(0, 2 * np.pi)
    return Lamp(
        slope=(float(away * np.cos(angle)), float(away * np.sin(angle))),
        spread=float(rng.uniform(0.012, 0.06)) if ring == 0 else 0.012,
        ring=ring,
        strength=float(rng.uniform(0.15, 0.9)),
    )


def shade(light: Light, slopes: tuple[Plane, Plane]) -> Plane:
    """Light that falls on each pixel of a square, about 1."""
    side = slopes[0].shape[0]
    at = np.linspace(-1, 1, side, dtype=np.float32)
    u, v = at[None, :], at[:, None]
    fall = 1 - np.float32(light.vignette / 2) * (u * u + v * v)
    fall = fall * (1 + np.float32(light.gradient[0]) * u + np.float32(light.gradient[1]) * v)
    facing = 1 - np.float32(light.key[0]) * slopes[0] - np.float32(light.key[1]) * slopes[1]
    return np.asarray(np.float32(light.level) * fall * np.clip(facing, 0.2, 1.8))


def reflections(light: Light, slopes: tuple[Plane, Plane]) -> Plane:
    """Highlights, of 1: lamps that the surface reflects into the camera."""
    shine = np.zeros_like(slopes[0])
    for lamp in light.lamps:
        x, y = slopes[0] - np.float32(lamp.slope[0]), slopes[1] - np.float32(lamp.slope[1])
        if lamp.ring:
            off = np.hypot(x, y) - np.float32(lamp.ring)
            squared = off * off
        else:
            squared = x * x + y * y
        shine += np.float32(lamp.strength) * np.exp(squared * np.float32(-0.5 / lamp.spread**2))
    return shine
