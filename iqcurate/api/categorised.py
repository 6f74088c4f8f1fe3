"""What `categories` gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.categories.subsets import SUBSETS
from iqcurate.api.files import file_name
from iqcurate.errors import UsageError
from iqcurate.manifest.decision import Decision, Ground, Stated
from iqcurate.manifest.output import plan_output
from iqcurate.manifest.packed import Packed
from iqcurate.manifest.rows import Manifest, check_metric_names

if TYPE_CHECKING:
    import os

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.api.inputs import Scores

    PathLike = str | os.PathLike[str]

ENDINGS = ("csv", "jsonl", "parquet", "xlsx", "txt")
_WORDS = {
    "average_high": "from the best by mean {metric}",
    "average_low": "from the worst by mean {metric}",
    "range_high": "from the widest by the range of {metric}",
    "range_low": "from the narrowest by the range of {metric}",
}
_APART = ("uri", "group", "error", "sha256")


@dataclass(frozen=True)
class CategoriesResult:
    """The categories of a data set, by the mean and by the range of their scores.

    Parameters
    ----------
    by
        What the categories are: ``label``, ``group`` or ``split``.
    share
        Of the ranked categories that a subset holds.
    frame
        One row a category and metric; see `iqcurate.analysis.categories.describe.describe`.
    subsets
        One row a metric, subset and category: ``metric``, ``subset``, ``place``, ``category``.
    overlap
        How many categories subsets share, and would share by chance; see
        `iqcurate.analysis.categories.subsets.overlaps`.
    metrics
        One row a metric: ``direction``, ``categories``, ``ranked``, ``rarefied_to`` (images drawn),
        ``between`` (share of the variance between categories), ``reliability`` (of their means,
        from 0, chance, to 1), and Spearman's correlations over
        the ranked categories: ``mean_with_rarefied_range`` (high mean is good), ``n_with_range``,
        ``n_with_rarefied_range``.
    warnings
        Sentences for whoever relies on it.
    scores
        What they were read from.
    codes, names
        Category of each of its rows, int32, -1 for none; and what these numbers stand for.
    """

    by: str
    share: float
    frame: pd.DataFrame
    subsets: pd.DataFrame
    overlap: pd.DataFrame
    metrics: pd.DataFrame
    warnings: tuple[str, ...]
    scores: Scores = field(repr=False)
    codes: npt.NDArray[np.int32] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)

    def manifest(self, metric: str, subset: str) -> Manifest:
        """The images of the categories in a subset, as the rows of a manifest.

        Readable images are kept, the others rejected with the reason.

        Parameters
        ----------
        metric
            Of `metrics`.
        subset
            ``average_high``, ``average_low``, ``range_high`` or ``range_low``.

        Raises
        ------
        UsageError
            Where there is no such subset.
        """
        if subset not in SUBSETS or metric not in set(self.metrics["metric"]):
            known = ", ".join(self.metrics["metric"])
            raise UsageError(
                f"there is no subset {subset!r} of {metric!r}: it is one of {', '.join(SUBSETS)}, "
                f"of {known}"
            )
        check_metric_names(self.scores.directions)
        chosen = self.subsets.query("metric == @metric and subset == @subset")["category"]
        places = {name: i for i, name in enumerate(chosen)}
        text_of = np.array([places.get(name, -1) for name in self.names] + [-1], np.int32)
        codes = text_of[self.codes]
        rows = pa.array(np.flatnonzero(codes >= 0))
        table = self.scores.table.take(rows)
        where = _WORDS[subset].format(metric=metric)
        texts = tuple(
            f"its {self.by} {name!r} is number {i} {where}" for i, name in enumerate(chosen, 1)
        )
        readable = pc.fill_null(pc.equal(table["status"], "ok"), True).to_numpy()
        ground = np.where(readable, Ground.BASIS, Ground.UNREADABLE).astype(np.uint8)
        return Manifest(
            table.drop_columns(list(_APART)),
            Packed({name: table[name] for name in _APART}),
            tuple(self.scores.directions),
            Decision(readable, ground, Stated(texts, codes[codes >= 0])),
        )

    def save(self, path: PathLike, force: bool = False) -> int:
        """Write `frame` as a table (.csv, .jsonl, .parquet, .xlsx); returns the rows."""
        from iqcurate.api.files import check_output
        from iqcurate.tabular import write_table

        check_output(Path(path), force)
        table = pa.Table.from_pandas(self.frame, preserve_index=False)
        return write_table(table.to_batches(), table.schema, Path(path))

    def save_subsets(
        self,
        folder: PathLike,
        ending: str = "csv",
        root: PathLike | None = None,
        force: bool = False,
    ) -> list[Path]:
        """Write the manifest of each subset that is not empty, as ``METRIC-SUBSET.csv``.

        Parameters
        ----------
        folder
            Made where it is not there.
        ending
            ``csv``, ``jsonl``, ``parquet``, ``xlsx``; ``txt`` for a list of paths.
        root
            Folder that ids are paths in, for images that moved (lists).
        force
            Replace files that are there.

        Raises
        ------
        UsageError
            Where a file is there already, or the ending is none of these.
        """
        if ending not in ENDINGS:
            raise UsageError(f"--format {ending}: it is one of {', '.join(ENDINGS)}")
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        chosen = self.subsets[["metric", "subset"]].drop_duplicates().to_numpy().tolist()
        outputs = [
            plan_output(folder / f"{file_name(metric)}-{subset}.{ending}", root=root, force=force)
            for metric, subset in chosen
        ]
        for output, (metric, subset) in zip(outputs, chosen, strict=True):
            output.write(self.manifest(metric, subset))
        return [output.path for output in outputs]

    def plot(self, metric: str) -> Figure:
        """Mean against range of all categories, and the ends of both orders."""
        import pandas as pd

        from iqcurate.analysis.plots.categories import plot_categories

        about = self.metrics[self.metrics["metric"] == metric].to_dict("records")[0]
        return plot_categories(
            self.frame[self.frame["metric"] == metric],
            self.subsets[self.subsets["metric"] == metric],
            lower_is_better=about["direction"] == "lower",
            drawn=None if pd.isna(about["rarefied_to"]) else int(about["rarefied_to"]),
        )

    def save_plots(self, folder: PathLike) -> list[Path]:
        """Write one PNG a metric into a folder, made where it is not."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for metric in self.metrics["metric"]:
            paths.append(folder / f"{file_name(metric)}.png")
            self.plot(metric).savefig(paths[-1])
        return paths

    @cached_property
    def markdown(self) -> str:
        """A short report."""
        from iqcurate.report.categories import markdown

        return markdown(self.by, self.metrics, self.frame, self.subsets, self.warnings)

    def document(self) -> dict[str, Any]:
        """All of it as plain data."""
        tables = ("metrics", "subsets", "overlap")
        return {
            "by": self.by,
            "share": self.share,
            **{name: getattr(self, name).to_dict("records") for name in tables},
            "categories": self.frame.to_dict("records"),
            "warnings": list(self.warnings),
        }
