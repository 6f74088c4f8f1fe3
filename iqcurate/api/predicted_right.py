"""Whether images were predicted rightly: top-1 and top-5."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.ids import positions
from iqcurate.api.inputs import VARIANT
from iqcurate.api.predictions import read_predictions
from iqcurate.errors import UsageError
from iqcurate.models.classes import IMAGENET, imagenet_classes, read_classes

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    import numpy.typing as npt

    from iqcurate.api.embeddings import Embedded
    from iqcurate.models.classes import Classes

    PathLike = str | os.PathLike[str]
    Right = dict[str, npt.NDArray[np.float64]]

_TOP = 5
_AT_ONCE = 4096


def from_head(
    found: Embedded, labels: Sequence[str | None], classes_file: PathLike | None
) -> Right | None:
    """Put embeddings through the layer that was cut off, and see what the labels say.

    Returns
    -------
    ``top1`` and, with more than five classes, ``top5``: 1, 0, or NaN where the label is no class;
    None where the model has no such layer, or no label is a class.
    """
    model = found.model
    if model is None or model.head is None:
        return None
    classes = _classes(classes_file, model.classes)
    if classes is None or len(classes) != len(model.head.bias):
        return None
    truth = [classes.find(label) for label in labels]
    known = np.array([t is not None for t in truth]) & found.known
    if not known.any():
        return None
    number = np.array([-1 if t is None else t for t in truth])
    place = np.full(len(labels), np.nan)
    rows = np.flatnonzero(known)
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        logits = model.head.logits(found.vectors[some])
        true = logits[np.arange(len(some)), number[some]]
        place[some] = (logits > true[:, None]).sum(axis=1)
    right = {"top1": _below(place, 1)}
    return right | ({"top5": _below(place, _TOP)} if len(classes) > _TOP else {})


def from_predictions(source: PathLike, ids: Sequence[str], labels: Sequence[str | None]) -> Right:
    """Read from a table of predictions whether some images are right.

    Raises
    ------
    UsageError
        Where it has none of these images.
    """
    table = read_predictions(source).table
    for name, usual in VARIANT.items():
        if name in table.schema.names:
            table = table.filter(pc.equal(pc.fill_null(table.column(name), usual), usual))
    place = positions(pa.chunked_array([pa.array(list(ids), pa.string())]), table.column("id"))
    if not (place >= 0).any():
        raise UsageError(f"{source}: has no prediction of any of the {len(ids)} images")
    if "correct" in table.schema.names:
        right = {"top1": _taken(table.column("correct"), place)}
    else:
        predicted = table.column("predicted").to_pylist()
        values = [
            np.nan if row < 0 or label is None else float(predicted[row] == label)
            for row, label in zip(place.tolist(), labels, strict=True)
        ]
        right = {"top1": np.array(values)}
    if "correct_top5" in table.schema.names:
        top5 = _taken(table.column("correct_top5"), place)
        right |= {"top5": top5} if np.isfinite(top5).any() else {}
    return right


def _taken(truths: pa.ChunkedArray, place: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    values = truths.cast(pa.float64()).to_numpy()
    return np.where(place >= 0, values[place], np.nan)


def _below(place: npt.NDArray[np.float64], top: int) -> npt.NDArray[np.float64]:
    """Whether so few classes are more likely than the true one; NaN where that is not known."""
    return np.where(np.isnan(place), np.nan, place < top)


def _classes(given: PathLike | None, own: Classes | None) -> Classes | None:
    if given is None:
        return own
    if str(given) == IMAGENET and not Path(IMAGENET).is_file():
        return imagenet_classes()
    return read_classes(Path(given))
