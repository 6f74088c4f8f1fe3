"""Accuracy against level, the level at which it falls, and what that says in words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import isotonic_regression

from iqcurate.analysis.sensitivity.paired import Estimate, fall, share
from iqcurate.analysis.sensitivity.protocol import CLEAN, DISTORTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.sensitivity.paired import Floats, Units
    from iqcurate.analysis.sensitivity.protocol import Key, Plan

FALLS = (0.10, 0.25, 0.50)
"""Shares of the clean accuracy that are lost."""
LEAST_RIGHT = 10
"""Images that the model has to be right on before anything can be said of its falling."""


class Reached(StrEnum):
    """Whether accuracy falls so far within the levels."""

    YES = "reached"
    NO = "not_reached"
    CANNOT_TELL = "cannot_tell"


class Sensitivity(StrEnum):
    """The verdict on a model and a distortion."""

    ROBUST = "robust"
    """At every level less than a tenth of the accuracy is lost."""
    SENSITIVE = "sensitive"
    """From some level on, more than a tenth is lost."""
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model said of all versions of N images.

    Parameters
    ----------
    correct, top5, p_true
        By version, float64 (N,): 1 right, 0 wrong, NaN not known; right among the first five;
        probability of the true class.
    units
        (N,): number of the group of each image, or of the image.
    labels
        (N,): of each image.
    """

    correct: Mapping[Key, Floats]
    top5: Mapping[Key, Floats]
    p_true: Mapping[Key, Floats]
    units: Units
    labels: npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Point:
    """One level of a curve.

    Parameters
    ----------
    level
        Of the distortion.
    accuracy, top5
        Share of right images, and of those right among the first five (None for few classes).
    fall
        Clean accuracy less this one, over the images that have both.
    fall_top5
        The same among the first five.
    p_true
        Mean probability of the true class.
    """

    level: float
    accuracy: Estimate
    top5: Estimate | None
    fall: Estimate
    fall_top5: Estimate | None
    p_true: float


@dataclass(frozen=True, slots=True)
class Crossing:
    """The level at which a share of the clean accuracy is lost.

    Parameters
    ----------
    share
        That is lost.
    reached
        Whether it is, within the levels.
    level
        Interpolated between levels; None where it is not reached.
    mild, harsh
        Ends of its 95% interval; None where that end lies beyond the harshest level. Like
        `level` the first level where it may be milder than that, and no number says how mild
        (JPEG, JPEG 2000, resolution).
    """

    share: float
    reached: Reached
    level: float | None
    mild: float | None
    harsh: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """What a distortion does to a model.

    Parameters
    ----------
    distortion
        Its name.
    clean
        Accuracy on the images as they are.
    clean_top5
        The same among the first five.
    points
        From mild to harsh.
    crossings
        One for each of `FALLS`.
    verdict
        In a word.
    sensitive_from
        First level from which on it is shown that more than a tenth is lost.
    harmless_to
        Last level up to which it is shown that less is.
    """

    distortion: str
    clean: Estimate
    clean_top5: Estimate | None
    points: tuple[Point, ...]
    crossings: tuple[Crossing, ...]
    verdict: Sensitivity
    sensitive_from: float | None
    harmless_to: float | None

    @property
    def judged(self) -> tuple[Point, ...]:
        """Points that are judged: those that half of the images have, or all if none has so many.

        The few images that JPEG 2000 can make so bad are not like the others.
        """
        there = common(self.clean.images, [p.fall.images for p in self.points])
        return tuple(p for p, common in zip(self.points, there, strict=True) if common)


def common(images: int, counts: Sequence[int]) -> list[bool]:
    """Of each level, by how many images have it, whether it is judged; see `Curve.judged`."""
    found = [2 * count >= images for count in counts]
    return found if any(found) else [True] * len(found)


def known_levels(answers: Answers, name: str, levels: Sequence[float]) -> list[float]:
    """Levels of a distortion that are judged; see `Curve.judged`."""
    clean = np.isfinite(answers.correct[CLEAN])
    counts = [int((clean & np.isfinite(answers.correct[name, x])).sum()) for x in levels]
    there = common(int(clean.sum()), counts)
    return [level for level, known in zip(levels, there, strict=True) if known]


def curves_of(answers: Answers, plan: Plan) -> dict[str, Curve]:
    """Curve of each distortion."""
    return {name: _curve(answers, name, levels) for name, levels in plan.items()}


def _curve(answers: Answers, name: str, levels: Sequence[float]) -> Curve:
    clean, units = answers.correct[CLEAN], answers.units
    levels = [x for x in levels if np.isfinite(clean + answers.correct[name, x]).any()] or levels
    top5 = answers.top5[CLEAN]
    has_top5 = bool(np.isfinite(top5).any())
    judged = known_levels(answers, name, levels)
    distorted = [answers.correct[name, level] for level in judged]
    crossings = tuple(_crossing(name, judged, clean, distorted, units, lost) for lost in FALLS)
    excess = [fall(clean, each, units, FALLS[0]) for each in distorted]
    shown, excluded = _ends(excess)
    enough = float(np.nansum(clean)) >= LEAST_RIGHT
    sensitive = enough and shown is not None
    robust = enough and excluded == len(judged) - 1
    verdict = (
        Sensitivity.SENSITIVE if sensitive
        else Sensitivity.ROBUST if robust else Sensitivity.CANNOT_TELL
    )  # fmt: skip
    return Curve(
        name,
        share(clean, units),
        share(top5, units) if has_top5 else None,
        tuple(_point(answers, (name, level), has_top5) for level in levels),
        crossings,
        verdict,
        judged[shown] if sensitive and shown is not None else None,
        judged[excluded] if enough and excluded is not None else None,
    )


def _point(answers: Answers, key: Key, has_top5: bool) -> Point:
    units = answers.units
    correct, top5 = answers.correct[key], answers.top5[key]
    p_true = answers.p_true[key]
    return Point(
        key[1],
        share(correct, units),
        share(top5, units) if has_top5 else None,
        fall(answers.correct[CLEAN], correct, units),
        fall(answers.top5[CLEAN], top5, units) if has_top5 else None,
        float(np.nanmean(p_true)) if np.isfinite(p_true).any() else np.nan,
    )


def _ends(excess: Sequence[Estimate]) -> tuple[int | None, int | None]:
    """First level from which on a fall is shown, and last up to which it is excluded."""
    shown = [e.low > 0 for e in excess]
    excluded = [e.high < 0 for e in excess]
    first = next((i for i in range(len(shown)) if all(shown[i:])), None)
    last = next((i for i in reversed(range(len(excluded))) if all(excluded[: i + 1])), None)
    return first, last


def _crossing(
    name: str,
    levels: Sequence[float],
    clean: Floats,
    distorted: Sequence[Floats],
    units: Units,
    lost: float,
) -> Crossing:
    """Where the mean of ``(1 - lost) * clean - distorted`` passes 0, and where its bounds do.

    The levels at which neither a larger nor a smaller fall is excluded are a 95% interval for the
    level of that fall. Damage is taken to grow with the level.
    """
    every = [fall(clean, each, units, lost) for each in (clean, *distorted)]
    if not all(e.images for e in every) or np.nansum(clean) < LEAST_RIGHT:
        return Crossing(lost, Reached.CANNOT_TELL, None, None, None)
    middle = isotonic_regression([e.mean for e in every]).x
    mild = _place(np.maximum.accumulate([e.high for e in every]))
    harsh = _place(np.minimum.accumulate([e.low for e in reversed(every)])[::-1])
    level, mild_level, harsh_level = (
        _level(name, levels, place) for place in (_place(middle), mild, harsh)
    )
    if harsh is not None:
        return Crossing(lost, Reached.YES, level, mild_level, harsh_level)
    verdict = Reached.NO if mild is None else Reached.CANNOT_TELL
    return Crossing(lost, verdict, level, mild_level, None)


def _place(rising: npt.NDArray[np.floating]) -> float | None:
    """Where rising values pass 0, in steps from the clean image; None where they do not."""
    if rising[-1] <= 0:
        return None
    after = int(np.argmax(rising > 0))
    if after == 0:
        return 0.0
    before, here = rising[after - 1], rising[after]
    return float(after - 1 + (-before) / (here - before))


def _level(name: str, levels: Sequence[float], place: float | None) -> float | None:
    """From steps to levels; before the first level only where the clean image has a number."""
    if place is None:
        return None
    clean = DISTORTIONS[name].clean
    scale = [levels[0] if clean is None else clean, *levels]
    return float(np.interp(place, np.arange(len(scale)), scale))
