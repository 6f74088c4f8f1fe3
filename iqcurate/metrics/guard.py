"""Whatever a metric gives becomes a value that can be stored, or a reason."""

from __future__ import annotations

import math
from numbers import Integral, Real
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UndefinedScoreError
from iqcurate.operators import Undefined
from iqcurate.spec import OTHER_FORMAT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.operators import Value
    from iqcurate.spec import MetricSpec
    from iqcurate.types import Header


def not_defined(spec: MetricSpec, header: Header) -> Undefined | None:
    """Return the reason where an image is of another format or below the metric's least size."""
    if spec.formats and header.format not in spec.formats:
        return Undefined(OTHER_FORMAT, f"needs {spec.formats[0]}, is {header.format or 'none'}")
    height, width = spec.min_size
    if header.height >= height and header.width >= width:
        return None
    return Undefined("too_small", f"needs {width}x{height}, has {header.width}x{header.height}")


def settle(spec: MetricSpec, values: Mapping[str, Value]) -> Value:
    """Return the value of a metric, of its column's type and within its range, or the reason."""
    value = values.get(spec.name)
    if isinstance(value, Undefined):
        return value
    if value is None:
        return Undefined("failed", "the metric gave no value")
    try:
        return _within(spec, _typed(spec.dtype, value))
    except UndefinedScoreError as reason:
        return Undefined(reason.code, reason.text)


def _typed(dtype: str, value: Value) -> Value:
    if dtype == "binary" and isinstance(value, bytes):
        return value
    if dtype == "bool" and isinstance(value, bool | np.bool):
        return bool(value)
    if dtype == "int64" and isinstance(value, Integral):
        return int(value)
    if dtype == "float64" and isinstance(value, Real):
        return float(value)
    raise UndefinedScoreError("failed", f"gave {type(value).__name__}, its column is {dtype}")


def _within(spec: MetricSpec, value: Value) -> Value:
    if not isinstance(value, int | float):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise UndefinedScoreError("not_finite", f"gave {value}")
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise UndefinedScoreError("out_of_range", "gave a number that 64 bits cannot hold")
    low, high = spec.range.low, spec.range.high
    if spec.range.hard and not low <= value <= high:
        raise UndefinedScoreError(
            "out_of_range", f"gave {value:g}, its range is {low:g} to {high:g}"
        )
    return value
