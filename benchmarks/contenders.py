"""Timing several contenders on the same photos in turn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks.photos import Photo

Seconds = dict[str, dict[str, list[float]]]
"""What was timed -> photo -> seconds in each round; `ALL_FILES` for a whole set in one call."""

Scores = dict[str, dict[str, float]]
"""Who computed what -> photo -> score."""

ALL_FILES = "all files"


class ContenderError(Exception):
    """A contender could not do it; the text says why."""


@dataclass(frozen=True)
class Answer:
    """What a contender says of the photos that it was given.

    Parameters
    ----------
    seconds
        By what was timed.
    scores
        By what was computed; empty where there is nothing to compare.
    """

    seconds: dict[str, float]
    scores: dict[str, float] = field(default_factory=dict)


class Contender(Protocol):
    """One that takes part."""

    name: str
    slow: bool
    """Takes part in few rounds."""

    at_once: bool
    """Is given all photos of a set in one call, not one by one."""

    most_pixels: int
    """Takes part in sets whose photos have no more."""

    def time(self, photos: Sequence[Photo]) -> Answer:
        """Do the work once and time it; raises `ContenderError`."""
        ...


@dataclass
class Timed:
    """What was found on one set of photos."""

    seconds: Seconds = field(default_factory=dict)
    scores: Scores = field(default_factory=dict)


def time_set(
    photos: Sequence[Photo],
    contenders: Sequence[Contender],
    rounds: int,
    slow_rounds: int,
    tell: Callable[[str], object],
) -> tuple[Timed, list[str]]:
    """Time all contenders on a set of photos in turn, round after round.

    Returns
    -------
    What was measured, and who was left out and why. Who fails is left out of the whole set.
    """
    runners = {c.name: _Runner(c) for c in contenders if _fits(c, photos)}
    left_out = [
        f"{c.name}: does not take photos of more than {c.most_pixels / 1e6:.0f} MP"
        for c in contenders
        if not _fits(c, photos)
    ]
    for number in range(rounds):
        tell(f"round {number + 1} of {rounds}")
        due = [r for r in runners.values() if number < slow_rounds or not r.contender.slow]
        for group, last in [([photo], False) for photo in photos] + [(list(photos), True)]:
            for runner in due:
                if runner.contender.at_once == last and not runner.failed:
                    runner.run(group)
    found = Timed()
    for runner in runners.values():
        if runner.failed:
            left_out.append(f"{runner.contender.name}: {runner.failed}")
        else:
            found.seconds |= runner.found.seconds
            found.scores |= runner.found.scores
    return found, left_out


class _Runner:
    """A contender with what it has done."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.found = Timed()
        self.failed = ""

    def run(self, group: Sequence[Photo]) -> None:
        try:
            answer = self.contender.time(group)
        except ContenderError as error:
            self.failed = str(error)
            return
        photo = ALL_FILES if self.contender.at_once else group[0].name
        for what, spent in answer.seconds.items():
            self.found.seconds.setdefault(what, {}).setdefault(photo, []).append(spent)
        for what, score in answer.scores.items():
            if not math.isnan(score):
                self.found.scores.setdefault(what, {})[photo] = score


def _fits(contender: Contender, photos: Sequence[Photo]) -> bool:
    return all(photo.pixels <= contender.most_pixels for photo in photos)
