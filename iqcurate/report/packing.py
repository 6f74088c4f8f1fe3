"""Columns of numbers as text that a page reads without loss."""

from __future__ import annotations

import math
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

_KINDS = {"<f8": "f64", "<i4": "i32", "<i2": "i16", "|i1": "i8"}


def packed(values: npt.NDArray[Any]) -> dict[str, str]:
    """Little-endian bytes in base64, and their type: ``f64``, ``i32``, ``i16`` or ``i8``.

    float64 stay as they are to the last bit; whole numbers take the smallest type that fits.
    """
    if values.dtype.kind == "f":
        values = values.astype("<f8")
    else:
        most = int(np.abs(values.astype(np.int64)).max(initial=0))
        values = values.astype("i1" if most < 1 << 7 else "<i2" if most < 1 << 15 else "<i4")
    return {"type": _KINDS[values.dtype.str], "data": b64encode(values.tobytes()).decode()}


def rounded(values: Iterable[float], digits: int = 5) -> list[float | None]:
    """Numbers for people: so many significant digits, None for what is none."""
    return [short(float(v), digits) for v in values]


def short(value: float | None, digits: int = 5) -> float | None:
    """One such number."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")
