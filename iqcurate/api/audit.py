"""From scores to a page that shows them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.audit.choice import Choice, choose
from iqcurate.analysis.audit.confounds import STRONG, confounds
from iqcurate.analysis.audit.distribution import Distribution, describe
from iqcurate.analysis.audit.doubles import Group, extra, ranked
from iqcurate.analysis.audit.failures import Kind, failures, undefined
from iqcurate.analysis.audit.parts import divide
from iqcurate.analysis.audit.summary import check_gates, metric_figures, status_counts
from iqcurate.analysis.cutoffs.by_hand import quantile_cutoff
from iqcurate.analysis.effect import Effect, effect, encode
from iqcurate.analysis.families import families, rank_correlations
from iqcurate.analysis.flags import find_flags
from iqcurate.api import about, judges
from iqcurate.api.audited import AuditResult
from iqcurate.api.beside import Beside, gather
from iqcurate.api.inputs import FACTS, read_scores
from iqcurate.api.pictures import thumbnails
from iqcurate.errors import CutoffError
from iqcurate.manifest.decide import by_votes, hold_ballot
from iqcurate.manifest.decision import Line
from iqcurate.metrics.registry import all_specs
from iqcurate.report import document, flag_words, sentences
from iqcurate.report.flag_words import read_limits
from iqcurate.report.packing import rounded
from iqcurate.spec import Direction

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    from iqcurate.analysis.flags import Doubles, Flags
    from iqcurate.api.inputs import Scores, ScoresLike
    from iqcurate.api.predictions import PredictionsLike
    from iqcurate.cutoffs import Cutoff, Cutoffs
    from iqcurate.report.sentences import Finding

    PathLike = str | os.PathLike[str]
    Floats = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

EXACT = 50_000
"""Up to so many images the page counts exactly; above, on a sample."""
_VALUES = 120_000
_LEAST_SAMPLE = 5_000
_POINTS = 1_500
_FLAGGED = 12
_START = 0.05
"""Share of the images that a slider without a cut-off would reject where it begins."""


def audit(
    scores: ScoresLike,
    predictions: PredictionsLike | None = None,
    *,
    cutoffs: Cutoffs | PathLike | None = None,
    manifest: PathLike | None = None,
    robustness: PathLike | None = None,
    metrics: Sequence[str] | None = None,
    directions: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    vote: str | int = "majority",
    fail_if: Sequence[str] = (),
    limits: Mapping[str, str] | None = None,
    near_bits: int | None = None,
    title: str | None = None,
    root: PathLike | None = None,
    pictures: bool = True,
    seed: int = 0,
) -> AuditResult:
    """Look at a data set's quality: by metric, class and split, with what else the scores go with.

    Parameters
    ----------
    scores
        Store, table file, or table in memory; see `iqcurate.api.inputs.read_scores`.
    predictions
        What a classifier said; gives cut-offs where none are given, and the error of what is
        kept.
    cutoffs
        Cut-offs, or their file.
    manifest
        What was kept, to be shown beside what the cut-offs would keep.
    robustness
        File that says which metrics fail tests of robustness.
    metrics
        Only these scores; default: all that have a direction.
    directions
        Column -> ``higher`` or ``lower``, where the scores themselves do not say.
    columns
        Which columns of the predictions are ours: ``{"label": "target"}``.
    vote
        How votes decide when the page is opened: ``majority``, ``any``, ``all``, or a number.
    fail_if
        Conditions on the figures that must not hold, such as ``truncated > 0``.
    limits
        Limits of your own for images that are flagged as unlike the rest: ``{"dark": "32.."}``.
    near_bits
        In how many of 64 bits the perceptual hashes of near duplicates may differ; default:
        from the data.
    title
        Name of the data set; default: from the scores.
    root
        Folder that ids are paths in, for images that moved.
    pictures
        Open originals again, to show some of them small.
    seed
        Of the sample that is shown of more than 50,000 images.

    Raises
    ------
    UsageError
        Where the call cannot be right, or a condition names a figure that is not there.
    CutoffError
        Where the cut-offs are for other scores.
    SourceError, StoreError
        Where a table cannot be read.

    Examples
    --------
    >>> result = iqcurate.audit("scores/", cutoffs="cutoffs.json")
    >>> [finding.text for finding in result.findings]
    >>> result.save("report.html")
    """
    found = read_scores(scores, metrics, directions, whole=True)
    beside = gather(found, predictions, cutoffs, manifest, robustness, columns, vote)
    noticed = find_flags(about.flag_columns(found), read_limits(limits or {}), near_bits)
    work = _Work(found, beside, noticed, about.metric_names(scores), seed)
    figures = work.figures()
    gates = check_gates(figures, fail_if)
    data = work.data(about.describe(scores, found, title), root, pictures)
    data["figures"], data["gates"] = figures, [asdict(gate) for gate in gates]
    return AuditResult(tuple(work.findings), figures, gates, tuple(work.warnings), data)


@dataclass
class _Work:
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
        return pc.fill_null(self.table["status"], "ok")

    @cached_property
    def readable(self) -> npt.NDArray[np.bool_]:
        readable: npt.NDArray[np.bool_] = pc.equal(self.status, "ok").to_numpy()
        return readable

    @cached_property
    def columns(self) -> dict[str, Floats]:
        """Scores of readable images, NaN elsewhere."""
        return {n: np.where(self.readable, self.scores.values(n), np.nan) for n in self.names}

    @cached_property
    def labels(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        return encode(self.table["label"])

    @cached_property
    def splits(self) -> tuple[npt.NDArray[np.int32], list[str]]:
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
        return failures(self.status, self.table["error"])

    @cached_property
    def undefined(self) -> list[Kind]:
        there = "metric_errors" in self.table.schema.names
        reasons = self.table["metric_errors"] if there else None
        return undefined(reasons, pa.array(self.readable), self.names)

    @cached_property
    def lacking(self) -> dict[str, int]:
        """Readable images without a score, by metric."""
        return {n: int(self.readable.sum()) - d.n for n, d in self.distributions.items()}

    @cached_property
    def agreement(self) -> pd.DataFrame:
        return rank_correlations(self.columns.items(), self.scores.directions)

    @cached_property
    def properties(self) -> dict[str, Floats]:
        return about.properties(self.scores)

    @cached_property
    def confounds(self) -> pd.DataFrame:
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
        weights = ["look", "note", "good"]
        return sorted(found, key=lambda finding: weights.index(finding.weight))

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
            "findings": [asdict(finding) for finding in self.findings],
            "warnings": self.warnings,
            "policy": {"vote": str(self.beside.policy)},
            "metrics": [self._metric(name) for name in self.names],
            "rows": document.rows_data(self.rows, self.columns, self.readable, self._codes()),
            "classes": document.parts_data(divide(*self.labels, self.readable, self.columns)),
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
            "agreement": document.matrix_data(self.agreement),
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
        found = self.confounds
        return {
            **document.matrix_data(found),
            "titles": [about.property_title(name) for name in found.columns],
            "points": {
                "rows": at.tolist(),
                "values": {
                    name: rounded(values[self.rows[at]], 4)
                    for name, values in self.properties.items()
                },
            },
        }


def _line(cutoff: Cutoff) -> Line:
    if cutoff.cutoff is None:
        raise CutoffError("a cut-off that judges has no value")
    return Line(cutoff.cutoff, cutoff.direction)


def _coded(encoded: tuple[npt.NDArray[np.int32], list[str]]) -> npt.NDArray[np.int32] | None:
    """Parts as `divide` numbers them: those without a name come last."""
    codes, names = encoded
    return np.where(codes < 0, len(names), codes).astype(np.int32) if names else None


def _places(records: Mapping[int, Any], rows: Sequence[int]) -> list[int]:
    place = {row: i for i, row in enumerate(sorted(records))}
    return [place[row] for row in rows]


def _effect(found: Effect) -> dict[str, Any]:
    return {"images": found.images, "kept": found.kept, "vanished": len(found.vanished)}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
