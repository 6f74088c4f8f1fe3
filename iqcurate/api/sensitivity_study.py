"""A study of sensitivity: what it will take, the run, the judgement."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from iqcurate.analysis.sensitivity.classes import classes_of
from iqcurate.analysis.sensitivity.curves import curves_of
from iqcurate.analysis.sensitivity.link import links_of
from iqcurate.analysis.sensitivity.protocol import CLEAN, DISTORTIONS, VERSION
from iqcurate.api.columns import wanted_columns
from iqcurate.api.robustness_cost import estimate
from iqcurate.api.robustness_images import draw_sample
from iqcurate.api.run import RunReport
from iqcurate.api.sensitivity_files import STORE
from iqcurate.api.sensitivity_images import choose_canvas, trial_sizes, versions
from iqcurate.api.sensitivity_models import as_it_comes, load_subjects, make_fill, note_labels
from iqcurate.api.sensitivity_pictures import LAYERED, examples_of, layers_of
from iqcurate.api.sensitivity_result import Found, SensitivityResult
from iqcurate.api.sensitivity_table import Table
from iqcurate.api.variant_run import VariantRun
from iqcurate.engine import Engine
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from iqcurate.analysis.sensitivity.curves import Answers
    from iqcurate.analysis.sensitivity.protocol import Plan
    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.robustness_cost import CheckCost
    from iqcurate.api.sensitivity_asked import Asked
    from iqcurate.api.sensitivity_pictures import Example, Layers
    from iqcurate.spec import MetricSpec

KIND = "iqcurate-sensitivity-rows"
NO_METRICS = "none"


@dataclass(frozen=True, slots=True)
class _Said:
    """What was asked for, for the provenance."""

    sources: Sequence[str]
    sample: int
    at: str
    seed: int


class Study:
    """A study of sensitivity, of which it can be said what it will take before it runs."""

    def __init__(
        self,
        sources: Sequence[str],
        output: Path,
        options: ScoreOptions,
        asked: Sequence[Asked],
        *,
        plan: Plan,
        at: str,
        sample: int,
        seed: int,
    ) -> None:
        if sample < 1:
            raise UsageError(f"--sample {sample}: it must be at least 1")
        _check_folder(output)
        self.options = options
        self.output = output
        self.plan = plan
        self.report = RunReport()
        self.metrics = _metrics(options)
        drawn = draw_sample(sources, sample, seed, options, self.report)
        self.sample = [ref for ref in drawn if ref.label is not None]
        self._check_labels(len(drawn))
        labels = [ref.label for ref in self.sample]
        self.subjects = load_subjects(asked, labels, trial_sizes(at))
        note_labels(self.subjects, labels, self.report)
        self.canvas = choose_canvas(at, [s.model for s in self.subjects])
        self.fill = make_fill(self.subjects, self.metrics, options, self.canvas is not None)
        self.engine = Engine(self.fill.operators, options.decode)
        self.versions = versions(self.sample, plan, self.canvas, seed)
        self._said = _Said(sources, sample, at, seed)

    def _check_labels(self, drawn: int) -> None:
        if not self.sample:
            raise UsageError(
                f"none of {drawn} images has a label, so nothing says which predictions are right: "
                "--label-from folder, column:NAME or regex:PATTERN, or --labels FILE, says where "
                "labels come from"
            )
        if len(self.sample) < drawn:
            self.report.note(f"{drawn - len(self.sample)} images without a label were left out")

    @property
    def store(self) -> Path:
        """Folder of all rows."""
        return self.output / STORE

    @property
    def distorted(self) -> str:
        """What is distorted, in words."""
        return "the whole image" if self.canvas is None else self.canvas.words

    def cost(self) -> CheckCost:
        """What it will take; runs one image to find out."""
        workers = self.options.workers or default_workers()
        columns = len(self.metrics) + len(self.subjects)
        return estimate(self.versions, columns, self.engine, workers)

    def run(self) -> SensitivityResult:
        """Do what is not done yet, and judge."""
        began = time.monotonic()
        self.output.mkdir(parents=True, exist_ok=True)
        made_by = {"versions": VERSION, "distorted": self.distorted, "seed": self._said.seed}
        VariantRun(
            self.versions, self.store, self.options, self.fill, KIND, made_by, self.engine,
            self.report,
        ).run()  # fmt: skip
        found: dict[str, Found] = {}
        examples: list[Example] = []
        layers: dict[str, Layers] = {}
        if not self.report.interrupted:
            table = self._read()
            answers = {s.name: table.answers(s.name) for s in self.subjects}
            found = self._judge(table, answers)
            examples = examples_of(
                self.versions, answers, self.engine, self.subjects[0].judge.classes.in_words
            )
            layers = self._layers()
        self.report.seconds = time.monotonic() - began
        return SensitivityResult(
            found, self.plan, self.metrics, self._provenance(), self.output, self.report,
            examples, layers, {ref.id: ref.group for ref in self.sample},
        )  # fmt: skip

    def _layers(self) -> dict[str, Layers]:
        """Of each torch model, what damage does to its layers, on the first images."""
        found = {}
        for subject in self.subjects:
            model = as_it_comes(subject.model, self.canvas is not None)
            made = layers_of(subject, model, self.versions[:LAYERED], self.plan, self.engine)
            if made is not None:
                found[subject.name] = made
        return found

    def _read(self) -> Table:
        names = [s.name for s in self.subjects]
        table = Table.read(self.store, self.sample, self.plan, names, list(self.metrics))
        if table.failed:
            self.report.note(
                f"{table.failed.images} images could not be read, such as {table.failed.such_as}"
            )
        for (name, level), lacking in table.undefined.items():
            what = "as they are" if (name, level) == CLEAN else f"at {name} {level:g}"
            self.report.note(
                f"{lacking.images} images have no answer {what}, such as {lacking.such_as}"
            )
        return table

    def _judge(self, table: Table, given: Mapping[str, Answers]) -> dict[str, Found]:
        scores = {metric: table.scores(metric) for metric in self.metrics}
        found = {}
        for name, answers in given.items():
            links = {
                metric: links_of(answers, scores[metric], self.plan, _way(spec), self._said.seed)
                for metric, spec in self.metrics.items()
            }
            curves = curves_of(answers, self.plan)
            found[name] = Found(curves, classes_of(answers, self.plan), links)
        return found

    def _provenance(self) -> dict[str, Any]:
        from importlib.metadata import version

        groups = Counter(ref.group for ref in self.sample if ref.group is not None)
        return {
            "iqcurate": version("iqcurate"),
            "sources": list(self._said.sources),
            "images": len(self.sample),
            "asked_for": self._said.sample,
            "seed": self._said.seed,
            "distorted": self.distorted,
            "resampled_by": "group" if groups else "id",
            "models": {s.name: dict(s.model.identity) for s in self.subjects},
            "distortions": {n: DISTORTIONS[n].how for n in self.plan},
            "notes": list(self.report.notes),
        }


def _check_folder(output: Path) -> None:
    """Refuse to write a report among files of somebody else."""
    if output.is_file():
        raise UsageError(f"{output} is a file: name a folder")
    if output.is_dir() and any(output.iterdir()) and not (output / STORE).is_dir():
        raise UsageError(f"{output} is a folder with other files in it: name another, or a new one")


def _way(spec: MetricSpec) -> float:
    return 1.0 if spec.direction is Direction.HIGHER else -1.0


def _metrics(options: ScoreOptions) -> dict[str, MetricSpec]:
    """Metrics that point somewhere; the classical five where none is named."""
    if options.metrics is not None and list(options.metrics) == [NO_METRICS]:
        return {}
    found = wanted_columns(options.metrics, {}, {"columns": {}})
    return {
        name: spec
        for name, spec in found.items()
        if spec.direction is not Direction.NONE and spec.dtype in ("float64", "int64")
    }
