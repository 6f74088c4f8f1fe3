"""The figures of an audit, each worked out when first asked for, and what stands out in them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.audit.confounds import STRONG, confounds
from iqcurate.analysis.audit.distribution import Distribution, describe
from iqcurate.analysis.audit.doubles import Group, extra, ranked
from iqcurate.analysis.audit.failures import Kind, failures, undefined
from iqcurate.analysis.audit.summary import metric_figures, status_counts
from iqcurate.analysis.cutoffs.by_hand import quantile_cutoff
from iqcurate.analysis.effect import Effect, effect, encode
from iqcurate.analysis.families import families, rank_correlations
from iqcurate.api import about, judges
from iqcurate.errors import CutoffError
from iqcurate.manifest.decide import by_votes, hold_ballot
from iqcurate.manifest.decision import Line
from iqcurate.metrics.registry import all_specs
from iqcurate.report import sentences
from iqcurate.spec import OTHER_FORMAT, Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy.typing as npt
    import pandas as pd

    from iqcurate.analysis.flags import Doubles, Flags
    from iqcurate.api.beside import Beside
    from iqcurate.api.inputs import Scores
    from iqcurate.cutoffs import Cutoff
    from iqcurate.report.sentences import Finding

    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

EXACT = 50_000
"""Up to so many images the page counts exactly; above, on a sample."""
_VALUES = 120_000
_LEAST_SAMPLE = 5_000
_START = 0.05
"""Share of the images that a slider without a cut-off would reject where it begins."""


@dataclass
class Looked:
    """Scores in hand, and what several steps need of them."""

    scores: Scores
    beside: Beside
    noticed: Flags
    fillers: Mapping[str, str]
    seed: int

    def __post_init__(self) -> None:
        self.table = self.scores.table
        self.n = self.table.num_rows
        self.names = tuple(self.scores.directions)
        self.warnings = list(self.beside.warnings)
        judges.tell_drift(self.beside.judges, iter(self.columns.items()), self.warnings.append)

    @cached_property
    def status(self) -> pa.ChunkedArray:
        """Status of each image; null counts as ok."""
        return pc.fill_null(self.table["status"], "ok")

    @cached_property
    def readable(self) -> npt.NDArray[np.bool_]:
        """Whether each image could be read, bool (N,)."""
        readable: npt.NDArray[np.bool_] = pc.equal(self.status, "ok").to_numpy()
        return readable

    @cached_property
    def columns(self) -> dict[str, Floats]:
        """Scores of readable images, NaN elsewhere."""
        return {n: np.where(self.readable, self.scores.values(n), np.nan) for n in self.names}

    @cached_property
    def labels(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        """Classes as `encode` gives them."""
        return encode(self.table["label"])

    @cached_property
    def splits(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        """Splits as `encode` gives them."""
        return encode(self.table["split"])

    @cached_property
    def rows(self) -> Rows:
        """The images that the page counts: all, or a sample."""
        if self.n <= EXACT:
            return np.arange(self.n)
        size = max(_LEAST_SAMPLE, _VALUES // max(len(self.names), 1))
        rng = np.random.default_rng(self.seed)
        return np.sort(rng.choice(self.n, size, replace=False, shuffle=False))

    @cached_property
    def starts(self) -> dict[str, float | None]:
        """Where the sliders begin: the cut-off, else where 5% would be low."""
        return {name: self._start(name) for name in self.names}

    def _start(self, name: str) -> float | None:
        cutoff = self.beside.cutoffs.get(name)
        if cutoff is not None and cutoff.cutoff is not None:
            return cutoff.cutoff
        values = self.columns[name]
        values = values[np.isfinite(values)]
        start = quantile_cutoff(values, self.scores.directions[name], _START)
        return None if start is None else float(f"{start:.4g}")

    @cached_property
    def distributions(self) -> dict[str, Distribution]:
        """Of each metric."""
        made = {}
        for name, values in self.columns.items():
            cutoff, start = self.beside.cutoffs.get(name), self.starts[name]
            ends = cutoff.interval if cutoff is not None and cutoff.interval else ()
            made[name] = describe(values, [m for m in (start, *ends) if m is not None])
        return made

    @cached_property
    def effect(self) -> Effect | None:
        """What the cut-offs that are set would do; None without one."""
        lines = {n: _line(cutoff) for n, cutoff in self.beside.judges.items()}
        if not lines:
            return None
        ballot = hold_ballot(((n, self.columns[n]) for n in lines), lines)
        keep = by_votes(ballot, self.beside.policy, self.readable, keep_undecided=True).keep
        return effect(keep, self.readable, self.table["label"], self.table["split"])

    @cached_property
    def doubles(self) -> dict[str, tuple[Group, ...]]:
        """Groups of images that are one, by how they are found."""
        codes = self.splits[0], self.labels[0]
        return {found.name: ranked(found.groups, *codes) for found in self.noticed.doubles}

    @cached_property
    def hashed(self) -> int:
        """Images whose hash is known."""
        return int(self.n - self.table["sha256"].null_count)

    @cached_property
    def failures(self) -> list[Kind]:
        """Kinds of images that could not be read."""
        return failures(self.status, self.table["error"])

    @cached_property
    def undefined(self) -> list[Kind]:
        """Kinds of reasons for which readable images lack a score."""
        return [kind for kind in self._reasons if kind.code != OTHER_FORMAT]

    @cached_property
    def other_format(self) -> dict[str, int]:
        """By metric, readable images of a format that it is not about: they lack nothing."""
        found = dict.fromkeys(self.names, 0)
        return found | {k.name: k.images for k in self._reasons if k.code == OTHER_FORMAT}

    @cached_property
    def _reasons(self) -> list[Kind]:
        there = "metric_errors" in self.table.schema.names
        reasons = self.table["metric_errors"] if there else None
        return undefined(reasons, pa.array(self.readable), self.names)

    @cached_property
    def lacking(self) -> dict[str, int]:
        """Readable images that lack a score, by metric."""
        there = int(self.readable.sum())
        return {n: there - d.n - self.other_format[n] for n, d in self.distributions.items()}

    @cached_property
    def agreement(self) -> pd.DataFrame:
        """Rank correlations of the metrics."""
        return rank_correlations(self.columns.items(), self.scores.directions)

    @cached_property
    def properties(self) -> dict[str, Floats]:
        """Plain properties of the images."""
        return about.properties(self.scores)

    @cached_property
    def confounds(self) -> pd.DataFrame:
        """Rank correlations of scores with properties."""
        return confounds(self.columns, self.properties, self.rows)

    def figures(self) -> dict[str, float | None]:
        """Figures of the whole data set by name."""
        made = status_counts(self.status.to_numpy())
        made |= {
            "classes": len(self.labels[1]),
            "splits": len(self.splits[1]),
            **dict.fromkeys(self.noticed.missing),
            **{flag.name: len(flag.rows) if flag.limits else None for flag in self.noticed.flags},
        }
        for found in self.noticed.doubles:
            made |= self._double_figures(found)
        made |= self._decision_figures()
        for name, distribution in self.distributions.items():
            made |= metric_figures(name, distribution, self.lacking[name])
        return made

    def _double_figures(self, found: Doubles) -> dict[str, float | None]:
        known = self.hashed or found.name != "exact_duplicates"
        return {
            found.name: extra(self.doubles[found.name]) if known else None,
            f"{found.name}_across_splits": found.across_splits if known else None,
            f"{found.name}_across_labels": found.across_labels if known else None,
        }

    def _decision_figures(self) -> dict[str, float | None]:
        found, made = self.effect, dict[str, float | None]()
        made["kept"] = None if found is None else found.kept
        made["kept_share"] = None if found is None or not self.n else found.kept / self.n
        made["classes_vanished"] = None if found is None else len(found.vanished)
        return made

    @cached_property
    def findings(self) -> list[Finding]:
        """What stands out; first what to look at."""
        found = [
            *sentences.on_failures(self.n, self.failures),
            *sentences.on_doubles(
                self.doubles["exact_duplicates"],
                self.doubles.get("near_duplicates", ()),
                self.hashed,
            ),
            *sentences.on_flags(self.noticed.flags),
            *sentences.on_ordinary(self._worse_than_ordinary()),
            *self._on_confounds(),
            *sentences.on_cutoffs(len(self.beside.cutoffs), len(self.beside.judges)),
            *sentences.on_decision(self.effect, str(self.beside.policy)),
            *sentences.on_families(families(self.agreement)),
            *sentences.on_undefined(self.lacking, int(self.readable.sum())),
        ]
        return sorted(found, key=lambda finding: sentences.WEIGHTS.index(finding.weight))

    def _on_confounds(self) -> Iterator[Finding]:
        """File size matters where resolution does; else it shows detail, which is quality."""
        found = self.confounds[[n for n in self.confounds if n in about.CONFOUNDS]]
        sizes = [n for n in about.RESOLUTIONS if n in found]
        sized = bool((found[sizes].abs() >= STRONG).any(axis=None))
        natural = () if sized else (about.property_title(about.FILE_SIZE),)
        return sentences.on_confounds(found.rename(columns=about.property_title), natural)

    def _worse_than_ordinary(self) -> dict[str, float]:
        """Share of the scores that are worse than the worst 5% of ordinary photos, by metric."""
        found = {}
        for name, direction in self.scores.directions.items():
            spec, values = all_specs().get(self.filler(name)), self.columns[name]
            known = values[np.isfinite(values)]
            if spec is not None and spec.ordinary is not None and len(known):
                low, _, high = spec.ordinary
                worse = known < low if direction is Direction.HIGHER else known > high
                found[name] = float(worse.mean())
        return found

    def filler(self, column: str) -> str:
        """Name of the metric that filled a column."""
        return self.fillers.get(column, column)


def _line(cutoff: Cutoff) -> Line:
    if cutoff.cutoff is None:
        raise CutoffError("a cut-off that judges has no value")
    return Line(cutoff.cutoff, cutoff.direction)
