"""What the figures say, in sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from iqcurate.analysis.sensitivity.curves import FALLS, LEAST_RIGHT, Reached, Sensitivity
from iqcurate.analysis.sensitivity.link import ALL
from iqcurate.analysis.sensitivity.protocol import DISTORTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.analysis.sensitivity.curves import Crossing, Curve
    from iqcurate.analysis.sensitivity.link import Link, Threshold
    from iqcurate.analysis.sensitivity.paired import Estimate

_APART = 0.15
"""Difference of accuracy at one score from which kinds of damage are said to differ."""


def verdict_words(curve: Curve) -> str:
    """One sentence on a model and a distortion."""
    if curve.clean.images == 0:
        return "cannot tell: no image has a label that the model knows, and a prediction"
    right = round(curve.clean.mean * curve.clean.images)
    if right < LEAST_RIGHT:
        return (
            f"cannot tell: the model is right on {right} of {curve.clean.images} images as they "
            f"are, and at least {LEAST_RIGHT} are needed"
        )
    return _judgement(curve) + _left_out(curve)


def _judgement(curve: Curve) -> str:
    last = curve.judged[-1]
    if curve.verdict is Sensitivity.ROBUST:
        return (
            f"robust: even at {last.level:g} less than a tenth of the accuracy is lost "
            f"({_change(curve, last.level)})"
        )
    if curve.sensitive_from is not None:
        harmless = (
            "" if curve.harmless_to is None
            else f"; up to {curve.harmless_to:g} less than a tenth is lost"
        )  # fmt: skip
        return (
            f"sensitive from {curve.sensitive_from:g}: {_change(curve, curve.sensitive_from)}"
            f"{harmless}"
        )
    return (
        f"cannot tell with {last.fall.images} images: at {last.level:g} "
        f"{_change(curve, last.level)}, and a loss of a tenth is neither shown nor excluded "
        "at every level"
    )


def _left_out(curve: Curve) -> str:
    parts = [
        f"{p.level:g} is left out: {p.fall.images} of {curve.clean.images} images have it"
        for p in curve.points
        if p not in curve.judged
    ]
    return "".join(f"; {part}" for part in parts)


def _change(curve: Curve, level: float) -> str:
    """Of the images that have this level."""
    point = next(p for p in curve.points if p.level == level)
    clean = point.accuracy.mean + point.fall.mean
    return (
        f"accuracy {clean:.2f} to {point.accuracy.mean:.2f}, a fall of {interval_words(point.fall)}"
    )


def interval_words(found: Estimate) -> str:
    """Mean and interval."""
    return f"{found.mean:.2f} ({found.low:.2f} to {found.high:.2f})"


def crossing_words(crossing: Crossing, curve: Curve) -> str:
    """A level with its interval, or why there is none."""
    first = curve.judged[0].level
    if crossing.reached is Reached.NO:
        return "not reached"
    numberless = DISTORTIONS[curve.distortion].clean is None
    mild = "-" if crossing.mild is None else f"{crossing.mild:.3g}"
    milder = " or milder" if numberless and crossing.mild == first else ""
    if crossing.reached is Reached.CANNOT_TELL:
        return "cannot tell" if crossing.mild is None else f"cannot tell ({mild} or harsher)"
    if numberless and crossing.harsh == first:
        return f"already at {first:g}"
    level = f"{crossing.level:.3g}" + (milder if crossing.level == first else "")
    return f"{level} ({mild}{milder} to {crossing.harsh:.3g})"


def threshold_words(threshold: Threshold) -> str:
    """A score with its interval, or that there is none."""
    if threshold.score is None:
        return "none"
    if threshold.interval is None:
        return f"{threshold.score:.3g} (uncertain)"
    return f"{threshold.score:.3g} ({threshold.interval[0]:.3g} to {threshold.interval[1]:.3g})"


def link_words(metric: str, links: Sequence[Link]) -> str:
    """Whether a score says when a model is right, and whether one score will do."""
    parts = [each for each in links if each.distortion != ALL]
    pooled = next(each for each in links if each.distortion == ALL)
    if pooled.auc is None:
        return (
            f"{metric}: cannot tell, for want of images, or of right or wrong answers, with a score"
        )
    low, middle, high = pooled.auc
    auc = f"AUC {middle:.2f} ({low:.2f} to {high:.2f}) over all damage"
    wrong_way = [_title(e) for e in parts if e.auc is not None and e.auc[2] < 0.5]
    against = (
        f"; it points the wrong way under {_listed(wrong_way)}, so one score cannot stand for all "
        "damage" if wrong_way else ""
    )  # fmt: skip
    half = pooled.thresholds[FALLS.index(0.5)]
    if half.score is None:
        return f"{metric}: {auc}; there is no score at which half of the accuracy is lost{against}"
    return (
        f"{metric}: {auc}; half of the accuracy is lost at {threshold_words(half)}{against}"
        f"{_for_all(parts, said=bool(wrong_way))}"
    )


def _for_all(parts: Sequence[Link], said: bool) -> str:
    """How far accuracy differs between kinds of damage on the bad side of one score.

    That one score cannot stand for all damage may be `said` already.
    """
    known = [
        e for e in parts
        if e.worse is not None and e.worse.images >= LEAST_RIGHT and math.isfinite(e.worse.mean)
    ]  # fmt: skip
    if len(known) < 2:
        return ""
    least = min(known, key=lambda e: e.worse.mean if e.worse else 0)
    most = max(known, key=lambda e: e.worse.mean if e.worse else 0)
    if least.worse is None or most.worse is None:
        return ""
    if most.worse.low - least.worse.high > _APART:
        so = "Of" if said else "One score cannot stand for all damage: of"
        return (
            f". {so} what scores worse than that, "
            f"{most.worse.mean:.0%} is still right under {_title(most)}, "
            f"{least.worse.mean:.0%} under {_title(least)}"
        )
    return (
        f". On the worse side of it {least.worse.mean:.0%} ({_title(least)}) to "
        f"{most.worse.mean:.0%} ({_title(most)}) are right"
    )


def _title(link: Link) -> str:
    title = DISTORTIONS[link.distortion].title
    return title if title.startswith(("JPEG", "Gaussian")) else title.lower()


def _listed(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
