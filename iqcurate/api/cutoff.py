"""From scores and predictions to cut-offs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from iqcurate.analysis.cutoffs.by_hand import quantile_cutoff, set_cutoff
from iqcurate.analysis.cutoffs.doubts import Parts, of_effects, of_parts
from iqcurate.analysis.cutoffs.find import Settings, find_cutoff, oriented, place
from iqcurate.analysis.cutoffs.methods import Method
from iqcurate.analysis.cutoffs.ranks import srcc
from iqcurate.analysis.cutoffs.sample import Sample, compact
from iqcurate.api.cutoff_result import CutoffResult
from iqcurate.api.inputs import VARIANT, read_scores
from iqcurate.api.join import join, numbered
from iqcurate.api.predictions import read_predictions
from iqcurate.cutoffs import Cutoff, Cutoffs, Verdict
from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.api.inputs import Scores, ScoresLike
    from iqcurate.api.join import Joined
    from iqcurate.api.predictions import PredictionsLike
    from iqcurate.spec import Direction


def find_cutoffs(
    scores: ScoresLike,
    predictions: PredictionsLike | None = None,
    *,
    metrics: Sequence[str] | None = None,
    directions: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    method: str | None = None,
    by_hand: Mapping[str, float] | None = None,
    count_weighted: bool = False,
    normalise: bool = False,
    bootstraps: int = 1000,
    seed: int = 0,
) -> CutoffResult:
    """Find where scores separate images that a classifier gets right from those it gets wrong.

    Parameters
    ----------
    scores
        A score store, or any table (file or in memory) with an id or path and columns of scores.
    predictions
        A table (file, store or in memory) with an id or path, a label and the predicted one.
        Without it, only `by_hand` and the method ``quantile:SHARE`` can give cut-offs.
    metrics
        Columns of scores; default: all with a known direction.
    directions
        Column -> ``higher`` or ``lower`` (which is better), where it is not known.
    columns
        Which columns of the predictions are ours: ``{"label": "target"}``.
    method
        ``kde`` (default), ``plain`` (the rule of Smith et al. 2024 as it stands), ``youden``,
        ``accuracy:SHARE`` (of what is kept) or ``quantile:SHARE`` (of what is rejected).
    by_hand
        Column -> cut-off that you choose; with `normalise`, on the normalised scale.
    count_weighted
        Weight the curves by the number of images, instead of each having area 1.
    normalise
        Show cut-offs on the scale on which the smallest score is 0 and the largest 1. The file
        stays on the scale of the scores.
    bootstraps
        Draws of the bootstrap for the interval.
    seed
        The same seed gives the same result.

    Raises
    ------
    SourceError, StoreError
        Where a table cannot be read.
    UsageError
        Where the call cannot be right: an unknown column, no image in both tables ...

    Examples
    --------
    >>> result = iqcurate.find_cutoffs("scores/", "predictions.parquet")
    >>> result.frame[["metric", "verdict", "cutoff", "reason"]]
    >>> result.save("cutoffs.json")
    """
    hand = dict(by_hand or {})
    _check(predictions is not None, method, hand, bootstraps)
    only_hand = predictions is None and method is None
    if only_hand and metrics is None:
        metrics = list(hand)
    elif metrics is not None:
        metrics = [*metrics, *(n for n in hand if n not in metrics)]
    table = read_scores(scores, metrics, directions, variants=predictions is not None)
    if unknown := [n for n in hand if n not in table.directions]:
        raise UsageError(
            f"a cut-off was set for {unknown[0]!r}, which is no column of scores with a direction; "
            f"there are {', '.join(table.directions)}"
        )
    joined = None if predictions is None else join(table, read_predictions(predictions, columns))
    pa.default_memory_pool().release_unused()  # of large tables much that was freed is kept
    share = _quantile(method)
    found = Method() if share is not None else _method(method or "kde", count_weighted)
    settings = Settings(found, bootstraps, seed)
    made: dict[str, Cutoff] = {}
    for name, direction in table.directions.items():
        if name in hand:
            made[name] = _by_hand(table, joined, name, hand[name], normalise)
        elif share is not None:
            made[name] = _by_quantile(table, joined, name, share)
        else:
            made[name] = _found(table, joined, name, direction, settings)
    doubts = [] if joined is None else _doubts(table, joined, made)
    provenance = _provenance(table, joined, predictions, method, settings)
    provenance |= {"doubts": doubts} if doubts else {}
    notes = (*(joined.notes if joined else ()), *doubts)
    if damaged := _damaged(table, joined):
        notes += (_damaged_words(damaged),)
    if table.unused:
        notes += (_unused(table.unused),)
    return CutoffResult(Cutoffs(made, provenance), notes, normalise, table, joined, found)


def _check(predicted: bool, method: str | None, hand: Mapping[str, float], bootstraps: int) -> None:
    if bootstraps < 100:
        raise UsageError(f"{bootstraps} bootstraps are too few for an interval: at least 100")
    if bad := [n for n, v in hand.items() if not np.isfinite(v)]:
        raise UsageError(f"the cut-off set for {bad[0]!r} is no number")
    if predicted or (_quantile(method) is not None) or (hand and method is None):
        return
    raise UsageError(
        "which images are predicted wrongly is not known: give --predictions FILE. Without them, "
        "--method quantile:0.2 (rejects the worst 20%) and --set NAME=VALUE are possible"
    )


def _quantile(method: str | None) -> float | None:
    if method is None or not method.startswith("quantile"):
        return None
    return _argument(method)


def _argument(method: str) -> float:
    name, _, text = method.partition(":")
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"the method {name} needs a share, as {name}:0.2") from None


def _method(method: str, count_weighted: bool) -> Method:
    name, colon, _ = method.partition(":")
    target = _argument(method) if colon or name == "accuracy" else None
    return Method(name, target, count_weighted)


def _sample(
    table: Scores, joined: Joined, name: str, direction: Direction
) -> tuple[Sample, npt.NDArray[np.bool_]]:
    """Images with a score and a prediction, and which of the joined rows they are."""
    values = table.values(name)[joined.rows]
    there = np.isfinite(values)
    units = None if joined.units is None else compact(joined.units)
    sample = Sample(oriented(values, direction), joined.wrong, units, joined.classes)
    return (sample if there.all() else sample.only(there)), there


def _found(
    table: Scores, joined: Joined | None, name: str, direction: Direction, settings: Settings
) -> Cutoff:
    if joined is None:
        raise ValueError("no predictions")
    sample, there = _sample(table, joined, name, direction)
    cutoff = find_cutoff(sample, direction, settings)
    evidence = dict(cutoff.evidence)
    if joined.p_true is not None:
        scores = oriented(sample.goodness, direction)
        evidence["srcc"] = srcc(joined.p_true[there], scores)
    if joined.further and cutoff.cutoff is not None:
        others = (replace(sample, wrong=wrong[there]) for wrong in joined.further)
        places = [cutoff.cutoff, *(place(s, direction, settings.method) for s in others)]
        known = [p for p in places if p is not None]
        evidence |= {"partitions": len(places), "partitions_with_cutoff": len(known),
                     "partitions_low": min(known), "partitions_high": max(known)}  # fmt: skip
    return replace(cutoff, evidence=evidence)


def _doubts(table: Scores, joined: Joined, made: Mapping[str, Cutoff]) -> list[str]:
    """Sentences on cut-offs that may be used, but should not be without a look."""
    trusted = {n: c for n, c in made.items() if c.verdict in (Verdict.USABLE, Verdict.WEAK)}
    samples = {n: _sample(table, joined, n, table.directions[n]) for n in trusted}
    said = of_effects(trusted)
    for kind in ("split", "group"):
        names, codes = numbered(table.table.column(kind).take(pa.array(joined.rows)))
        if len(names) > 1:
            parts = Parts(kind, names, codes)
            said += of_parts({n: (s, parts.only(there)) for n, (s, there) in samples.items()})
    return said


def _values(
    table: Scores, joined: Joined | None, name: str
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_] | None]:
    """Finite scores, and which are of wrong images; without predictions, of all images."""
    values = table.values(name)
    if joined is None:
        return values[np.isfinite(values)], None
    values = values[joined.rows]
    there = np.isfinite(values)
    return values[there], joined.wrong[there]


def _by_hand(
    table: Scores, joined: Joined | None, name: str, value: float, normalise: bool
) -> Cutoff:
    values, wrong = _values(table, joined, name)
    reason = f"set to {value:g}"
    if normalise:
        if not len(values):
            raise UsageError(f"{name} has no scores, so there is no normalised scale")
        value = float(values.min() + value * (values.max() - values.min()))
        reason += " on the normalised scale"
    return set_cutoff(value, reason, "hand", values, table.directions[name], wrong)


def _by_quantile(table: Scores, joined: Joined | None, name: str, share: float) -> Cutoff:
    values, wrong = _values(table, joined, name)
    direction = table.directions[name]
    value = quantile_cutoff(values, direction, share)
    if value is None:
        return Cutoff(None, direction, None, Verdict.REFUSED, "there are no scores", "quantile")
    reason = f"the worst {100 * share:.4g}% of the images are rejected, whatever they are"
    return set_cutoff(value, reason, "quantile", values, direction, wrong)


def _unused(columns: Sequence[str]) -> str:
    return (
        f"columns of numbers not used, because which way they point is not known: "
        f"{', '.join(columns)}; --direction {columns[0]}=higher (or lower) would use one"
    )


def _provenance(
    table: Scores,
    joined: Joined | None,
    predictions: PredictionsLike | None,
    method: str | None,
    settings: Settings,
) -> dict[str, Any]:
    from importlib.metadata import version

    made: dict[str, Any] = {"iqcurate": version("iqcurate"), "scores": table.name}
    if joined is not None:
        named = isinstance(predictions, str) or hasattr(predictions, "__fspath__")
        made |= {
            "predictions": str(predictions) if named else "a table in memory",
            "models": list(joined.models),
            "images": len(joined.rows),
            "resampled_by": _unit_name(joined),
        }
        if damaged := _damaged(table, joined):
            made["damaged_on_purpose"] = damaged
    return made | {
        "method": method or "kde",
        "count_weighted": settings.method.by_count,
        "bootstraps": settings.draws,
        "seed": settings.seed,
    }


def _damaged(table: Scores, joined: Joined | None) -> dict[str, int]:
    """Rows that are images damaged on purpose, by distortion."""
    if joined is None or "variant" not in table.table.schema.names:
        return {}
    variants = table.table.column("variant").take(pa.array(joined.rows)).to_pylist()
    usual = VARIANT["variant"]
    counts = Counter(name for name in variants if name not in (None, usual))
    return dict(sorted(counts.items()))


def _damaged_words(damaged: Mapping[str, int]) -> str:
    names = ", ".join(damaged)
    return (
        f"{sum(damaged.values())} rows are images that were damaged on purpose ({names}): the "
        "cut-offs are for such damage, which need not look like yours"
    )


def _unit_name(joined: Joined) -> str:
    return "group" if joined.grouped else "id"
