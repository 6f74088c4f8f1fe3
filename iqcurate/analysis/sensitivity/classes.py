"""Which classes fall first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr
from scipy.stats import false_discovery_control

from iqcurate.analysis.sensitivity.curves import known_levels
from iqcurate.analysis.sensitivity.paired import bounded, estimate_error, share, spread
from iqcurate.analysis.sensitivity.protocol import CLEAN

if TYPE_CHECKING:
    from iqcurate.analysis.sensitivity.curves import Answers
    from iqcurate.analysis.sensitivity.paired import Estimate, Floats, Spread
    from iqcurate.analysis.sensitivity.protocol import Plan

LEAST_IMAGES = 5
"""Of a class, for it to be looked at."""
_MADE_UP = (0.125, 0.875)
"""Quantiles of the falls of all images: a class is taken to have one image more of each."""
_BY_CHANCE = 0.05


@dataclass(frozen=True, slots=True)
class ClassFall:
    """What a distortion does to a class.

    Parameters
    ----------
    label
        The class.
    clean
        Accuracy on its images as they are.
    fall
        Clean accuracy less the mean accuracy over all levels, paired by image.
    stands_out
        It falls more than all images together: at most 5% of those of which this is said are
        there by chance (Benjamini and Hochberg 1995), over all classes looked at.
    """

    label: str
    clean: Estimate
    fall: Estimate
    stands_out: bool


def classes_of(answers: Answers, plan: Plan) -> dict[str, list[ClassFall]]:
    """Classes with enough images by distortion, those that fall most first."""
    found = {}
    for name, levels in plan.items():
        judged = known_levels(answers, name, levels)
        distorted = np.mean([answers.correct[name, level] for level in judged], axis=0)
        found[name] = _falls(answers, distorted)
    return found


def _falls(answers: Answers, distorted: Floats) -> list[ClassFall]:
    clean = answers.correct[CLEAN]
    lost = clean - distorted
    known = np.isfinite(lost)
    labels = answers.labels[known]
    names = [n for n in sorted(set(labels.tolist())) if (labels == n).sum() >= LEAST_IMAGES]
    if not names:
        return []
    added = [float(x) for x in np.quantile(lost[known], _MADE_UP)]
    chosen = [known & (answers.labels == name) for name in names]
    units = answers.units
    every = [spread(lost[each], units[each], added, 1.0) for each in chosen]
    spreads = [each for each in every if each is not None]
    overall = float(lost[known].mean())
    every_image = estimate_error(lost[known], units[known])
    q = false_discovery_control([
        max(each.p(overall), _of_chance(each, overall, every_image)) for each in spreads
    ])  # fmt: skip
    made = [
        ClassFall(
            str(name), share(clean[each], units[each]),
            bounded(found.estimate, -1.0, 1.0),
            bool(of_chance < _BY_CHANCE and found.centre > overall),
        )
        for name, each, found, of_chance in zip(names, chosen, spreads, q, strict=True)
    ]  # fmt: skip
    return sorted(made, key=lambda c: (-c.fall.mean, c.label))


def _of_chance(found: Spread, overall: float, every_image: float) -> float:
    """Two-sided p value of a class's fall where its images are like all others.

    Images of a class that all fall alike say nothing of their own spread: where most images of all
    classes do, chance makes such classes.
    """
    error = every_image / np.sqrt(found.images)
    return 2 * float(ndtr(-abs(found.mean - overall) / error)) if error else 1.0
