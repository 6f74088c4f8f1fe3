"""Which columns a run fills, and by which metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.errors import UsageError
from iqcurate.metrics.registry import resolve
from iqcurate.spec import FIXED_COLUMNS, Direction, MetricSpec, check_column_name
from iqcurate.store.columns import FORMAT, check_document, new_document
from iqcurate.store.table import Reader, is_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def wanted_columns(
    metrics: Sequence[str] | None, rename: Mapping[str, str], document: Mapping[str, Any]
) -> dict[str, MetricSpec]:
    """Map the columns to fill to their metrics; without `metrics` those that the store has."""
    if metrics is None and document["columns"]:
        return {c: resolve([r["metric"]])[0] for c, r in document["columns"].items()}
    specs = resolve(metrics)
    unknown = set(rename) - {s.name for s in specs}
    if unknown:
        raise UsageError(f"a column name was given for {sorted(unknown)}, which is not scored")
    for column in rename.values():
        check_column_name(column)
    columns = {rename.get(s.name, s.name): s for s in specs}
    if len(columns) < len(specs):
        raise UsageError("two metrics would fill one column: choose other names")
    return columns


def directions(document: Mapping[str, Any], columns: Sequence[str]) -> dict[str, Direction]:
    """Direction of each metric column of a table."""
    recorded = document["columns"]
    return {
        name: Direction(recorded[name]["direction"])
        for name in columns
        if name not in FIXED_COLUMNS and name in recorded
    }


def read_document(path: Path, kind: str = FORMAT) -> dict[str, Any]:
    """Provenance of the store of that kind at `path`, a new one where there is no store."""
    if not is_store(path):
        return new_document(kind)
    document = Reader(path).provenance()
    if document:
        check_document(document, path, kind)
    return document or new_document(kind)
