"""Forgetting the scores of a column before it is scored anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Collection

    from iqcurate.store.table import Writer


def forget_scores(writer: Writer, columns: Collection[str]) -> None:
    """Set columns to "not scored" in every row, so that old and new scores are never mixed."""
    if columns:
        note = {"action": "forget scores", "metrics": sorted(columns)}
        writer.rewrite(lambda batch: _without(batch, columns), note)


def _without(batch: pa.RecordBatch, columns: Collection[str]) -> pa.RecordBatch:
    arrays = []
    for field, array in zip(batch.schema, batch.columns, strict=True):
        if field.name in columns:
            array = pa.nulls(len(batch), field.type)
        elif field.name == "metric_errors":
            texts = [_drop(text, columns) for text in array.to_pylist()]
            array = pa.array(texts, field.type)
        arrays.append(array)
    return pa.RecordBatch.from_arrays(arrays, schema=batch.schema)


def _drop(text: str | None, columns: Collection[str]) -> str | None:
    if text is None:
        return None
    kept = {k: v for k, v in json.loads(text).items() if k not in columns}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else None
