"""Predictions by a trained classifier, into a store."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.api.chosen import choose
from iqcurate.api.columns import read_document
from iqcurate.api.fill import Fill
from iqcurate.api.prediction_table import FIELDS, KEY, KIND, schema
from iqcurate.api.store_run import StoreRun
from iqcurate.errors import ModelError, StoreError, UsageError
from iqcurate.executors.alone import Alone, Part
from iqcurate.models.classes import IMAGENET, common_style, imagenet_classes, read_classes
from iqcurate.models.judging import PREDICTION, Judge
from iqcurate.models.loading import load_model
from iqcurate.models.model import PREDICTED, ModelOperator, make_operators, try_out
from iqcurate.operators import Undefined
from iqcurate.sources.base import Skip
from iqcurate.spec import Input

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.run import RunReport
    from iqcurate.models.classes import Classes
    from iqcurate.models.model import Model
    from iqcurate.models.request import Request
    from iqcurate.tasks import Row

LIBRARIES = ("iqcurate", "numpy", "pillow", "simplejpeg", "deltalake")
_NOTHING = dict.fromkeys(PREDICTION)


def predict_with_classifier(
    sources: Sequence[str],
    store: Path,
    options: ScoreOptions,
    request: Request,
    classes_file: str | None,
) -> RunReport:
    """Fill a store with the predictions of a trained model; see `iqcurate.predict`."""
    model = load_model(request)
    classes = choose_classes(model, classes_file)
    outputs = try_out(model)
    if outputs != len(classes):
        raise ModelError(
            f"{model.name} has {outputs} outputs, and {len(classes)} classes were named: "
            "--classes FILE names one a line, in the order of the outputs"
        )
    style = _style(sources, store, options, classes, model.name)
    judging = _Judging(Judge(classes, style, model.name))

    def make(document: Mapping[str, Any]) -> Fill:
        record = _record(model, classes, style, options)
        check_same_model(document, record, store)
        return Fill(
            {PREDICTED: record},
            FIELDS,
            [ModelOperator(model, PREDICTED, outputs)],
            model_alone(request, PREDICTED, outputs, options),
            (*LIBRARIES, *model.libraries),
            schema=schema(),
            key=KEY,
            judged_by=("label",),
            finish=judging.finish,
        )

    report = StoreRun(sources, store, options, KIND, make).run()
    judging.tell(report, at_end=_only_once(sources))
    return report


def model_alone(request: Request, column: str, width: int, options: ScoreOptions) -> Alone:
    """Images that may kill the process, by a model of their own process."""
    make = partial(make_operators, load_model, request, column, width)
    return Alone(Part(frozenset(), list), [Part(frozenset({column}), make)], options.stop)


def choose_classes(model: Model, given: str | None) -> Classes:
    """What the outputs stand for: what the user says, else what the model says.

    Raises
    ------
    UsageError
        Where neither does.
    """
    if given == IMAGENET and not Path(IMAGENET).is_file():
        return imagenet_classes()
    if given is not None:
        return read_classes(Path(given))
    if model.classes is None:
        raise UsageError(
            f"what the outputs of {model.name} stand for is not known: --classes FILE, whose line "
            "i names output i, or --classes imagenet (1000 classes in the order of their ids)"
        )
    return model.classes


def check_same_model(
    document: Mapping[str, Any],
    record: Mapping[str, Any],
    store: Path,
    column: str = PREDICTED,
) -> None:
    """Refuse to mix predictions, or features, of different models in one store.

    Raises
    ------
    StoreError
        Where the store has predictions of another model, or by other settings.
    """
    before = document["columns"].get(column)
    what = "predictions" if column == PREDICTED else column
    if before is not None and before["scorer"] != record["scorer"]:
        raise StoreError(
            f"{store} has {what} of {before['metric']} with other parameters, classes or "
            f"input than now ({record['metric']}): choose another output, or remove that folder"
        )


def _record(model: Model, classes: Classes, style: int, options: ScoreOptions) -> dict[str, Any]:
    return prediction_record(
        model.name,
        {
            "model": model.fingerprint,
            "classes": [list(forms) for forms in classes.names],
            "decode": options.decode.fingerprint(),
        },
        {"identity": dict(model.identity), "outputs": model.outputs, "classes": len(classes),
         "style": style},
    )  # fmt: skip


def prediction_record(
    name: str, scorer: Mapping[str, Any], more: Mapping[str, Any]
) -> dict[str, Any]:
    """What a store remembers of its predictions; `scorer` is what may not change."""
    text = json.dumps(scorer, sort_keys=True, default=str)
    return {
        "metric": name,
        "version": 1,
        "input": Input.RGB,
        "scorer": hashlib.sha256(text.encode()).hexdigest(),
        **more,
    }


def _style(
    sources: Sequence[str], store: Path, options: ScoreOptions, classes: Classes, name: str
) -> int:
    """How the predictions are written, by the labels that are listed.

    Names on standard input can be listed once only: they are looked at when all is done.
    """
    document = read_document(store, KIND)
    found = 0
    if not _only_once(sources):
        chosen = choose(sources, options.source, options.append, store, document, options.yes)
        labels = (ref.label for ref in chosen.source if not isinstance(ref, Skip))
        found = common_style(classes, _until_stopped(islice(labels, options.limit), options), name)
    known = document["columns"].get(PREDICTED)
    return int(known["style"]) if known else found


def _only_once(sources: Sequence[str]) -> bool:
    """Whether the source cannot be listed again."""
    return list(sources) == ["-"]


def _until_stopped(labels: Iterator[str | None], options: ScoreOptions) -> Iterator[str | None]:
    for label in labels:
        if options.stop():
            return
        yield label


@dataclass(slots=True)
class _Judging:
    """Turns probabilities into predictions, and counts labels that are no class."""

    judge: Judge
    labelled: int = 0
    unknown: Counter[str] = field(default_factory=Counter)

    def finish(self, row: Row) -> Row:
        """From a row with the probabilities to one with the columns of a prediction."""
        found, label = row.values.get(PREDICTED), row.task.ref.label
        if not isinstance(found, np.ndarray):
            values = {**_NOTHING, **row.values} if isinstance(found, Undefined) else row.values
            return replace(row, values=values)
        self.labelled += label is not None
        if label is not None and self.judge.classes.find(label) is None:
            self.unknown[label] += 1
        return replace(row, values=self.judge(found, label))

    def tell(self, report: RunReport, at_end: bool) -> None:
        """Note the labels that are no class; an error where all are, unless that was looked at."""
        n = sum(self.unknown.values())
        if at_end and n and n == self.labelled:
            common_style(self.judge.classes, self.unknown, self.judge.model)
        if n:
            report.note(
                f"{n} images have a label that is no class of {self.judge.model}, such as "
                f"{next(iter(self.unknown))!r}: whether they are right is left open"
            )
