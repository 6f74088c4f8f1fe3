"""Answers and scores of all versions of a sample, from the store to arrays."""

from __future__ import annotations

import json
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
class Lacking:
    """Images that something is not known of.

    Parameters
    ----------
    images
        How many.
    such_as
        One of them, and why.
    """

    images: int
    such_as: str


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
        Images that could not be read; None if there are none.
    undefined
        By version: images of which it could not be made, or of which a model has no answer.
    """

    rows: Mapping[Key, npt.NDArray[np.intp]]
    units: npt.NDArray[np.intp]
    labels: npt.NDArray[np.object_]
    columns: pa.Table
    failed: Lacking | None
    undefined: Mapping[Key, Lacking]

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
        bad = table.filter(pc.not_equal(table.column("status"), "ok")).select(["id", "error"])
        why = dict(zip(*(bad.column(n).to_pylist() for n in ("id", "error")), strict=True))
        failed = Lacking(len(why), f"{min(why)}: {why[min(why)]}") if why else None
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
        lacking: dict[Key, npt.NDArray[np.intp]] = {}
        undefined: dict[Key, Lacking] = {}
        for name in models:
            field = column("predicted", name)
            empty = pc.is_null(self.columns.column(field)).to_numpy() & fine
            for key, rows in self.rows.items():
                there = rows[rows >= 0]
                without = there[empty[there]]
                if len(without) > len(lacking.get(key, ())):
                    lacking[key] = without
                    undefined[key] = Lacking(len(without), self._why(int(without[0]), field))
        return Table(self.rows, self.units, self.labels, self.columns, self.failed, undefined)

    def _why(self, row: int, field: str) -> str:
        """Id of a row, and why it lacks a field."""
        image, errors = (self.columns.column(n)[row].as_py() for n in ("id", "metric_errors"))
        return f"{image}: {json.loads(errors or '{}').get(field, 'no reason is known')}"

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
