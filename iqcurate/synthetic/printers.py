"""Two ink-jet printers whose drops differ by less than a blur hides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

PITCH = 0.45
"""Millimetres from dot to dot; the same for both printers."""

_LOST = 0.004  # share of drops that do not come


@dataclass(frozen=True, slots=True)
class Printer:
    """How the drops of a printer land; lengths in millimetres.

    Parameters
    ----------
    name
        Label of its images.
    width, height
        Of a drop, along and across the print.
    scatter
        Standard deviation of where a drop lands.
    satellites
        Share of drops with a small one behind them.
    rim
        How much more ink there is at the edge than in the middle, as a share.
    """

    name: str
    width: float
    height: float
    scatter: float
    satellites: float
    rim: float


PRINTERS = (
    Printer("printer_a", width=0.38, height=0.40, scatter=0.012, satellites=0.03, rim=0.5),
    Printer("printer_b", width=0.48, height=0.33, scatter=0.022, satellites=0.30, rim=0.0),
)


@dataclass(frozen=True, slots=True)
class Drops:
    """Drops on the bottle, in its millimetres; arrays of one length.

    Parameters
    ----------
    x, y
        Middle.
    width, height
        Along and across the print.
    ink
        Optical density.
    rim
        As of the printer.
    """

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    ink: NDArray[np.float64]
    rim: float


def print_code(printer: Printer, places: NDArray[np.float64], rng: np.random.Generator) -> Drops:
    """Print dots at `places` of the dot grid; each bottle gets its own wear and ink."""
    n = len(places)
    wear = rng.normal(1, 0.03, 2)
    x, y = (places * PITCH + rng.normal(0, printer.scatter, (n, 2))).T
    size = rng.normal(1, 0.04, n)
    ink = rng.uniform(1.6, 3.0) * rng.normal(1, 0.08, n).clip(0.6)
    ink *= rng.random(n) >= _LOST
    drops = np.stack([x, y, printer.width * wear[0] * size, printer.height * wear[1] * size, ink])
    followed = drops[:, rng.random(n) < printer.satellites]
    x, y, width, height, ink = np.concatenate([drops, _satellites(followed, rng)], axis=1)
    return Drops(x, y, width, height, ink, printer.rim)


def _satellites(drops: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Small drops that touch the given ones from behind."""
    x, y, width, _, ink = drops
    n = len(x)
    size = rng.uniform(0.10, 0.15, (2, n))
    behind = x + width * rng.uniform(0.60, 0.75, n)
    return np.stack([behind, y + rng.normal(0, 0.03, n), *size, 0.7 * ink])
