"""The files of a study: report, tables, figures, and the rows that `cutoff` takes."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from iqcurate.analysis.sensitivity.protocol import DISTORTIONS
from iqcurate.api.files import file_name, remove_former, written_before
from iqcurate.api.sensitivity_models import FIELDS, column
from iqcurate.report.sensitivity import markdown
from iqcurate.store.table import Reader
from iqcurate.tabular import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from iqcurate.api.sensitivity_result import SensitivityResult

STORE = "rows.store"
REPORT, DOCUMENT, SCORES = "report.md", "sensitivity.json", "scores.parquet"
_TABLES = ("verdicts", "curves", "falls", "links", "classes", "layer_changes")
_OF_IMAGES = ("id", "uri", "variant", "level", "label", "split", "group", "status", "error")


def save(result: SensitivityResult) -> list[Path]:
    """Write everything into the folder of a result.

    Figures and tables of an earlier run are replaced, or removed where this run has no such.
    """
    former = written_before(result.folder / DOCUMENT)
    shown = [*_tables(result)]
    figures = _figures(result)
    for name, (_, figure) in figures.items():
        shown.append(result.folder / name)
        figure.savefig(shown[-1])
    report = _report(result, {name: words for name, (words, _) in figures.items()})
    remove_former(result.folder, former, shown)
    return [*_rows(result), *shown, report, _document(result, shown)]


def _rows(result: SensitivityResult) -> list[Path]:
    """Scores of all versions, and predictions of each model, as `cutoff` takes them."""
    table = Reader(result.folder / STORE).to_table()
    table = table.sort_by([(n, "ascending") for n in ("id", "variant", "level")])
    table = _with_groups(table, result.groups)
    paths = [result.folder / SCORES] if result.metrics else []
    if result.metrics:
        write(table.select([*_OF_IMAGES, *result.metrics]), paths[0])
    for model in result.models:
        columns = {n: table.column(n) for n in ("id", "variant", "level", "label", "group")}
        columns |= {field: table.column(column(field, model)) for field in FIELDS}
        columns["model"] = pa.array([model] * table.num_rows, pa.string())
        paths.append(result.folder / f"predictions-{file_name(model)}.parquet")
        write(pa.table(columns), paths[-1])
    return paths


def _with_groups(table: pa.Table, groups: Mapping[str, str | None]) -> pa.Table:
    """Rows with the groups of this run, which an earlier one may not have been told."""
    pairs = zip(table.column("id").to_pylist(), table.column("group").to_pylist(), strict=True)
    column = pa.array([groups.get(image, before) for image, before in pairs], pa.string())
    return table.set_column(table.schema.get_field_index("group"), "group", column)


def write(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet."""
    write_table(table.to_batches(), table.schema, path)


def _tables(result: SensitivityResult) -> list[Path]:
    paths = []
    for name in _TABLES:
        frame = getattr(result, name)
        if len(frame):
            paths.append(result.folder / f"{name}.csv")
            frame.to_csv(paths[-1], index=False)
    return paths


def _figures(result: SensitivityResult) -> dict[str, tuple[str, Figure]]:
    """Caption and figure by the name of the file."""
    figures = {"overview.png": ("Accuracy under every kind of damage", result.plot_overview())}
    for name in result.plan:
        title = DISTORTIONS[name].title
        figures[f"{name}.png"] = (f"{title}: accuracy at each level", result.plot(name))
        if result.examples:
            words = f"{title}: some images, and what the models make of them"
            figures[f"examples-{name}.png"] = (words, result.plot_examples(name))
    for model in result.models:
        for metric in result.metrics:
            words = f"{model}: accuracy against {metric}"
            name = f"{file_name(metric)}-{file_name(model)}.png"
            figures[name] = (words, result.plot_link(model, metric))
    for model in result.layers:
        words = f"{model}: how far damage moves the responses of each layer"
        figures[f"layers-{file_name(model)}.png"] = (words, result.plot_layers(model))
        words = f"{model}: first and last responses to one image"
        figures[f"responses-{file_name(model)}.png"] = (words, result.plot_responses(model))
    return figures


def _document(result: SensitivityResult, shown: list[Path]) -> Path:
    path = result.folder / DOCUMENT
    said = result.document() | {"files": [each.name for each in shown]}
    path.write_text(json.dumps(plain(said), indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def _report(result: SensitivityResult, figures: dict[str, str]) -> Path:
    path = result.folder / REPORT
    models = result.models
    text = markdown(
        {name: found.curves for name, found in models.items()},
        {name: found.classes for name, found in models.items()},
        {name: found.links for name, found in models.items()},
        result.provenance,
        figures,
    )
    path.write_text(text, encoding="utf-8")
    return path


def plain(value: Any) -> Any:
    """A value as JSON has it: NaN is null."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "item"):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
