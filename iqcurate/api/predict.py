"""Predict the class of each image: by a trained model, or by a probe that is trained here."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from iqcurate.analysis.accuracy import Accuracy, accuracy_of
from iqcurate.api.options import RunOptions, make_options
from iqcurate.api.prediction_table import export, places, read
from iqcurate.api.tables import to_frame
from iqcurate.devices import check_device
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.models.probe_choice import ProbeOptions
from iqcurate.models.request import Request
from iqcurate.store.table import is_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.run import RunReport

    PathLike = str | os.PathLike[str]

_PROBE = "probe"
_OF_PROBE = ("features", "folds", "partitions", "seed")
_OUTPUTS = ("logits", "probabilities")


class ModelOptions(TypedDict, total=False):
    """Keyword options of `predict` that say what to run, where each is described."""

    checkpoint: PathLike | None
    pretrained: bool
    classes: PathLike | None
    input: str | None
    outputs: str | None
    features: str | None
    folds: int | None
    partitions: int | None
    seed: int | None
    device: str
    batch: int | None
    force: bool


class PredictOptions(ModelOptions, RunOptions, total=False):
    """All keyword options of `predict`."""


@dataclass(frozen=True)
class PredictResult:
    """What `predict` gives back.

    Parameters
    ----------
    path
        The file that was asked for, or the store.
    store
        Folder of the store, from which the file was made.
    report
        What the run did.
    """

    path: Path
    store: Path
    report: RunReport

    @cached_property
    def frame(self) -> pd.DataFrame:
        """All predictions, one row an image, sorted by id."""
        return to_frame(read(self.store))

    def summary(self) -> Accuracy:
        """Counts, accuracies, and the classes with the most errors."""
        return accuracy_of(self.frame)

    @property
    def finished(self) -> bool:
        """Whether there are predictions; a probe that was interrupted has none yet."""
        return is_store(self.store)


def predict(
    source: PathLike | Sequence[PathLike],
    output: PathLike,
    *,
    model: str,
    **options: Unpack[PredictOptions],
) -> PredictResult:
    """Predict the class of each image.

    Parameters
    ----------
    source
        As for `iqcurate.score`.
    output
        A file (.parquet, .csv, .jsonl, .xlsx), whose store ``NAME.store`` lies beside it, or the
        folder of the store itself. An existing store is continued.
    model
        ``torchvision:NAME`` or ``timm:NAME`` (with `checkpoint` or `pretrained`), ``onnx:FILE``,
        ``efficientnet-lite0``, ``python:MODULE:FUNCTION``, or ``probe``.
    checkpoint
        Parameters for torchvision and timm: a state dict, .safetensors or from torch.save.
    pretrained
        Download the parameters that torchvision or timm name.
    classes
        File whose line i names output i, or ``imagenet``.
    input
        What the network takes, such as ``size=224,mean=.5,sd=.5``, where it does not say so.
    outputs
        ``logits`` or ``probabilities``, for ONNX files.
    features
        For the probe: ``hog`` (default), ``efficientnet-lite0``, ``timm:NAME``,
        ``torchvision:NAME`` or ``onnx:FILE``.
    folds, partitions, seed
        Of the probe's cross-validation; default 5, 3, 0.
    device
        ``auto``, ``cpu`` or ``cuda``.
    batch
        Images at a time.
    force
        Overwrite a file that was not made from its store.
    options
        What is listed, limits, progress: as for `iqcurate.score`.

    Returns
    -------
    PredictResult, whose ``frame`` has one row an image: id, variant, level, label, predicted,
    confidence, p_true, correct, correct_top5, model, fold, then group, status, error.

    Raises
    ------
    SourceError, StoreError, ModelError, WeightsError, UsageError
        Where the call cannot be carried out; images that cannot be read are rows without a
        prediction.

    Examples
    --------
    >>> iqcurate.predict("photos/", "predictions.parquet", model="probe").frame
    """
    names: list[PathLike] = [source] if isinstance(source, str | os.PathLike) else list(source)
    given: dict[str, Any] = {**options}
    of_model = {n: given.pop(n) for n in ModelOptions.__annotations__ if n in given}
    listing = make_options(**given)
    return run([os.fspath(n) for n in names], Path(output), model, of_model, listing)


def run(
    sources: Sequence[str],
    output: Path,
    model: str,
    of_model: dict[str, Any],
    options: ScoreOptions,
) -> PredictResult:
    """Do what `predict` says, from options that are put together already."""
    began = time.monotonic()
    given = {n: v for n, v in of_model.items() if v is not None and v is not False}
    store, file = places(output, given.pop("force", False))
    if model == _PROBE:
        report = _probe(sources, store, options, given)
    else:
        report = _classifier(sources, store, options, model, given)
    if file is not None and is_store(store):
        export(store, file)
    report.seconds = time.monotonic() - began
    return PredictResult(file or store, store, report)


def _probe(
    sources: Sequence[str], store: Path, options: ScoreOptions, given: dict[str, Any]
) -> RunReport:
    from iqcurate.api.probe_run import predict_with_probe

    if "classes" in given or "outputs" in given:
        raise UsageError("--model probe: its classes are the labels; no --classes, no --outputs")
    features = given.pop("features", "hog")
    probe = ProbeOptions(**{n: given.pop(n) for n in _OF_PROBE if n in given})
    return predict_with_probe(
        sources, store, options, _request(features, True, given, options), probe
    )


def _classifier(
    sources: Sequence[str],
    store: Path,
    options: ScoreOptions,
    model: str,
    given: dict[str, Any],
) -> RunReport:
    from iqcurate.api.classifier_run import predict_with_classifier

    if wrong := [n for n in _OF_PROBE if n in given]:
        raise UsageError(f"--{wrong[0]} is for --model probe")
    classes = given.pop("classes", None)
    request = _request(model, False, given, options)
    named = None if classes is None else os.fspath(classes)
    return predict_with_classifier(sources, store, options, request, named)


def _request(text: str, features: bool, given: dict[str, Any], options: ScoreOptions) -> Request:
    check_device(given.get("device", "auto"))
    if given.get("outputs", _OUTPUTS[0]) not in _OUTPUTS:
        raise UsageError(f"--outputs {given['outputs']}: it is {', '.join(_OUTPUTS)}")
    if given.get("batch", 1) < 1:
        raise UsageError(f"--batch {given['batch']}: it must be at least 1")
    if "checkpoint" in given:
        given["checkpoint"] = Path(given["checkpoint"])
    threads = options.workers or default_workers()
    return Request(text, features, threads=threads, **given)
