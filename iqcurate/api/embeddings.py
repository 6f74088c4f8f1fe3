"""Embeddings of some images: computed into a store that is continued, or read from a table."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.classifier_run import LIBRARIES, model_alone, prediction_record
from iqcurate.api.fill import Fill
from iqcurate.api.ids import positions
from iqcurate.api.run import RunReport
from iqcurate.api.variant_run import VariantRun, Versions, read_scores_of
from iqcurate.engine import Engine
from iqcurate.errors import SourceError, UsageError
from iqcurate.models.loading import load_model
from iqcurate.models.model import FEATURES, ModelOperator, try_out
from iqcurate.spec import Input
from iqcurate.store.schema import metric_fields
from iqcurate.store.table import Reader, is_store
from iqcurate.tabular import read_table
from iqcurate.tasks import CLEAN

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy.typing as npt

    from iqcurate.api.options import ScoreOptions
    from iqcurate.models.model import Model
    from iqcurate.models.request import Request
    from iqcurate.types import ImageRef

    PathLike = str | os.PathLike[str]
    Rows = npt.NDArray[np.float32]

KIND = "iqcurate-embeddings"
EMBEDDING = "embedding"


@dataclass(frozen=True, slots=True)
class Embedded:
    """Embeddings of N images.

    Parameters
    ----------
    vectors
        float32 (N, numbers); NaN for images without one.
    model
        What made them, where it is loaded.
    report
        Of the run, where there was one.
    """

    vectors: Rows
    model: Model | None = None
    report: RunReport | None = None

    @property
    def known(self) -> npt.NDArray[np.bool_]:
        """Which images have one, bool (N,)."""
        return np.asarray(np.isfinite(self.vectors).all(axis=1))


def compute(
    refs: Sequence[ImageRef], store: Path, request: Request, options: ScoreOptions
) -> Embedded:
    """Embed images by a model; those that the store has are not computed again.

    Parameters
    ----------
    refs
        The images.
    store
        Its folder.
    request
        The model, asked for its features.
    options
        Limits, workers, progress, stop.

    Raises
    ------
    StoreError
        Where the store has embeddings of another model, or by other settings.
    ModelError, UsageError
        Where the model cannot be loaded.
    """
    model = load_model(request)
    width = try_out(model)
    record = prediction_record(
        model.name,
        {"model": model.fingerprint, "decode": options.decode.fingerprint()},
        {"identity": dict(model.identity), "input": Input.RGB},
    )
    fill = Fill(
        {FEATURES: record},
        metric_fields({FEATURES: f"float32[{width}]"}),
        [ModelOperator(model, FEATURES, width)],
        model_alone(request, FEATURES, width, options),
        (*LIBRARIES, *model.libraries),
    )
    report, engine, began = RunReport(), Engine(fill.operators, options.decode), time.monotonic()
    wanted = [Versions(ref, (CLEAN,)) for ref in refs]
    VariantRun(wanted, store, options, fill, KIND, {}, engine, report).run()
    report.seconds = time.monotonic() - began
    ids = [ref.id for ref in refs]
    return Embedded(_aligned(read_scores_of(store, ids, [FEATURES]), ids, FEATURES), model, report)


def read(source: PathLike, ids: Sequence[str]) -> Embedded:
    """Embeddings of some images from a file or a store.

    Parameters
    ----------
    source
        ``.npz`` with arrays ``ids`` and ``embeddings``; a table (Parquet, JSON lines) with an
        ``id`` and one column of lists; a store of embeddings, or of a probe's predictions.
    ids
        Of the images that are wanted.

    Raises
    ------
    SourceError
        Where it cannot be read, or holds no embeddings.
    """
    path = Path(source)
    if path.suffix == ".npz":
        return Embedded(_aligned(_from_npz(path), ids, EMBEDDING))
    table = _from_store(path) if path.is_dir() else read_table(path, ("id",))
    columns = [f.name for f in table.schema if _is_list(f.type)]
    if "id" not in table.schema.names or len(columns) != 1:
        raise SourceError(
            f"{path}: needs a column id and one column of lists of numbers; has "
            f"{', '.join(table.schema.names)}"
        )
    return Embedded(_aligned(table, ids, columns[0]))


def write(path: Path, ids: Sequence[str], vectors: Rows) -> None:
    """Write embeddings: ``.npz`` (``ids``, ``embeddings``), or Parquet with fixed-size lists.

    Raises
    ------
    UsageError
        Where the name has another ending.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            if path.suffix == ".npz":
                np.savez(file, ids=np.array(ids), embeddings=vectors)
            elif path.suffix == ".parquet":
                import pyarrow.parquet as pq

                flat = pa.array(vectors.reshape(-1))
                lists = pa.FixedSizeListArray.from_arrays(flat, vectors.shape[1])
                pq.write_table(pa.table({"id": list(ids), EMBEDDING: lists}), file)
            else:
                raise UsageError(f"{path}: the name must end in .npz or .parquet")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def _from_npz(path: Path) -> pa.Table:
    try:
        with np.load(path, allow_pickle=False) as held:
            ids, vectors = held["ids"], np.asarray(held["embeddings"], np.float32)
    except (OSError, ValueError, KeyError) as error:
        raise SourceError(f"{path}: is no .npz with ids and embeddings: {error}") from error
    if vectors.ndim != 2 or len(ids) != len(vectors):
        raise SourceError(f"{path}: embeddings are {vectors.shape} for {len(ids)} ids")
    lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.reshape(-1)), vectors.shape[1])
    return pa.table({"id": pa.array(ids.astype(str).tolist()), EMBEDDING: lists})


def _from_store(path: Path) -> pa.Table:
    inside = path / "_iqcurate" / FEATURES
    for folder in (inside, path):
        if is_store(folder):
            reader = Reader(folder)
            if FEATURES in reader.schema.names:
                return reader.to_table(["id", FEATURES])
    raise SourceError(f"{path}: is no store of embeddings")


def _is_list(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind))


def _aligned(table: pa.Table, ids: Sequence[str], column: str) -> Rows:
    """Vectors in the order of ids, NaN where there is none."""
    table = table.filter(table.column(column).is_valid())
    theirs = table.column("id").cast(pa.string())
    sizes = pc.unique(pc.list_value_length(table.column(column))).to_pylist()
    if len(sizes) > 1:
        raise SourceError(f"embeddings have different lengths: {', '.join(map(str, sizes[:3]))}")
    width = sizes[0] if sizes else 0
    flat = pc.list_flatten(table.column(column)).to_numpy()
    vectors = np.asarray(flat, np.float32).reshape(-1, width)
    made = np.full((len(ids), max(width, 1)), np.nan, np.float32)
    ours = pa.chunked_array([pa.array(list(ids), pa.string())])
    place = positions(ours, theirs)
    made[place >= 0] = vectors[place[place >= 0]]
    return made
