"""Whether a classifier is sensitive to quality, on a user's images."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from iqcurate.analysis.sensitivity.classes import classes_of
from iqcurate.analysis.sensitivity.curves import curves_of
from iqcurate.analysis.sensitivity.link import links_of
from iqcurate.analysis.sensitivity.protocol import DISTORTIONS, VERSION, make_plan
from iqcurate.api.columns import wanted_columns
from iqcurate.api.options import Options, make_options
from iqcurate.api.robustness_cost import estimate
from iqcurate.api.robustness_images import draw_sample
from iqcurate.api.run import RunReport
from iqcurate.api.sensitivity_files import STORE
from iqcurate.api.sensitivity_images import AT_INPUT, choose_canvas, versions
from iqcurate.api.sensitivity_models import (
    Asked,
    as_it_comes,
    load_subjects,
    make_fill,
    named,
    note_labels,
)
from iqcurate.api.sensitivity_pictures import LAYERED, examples_of, layers_of
from iqcurate.api.sensitivity_result import Found, SensitivityResult
from iqcurate.api.sensitivity_table import Table
from iqcurate.api.variant_run import VariantRun
from iqcurate.devices import check_device
from iqcurate.engine import Engine
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.models.request import Request
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from iqcurate.analysis.sensitivity.curves import Answers
    from iqcurate.analysis.sensitivity.protocol import Plan
    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.robustness_cost import CheckCost
    from iqcurate.api.sensitivity_pictures import Example, Layers
    from iqcurate.spec import MetricSpec

    PathLike = str | os.PathLike[str]

KIND = "iqcurate-sensitivity-rows"
SAMPLE = 300
NO_METRICS = "none"
_PER_MODEL = ("checkpoint", "classes", "input", "outputs")


def check_sensitivity(
    source: PathLike | Sequence[PathLike],
    output: PathLike,
    *,
    models: Sequence[str],
    distortions: Sequence[str] | None = None,
    levels: Sequence[str] | str | None = None,
    at: str | int = AT_INPUT,
    sample: int = SAMPLE,
    seed: int = 0,
    checkpoint: Sequence[PathLike] | PathLike | None = None,
    classes: Sequence[PathLike] | PathLike | None = None,
    input: Sequence[str] | str | None = None,  # noqa: A002 - as in `predict`
    outputs: Sequence[str] | str | None = None,
    pretrained: bool = False,
    batch: int | None = None,
    announce: Callable[[CheckCost], None] | None = None,
    **options: Unpack[Options],
) -> SensitivityResult:
    """Measure how accuracy falls when images are damaged, and at which quality score.

    Parameters
    ----------
    source
        As for `iqcurate.score`; images need labels.
    output
        Folder of the rows; an existing one is continued. `SensitivityResult.save` writes the
        report into it.
    models
        As for `iqcurate.predict` (but no probe), or ``NAME=MODEL``; those after the first are
        compared with it.
    distortions
        Of ``blur``, ``noise``, ``contrast``, ``jpeg``, ``jpeg2000``, ``resolution``, ``motion``,
        ``defocus``; default: the first six.
    levels
        ``full`` (default; those of the paper), ``coarse``, or ``["blur=1,2,4"]``.
    at
        What is distorted: ``input`` (what the largest of the networks sees, at its size),
        ``image`` (the whole image), or a number of pixels.
    sample
        At most so many images, by chance.
    seed
        Of the sample, the noise and the draws.
    checkpoint, classes, input, outputs
        As for `iqcurate.predict`: one for all models, or one a model in their order (``-`` for
        none).
    pretrained
        Download the parameters that torchvision or timm name.
    batch
        Images at a time.
    announce
        Called with what it will take, before it begins.
    options
        Metrics (``["none"]`` for none), device, what is listed, limits, progress: as for
        `iqcurate.score`.

    Returns
    -------
    SensitivityResult, whose ``verdicts``, ``curves``, ``falls`` and ``links`` are tables.

    Raises
    ------
    SourceError, StoreError, MetricError, ModelError, UsageError
        Where the call cannot be carried out.

    Examples
    --------
    >>> result = iqcurate.check_sensitivity(
    ...     "photos/", "sensitivity/", models=["efficientnet-lite0"], levels="coarse"
    ... )
    >>> result.verdicts[["model", "distortion", "verdict", "sensitive_from"]]
    >>> result.save()
    """
    names: list[PathLike] = [source] if isinstance(source, str | os.PathLike) else list(source)
    made = make_options(**options)
    per_model = {"checkpoint": checkpoint, "classes": classes, "input": input, "outputs": outputs}
    asked = ask_models(
        models, {n: _listed(v) for n, v in per_model.items()}, made, pretrained, batch,
        options.get("device") or "auto",
    )  # fmt: skip
    study = Study(
        [os.fspath(n) for n in names], Path(output), made, asked,
        plan=make_plan(_listed(distortions), _listed(levels)), at=str(at), sample=sample, seed=seed,
    )  # fmt: skip
    if announce is not None:
        announce(study.cost())
    return study.run()


def _listed(value: Sequence[PathLike] | PathLike | None) -> list[str] | None:
    if value is None:
        return None
    return [os.fspath(v) for v in ([value] if isinstance(value, str | os.PathLike) else value)]


def ask_models(
    models: Sequence[str],
    given: dict[str, list[str] | None],
    options: ScoreOptions,
    pretrained: bool = False,
    batch: int | None = None,
    device: str = "auto",
) -> list[Asked]:
    """From names of models, and options that are one for all or one for each, to what to load.

    Raises
    ------
    UsageError
        Where there are other numbers of options than of models, or a probe is asked for.
    """
    if isinstance(models, str) or not models:
        raise UsageError("models is a list of at least one model")
    check_device(device)
    threads = options.workers or default_workers()
    columns = {name: _for_each(name, given.get(name), len(models)) for name in _PER_MODEL}
    asked = []
    for number, text in enumerate(models):
        name, model = named(text)
        if model == "probe":
            raise UsageError(
                "--model probe: a probe is trained anew in each fold; name a model that is trained"
            )
        own = {n: values[number] for n, values in columns.items()}
        checkpoint, classes = own["checkpoint"], own["classes"]
        request = Request(
            model, False, None if checkpoint is None else Path(checkpoint), pretrained,
            own["input"], own["outputs"], device, batch, threads,
        )  # fmt: skip
        asked.append(Asked(name, request, classes))
    return asked


def _for_each(name: str, values: list[str] | None, models: int) -> list[str | None]:
    if not values:
        return [None] * models
    if len(values) not in (1, models):
        raise UsageError(
            f"--{name} is given {len(values)} times, for {models} models: once for all, or once "
            "for each ('-' for none)"
        )
    return [None if v == "-" else v for v in (values * models)[:models]]


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
        self.subjects = load_subjects(asked, labels)
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
            examples = examples_of(self.versions, answers, self.engine)
            layers = self._layers()
        self.report.seconds = time.monotonic() - began
        return SensitivityResult(
            found, self.plan, self.metrics, self._provenance(), self.output, self.report,
            examples, layers,
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
        for (name, level), n in table.undefined.items():
            self.report.note(f"{n} images have no version {name} {level:g}: it cannot be made")
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
