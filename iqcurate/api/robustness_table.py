"""Scores of versions of images, from the store to arrays, and the verdicts on them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from iqcurate.analysis.robustness import protocol
from iqcurate.analysis.robustness.chance import independent, nested
from iqcurate.analysis.robustness.correlations import correlate
from iqcurate.analysis.robustness.judge import Scores, judge, overall
from iqcurate.analysis.robustness.protocol import SWEEPS, Protocol
from iqcurate.analysis.robustness.words import reason
from iqcurate.api.variant_run import read_scores_of
from iqcurate.robustness import Robustness, Survival
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.analysis.robustness.judge import Settings
    from iqcurate.analysis.robustness.protocol import Key
    from iqcurate.api.robustness_images import Step
    from iqcurate.spec import MetricSpec
    from iqcurate.types import ImageRef

    Floats = npt.NDArray[np.float64]
    Figures = Mapping[str, float | None]

_PAPER = (
    "the paper's protocol gives correlations, which decide nothing: --protocol response gives "
    "verdicts"
)
_NESTED = ("crop", "rotate")


@dataclass(frozen=True, slots=True)
class Table:
    """What a store holds of a sample and of real sequences.

    Parameters
    ----------
    rows
        By version: number of the row of each image of the sample, -1 where there is none.
    units
        (N,): number of the group of each image, or of the image where it has none.
    steps
        By sequence: number of the row, and level, of each step.
    scores
        Columns of the metrics, ``metric_errors`` and ``error``.
    """

    rows: Mapping[Key, npt.NDArray[np.intp]]
    units: npt.NDArray[np.intp]
    steps: Mapping[str, list[tuple[int, float]]]
    scores: pa.Table

    @classmethod
    def read(
        cls,
        store: Path,
        sample: Sequence[ImageRef],
        steps: Sequence[Step],
        metrics: Sequence[str],
    ) -> Table:
        """Read a store; images come in the order of the sample."""
        ids = {ref.id for ref in sample} | {step.ref.id for step in steps}
        table = read_scores_of(store, sorted(ids), metrics)
        keys = zip(*(table.column(n).to_pylist() for n in ("id", "variant", "level")), strict=True)
        at = {key: number for number, key in enumerate(keys)}
        every = {(variant, level) for _, variant, level in at if variant != protocol.SEQUENCE}
        rows = {
            (variant, level): np.array([at.get((r.id, variant, level), -1) for r in sample], int)
            for variant, level in every
        }
        sequences: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
        for step in steps:
            number = at[step.ref.id, protocol.SEQUENCE, step.level]
            sequences[step.sequence].append((number, step.level))
        return cls(
            rows, units_of(sample), sequences, table.select([*metrics, "metric_errors", "error"])
        )

    def values(self, metric: str) -> Floats:
        """All scores of a metric, float64, NaN where there is none."""
        column = self.scores.column(metric).cast(pa.float64())
        return np.asarray(column.to_numpy(), float)

    def why_not(self, metric: str, key: Key) -> str:
        """Why images lack a score for a version: the reason of most of them, "" where none says."""
        rows = self.scores.take(pa.array(self.rows[key][self.rows[key] >= 0])).to_pylist()
        reasons = (r["error"] or json.loads(r["metric_errors"] or "{}").get(metric) for r in rows)
        common = Counter(r for r in reasons if r).most_common(1)
        return common[0][0] if common else ""


def units_of(sample: Sequence[ImageRef]) -> npt.NDArray[np.intp]:
    """Number of the group of each image, or of the image where it has none."""
    names = [("group", r.group) if r.group is not None else ("id", r.id) for r in sample]
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], int)


def judge_all(
    table: Table, columns: Mapping[str, MetricSpec], which: Protocol, settings: Settings
) -> dict[str, Robustness]:
    """Verdict, tests and correlations of each metric."""
    return {name: _judge(table, name, spec, which, settings) for name, spec in columns.items()}


def _judge(
    table: Table, name: str, spec: MetricSpec, which: Protocol, settings: Settings
) -> Robustness:
    values = table.values(name)
    way = 1.0 if spec.direction is Direction.HIGHER else -1.0
    found = {
        key: np.where(rows >= 0, values[rows], np.nan) if len(values) else np.zeros(0)
        for key, rows in table.rows.items()
    }
    correlations = _correlations(found, which, way) if found else {}
    if table.steps:
        correlations["sequences"] = _of_sequences(table, values, way)
    if which is Protocol.PAPER or not found:
        return Robustness(Survival.CANNOT_TELL, _PAPER, {}, correlations)
    tests = judge(Scores(found, table.units, way), settings)
    lacking = {
        "crop": table.why_not(name, protocol.TILES[0]),
        "rotate": table.why_not(name, protocol.TURNED[0]),
        "blur": table.why_not(name, protocol.CLEAN),
    }
    return Robustness(overall(tests), reason(tests, lacking), tests, correlations)


def _correlations(found: Mapping[Key, Floats], which: Protocol, way: float) -> dict[str, Figures]:
    made: dict[str, Figures] = {}
    for name, sweep in SWEEPS[which].items():
        steps = [np.mean([found[key] for key in keys], axis=0) for keys in sweep.steps]
        number = np.arange(len(steps), dtype=float)
        correlation = correlate([(np.stack(steps, axis=1), number)], way)
        chance = {"independent": independent(len(steps))}
        if name in _NESTED:
            chance["nested"] = nested(name)
        levels = {
            f"{kind}_{measure}": float(getattr(level, measure))
            for kind, level in chance.items()
            for measure in ("pcc", "srcc", "pcc_95", "srcc_95")
        }
        made[name] = {"steps": len(steps), **correlation.figures, **levels}
    return made


def _of_sequences(table: Table, values: Floats, way: float) -> Figures:
    """Correlation with the distance from the best step, and how far from it scores are best."""
    pairs, off = [], []
    for steps in table.steps.values():
        rows, levels = (np.array(each) for each in zip(*steps, strict=True))
        scores = values[rows]
        pairs.append((scores, levels.astype(float)))
        if np.isfinite(scores).any():
            off.append(float(levels[np.nanargmax(way * scores)]))
    lengths = [len(steps) for steps in table.steps.values()]
    chance = [independent(n) for n in lengths if n > 1]
    return {
        "steps": float(np.mean(lengths)),
        **correlate(pairs, way).figures,
        "best_at": float(np.mean(off)) if off else None,
        "independent_pcc": float(np.mean([c.pcc for c in chance])) if chance else None,
        "independent_srcc": float(np.mean([c.srcc for c in chance])) if chance else None,
    }
