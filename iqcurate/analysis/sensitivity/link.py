"""From a quality score to accuracy.

Below which score a model has lost half of its accuracy, and whether that score is the same for
every kind of damage.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import isotonic_regression

from iqcurate.analysis.bootstrap import draw
from iqcurate.analysis.sensitivity.curves import FALLS
from iqcurate.analysis.sensitivity.paired import share
from iqcurate.analysis.sensitivity.protocol import CLEAN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iqcurate.analysis.sensitivity.curves import Answers
    from iqcurate.analysis.sensitivity.paired import Estimate, Floats
    from iqcurate.analysis.sensitivity.protocol import Key, Plan

ALL = "all"
_DRAWS = 200
_LEAST_SHARE = 0.02
_TAIL = 0.025
_LEAST_ROWS, _LEAST_IMAGES = 20, 10
_MOST_STEPS = 1000


@dataclass(frozen=True, slots=True)
class Threshold:
    """The score at which a share of the clean accuracy is lost.

    Parameters
    ----------
    share
        That is lost.
    score
        On the scale of the metric; None where accuracy does not fall so far with the score.
    interval
        95%, by images drawn anew; None where more than one draw in forty gives no score.
    """

    share: float
    score: float | None
    interval: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One level.

    Parameters
    ----------
    level
        None for the images as they are.
    score
        Median of the metric.
    accuracy
        Share of right answers.
    """

    level: float | None
    score: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Link:
    """How a metric and the answers of a model go together under a distortion.

    Parameters
    ----------
    distortion
        Its name, or `ALL`.
    auc
        How often a version the model gets right scores better than one it gets wrong, with its
        95% interval: .5 is chance, less means that the score points the wrong way. None where
        all are right, all are wrong, or they are versions of fewer than ten images.
    thresholds
        One for each of `FALLS`.
    worse, better
        Accuracy among the versions that score worse, and better, than the score at which half
        is lost over all distortions together; None where there is none.
    rows, images
        Versions that have a score and an answer, of how many images.
    steps
        Score and accuracy of the images as they are and at each level; none for `ALL`.
    """

    distortion: str
    auc: tuple[float, float, float] | None
    thresholds: tuple[Threshold, ...]
    worse: Estimate | None
    better: Estimate | None
    rows: int
    images: int
    steps: tuple[Step, ...]


def links_of(
    answers: Answers, scores: Mapping[Key, Floats], plan: Plan, way: float, seed: int = 0
) -> list[Link]:
    """Link of each distortion, and of all together, which comes last.

    Parameters
    ----------
    answers
        Of a model.
    scores
        Of a metric by version, float64 (N,), NaN where there is none.
    plan
        What was done.
    way
        1 where higher scores are better, else -1.
    seed
        Of the draws.
    """
    weights = draw(answers.units, _DRAWS, seed)
    parts = {name: [(name, level) for level in levels] for name, levels in plan.items()}
    parts[ALL] = [key for keys in parts.values() for key in keys]
    samples = {n: _Sample.of(answers, scores, [CLEAN, *keys], way) for n, keys in parts.items()}
    clean = answers.correct[CLEAN]
    base = _weighted_mean(clean, weights)
    found = {n: _thresholds(sample, weights, base, way) for n, sample in samples.items()}
    half = found[ALL][-1].score
    steps = {n: _steps(answers, scores, n, levels) for n, levels in plan.items()}
    return [
        _link(n, samples[n], weights, found[n], half, answers, way, steps.get(n, ()))
        for n in samples
    ]


def _steps(
    answers: Answers, scores: Mapping[Key, Floats], name: str, levels: Sequence[float]
) -> tuple[Step, ...]:
    made = []
    for level, key in [(None, CLEAN), *((x, (name, x)) for x in levels)]:
        score, right = scores[key], answers.correct[key]
        there = np.isfinite(score) & np.isfinite(right)
        values = (np.median(score[there]), right[there].mean()) if there.any() else (np.nan,) * 2
        made.append(Step(level, float(values[0]), float(values[1])))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Sample:
    """Versions with a score and an answer, from the worst score to the best.

    Parameters
    ----------
    good
        Score with its sign such that higher is better, ascending.
    right
        1 or 0.
    image
        Number of the image.
    first
        Where each distinct score begins; of very many, about evenly chosen ones.
    """

    good: Floats
    right: Floats
    image: np.ndarray
    first: np.ndarray

    @classmethod
    def of(
        cls, answers: Answers, scores: Mapping[Key, Floats], keys: Sequence[Key], way: float
    ) -> _Sample:
        good = way * np.concatenate([scores[key] for key in keys])
        right = np.concatenate([answers.correct[key] for key in keys])
        image = np.tile(np.arange(len(answers.units)), len(keys))
        there = np.flatnonzero(np.isfinite(good) & np.isfinite(right))
        order = there[np.argsort(good[there], kind="stable")]
        good = good[order]
        first = np.flatnonzero(np.diff(good, prepend=np.nan) != 0)
        if len(first) > _MOST_STEPS:
            first = first[np.linspace(0, len(first) - 1, _MOST_STEPS).astype(int)]
        return cls(good, right[order], image[order], first)

    @property
    def tells(self) -> bool:
        """Whether there are right and wrong answers, and images enough to draw from."""
        few = len(np.unique(self.image)) < _LEAST_IMAGES
        return bool(not few and self.right.any() and not self.right.all())


def _weighted_mean(values: Floats, weights: Floats) -> Floats:
    there = np.isfinite(values)
    total = weights[:, there].sum(axis=1)
    return np.asarray((weights[:, there] @ values[there]) / np.where(total > 0, total, np.nan))


def _thresholds(
    sample: _Sample, weights: Floats, base: Floats, way: float
) -> tuple[Threshold, ...]:
    if len(sample.good) < _LEAST_ROWS or not sample.tells:
        return tuple(Threshold(lost, None, None) for lost in FALLS)
    places = np.array([
        _places(sample, row[sample.image], clean) for row, clean in zip(weights, base, strict=True)
    ])  # fmt: skip
    made = []
    for lost, column in zip(FALLS, places.T, strict=True):
        estimate, drawn = column[0], column[1:]
        if not np.isfinite(estimate):
            made.append(Threshold(lost, None, None))
            continue
        ends = None
        if np.isfinite(drawn).mean() >= 1 - _TAIL:
            low, high = np.nanquantile(drawn, [_TAIL, 1 - _TAIL])
            ends = (float(min(way * low, way * high)), float(max(way * low, way * high)))
        made.append(Threshold(lost, float(way * estimate), ends))
    return tuple(made)


def _places(sample: _Sample, weight: Floats, clean: float) -> list[float]:
    """Score below which accuracy, taken to rise with the score, lies under each target."""
    total = np.add.reduceat(weight, sample.first)
    right = np.add.reduceat(weight * sample.right, sample.first)
    used = np.flatnonzero(total > 0)
    fitted = isotonic_regression(right[used] / total[used], weights=total[used]).x
    below = np.cumsum(total[used])
    found = []
    for lost in FALLS:
        count = int(np.searchsorted(fitted, (1 - lost) * clean))
        enough = count > 0 and below[count - 1] >= _LEAST_SHARE * below[-1]
        if not enough or count == len(used):
            found.append(np.nan)
        else:
            at = sample.first[used[count]]
            found.append((sample.good[at - 1] + sample.good[at]) / 2)
    return found


def _link(
    name: str,
    sample: _Sample,
    weights: Floats,
    thresholds: tuple[Threshold, ...],
    half: float | None,
    answers: Answers,
    way: float,
    steps: tuple[Step, ...],
) -> Link:
    worse = better = None
    if half is not None:
        low = sample.good < way * half
        worse, better = (
            share(sample.right[chosen], answers.units[sample.image[chosen]])
            for chosen in (low, ~low)
        )
    images = len(np.unique(sample.image))
    return Link(
        name, _auc(sample, weights), thresholds, worse, better, len(sample.good), images, steps
    )


def _auc(sample: _Sample, weights: Floats) -> tuple[float, float, float] | None:
    """Low end, estimate, high end; None where nothing can be told."""
    if not sample.tells:
        return None
    areas = np.array([_area(sample, row[sample.image]) for row in weights])
    low, high = np.nanquantile(areas[1:], [_TAIL, 1 - _TAIL])
    return float(low), float(areas[0]), float(high)


def _area(sample: _Sample, weight: Floats) -> float:
    right = np.add.reduceat(weight * sample.right, sample.first)
    wrong = np.add.reduceat(weight * (1 - sample.right), sample.first)
    pairs = right.sum() * wrong.sum()
    below = np.cumsum(wrong) - wrong / 2
    return float((right * below).sum() / pairs) if pairs else np.nan
