"""What the page of an audit shows, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.audit.choice import Choice, choose
from iqcurate.analysis.audit.parts import divide
from iqcurate.analysis.families import ALIKE
from iqcurate.api import about
from iqcurate.api.inputs import FACTS
from iqcurate.api.looked import Looked
from iqcurate.api.pictures import thumbnails
from iqcurate.api.shown_categories import categories_data
from iqcurate.metrics.registry import all_specs
from iqcurate.report import document, flag_words
from iqcurate.report.packing import rounded

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from iqcurate.analysis.audit.failures import Kind
    from iqcurate.analysis.effect import Effect

    PathLike = str | os.PathLike[str]

_POINTS = 1_500
_FLAGGED = 12


class Shown(Looked):
    """Figures, as data for the page."""

    def data(self, told: dict[str, Any], root: PathLike | None, pictures: bool) -> dict[str, Any]:
        """All that the page shows."""
        chosen = choose(
            self.columns,
            self.scores.directions,
            {n: v for n, v in self.starts.items() if v is not None},
        )
        records = self._records(chosen, root, pictures)
        exact = len(self.rows) == self.n
        return {
            "about": {**told, "images": self.n, "exact": exact, "seed": self.seed},
            "warnings": self.warnings,
            "policy": {"vote": str(self.beside.policy), "alike": ALIKE},
            "metrics": [self._metric(name) for name in self.names],
            "rows": document.rows_data(self.rows, self.columns, self.readable, self._codes()),
            "classes": document.parts_data(divide(*self.labels, self.readable, self.columns)),
            "categories": categories_data(self.columns, self.scores.directions, *self.labels),
            "splits": document.parts_data(divide(*self.splits, self.readable, self.columns)),
            "effect": self.effect and _effect(self.effect),
            "manifest": self.beside.manifest_data(),
            "pictures": {
                "records": [records[row] for row in sorted(records)],
                "opened": pictures,
                **{
                    name: _places(records, rows)
                    for name, rows in (
                        ("worst", chosen.worst),
                        ("best", chosen.best),
                        ("disagree", chosen.disagree),
                    )
                },
                "ladders": {n: _places(records, rows) for n, rows in chosen.ladders.items()},
            },
            "agreement": document.matrix_data(_known(self.agreement), 17),
            "confounds": self._confounds(),
            "doubles": {"known": self.hashed, "kinds": self._doubles_data()},
            "flags": self._flags(records),
            "missing_flags": self.noticed.missing,
            "failures": document.kinds_data(self.failures, self._texts(self.failures)),
            "undefined": document.kinds_data(self.undefined, self._texts(self.undefined)),
        }

    def _codes(self) -> dict[str, npt.NDArray[np.integer[Any]] | None]:
        return {
            "label": _coded(self.labels),
            "split": _coded(self.splits),
            "wrong": self.beside.wrong,
            "manifest": self.beside.kept,
        }

    def _metric(self, name: str) -> dict[str, Any]:
        spec = all_specs().get(self.filler(name))
        robust = self.beside.robustness.get(name)
        return {
            "name": name,
            "direction": str(self.scores.directions[name]),
            "title": spec.title if spec else "",
            "ordinary": spec and spec.ordinary and list(spec.ordinary),
            "undefined": self.lacking[name],
            "other_format": self.other_format[name],
            "robustness": robust and {"verdict": str(robust.verdict), "reason": robust.reason},
            **document.metric_data(
                self.distributions[name],
                self.beside.cutoffs.get(name),
                self.starts[name],
                name in self.beside.judges,
            ),
        }

    def _records(
        self, chosen: Choice, root: PathLike | None, pictures: bool
    ) -> dict[int, dict[str, Any]]:
        """The images that can be looked at, by row."""
        flagged = [r for flag in self.noticed.flags for r in flag.rows[:_FLAGGED].tolist()]
        doubles = [r for found in self.doubles.values() for r in document.pictured_rows(found)]
        rows = sorted({*chosen.rows, *flagged, *doubles})
        some = self._facts(rows)
        if pictures:
            asked = [(i, r["id"], r["uri"]) for i, r in enumerate(some) if r["status"] == "ok"]
            for i, picture in thumbnails(asked, root).items():
                some[i]["picture"] = picture
        for row, record in zip(rows, some, strict=True):
            record["scores"] = [_or_none(self.columns[n][row]) for n in self.names]
            record["kept"], record["reason"] = self.beside.verdict(row)
        return dict(zip(rows, some, strict=True))

    def _facts(self, rows: Sequence[int]) -> list[dict[str, Any]]:
        names = ["id", "uri", "label", "split", "group", "status", "error", "sha256"]
        names += [n for n in FACTS if n in self.table.schema.names]
        found = self.table.select(names).take(pa.array(rows, pa.int64()))
        found = found.set_column(5, "status", pc.fill_null(found["status"], "ok"))
        records: list[dict[str, Any]] = found.to_pylist()
        return records

    def _texts(self, kinds: Sequence[Kind]) -> dict[int, dict[str, Any]]:
        rows = sorted({row for kind in kinds for row in kind.examples})
        names = ["id", "uri", "label", "error", "metric_errors"]
        names = [n for n in names if n in self.table.schema.names]
        found = self.table.select(names).take(pa.array(rows, pa.int64()))
        return dict(zip(rows, found.to_pylist(), strict=True))

    def _doubles_data(self) -> dict[str, Any]:
        """By name; the rows that are listed are looked up once."""
        rows = sorted({r for found in self.doubles.values() for r in document.listed_rows(found)})
        some = self.table.select(["id", "label", "split"]).take(pa.array(rows, pa.int64()))
        texts = dict(zip(rows, some.to_pylist(), strict=True))
        bits = {found.name: found.bits for found in self.noticed.doubles}
        return {
            name: document.doubles_data(groups, texts, bits[name])
            for name, groups in self.doubles.items()
        }

    def _flags(self, records: Mapping[int, Any]) -> list[dict[str, Any]]:
        return [
            {
                "name": flag_words.title(flag.name),
                "rule": flag_words.rule(flag),
                "images": len(flag.rows),
                "pictures": _places(records, flag.rows[:_FLAGGED].tolist()),
            }
            for flag in self.noticed.flags
        ]

    def _confounds(self) -> dict[str, Any]:
        step = max(1, len(self.rows) // _POINTS)
        at = np.arange(0, len(self.rows), step)
        found = _known(self.confounds)
        return {
            **document.matrix_data(found),
            "titles": [about.property_title(name) for name in found.columns],
            "points": {
                "rows": at.tolist(),
                "values": {
                    name: rounded(self.properties[name][self.rows[at]], 4) for name in found.columns
                },
            },
        }


def _coded(encoded: tuple[npt.NDArray[np.int32], list[str]]) -> npt.NDArray[np.int32] | None:
    """Parts as `divide` numbers them: those without a name come last."""
    codes, names = encoded
    return np.where(codes < 0, len(names), codes).astype(np.int32) if names else None


def _known(correlations: pd.DataFrame) -> pd.DataFrame:
    """Without the rows and columns that have no value at all."""
    return correlations.dropna(how="all").dropna(axis=1, how="all")


def _places(records: Mapping[int, Any], rows: Sequence[int]) -> list[int]:
    place = {row: i for i, row in enumerate(sorted(records))}
    return [place[row] for row in rows]


def _effect(found: Effect) -> dict[str, Any]:
    return {"images": found.images, "kept": found.kept, "vanished": len(found.vanished)}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
