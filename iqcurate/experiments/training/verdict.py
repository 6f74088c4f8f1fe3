"""What may be said of a difference between two ways to train."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.experiments.training.interval import Difference

SHUFFLES = 99
"""Random removals that the real one is held against."""
SHUFFLED_SEEDS = 5
"""Draws that each of them is trained on."""
_LEVEL = 0.025


class Verdict(StrEnum):
    """What came out."""

    NO_EFFECT = "no effect"
    """Whatever there is, it is smaller than what matters."""
    HELPS = "helps"
    """The tried way is better."""
    HURTS = "hurts"
    """The tried way is worse."""
    CANNOT_TELL = "cannot tell"
    """Too little is known."""


@dataclass(frozen=True, slots=True)
class Randomisation:
    """How the removal of the worst stands among random removals.

    Parameters
    ----------
    better, worse
        Shares of all removals, the real one among them, that did at least as well, and at most
        as well; in (0, 1]. One-sided p-values of the exchange of qualities within classes.
    count
        Random removals.
    """

    better: float
    worse: float
    count: int


def randomisation(real: float, shuffled: Sequence[float]) -> Randomisation:
    """Rank the measure of the real removal among those of random ones; ties count against it."""
    others, n = np.asarray(shuffled), len(shuffled) + 1
    return Randomisation(
        (1 + int((others >= real).sum())) / n, (1 + int((others <= real).sum())) / n, len(shuffled)
    )


def needs_randomisation(difference: Difference, pool: int) -> bool:
    """Tell whether an interval alone would be too sure.

    It takes the pool for granted. With many test images beside the images to train on, chance in
    who is bad weighs more than chance in the test images: the interval alone then finds effects
    where there are none in 6 to 9% of data sets.
    """
    return 2 * difference.images > pool


def by_interval(difference: Difference, margin: float) -> Verdict:
    """Verdict of the intervals alone; `margin` is the largest difference that does not matter."""
    if _within(difference, margin) and difference.hidden <= margin:
        return Verdict.NO_EFFECT
    low, high = difference.interval(0.95)
    if low > 0:
        return Verdict.HELPS
    return Verdict.HURTS if high < 0 else Verdict.CANNOT_TELL


def judge(
    difference: Difference, margin: float, found: Randomisation | None, asked: bool
) -> tuple[Verdict, str]:
    """Verdict and reason.

    Parameters
    ----------
    difference
        Of tried minus compared.
    margin
        The largest difference that does not matter, in [0, 1].
    found
        The test of randomisation, None where it was not made.
    asked
        Whether it must agree.
    """
    verdict = by_interval(difference, margin)
    if verdict is Verdict.NO_EFFECT:
        return verdict, f"the 90% interval lies within {points(margin)} of 0"
    if verdict is Verdict.CANNOT_TELL and _within(difference, margin):
        return verdict, (
            f"both gave the same on {_alike(difference)}, and so few can hide a difference of "
            f"{points(difference.hidden)}"
        )
    if verdict is Verdict.CANNOT_TELL:
        return verdict, f"the 95% interval includes 0; {_short_of(difference, margin)}"
    if not asked:
        return verdict, "the 95% interval excludes 0"
    if found is None:
        return Verdict.CANNOT_TELL, (
            "the 95% interval excludes 0, but the test set is large beside the pool, and whether "
            "removing other images would have done the same was not tried"
        )
    share = found.better if verdict is Verdict.HELPS else found.worse
    as_much = round(share * (found.count + 1)) - 1
    said = f"{as_much} of {found.count} random removals did as {_word(verdict)}"
    if share > _LEVEL:
        return Verdict.CANNOT_TELL, f"the 95% interval excludes 0, but {said}"
    return verdict, f"the 95% interval excludes 0, and only {said}"


def _within(difference: Difference, margin: float) -> bool:
    low, high = difference.interval(0.90)
    return -margin <= low and high <= margin


def _alike(difference: Difference) -> str:
    among = f"{difference.units} {_tested(difference)}"
    alike = difference.units - difference.differing
    return f"{alike} of {among}" if difference.differing else f"all {among}"


def _word(verdict: Verdict) -> str:
    return "well" if verdict is Verdict.HELPS else "badly"


def _short_of(difference: Difference, margin: float) -> str:
    if difference.freedom < 1:
        return "one seed, or one group of test images, shows nothing"
    what = _tested(difference)
    parts = f" in {difference.units} groups" if difference.units != difference.images else ""
    said = (
        f"{difference.images} test images{parts} and {difference.seeds} seeds would show a "
        f"difference of {points(difference.smallest)} four times in five"
    )
    size = margin or 0.01
    ways = []
    if units := difference.units_needed(size):
        ways.append(f"about {_rough(units)} {what} with these seeds")
    if seeds := difference.seeds_needed(size):
        ways.append(f"about {_rough(seeds)} seeds with these test images")
    way = " or ".join(ways) or "both more test images and more seeds"
    return f"{said}; to show {points(size)} takes {way}"


def _tested(difference: Difference) -> str:
    return "test images" if difference.units == difference.images else "groups of test images"


def _rough(n: int) -> str:
    return f"{n:,}" if n < 100 else f"{float(f'{n:.2g}'):,.0f}"


def points(share: float) -> str:
    """Such as ``2.6 points``."""
    points = 100 * share
    text = f"{points:.2g}" if points < 10 else f"{points:.0f}"
    return f"{text} point{'' if text == '1' else 's'}"
