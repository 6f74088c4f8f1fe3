"""The cut-off of one metric, from its scores and what was predicted wrongly."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.axis import Axis, level_axis, normal_axis, raw_axis
from iqcurate.analysis.cutoffs.methods import HALF_SCOTT, Method, crossings, curves
from iqcurate.analysis.cutoffs.resample import Binned, bootstrap, folds
from iqcurate.analysis.cutoffs.sample import Ranked, Sample, ranked
from iqcurate.analysis.cutoffs.separation import separation, within_classes
from iqcurate.analysis.cutoffs.shares import ONE_SIDED, TWO_SIDED, difference, share
from iqcurate.analysis.cutoffs.verdict import Evidence, judge, refusal
from iqcurate.cutoffs import Cutoff, Reference, Verdict
from iqcurate.spec import Direction

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.analysis.cutoffs.methods import Locate

FOLDS = 5
_KDE = Method()
QUANTILES = 101


@dataclass(frozen=True, slots=True)
class Settings:
    """How to find a cut-off.

    Parameters
    ----------
    method
        Where the place of the cut-off is.
    draws
        Of the bootstrap.
    seed
        Of the bootstrap and the folds.
    """

    method: Method = _KDE
    draws: int = 1000
    seed: int = 0


def oriented(scores: npt.NDArray[np.float64], direction: Direction) -> npt.NDArray[np.float64]:
    """Scores as goodness and back: higher is better."""
    return scores if direction is Direction.HIGHER else -scores


def find_cutoff(sample: Sample, direction: Direction, settings: Settings) -> Cutoff:
    """Find the cut-off of a metric.

    Parameters
    ----------
    sample
        Goodness (see `oriented`) of images with a score and a prediction.
    direction
        Of the scores; the result is on their scale.
    settings
        Method, draws, seed.
    """
    n_wrong = int(np.count_nonzero(sample.wrong))
    outcome = Cutoff(
        cutoff=None,
        direction=direction,
        interval=None,
        verdict=Verdict.REFUSED,
        reason="",
        method=settings.method.name,
        n_right=len(sample.wrong) - n_wrong,
        n_wrong=n_wrong,
        effect=effect(sample, None, None),
        reference=reference(oriented(sample.goodness, direction)),
    )
    why = refusal(len(sample.wrong) - n_wrong, n_wrong)
    if why is not None:
        return replace(outcome, reason=why)
    data = ranked(sample)
    if len(data.ranks.values) == 1:
        same = f"all images have the same score, {oriented(data.ranks.values, direction)[0]:g}"
        return replace(outcome, verdict=Verdict.NONE, reason=same)
    return _found(data, outcome, settings)


def place(sample: Sample, direction: Direction, method: Method) -> float | None:
    """Only the cut-off of `find_cutoff`, without interval or verdict; None where there is none."""
    n_wrong = int(np.count_nonzero(sample.wrong))
    if refusal(len(sample.wrong) - n_wrong, n_wrong) is not None:
        return None
    data = ranked(sample)
    if len(data.ranks.values) == 1:
        return None
    cut = _point(data, axis_of(data, method), method)
    return None if cut is None else float(oriented(np.array(cut), direction))


def _found(data: Ranked, outcome: Cutoff, settings: Settings) -> Cutoff:
    sample, way = data.sample, outcome.direction
    pooled, within = separation(data), within_classes(data)
    axis = axis_of(data, settings.method)
    cut = _point(data, axis, settings.method)
    bins = Binned(axis.bin_of_level[data.ranks.level], sample.wrong, sample.units, axis.bins)
    ends = None if cut is None else _interval(axis, bins, cut, settings)
    evidence = Evidence(
        pooled=pooled,
        within=within,
        labelled=sample.classes is not None and bool((sample.classes >= 0).any()),
        why_not=settings.method.why_not if cut is None else "",
        gain_low=0.0 if ends is None else min(_gain_low(sample, end) for end in ends),
        held_out=held_out(bins, settings.method.locate(axis), settings.seed),
    )
    verdict, reason = judge(evidence)
    return replace(
        outcome,
        cutoff=None if cut is None else float(oriented(np.array(cut), way)),
        interval=None if ends is None else _sorted(oriented(np.array(ends), way)),
        verdict=verdict,
        reason=reason,
        auc=pooled.interval(),
        crossings=_all_crossings(data, axis, settings.method, way),
        effect=effect(sample, cut, ends),
        evidence=_figures(evidence),
    )


def axis_of(data: Ranked, method: Method) -> Axis:
    """The scale that a method works on."""
    return raw_axis(data) if method.name == "plain" else normal_axis(data)


def _point(data: Ranked, axis: Axis, method: Method) -> float | None:
    """Goodness at the cut-off, or None where there is none."""
    if method.smooth:
        place = method.locate(axis)(axis.spread(data.right), axis.spread(data.wrong))
    else:
        axis = level_axis(data.ranks)
        place = method.locate(axis)(data.right, data.wrong)
    return float(axis.value(place)) if np.isfinite(place) else None


def _interval(axis: Axis, bins: Binned, cut: float, settings: Settings) -> tuple[float, float]:
    """Percentiles of the bootstrap, widened to hold the cut-off."""
    locate = settings.method.locate(axis, HALF_SCOTT)
    places = np.concatenate([locate(*c) for c in bootstrap(bins, settings.draws, settings.seed)])
    lowest, highest = axis.place(axis.values[[0, -1]])
    low, high = axis.value(np.quantile(np.clip(places, lowest, highest), (0.025, 0.975)))
    return min(float(low), cut), max(float(high), cut)


def _gain_low(sample: Sample, cut: float) -> float:
    """Lower 95% bound of the share of wrong minus the share of right images rejected."""
    rejected = sample.goodness < cut
    shares = [
        share(rejected[kind], None if sample.units is None else sample.units[kind])
        for kind in (sample.wrong, ~sample.wrong)
    ]
    return difference(shares[0], shares[1], ONE_SIDED)[0]


def held_out(
    data: Binned, locate: Locate, seed: int, k: int = FOLDS
) -> tuple[float, float, float] | None:
    """Error of rejected minus kept images, each by a cut-off that was found without its fold.

    Returns
    -------
    (low, point, high), or None where nothing or everything is rejected.
    """
    fold = folds(data, k, seed)
    cells = fold.astype(np.int32) * data.bins + data.at
    counts = [
        np.bincount(cells[kind], minlength=k * data.bins).reshape(k, data.bins).astype(float)
        for kind in (~data.wrong, data.wrong)
    ]
    places = locate(counts[0].sum(0) - counts[0], counts[1].sum(0) - counts[1])
    rejected = data.at < places[fold]
    if rejected.all() or not rejected.any():
        return None
    shares = [
        share(data.wrong[kind], None if data.units is None else data.units[kind])
        for kind in (rejected, ~rejected)
    ]
    return difference(shares[0], shares[1], TWO_SIDED)


def effect(
    sample: Sample, cut: float | None, ends: tuple[float, float] | None
) -> dict[str, float | None]:
    """What rejecting all images strictly worse than `cut` would do."""
    goodness, wrong = sample.goodness, sample.wrong
    low = np.zeros(len(wrong), dtype=bool) if cut is None else goodness < cut
    found = {
        "rejected": _mean(low),
        "rejected_right": _mean(low[~wrong]),
        "rejected_wrong": _mean(low[wrong]),
        "error_before": _mean(wrong),
        "error_kept": _mean(wrong[~low]),
    }
    if cut is None:
        found = {name: found[name] if name == "error_before" else None for name in found}
    inside = None if ends is None else _mean((goodness >= ends[0]) & (goodness <= ends[1]))
    return found | {"inside_interval": inside}


def reference(scores: npt.NDArray[np.float64]) -> Reference | None:
    """Distribution of scores, or None where there is none."""
    if not len(scores):
        return None
    cuts = np.quantile(scores, np.linspace(0, 1, QUANTILES))
    return Reference(float(cuts[0]), float(cuts[-1]), tuple(map(float, cuts)))


def _mean(values: npt.NDArray[np.bool_]) -> float | None:
    return float(values.mean()) if len(values) else None


def _sorted(ends: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(ends.min()), float(ends.max())


def _all_crossings(data: Ranked, axis: Axis, method: Method, way: Direction) -> tuple[float, ...]:
    if not method.smooth:
        return ()
    found = curves(axis.spread(data.right), axis.spread(data.wrong), axis, method.by_count)
    lowest, highest = axis.place(axis.values[[0, -1]])
    places = crossings(found)
    inside = places[(places >= lowest) & (places <= highest)]
    return tuple(sorted(map(float, oriented(axis.value(inside), way))))


def _figures(evidence: Evidence) -> dict[str, float | None]:
    held = evidence.held_out or (None, None, None)
    within = evidence.within
    return {
        "p_pooled": evidence.pooled.p,
        "p_within": None if within is None else within.p,
        "auc_within": None if within is None else within.auc,
        "n_wrong_within": None if within is None else within.n_wrong,
        "gain_low": None if evidence.why_not else evidence.gain_low,
        "held_out": held[1],
        "held_out_low": held[0],
        "held_out_high": held[2],
    }
