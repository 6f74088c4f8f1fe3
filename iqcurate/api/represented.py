"""What `representation` gives."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from iqcurate.api import embeddings
from iqcurate.api.files import file_name, remove_former, written_before
from iqcurate.errors import UsageError
from iqcurate.experiments.ranks import MEASURES, first_places, rank_subsets
from iqcurate.tabular import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.api.run import RunReport

SUMMARY = "representation.json"


@dataclass(frozen=True)
class RepresentationResult:
    """How subsets of categories lie in the representations of models.

    Parameters
    ----------
    frame
        One row a model, metric and subset; see `iqcurate.experiments.representation.measure`.
    points
        One row a model, metric, subset and image: ``category``, ``id``, ``x``, ``y``, ``stress``;
        see `iqcurate.experiments.representation.picture`.
    folder
        What it is saved to.
    report
        Of the runs of the models.
    warnings
        Sentences for whoever relies on it.
    ids
        Images that were drawn.
    embeddings
        By model, float32 (images, numbers), NaN where there is none.
    settings
        How it was made.
    """

    frame: pd.DataFrame
    points: pd.DataFrame
    folder: Path
    report: RunReport
    warnings: tuple[str, ...]
    ids: tuple[str, ...] = field(repr=False)
    embeddings: Mapping[str, npt.NDArray[np.float32]] = field(repr=False)
    settings: Mapping[str, Any]

    @cached_property
    def ranks(self) -> pd.DataFrame:
        """Place of each subset by model, metric and measure; see `rank_subsets`."""
        measures = [name for name in MEASURES if name in self.frame]
        return rank_subsets(self.frame, measures)

    @cached_property
    def first_places(self) -> pd.DataFrame:
        """How often each subset comes first, over models and metrics; see `first_places`."""
        return first_places(self.ranks)

    def save(self) -> list[Path]:
        """Write tables, embeddings (Parquet with fixed-size lists) and a summary to `folder`."""
        tables = {"subsets": self.frame, "ranks": self.ranks, "first_places": self.first_places,
                  "points": self.points}  # fmt: skip
        self.folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for name, frame in tables.items():
            table = pa.Table.from_pandas(frame, preserve_index=False)
            paths.append(self.folder / f"{name}.csv")
            write_table(table.to_batches(), table.schema, paths[-1])
        (self.folder / "embeddings").mkdir(exist_ok=True)
        for model, vectors in self.embeddings.items():
            paths.append(self.folder / "embeddings" / f"{file_name(model)}.parquet")
            embeddings.write(paths[-1], self.ids, vectors)
        paths.append(self.folder / SUMMARY)
        self._summarise(written_before(paths[-1]))
        return paths

    def _summarise(self, files: Sequence[str]) -> None:
        said = {**self.settings, "models": list(self.embeddings), "warnings": self.warnings}
        text = json.dumps({**said, "files": files}, indent=2, ensure_ascii=False)
        (self.folder / SUMMARY).write_text(text, encoding="utf-8")

    def plot_picture(self, model: str, metric: str) -> Figure:
        """Images of the subsets in the plane (multidimensional scaling)."""
        from iqcurate.analysis.plots.representation import plot_picture

        some = self.points[(self.points["model"] == model) & (self.points["metric"] == metric)]
        return plot_picture(some, f"{model}, {metric}")

    def plot_subsets(self) -> Figure:
        """Distances and accuracies of all subsets with their intervals."""
        from iqcurate.analysis.plots.representation import plot_subsets

        return plot_subsets(self.frame)

    def plot_ranks(self) -> Figure:
        """Places of the subsets over models and metrics."""
        from iqcurate.analysis.plots.representation import plot_ranks

        return plot_ranks(self.ranks)

    def save_plots(self) -> list[Path]:
        """Write all plots as PNG to the folder ``plots`` of `folder`; earlier ones go."""
        folder = self.folder / "plots"
        folder.mkdir(parents=True, exist_ok=True)
        paths = [folder / "subsets.png"]
        self.plot_subsets().savefig(paths[0])
        if len(self.ranks):
            paths.append(folder / "ranks.png")
            self.plot_ranks().savefig(paths[-1])
        if len(self.points):
            for model, metric in self.points[["model", "metric"]].drop_duplicates().to_numpy():
                paths.append(folder / f"{file_name(model)}-{file_name(metric)}.png")
                self.plot_picture(model, metric).savefig(paths[-1])
        remove_former(folder, written_before(self.folder / SUMMARY), paths)
        self._summarise([path.name for path in paths])
        return paths

    def document(self) -> dict[str, Any]:
        """All tables but the points as plain data."""
        return {
            **self.settings,
            "models": list(self.embeddings),
            "subsets": self.frame.to_dict("records"),
            "ranks": self.ranks.to_dict("records"),
            "first_places": self.first_places.to_dict("records"),
            "warnings": list(self.warnings),
        }


def check_folder(folder: Path) -> None:
    """Raise `UsageError` where a folder holds something else than such an experiment."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder}: is a file; name a folder")
    names = {path.name for path in folder.iterdir()}
    if names and not names & {SUMMARY, "embeddings"}:
        raise UsageError(f"{folder}: holds something else; name a new folder")
