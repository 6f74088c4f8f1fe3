"""Scores and predictions of the same images, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.ids import hashes, positions
from iqcurate.api.inputs import VARIANT, has_variants, keys
from iqcurate.api.mismatch import guess
from iqcurate.api.predictions import further
from iqcurate.errors import UsageError

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.api.inputs import Scores
    from iqcurate.api.predictions import Predictions

_LOOKED_AT = 20_000
"""Ids without a partner that a guess is made from."""
_OURS = ("id", "label", "group", *VARIANT)


@dataclass(frozen=True, slots=True)
class Joined:
    """Images with a score row and a known prediction.

    Parameters
    ----------
    rows
        Rows of the scores, int64 (M,).
    wrong
        Whether they were predicted wrongly, bool (M,).
    units
        int32 (M,): images of one group (or one image's variants) have the same; None where
        every row is one of its own.
    grouped
        Whether units are groups of the table.
    classes
        int32 (M,), -1 without a label; None without any.
    p_true, confidence
        Probability of the true and of the predicted class, float64 (M,), or None.
    further
        ``wrong`` in further partitions of a cross-validation, where they are known for all.
    models
        Names of the classifiers.
    notes
        What did not match, in words.
    """

    rows: npt.NDArray[np.int64]
    wrong: npt.NDArray[np.bool_]
    units: npt.NDArray[np.int32] | None
    grouped: bool
    classes: npt.NDArray[np.int32] | None
    p_true: npt.NDArray[np.float64] | None
    confidence: npt.NDArray[np.float64] | None
    further: tuple[npt.NDArray[np.bool_], ...]
    models: tuple[str, ...]
    notes: tuple[str, ...]


def join(scores: Scores, predictions: Predictions) -> Joined:
    """Put predictions beside scores by id (and variant and level, where tables have them).

    Raises
    ------
    UsageError
        Where no image is in both, or right and wrong cannot be told.
    """
    place, notes = _places(scores, predictions)
    rows = np.flatnonzero(place >= 0)
    table = predictions.table.drop_columns(["id"]).take(pa.array(place[rows]))
    ours = scores.table.select([n for n in _OURS if n in scores.table.schema.names])
    ours = ours.take(pa.array(rows)) if len(rows) < len(place) else ours
    label = _either(ours, table, "label", predictions_first=True)
    correct = _correct(table, label, predictions.name)
    known = pc.is_valid(correct)
    if not pc.all(known).as_py():
        chosen = known.to_numpy()
        notes.append(f"{len(rows) - int(chosen.sum())} predictions are empty and not used")
        rows, table, ours = rows[chosen], table.filter(known), ours.filter(known)
        label, correct = label.filter(known), correct.filter(known)
    units, grouped = _units(_either(ours, table, "group"), ours)
    return Joined(
        rows=rows,
        wrong=~correct.to_numpy(),
        units=units,
        grouped=grouped,
        classes=_codes(label) if label.null_count < len(label) else None,
        p_true=_numbers(table, "p_true"),
        confidence=_numbers(table, "confidence"),
        further=_further(table, label),
        models=_models(table),
        notes=tuple(notes),
    )


def _places(scores: Scores, predictions: Predictions) -> tuple[npt.NDArray[np.int64], list[str]]:
    """Row of the prediction of each score, -1 where there is none; and what did not match."""
    by_variant = has_variants(scores.table) or has_variants(predictions.table)
    ours = keys(scores.table, scores.table.column("id"), by_variant)
    theirs = keys(predictions.table, predictions.table.column("id"), by_variant)
    place = positions(ours, theirs)
    lacking = np.flatnonzero(place < 0)
    uris = scores.table.column("uri")
    if len(lacking) and uris.null_count < len(uris):
        wanted = keys(scores.table, uris, by_variant).take(pa.array(lacking))
        place[lacking] = positions(wanted, theirs)
    return place, _unmatched(place, scores, predictions)


def _unmatched(place: npt.NDArray[np.int64], scores: Scores, predictions: Predictions) -> list[str]:
    used = np.zeros(predictions.table.num_rows, dtype=bool)
    used[place[place >= 0]] = True
    ours, theirs = np.flatnonzero(place < 0), np.flatnonzero(~used)
    notes = [
        f"{len(rows)} of {of} {what} (such as {ids[int(rows[0])].as_py()!r})"
        for rows, of, what, ids in (
            (ours, len(place), "images have no prediction", scores.table.column("id")),
            (theirs, len(used), "predictions have no image", predictions.table.column("id")),
        )
        if len(rows)
    ]
    if len(ours) and len(theirs):
        words = guess(
            _some(predictions.table, theirs), _some(scores.table, ours),
            predictions.name, scores.name,
        )  # fmt: skip
        notes += [f"of those ids, {words}"] if words else []
    if not used.any():
        raise UsageError(
            f"no row of {predictions.name} has the id of an image of {scores.name}: "
            + "; ".join([*notes, "another column may hold the ids: --columns id=NAME"])
        )
    return notes


def _some(table: pa.Table, rows: npt.NDArray[np.int64]) -> list[str]:
    step = max(1, len(rows) // _LOOKED_AT)
    texts: list[str] = table.column("id").take(pa.array(rows[::step])).to_pylist()
    return texts


def _either(
    ours: pa.Table, theirs: pa.Table, name: str, predictions_first: bool = False
) -> pa.ChunkedArray:
    """A column that both tables may have: the first one's, where it has a value."""
    columns = [t.column(name) for t in (ours, theirs) if name in t.schema.names]
    return pc.coalesce(*(reversed(columns) if predictions_first else columns))


def _correct(table: pa.Table, label: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    if "correct" in table.schema.names:
        return table.column("correct")
    if label.null_count == len(label):
        raise UsageError(
            f"neither {name} nor the scores have labels, so right and wrong cannot be told: "
            "name their column (--columns label=NAME), or give one called 'correct'"
        )
    predicted = table.column("predicted")
    labels, answers = (pc.drop_null(pc.unique(c)) for c in (label, predicted))
    if len(answers) and not pc.any(pc.is_in(answers, value_set=labels)).as_py():
        raise UsageError(
            f"nothing that {name} predicts is a label: labels are such as {_shown(labels)}, "
            f"predictions such as {_shown(answers)}"
        )
    return pc.equal(label, predicted)


def _further(table: pa.Table, label: pa.ChunkedArray) -> tuple[npt.NDArray[np.bool_], ...]:
    columns = ((n, table.column(n)) for n in further(table))
    right = [pc.equal(label, c) if n.startswith("predicted") else c for n, c in columns]
    return tuple(~correct.to_numpy() for correct in right if not correct.null_count)


def _shown(texts: pa.Array) -> str:
    return ", ".join(repr(t.as_py()) for t in texts.take(pc.array_sort_indices(texts))[:3])


def _codes(texts: pa.ChunkedArray) -> npt.NDArray[np.int32]:
    return numbered(texts)[1]


def numbered(texts: pa.ChunkedArray) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """Distinct texts in order, and the number of each, -1 where there is none.

    So rows may come in any order.
    """
    names = pc.drop_null(pc.unique(texts))
    names = names.take(pc.array_sort_indices(names))
    codes = pc.fill_null(pc.index_in(texts, value_set=names), -1)
    return names, codes.to_numpy().astype(np.int32)


def _units(group: pa.ChunkedArray, table: pa.Table) -> tuple[npt.NDArray[np.int32] | None, bool]:
    """Groups; where there is none, the id, which several variants may have."""
    grouped = group.null_count < len(group)
    several = has_variants(table)
    if not grouped and not several:
        return None, False
    codes = _codes(group)
    alone = np.flatnonzero(codes < 0)
    _, own = np.unique(hashes(table.column("id").take(pa.array(alone))), return_inverse=True)
    codes[alone] = own + codes.max(initial=-1) + 1
    return codes, grouped


def _numbers(table: pa.Table, name: str) -> npt.NDArray[np.float64] | None:
    if name not in table.schema.names or table.column(name).null_count == table.num_rows:
        return None
    values: npt.NDArray[np.float64] = table.column(name).to_numpy()
    return values


def _models(table: pa.Table) -> tuple[str, ...]:
    if "model" not in table.schema.names:
        return ()
    return tuple(sorted(pc.drop_null(pc.unique(table.column("model"))).to_pylist()))
