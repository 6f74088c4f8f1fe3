"""The models of a study of sensitivity: one group of columns each, beside the metrics."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.api.classifier_run import LIBRARIES, choose_classes, prediction_record
from iqcurate.api.files import file_name
from iqcurate.api.fill import Fill, column_records, metric_parts
from iqcurate.errors import ModelError, UsageError
from iqcurate.executors.alone import Alone, Part
from iqcurate.metrics.registry import load_operators
from iqcurate.models.classes import common_style
from iqcurate.models.judging import PREDICTION, Judge
from iqcurate.models.loading import load_model
from iqcurate.models.model import ModelOperator, try_out
from iqcurate.operators import Undefined
from iqcurate.store.schema import metric_fields

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.run import RunReport
    from iqcurate.api.sensitivity_asked import Asked
    from iqcurate.models.model import Model
    from iqcurate.spec import MetricSpec
    from iqcurate.tasks import Row

FIELDS = ("predicted", "confidence", "p_true", "correct", "correct_top5")
"""Of a prediction: a model's columns are ``FIELD:MODEL``."""


def column(field: str, model: str) -> str:
    """Column that holds a field of a model's predictions."""
    return f"{field}:{model}"


@dataclass(frozen=True, slots=True)
class Subject:
    """A loaded model.

    Parameters
    ----------
    asked
        From which it was loaded.
    model
        Itself.
    judge
        Turns its probabilities into a prediction.
    width
        Number of its outputs.
    """

    asked: Asked
    model: Model
    judge: Judge
    width: int

    @property
    def name(self) -> str:
        """In tables and figures."""
        return self.asked.name


def load_subjects(
    asked: Sequence[Asked], labels: Sequence[str | None], sizes: Sequence[tuple[int, int]]
) -> list[Subject]:
    """Load models, try them on pictures of some sizes, check that their classes are the labels.

    Raises
    ------
    UsageError, ModelError
        Where one cannot be loaded, two have one name, or no label is one of its classes.
    """
    files = Counter(file_name(a.name) for a in asked)
    twice = [a.name for a in asked if files[file_name(a.name)] > 1]
    if twice:
        raise UsageError(
            f"two models are called {twice[0]!r}, or would have files of one name: --model "
            "NAME=MODEL gives a name"
        )
    return [_load(each, labels, sizes) for each in asked]


def _load(asked: Asked, labels: Sequence[str | None], sizes: Sequence[tuple[int, int]]) -> Subject:
    model = load_model(asked.request)
    classes = choose_classes(model, asked.classes)
    width = try_out(model, sizes)
    if width != len(classes):
        raise ModelError(
            f"{asked.name} has {width} outputs, and {len(classes)} classes were named: "
            "--classes FILE names one a line, in the order of the outputs"
        )
    style = common_style(classes, labels, asked.name)
    return Subject(asked, model, Judge(classes, style, asked.name), width)


def make_fill(
    subjects: Sequence[Subject],
    metrics: Mapping[str, MetricSpec],
    options: ScoreOptions,
    cropped: bool,
) -> Fill:
    """Columns of the study; with `cropped` images come at the size of an input already."""
    records = column_records(metrics, options) | {
        column("predicted", s.name): _record(s, options) for s in subjects
    }
    first, others = metric_parts(metrics, options.setup)
    own = [
        Part(
            frozenset({column("predicted", s.name)}),
            partial(_operators, s.asked, s.width, cropped),
        )
        for s in subjects
    ]
    kinds = {column(f, s.name): PREDICTION[f] for s in subjects for f in FIELDS}
    libraries = {*LIBRARIES, "scipy"}
    libraries |= {name for s in subjects for name in s.model.libraries}
    return Fill(
        records,
        [*metric_fields({c: spec.dtype for c, spec in metrics.items()}), *metric_fields(kinds)],
        [*load_operators(metrics, options.setup), *(_operator(s, cropped) for s in subjects)],
        Alone(first, [*others, *own], options.stop),
        sorted(libraries),
        judged_by=("label",),
        finish=_Judging({s.name: s.judge for s in subjects}),
    )


def _operators(asked: Asked, width: int, cropped: bool) -> list[ModelOperator]:
    """Load a model as an operator, in a process of its own."""
    model = as_it_comes(load_model(asked.request), cropped)
    return [ModelOperator(model, column("predicted", asked.name), width)]


def _operator(subject: Subject, cropped: bool) -> ModelOperator:
    model = as_it_comes(subject.model, cropped)
    return ModelOperator(model, column("predicted", subject.name), subject.width)


def as_it_comes(model: Model, cropped: bool) -> Model:
    """Let a model crop nothing of an image that is cropped already."""
    if not cropped or model.input is None:
        return model
    return replace(model, prepare=replace(model.input, resize=0).prepare)


def _record(subject: Subject, options: ScoreOptions) -> dict[str, Any]:
    scorer = {
        "model": subject.model.fingerprint,
        "classes": [list(forms) for forms in subject.judge.classes.names],
        "style": subject.judge.style,
        "decode": options.decode.fingerprint(),
    }
    more = {"identity": dict(subject.model.identity), "classes": subject.width}
    return prediction_record(subject.name, scorer, more)


@dataclass(frozen=True, slots=True)
class _Judging:
    """From a row with probabilities to one with the columns of predictions."""

    judges: Mapping[str, Judge]

    def __call__(self, row: Row) -> Row:
        values = dict(row.values)
        for name, judge in self.judges.items():
            found = values.get(column("predicted", name))
            if isinstance(found, np.ndarray):
                prediction = judge(found, row.task.ref.label)
                values |= {column(field, name): prediction[field] for field in FIELDS}
            elif isinstance(found, Undefined):
                values |= {column(field, name): None for field in FIELDS[1:]}
        return replace(row, values=values)


def note_labels(
    subjects: Sequence[Subject], labels: Sequence[str | None], report: RunReport
) -> None:
    """Say how many labels are no class of a model."""
    for subject in subjects:
        unknown = [n for n in labels if n is not None and subject.judge.classes.find(n) is None]
        if unknown:
            report.note(
                f"{len(unknown)} images have a label that is no class of {subject.name}, such as "
                f"{unknown[0]!r}: they are left out"
            )
