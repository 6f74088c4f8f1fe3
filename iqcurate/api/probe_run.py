"""Predictions by a probe that is trained here: features into a store, then cross-validation."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.classifier_run import (
    LIBRARIES,
    check_same_model,
    model_alone,
    prediction_record,
)
from iqcurate.api.columns import read_document
from iqcurate.api.fill import Fill
from iqcurate.api.options import Progress
from iqcurate.api.prediction_table import KEY, KIND, repeated_fields, schema
from iqcurate.api.store_run import StoreRun
from iqcurate.executors.local import default_workers
from iqcurate.models.classes import plain_classes
from iqcurate.models.judging import Judge
from iqcurate.models.loading import load_model
from iqcurate.models.model import FEATURES, PREDICTED, ModelOperator, try_out
from iqcurate.models.probe import NONE, cross_validate
from iqcurate.models.probe_choice import reasons, select_for_probe
from iqcurate.spec import Input
from iqcurate.store.schema import metric_fields
from iqcurate.store.table import Reader, Writer
from iqcurate.types import Status
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.run import RunReport
    from iqcurate.models.labelled import Labelled
    from iqcurate.models.model import Model
    from iqcurate.models.probe import Partition
    from iqcurate.models.probe_choice import ProbeOptions
    from iqcurate.models.request import Request

PROBE = "probe"
_FEATURES_KIND = "iqcurate-features"
_UNSEEN = "class_not_in_training: all other images of its class were in the part that was tested"


def predict_with_probe(
    sources: Sequence[str],
    store: Path,
    options: ScoreOptions,
    request: Request,
    probe: ProbeOptions,
) -> RunReport:
    """Fill a store with out-of-fold predictions; see `iqcurate.predict`.

    The features lie in a store of their own inside it, so that only those of new and changed
    images are computed; the probe is trained anew each time.
    """
    model = load_model(request)
    name = f"{PROBE}:{model.name}"
    record = prediction_record(name, {"features": model.fingerprint}, {"probe": asdict(probe)})
    check_same_model(read_document(store, KIND), record, store)
    features = store / "_iqcurate" / FEATURES
    fill = _fill(model, request, options, store)
    report = StoreRun(sources, features, options, _FEATURES_KIND, fill).run()
    if report.interrupted:
        return report
    known = Reader(features).to_table().sort_by("id")
    chosen = _chosen(known, probe, report)
    matrix = _matrix(known.column(FEATURES).take(pa.array(chosen.rows)))
    known = known.drop_columns([FEATURES])
    partitions = _validated(matrix, chosen, options, probe)
    if partitions is None:
        report.interrupted = True
        return report
    why = reasons(chosen, probe)
    _note_left_out(chosen, why, report)
    if len(partitions) < probe.partitions:
        report.note(
            f"{probe.partitions} partitions were asked for, and only {len(partitions)} found that "
            f"differ: so few groups can hardly be parted into {probe.folds} folds in other ways"
        )
    judge = Judge(plain_classes(chosen.classes), 0, name)
    table = _table(known, chosen, why, partitions, judge)
    record["strengths"] = [list(p.strengths) for p in partitions]
    _save(store, table, record, len(partitions), model)
    return report


def _fill(model: Model, request: Request, options: ScoreOptions, store: Path) -> Any:
    outputs = try_out(model)
    record = prediction_record(
        model.name,
        {"model": model.fingerprint, "decode": options.decode.fingerprint()},
        {"identity": dict(model.identity), "input": Input.RGB},
    )

    def make(document: Mapping[str, Any]) -> Fill:
        check_same_model(document, record, store, FEATURES)
        return Fill(
            {FEATURES: record},
            metric_fields({FEATURES: f"float32[{outputs}]"}),
            [ModelOperator(model, FEATURES, outputs)],
            model_alone(request, FEATURES, outputs, options),
            (*LIBRARIES, *model.libraries),
        )

    return make


def _chosen(known: pa.Table, probe: ProbeOptions, report: RunReport) -> Labelled:
    labels, groups, contents = (known.column(n).to_pylist() for n in ("label", "group", "sha256"))
    usable = pc.and_(known.column(FEATURES).is_valid(), pc.equal(known.column("status"), Status.OK))
    read = [content for content in contents if content is not None]
    if same := len(read) - len(set(read)):
        report.note(f"{same} images have the content of another: such are never parted")
    if not any(groups):
        report.note(
            "no groups are known: if photos of one object or scene belong together, say "
            "--group-from, or the probe is tested on what it has almost seen"
        )
    usable = usable.to_numpy(zero_copy_only=False)
    return select_for_probe(labels, groups, contents, usable, probe)


def _validated(
    features: npt.NDArray[np.float32], chosen: Labelled, options: ScoreOptions, probe: ProbeOptions
) -> list[Partition] | None:
    def told(done: int, of: int) -> None:
        if options.progress:
            options.progress(Progress(done, total=of, step="probes trained"))

    threads = options.workers or default_workers()
    return cross_validate(features, chosen, probe, threads, told, options.stop)


def _matrix(column: pa.ChunkedArray) -> npt.NDArray[np.float32]:
    flat = pc.list_flatten(column).to_numpy()
    return np.asarray(flat, np.float32).reshape(len(column), -1)


def _note_left_out(chosen: Labelled, why: Mapping[int, str], report: RunReport) -> None:
    if small := chosen.small:
        rows = sum(len(one.rows) for one in small)
        example = why[int(small[0].rows[0])].partition(": ")[2]
        report.note(
            f"{counted(rows, 'image')} of {counted(len(small), 'class', 'classes')} left out, for "
            f"lack of images: {example}"
        )
    if unlabelled := len(chosen.unlabelled):
        report.note(f"{counted(unlabelled, 'image')} without a label left out")


def _table(
    known: pa.Table,
    chosen: Labelled,
    why: Mapping[int, str],
    partitions: Sequence[Partition],
    judge: Judge,
) -> pa.Table:
    """One row an image; the columns of the first partition, then those of the others."""
    wanted = schema(len(partitions))
    rows = known.select([n for n in known.column_names if n in wanted.names]).to_pylist()
    for image, reason in why.items():
        rows[image]["metric_errors"] = _reason(reason)
    for number, partition in enumerate(partitions, 1):
        for i, image in enumerate(chosen.rows):
            row, fold = rows[image], int(partition.fold[i])
            if fold == NONE:
                if number == 1:
                    row["metric_errors"] = _reason(_UNSEEN)
                continue
            found = judge(partition.probabilities[i], row["label"], fold)
            suffix = f"_{number}" if number > 1 else ""
            row |= {f"{n}{suffix}": v for n, v in found.items() if f"{n}{suffix}" in wanted.names}
    return pa.Table.from_pylist([row | KEY for row in rows], schema=wanted)


def _reason(text: str) -> str:
    return json.dumps({PREDICTED: text}, ensure_ascii=False)


def _save(
    store: Path, table: pa.Table, record: Mapping[str, Any], partitions: int, model: Model
) -> None:
    """Replace all predictions of a store."""
    document = read_document(store, KIND)
    document["columns"] = {PREDICTED: dict(record)}
    libraries = (*LIBRARIES, *model.libraries, "scikit-learn")
    document["libraries"] = {n: version(n) for n in libraries}
    note = {"action": "probe", "images": len(table), "partitions": partitions}
    with Writer(store, schema(partitions), ("id", *KEY)) as writer:
        writer.save_provenance(document)
        writer.add_columns(repeated_fields(partitions), note)
        unknown = [f for f in writer.schema if f.name not in table.column_names]
        for field in unknown:  # of a run with more partitions
            table = table.append_column(field, pa.nulls(len(table), field.type))
        writer.update(table, note)
        writer.delete(~pc.field("id").isin(table.column("id").combine_chunks()), note)
