"""How near the kernels must come to the definitions."""

from __future__ import annotations

import pytest

from iqcurate.operators import Undefined
from iqcurate.testing import image_of

METRICS = ("lapv", "lapm", "wavs", "brisque", "niqe")
RELATIVE = {"lapv": 1e-4, "lapm": 1e-4, "wavs": 1e-4}
ABSOLUTE = {"brisque": 0.02, "niqe": 0.005}


def score(operator, pixels, wanted=METRICS):
    """By name of metric: score, or why there is none."""
    values = operator(image_of(pixels), frozenset(wanted))
    return {n: v.error if isinstance(v, Undefined) else v for n, v in values.items()}


def out_of_bounds(found, expected, metric):
    """By name of picture: what was found and expected, where these are too far apart."""
    pairs = {name: (found[name][metric], expected[name][metric]) for name in expected}
    return {name: pair for name, pair in pairs.items() if not _same(*pair, metric)}


def _same(mine, theirs, metric):
    if isinstance(theirs, str):
        return mine == theirs
    bounds = {"rel": RELATIVE.get(metric, 0), "abs": ABSOLUTE.get(metric, 0)}
    return mine == pytest.approx(theirs, **bounds)
