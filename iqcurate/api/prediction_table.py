"""The table of predictions: its store, its columns, and the file that is made of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pyarrow as pa

from iqcurate.errors import UsageError
from iqcurate.models.judging import PREDICTION
from iqcurate.models.model import PREDICTED
from iqcurate.store.schema import SCORE_SCHEMA, metric_fields
from iqcurate.store.table import Reader, is_store
from iqcurate.tabular import FORMATS, write_table

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KIND = "iqcurate-predictions"
KEY: dict[str, object] = {"variant": "clean", "level": 0.0}
"""Key columns beside the id, and what they are for images as they are."""
FIELDS = metric_fields(PREDICTION)
FIRST = ("id", *KEY, "label", *PREDICTION)
"""Columns of every table of predictions, in their order."""
_LAST = ("group", "status", "error")
_REPEATED = ("predicted", "confidence", "p_true", "correct", "fold")
_NOT_A_FOLDER = (".tsv", ".json", ".ndjson", ".txt", ".feather", ".xls")


def schema(partitions: int = 1) -> pa.Schema:
    """Columns of the store; further partitions have theirs with ``_2``, ``_3`` ..."""
    kinds = {
        **{f.name: f for f in SCORE_SCHEMA},
        "variant": pa.field("variant", pa.string()),
        "level": pa.field("level", pa.float64()),
        **{f.name: f for f in FIELDS},
    }
    rest = [n for n in SCORE_SCHEMA.names if n not in FIRST]
    more = repeated_fields(partitions)
    return pa.schema([*(kinds[n] for n in FIRST), *more, *(kinds[n] for n in rest)])


def repeated_fields(partitions: int) -> list[pa.Field]:
    """Columns of the partitions after the first."""
    return metric_fields(
        {f"{n}_{i}": PREDICTION[n] for i in range(2, partitions + 1) for n in _REPEATED}
    )


def places(output: Path, force: bool) -> tuple[Path, Path | None]:
    """Store and, unless the output is a folder, the file that is made of it.

    Raises
    ------
    UsageError
        Where the file is there without a store, so that somebody else made it.
    """
    if output.suffix in _NOT_A_FOLDER:
        raise UsageError(f"{output}: the name must end in {', '.join(FORMATS)}, or be a folder")
    if output.suffix not in FORMATS or output.is_dir():
        return output, None
    if not output.parent.is_dir():
        raise UsageError(f"{output.parent} is no folder: make it first")
    store = output.with_suffix(".store")
    if output.exists() and not is_store(store) and not force:
        raise UsageError(
            f"{output} is there already, and {store}, from which it would have been made, is not: "
            "--force overwrites it"
        )
    return store, output


def export(store: Path, output: Path) -> int:
    """Write the predictions of a store to a file, sorted by id; returns the rows."""
    table = read(store)
    return write_table(table.to_batches(), table.schema, output)


def read(store: Path) -> pa.Table:
    """Predictions of a store, sorted by id, without what only the store needs.

    ``error`` says why an image has no prediction, be it the image's fault or the model's.
    """
    reader = Reader(store)
    more = [n for n in reader.schema.names if n not in FIRST and n.rpartition("_")[2].isdecimal()]
    wanted = [*FIRST, *more, *_LAST]
    table = reader.to_table([*wanted, "metric_errors"]).sort_by("id")
    errors = pa.array(_reasons(table), pa.string())
    at = wanted.index("error")
    return table.select(wanted).set_column(at, "error", errors)


def _reasons(table: pa.Table) -> Iterator[str | None]:
    errors, texts = (table.column(n).to_pylist() for n in ("error", "metric_errors"))
    for error, text in zip(errors, texts, strict=True):
        yield error or (json.loads(text).get(PREDICTED) if text else None)
