"""The operator of the five classical metrics: one grey serves them all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.errors import UndefinedScoreError
from iqcurate.metrics.brisque import brisque
from iqcurate.metrics.focus import lapm, lapv
from iqcurate.metrics.niqe import niqe
from iqcurate.metrics.wavelet import wavs
from iqcurate.operators import Column, ImageOperator, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from iqcurate.metrics.planes import Floats
    from iqcurate.operators import Value
    from iqcurate.types import Image

_FUNCTIONS: dict[str, Callable[[Floats], float]] = {
    "lapv": lapv,
    "lapm": lapm,
    "wavs": wavs,
    "brisque": brisque,
    "niqe": niqe,
}


class Classical:
    """Computes any of LAPV, LAPM, WAVS, BRISQUE and NIQE from the grey of an image."""

    columns = tuple(Column(name) for name in _FUNCTIONS)

    def __call__(self, image: Image, wanted: frozenset[str]) -> Mapping[str, Value]:
        """Return a score, or why there is none, for each wanted metric."""
        return {name: _score(name, image.grey) for name in _FUNCTIONS if name in wanted}


def _score(name: str, grey: Floats) -> float | Undefined:
    try:
        return _FUNCTIONS[name](grey)
    except UndefinedScoreError as reason:
        return Undefined(reason.code, reason.text)


def make(device: str) -> ImageOperator:  # noqa: ARG001 - they run on the CPU whatever is asked for
    """Return the operator."""
    return Classical()
