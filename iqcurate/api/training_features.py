"""Frozen features of the images of an experiment, computed once and kept in a store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.compute as pc

from iqcurate.api.classifier_run import LIBRARIES, model_alone, prediction_record
from iqcurate.api.fill import Fill
from iqcurate.api.variant_run import VariantRun, Versions
from iqcurate.engine import Engine
from iqcurate.models.loading import load_model
from iqcurate.models.model import FEATURES, ModelOperator, try_out
from iqcurate.spec import Input
from iqcurate.store.schema import metric_fields
from iqcurate.store.table import Reader
from iqcurate.tasks import CLEAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.run import RunReport
    from iqcurate.models.request import Request
    from iqcurate.types import ImageRef

_KIND = "iqcurate-training-features"


@dataclass(frozen=True, slots=True)
class Features:
    """Features of some images.

    Parameters
    ----------
    at
        Row by id, of those that have features.
    matrix
        float32 (n, numbers).
    contents
        Hash of each file by id.
    identity
        Of the model.
    libraries
        That it needs.
    """

    at: Mapping[str, int]
    matrix: npt.NDArray[np.float32]
    contents: Mapping[str, str]
    identity: Mapping[str, Any]
    libraries: tuple[str, ...]


def compute(
    refs: Sequence[ImageRef],
    store: Path,
    options: ScoreOptions,
    request: Request,
    report: RunReport,
) -> Features | None:
    """Compute what is not there yet; None where that was interrupted.

    Raises
    ------
    StoreError
        Where the store holds features of another model.
    ModelError, UsageError
        Where the model cannot be loaded.
    """
    model = load_model(request)
    outputs = try_out(model)
    scorer = {"model": model.fingerprint, "decode": options.decode.fingerprint()}
    record = prediction_record(
        model.name, scorer, {"identity": dict(model.identity), "input": Input.RGB}
    )
    fill = Fill(
        {FEATURES: record},
        metric_fields({FEATURES: f"float32[{outputs}]"}),
        [ModelOperator(model, FEATURES, outputs)],
        model_alone(request, FEATURES, outputs, options),
        (*LIBRARIES, *model.libraries),
    )
    engine = Engine(fill.operators, options.decode)
    wanted = [Versions(ref, (CLEAN,)) for ref in refs]
    VariantRun(wanted, store, options, fill, _KIND, {}, engine, report).run()
    if report.interrupted:
        return None
    identity = scorer | {"name": model.name}
    return _read(store, [ref.id for ref in refs], identity, outputs, fill.libraries)


def _read(
    store: Path,
    ids: Sequence[str],
    identity: Mapping[str, Any],
    outputs: int,
    libraries: Sequence[str],
) -> Features:
    table = Reader(store).to_table(["id", "sha256", FEATURES]).sort_by("id")
    among = set(ids)
    inside = [i in among for i in table["id"].to_pylist()]
    table = table.filter(pc.and_(inside, table[FEATURES].is_valid()))
    column, names = table[FEATURES], table["id"].to_pylist()
    flat = pc.list_flatten(column).to_numpy()
    matrix = np.asarray(flat, np.float32).reshape(len(names), outputs)
    contents = dict(zip(names, table["sha256"].to_pylist(), strict=True))
    at = {name: row for row, name in enumerate(names)}
    return Features(at, matrix, contents, identity, tuple(libraries))
