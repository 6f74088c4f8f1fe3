"""What the shifts of several metrics say together.

With Holm's correction (1979, Scandinavian Journal of Statistics 6(2):65) the chance that any
metric is called shifted although none is stays below `LEVEL`, however they go together.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.compare.shift import LEAST, Shift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LEVEL = 0.05
MATTERS = 0.1
"""Smallest distance of two distributions that matters, if nobody says otherwise: that of two normal
ones a quarter of a standard deviation apart."""


class Verdict(StrEnum):
    """What is to be thought of one metric."""

    SHIFTED = "shifted"
    """More than chance would do, and by enough to matter."""
    ALIKE = "alike"
    """No difference that would matter is likely: the interval ends below it."""
    CANNOT_TELL = "cannot_tell"
    """Neither."""
    TOO_FEW = "too_few"
    """There are not enough images with a score."""


class Way(StrEnum):
    """Which way a metric is shifted."""

    BETTER = "better"
    WORSE = "worse"
    OTHER = "other"
    """Neither set is better more often than the other: they differ in spread or form."""


class Standing(StrEnum):
    """What is to be thought of A against B."""

    BETTER = "better"
    WORSE = "worse"
    MIXED = "mixed"
    """Better in some metrics and worse in others."""
    OTHER = "other"
    """Shifted, and neither better nor worse."""
    ALIKE = "alike"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric, in view of all.

    Parameters
    ----------
    shift
        What was measured.
    p_adjusted
        Its p in view of the number of tests (Holm).
    verdict
        Whether it is shifted.
    way
        Which way; None but for shifted ones.
    """

    shift: Shift
    p_adjusted: float | None
    verdict: Verdict
    way: Way | None


@dataclass(frozen=True, slots=True)
class Whole:
    """All metrics together.

    Parameters
    ----------
    standing
        Of A against B.
    tests
        Number of metrics that were tested.
    matters
        Smallest distance that matters.
    """

    standing: Standing
    tests: int
    matters: float


def judge(shifts: Mapping[str, Shift], matters: float) -> tuple[dict[str, Judged], Whole]:
    """Judge each metric and all.

    Parameters
    ----------
    shifts
        By metric.
    matters
        Smallest distance (Kolmogorov-Smirnov) that matters, 0 to 1.
    """
    tested = [name for name, found in shifts.items() if found.p is not None]
    adjusted = dict(zip(tested, holm([shifts[n].p or 0.0 for n in tested]), strict=True))
    judged = {n: _judged(found, adjusted.get(n), matters) for n, found in shifts.items()}
    return judged, Whole(_standing(judged), len(tested), matters)


def holm(p: Sequence[float]) -> list[float]:
    """Take the number of tests into account: adjusted p values, in the same order."""
    values = np.asarray(p, float)
    order = np.argsort(values, kind="stable")
    stepped = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    found = np.empty(len(values))
    found[order] = np.minimum(stepped, 1.0)
    return [float(value) for value in found]


def _judged(found: Shift, p: float | None, matters: float) -> Judged:
    if p is None or found.ks is None or found.ks_high is None:
        return Judged(found, p, Verdict.TOO_FEW, None)
    if p < LEVEL and found.ks >= matters:
        return Judged(found, p, Verdict.SHIFTED, _way(found))
    return Judged(found, p, Verdict.ALIKE if found.ks_high < matters else Verdict.CANNOT_TELL, None)


def _way(found: Shift) -> Way:
    if found.better_low is not None and found.better_low > 1 / 2:
        return Way.BETTER
    if found.better_high is not None and found.better_high < 1 / 2:
        return Way.WORSE
    return Way.OTHER


def _standing(judged: Mapping[str, Judged]) -> Standing:
    ways = {found.way for found in judged.values() if found.verdict is Verdict.SHIFTED}
    told = ways & {Way.BETTER, Way.WORSE}
    if len(told) == 2:
        return Standing.MIXED
    if told:
        return Standing(str(told.pop()))
    if ways:
        return Standing.OTHER
    verdicts = {found.verdict for found in judged.values()}
    return Standing.ALIKE if verdicts == {Verdict.ALIKE} else Standing.CANNOT_TELL


def sentence(judged: Mapping[str, Judged], whole: Whole, a: str = "A", b: str = "B") -> str:
    """What all metrics say together."""
    by_way = {
        way: [n for n, found in judged.items() if found.way is way]
        for way in (Way.BETTER, Way.WORSE, Way.OTHER)
    }
    tests = f"{whole.tests} test{'s' * (whole.tests != 1)}, distances from {whole.matters:g}"
    if whole.standing is Standing.ALIKE:
        return f"{a} is like {b}: no metric differs by as much as {whole.matters:g} ({tests})."
    if whole.standing is Standing.CANNOT_TELL:
        few = [n for n, found in judged.items() if found.verdict is Verdict.TOO_FEW]
        if len(few) == len(judged):
            return f"Whether {a} is like {b} cannot be told: fewer than {LEAST} independent images."
        return (
            f"Whether {a} is like {b} cannot be told: no metric is surely shifted, and not all "
            f"are surely within {whole.matters:g} ({tests})."
        )
    words = {
        Way.BETTER: f"better than {b} in",
        Way.WORSE: f"worse than {b} in",
        Way.OTHER: f"neither better nor worse than {b}, but otherwise distributed in",
    }
    parts = [f"{words[way]} {', '.join(names)}" for way, names in by_way.items() if names]
    return f"{a} is {'; '.join(parts)} ({tests})."
