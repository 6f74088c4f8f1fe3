"""Answers and scores of all versions of a sample, from the store to arrays."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.sensitivity.curves import Answers
from iqcurate.analysis.sensitivity.protocol import keys_of
from iqcurate.api.robustness_table import units_of
from iqcurate.api.sensitivity_models import column
from iqcurate.api.variant_run import read_scores_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.analysis.sensitivity.protocol import Key, Plan
    from iqcurate.types import ImageRef

    Floats = npt.NDArray[np.float64]

_FIELDS = ("correct", "correct_top5", "p_true")


@dataclass(frozen=True, slots=True)
class Table:
    """What a store holds of a sample.

    Parameters
    ----------
    rows
        By version: number of the row of each image of the sample, -1 where there is none.
    units
        (N,): number of the group of each image, or of the image where it has none.
    labels
        (N,): of each image.
    columns
        Of metrics and models.
    failed
        Images that could not be read.
    undefined
        By version: images of which it could not be made, or that it has no answer of.
    """

    rows: Mapping[Key, npt.NDArray[np.intp]]
    units: npt.NDArray[np.intp]
    labels: npt.NDArray[np.object_]
    columns: pa.Table
    failed: int
    undefined: Mapping[Key, int]

    @classmethod
    def read(
        cls,
        store: Path,
        sample: Sequence[ImageRef],
        plan: Plan,
        models: Sequence[str],
        metrics: Sequence[str],
    ) -> Table:
        """Read a store; images come in the order of the sample."""
        answers = [column(f, name) for name in models for f in ("predicted", *_FIELDS)]
        table = read_scores_of(store, [ref.id for ref in sample], [*answers, *metrics])
        keys = zip(*(table.column(n).to_pylist() for n in ("id", "variant", "level")), strict=True)
        at = {key: number for number, key in enumerate(keys)}
        wanted = keys_of(plan)
        rows = {key: np.array([at.get((r.id, *key), -1) for r in sample], int) for key in wanted}
        bad = pc.not_equal(table.column("status"), "ok")
        failed = len(pc.unique(table.column("id").filter(bad)))
        made = cls(
            rows,
            units_of(sample),
            np.array([ref.label for ref in sample], object),
            table,
            failed,
            {},
        )
        return made._counted(models)

    def _counted(self, models: Sequence[str]) -> Table:
        """Say which versions lack answers, though their image could be read."""
        fine = np.asarray(pc.equal(self.columns.column("status"), "ok").to_numpy(), bool)
        lacking: Counter[Key] = Counter()
        for name in models:
            empty = pc.is_null(self.columns.column(column("predicted", name))).to_numpy()
            for key, rows in self.rows.items():
                there = rows[rows >= 0]
                lacking[key] = max(lacking[key], int((empty[there] & fine[there]).sum()))
        undefined = {key: n for key, n in lacking.items() if n}
        return Table(self.rows, self.units, self.labels, self.columns, self.failed, undefined)

    def answers(self, model: str) -> Answers:
        """What a model said."""
        correct, top5, p_true = (self._by_version(column(f, model)) for f in _FIELDS)
        return Answers(correct, top5, p_true, self.units, self.labels)

    def scores(self, metric: str) -> dict[Key, Floats]:
        """Scores of a metric by version, float64 (N,), NaN where there is none."""
        return self._by_version(metric)

    def _by_version(self, name: str) -> dict[Key, Floats]:
        values = np.asarray(self.columns.column(name).cast(pa.float64()).to_numpy(), float)
        values = np.append(values, np.nan)
        return {key: values[rows] for key, rows in self.rows.items()}
