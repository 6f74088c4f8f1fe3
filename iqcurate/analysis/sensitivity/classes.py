"""Which classes fall first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.sensitivity.paired import fall, share
from iqcurate.analysis.sensitivity.protocol import CLEAN

if TYPE_CHECKING:
    from iqcurate.analysis.sensitivity.curves import Answers
    from iqcurate.analysis.sensitivity.paired import Estimate
    from iqcurate.analysis.sensitivity.protocol import Plan

LEAST_IMAGES = 5
"""Of a class, for it to be looked at."""


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
        The interval of its fall lies above the mean fall of all images.
    """

    label: str
    clean: Estimate
    fall: Estimate
    stands_out: bool


def classes_of(answers: Answers, plan: Plan) -> dict[str, list[ClassFall]]:
    """Classes with enough images by distortion, those that fall most first."""
    found = {}
    for name, levels in plan.items():
        distorted = np.mean([answers.correct[name, level] for level in levels], axis=0)
        found[name] = _falls(answers, distorted)
    return found


def _falls(answers: Answers, distorted: np.ndarray) -> list[ClassFall]:
    clean = answers.correct[CLEAN]
    known = np.isfinite(clean) & np.isfinite(distorted)
    overall = float((clean - distorted)[known].mean()) if known.any() else np.nan
    made = []
    for label in sorted({str(n) for n in answers.labels[known]}):
        chosen = known & (answers.labels == label)
        if chosen.sum() < LEAST_IMAGES:
            continue
        units = answers.units[chosen]
        lost = fall(clean[chosen], distorted[chosen], units)
        made.append(ClassFall(label, share(clean[chosen], units), lost, lost.low > overall))
    return sorted(made, key=lambda c: (-c.fall.mean, c.label))
