"""The operator of the five classical metrics: the compiled kernels, and when there is no score.

The plain definitions (`focus`, `wavelet`, `brisque`, `niqe`) are what the kernels are tested
against; they take no part in scoring.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING

from iqcurate.errors import UndefinedScoreError
from iqcurate.kernels import Kernel
from iqcurate.metrics import brisque, focus, niqe, wavelet
from iqcurate.metrics.nss import WINDOW, aggd_scales, shapes
from iqcurate.metrics.parameters import load_parameters
from iqcurate.metrics.planes import require_size
from iqcurate.operators import Column, ImageOperator, Undefined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.kernels import Scores
    from iqcurate.metrics.planes import Floats
    from iqcurate.operators import Setup, Value
    from iqcurate.types import Image

_MIN_SIZES = {
    "lapv": focus.MIN_SIZE,
    "lapm": focus.MIN_SIZE,
    "wavs": wavelet.MIN_SIZE,
    "brisque": brisque.MIN_SIZE,
    "niqe": niqe.MIN_SIZE,
}


class Classical:
    """Computes any of LAPV, LAPM, WAVS, BRISQUE and NIQE in one call of the kernels.

    Parameters
    ----------
    build
        Of the kernels, see `iqcurate.kernels.load_library`; by default the best.
    """

    columns = tuple(Column(name) for name in _MIN_SIZES)

    def __init__(self, build: str | None = None) -> None:
        self._kernel = Kernel(tables(), build)

    def __call__(self, image: Image, wanted: frozenset[str]) -> Mapping[str, Value]:
        """Return a score, or why there is none, for each wanted metric."""
        height, width = image.pixels.shape[:2]
        values: dict[str, Value] = {}
        for name in sorted(wanted):
            try:
                require_size(height, width, _MIN_SIZES[name])
            except UndefinedScoreError as reason:
                values[name] = Undefined(reason.code, reason.text)
        fitting = wanted - values.keys()
        if fitting:
            scores = self._kernel(image.pixels, fitting)
            values.update((name, _value(name, scores, (height, width))) for name in fitting)
        return values


def _value(name: str, scores: Scores, shape: tuple[int, int]) -> Value:
    score: float = getattr(scores, name)
    if not math.isnan(score):
        return score
    reason = brisque.flat() if name == "brisque" else niqe.too_few(scores.whole_patches, shape)
    return Undefined(reason.code, reason.text)


@cache
def tables() -> dict[str, Floats]:
    """Return what `iqcurate.kernels.Kernel` needs: windows, filters, grids, trained parameters."""
    import pywt

    db6 = pywt.Wavelet("db6")
    shape, ratio = shapes()
    to_beta, to_mean = aggd_scales(shape)
    given = {
        "window": WINDOW,
        "analysis": db6.dec_hi,
        "synthesis": db6.rec_hi,
        "shape": shape,
        "ratio": ratio,
        "to_beta": to_beta,
        "to_mean": to_mean,
    }
    return {**given, **load_parameters("brisque_live"), **load_parameters("niqe_live")}


def make(setup: Setup) -> ImageOperator:  # noqa: ARG001 - they have no choice
    """Return the operator."""
    return Classical()
