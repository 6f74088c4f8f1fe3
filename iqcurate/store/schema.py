"""The columns of a score store."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from iqcurate.errors import StoreError
from iqcurate.spec import FIXED_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Mapping

_WHOLE_NUMBERS = ("width", "height", "bytes")
_PLAIN = {
    "float64": pa.float64(),
    "int64": pa.int64(),
    "bool": pa.bool_(),
    "binary": pa.binary(),
    "string": pa.string(),
}
_VECTOR = re.compile(r"float32\[\d+\]")

NO_KEY: Mapping[str, object] = {}
"""Of a table whose only key column is the id."""

SCORE_SCHEMA = pa.schema(
    [pa.field(n, pa.int64() if n in _WHOLE_NUMBERS else pa.string()) for n in FIXED_COLUMNS]
)
"""The fixed columns; one column a metric follows."""


def arrow_type(dtype: str) -> pa.DataType:
    """Arrow type of a column type as `iqcurate.operators.Column` writes it."""
    if _VECTOR.fullmatch(dtype):
        return pa.list_(pa.float32())  # Delta has no fixed-size list
    if dtype not in _PLAIN:
        raise StoreError(f"unknown column type {dtype!r}")
    return _PLAIN[dtype]


def metric_fields(columns: Mapping[str, str]) -> list[pa.Field]:
    """Arrow fields of metric columns, given as name -> column type."""
    return [pa.field(name, arrow_type(dtype)) for name, dtype in columns.items()]
