"""How photos are taken: with care, or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from iqcurate.synthetic.camera import Exposure, View

BLURREST = 12.0
"""Largest radius of defocus, in pixels."""

_LONGEST = 36.0  # motion, in pixels
_KINDS = ("careful", "out of focus", "moved", "both")
_SHARES = (0.60, 0.20, 0.15, 0.05)


def draw_view(rng: np.random.Generator) -> View:
    """A camera held over the code by hand."""
    x, y, tilt_x, tilt_y = rng.normal(0, (0.3, 0.3, 0.004, 0.004))
    return View(
        scale=float(rng.uniform(19.5, 21.5)),
        angle=float(np.radians(rng.normal(0, 5))),
        shift=(float(x), float(y)),
        tilt=(float(tilt_x), float(tilt_y)),
    )


def draw_exposure(rng: np.random.Generator) -> Exposure:
    """Most photos are taken with care; the others are out of focus, moved, or both."""
    kind = _KINDS[rng.choice(len(_KINDS), p=_SHARES)]
    defocus, motion = rng.uniform(0, 1.4, 2)
    if kind in ("out of focus", "both"):
        defocus += rng.gamma(2.5, 1.8)
    if kind in ("moved", "both"):
        motion += rng.gamma(2.5, 4.2)
    return Exposure(
        defocus=float(min(defocus, BLURREST)),
        motion=float(min(motion, _LONGEST)),
        direction=float(rng.uniform(0, np.pi)),
        noise=float(np.clip(rng.lognormal(np.log(0.012), 0.6), 0.003, 0.06)),
        jpeg=int(rng.integers(40, 97)),
    )


def focus_steps(n: int) -> list[Exposure]:
    """One careful exposure at `n` steps of focus, from clear to most blurred."""
    careful = Exposure(defocus=0.0, motion=0.0, direction=0.0, noise=0.006, jpeg=92)
    return [replace(careful, defocus=float(d)) for d in np.linspace(0, BLURREST, n)]
