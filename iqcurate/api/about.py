"""What is known of a table of scores beside the scores."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.columns import read_document
from iqcurate.store.table import Reader, is_store

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

    from iqcurate.api.inputs import Scores, ScoresLike

RESOLUTION, FILE_SIZE = "resolution", "file_size"
RESOLUTIONS = (RESOLUTION, "megapixels")
CONFOUNDS = (*RESOLUTIONS, FILE_SIZE, "aspect_ratio", "jpeg_quality", "brightness")
"""Properties that a quality metric should not go with."""
_FLAGGED = ("brightness_p95", "brightness_p5", "entropy", "blur_effect", "colourfulness", "phash")
_TITLES = {
    RESOLUTION: "megapixels",
    FILE_SIZE: "file size",
    "aspect_ratio": "width / height",
}


def describe(source: ScoresLike, scores: Scores, title: str | None) -> dict[str, Any]:
    """Where scores come from: title, sources, versions, dates."""
    from importlib.metadata import version

    path = Path(source) if isinstance(source, str | os.PathLike) else None
    told: dict[str, Any] = {
        "scores": scores.name,
        "is_file": path is not None,
        "title": title or scores.name,
        "iqcurate": version("iqcurate"),
        "made": datetime.now(UTC).isoformat(timespec="minutes"),
        "unused": list(scores.unused),
        "sources": [],
        "columns": [],
    }
    if path is not None and is_store(path):
        told |= _of_store(path)
    return told | {"title": title or told["title"]}


def _of_store(path: Path) -> dict[str, Any]:
    found, history = read_document(path), Reader(path).history()
    roots = [source["root"] for source in found["sources"].values()]
    return {
        "title": Path(roots[0]).name if len(roots) == 1 else path.resolve().name,
        "sources": [{"name": n, "root": s["root"]} for n, s in found["sources"].items()],
        "columns": [
            {"name": name, **{k: record.get(k) for k in ("metric", "version", "citation")}}
            for name, record in found["columns"].items()
        ],
        "libraries": found.get("libraries", {}),
        "scored": [entry["time"].isoformat(timespec="minutes") for entry in history[::-1]][:1]
        + [entry["time"].isoformat(timespec="minutes") for entry in history][:1],
    }


def metric_names(source: ScoresLike) -> dict[str, str]:
    """Metric that filled each column, where a store says so."""
    if not isinstance(source, str | os.PathLike) or not is_store(Path(source)):
        return {}
    columns = read_document(Path(source))["columns"]
    return {name: record["metric"] for name, record in columns.items()}


def properties(scores: Scores) -> dict[str, npt.NDArray[np.float64]]:
    """Properties of the images that vary: resolution, file size, and other columns.

    Those that have a direction, such as the quality of a JPEG, are among them if they are
    `CONFOUNDS`.

    float64 (N,) each, NaN where not known.
    """
    table, found = scores.table, {}
    have = table.schema.names
    if "megapixels" not in scores.properties and {"width", "height"} <= set(have):
        found[RESOLUTION] = _numbers(table, "width") * _numbers(table, "height") / 1e6
    if "bytes" in have:
        found[FILE_SIZE] = _numbers(table, "bytes")
    judged = [n for n in CONFOUNDS if n in scores.directions]
    for name in (*judged, *scores.properties):
        if not pa.types.is_binary(table.schema.field(name).type):
            found[name] = _numbers(table, name)
    first = [n for n in CONFOUNDS if n in found]
    return {n: found[n] for n in dict.fromkeys([*first, *found]) if _varies(found[n])}


def flag_columns(scores: Scores) -> pd.DataFrame:
    """The columns that `iqcurate.analysis.flags.find_flags` looks at, as far as they are there."""
    import pandas as pd

    have = scores.table.schema.names
    wanted = ("label", "split", "sha256", "width", "height", *_FLAGGED)
    made = {"status": pc.fill_null(scores.table["status"], "ok").to_pandas()}
    for name in wanted:
        if name in have:
            column = scores.table.column(name)
            number = name not in ("label", "split", "sha256", "phash")
            made[name] = _numbers(scores.table, name) if number else column.to_pandas()
    return pd.DataFrame(made)


def property_title(name: str) -> str:
    """What a property is called for people."""
    return _TITLES.get(name, name.replace("_", " "))


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64]:
    column = table.column(name)
    if pa.types.is_string(column.type):
        return np.full(table.num_rows, np.nan)
    values: npt.NDArray[np.float64] = pc.cast(column, pa.float64(), safe=False).to_numpy()
    return values


def _varies(values: npt.NDArray[np.float64]) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 1 and bool((known != known[0]).any())
