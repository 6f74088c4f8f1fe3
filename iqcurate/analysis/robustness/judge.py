"""From scores of versions of images to a verdict on a metric."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.bootstrap import draw, interval, interval_of_largest
from iqcurate.analysis.robustness import protocol
from iqcurate.analysis.robustness.responses import (
    angle_response,
    blur_response,
    content_spread,
    equivalent_blur,
    resampling_response,
    size_response,
)
from iqcurate.robustness import Outcome, Survival

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.bootstrap import Interval
    from iqcurate.analysis.robustness.protocol import Key

    Floats = npt.NDArray[np.float64]

LEAST_UNITS = 10
BOUNDS: Mapping[str, float] = {"crop": 5.0, "rotate": 5.0, "blur": 20.0}
"""In percentile points: the most that crop and rotation may move scores, the least that blur
must."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to judge.

    Parameters
    ----------
    bounds
        By test; see `BOUNDS`.
    draws, seed
        Of the bootstrap.
    """

    bounds: Mapping[str, float] = field(default_factory=lambda: BOUNDS)
    draws: int = 2000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one metric.

    Parameters
    ----------
    versions
        Version -> scores of N images, float64 (N,), NaN where there is none.
    units
        int (N,): images with one number belong together.
    way
        1 where a higher score is better, -1 where a lower one is.
    """

    versions: Mapping[Key, Floats]
    units: npt.NDArray[np.integer]
    way: float

    def of(self, keys: Sequence[Key]) -> Floats:
        """Scores of some versions, (N, K)."""
        return np.stack([self.versions[key] for key in keys], axis=1)


@dataclass(frozen=True, slots=True)
class _Part:
    """Images that have all the scores that a test needs."""

    there: npt.NDArray[np.bool_]
    weights: Floats
    units: int

    @classmethod
    def of(cls, scores: Scores, keys: Sequence[Key], settings: Settings) -> _Part | None:
        there = np.asarray(np.isfinite(scores.of(keys)).all(axis=1), np.bool_)
        names, numbers = np.unique(scores.units[there], return_inverse=True)
        if len(names) < LEAST_UNITS:
            return None
        return cls(there, draw(numbers, settings.draws, settings.seed), len(names))

    def figures(self, found: Interval, bound: float, told_from: float) -> dict[str, float | None]:
        """`told_from`: the response of which 9 of 10 samples like this say that it fails."""
        return {
            "response": found.estimate, "low": found.low, "high": found.high,
            "bound": bound, "told_from": told_from, "units": self.units,
            "images": int(self.there.sum()), "left_out": int((~self.there).sum()),
        }  # fmt: skip


def judge(scores: Scores, settings: Settings) -> dict[str, Outcome]:
    """Outcome of each test; figures in percentile points of the clean scores."""
    blur = _blur(scores, settings)
    falls = [blur.figures.get(_at(sigma)) for sigma in protocol.SIGMAS]
    curve = [fall for fall in falls if fall is not None]
    return {
        "crop": _with_equivalent(_crop(scores, settings), curve),
        "rotate": _with_equivalent(_rotate(scores, settings), curve),
        "blur": blur,
    }


def _with_equivalent(outcome: Outcome, falls: Sequence[float]) -> Outcome:
    """Add which blur moves the scores as far; a turn that does less than a shift does nothing."""
    response = outcome.figures.get("response")
    if response is None:
        return outcome
    size = max(response, 0.0) if "angle" in outcome.figures else abs(response)
    same = equivalent_blur(size, falls, protocol.SIGMAS)
    return Outcome(outcome.verdict, {**outcome.figures, "equivalent_blur": same})


def _crop(scores: Scores, settings: Settings) -> Outcome:
    keys, bound = (protocol.CLEAN, *protocol.TILES), settings.bounds["crop"]
    part = _Part.of(scores, keys, settings)
    if part is None:
        return _too_few(scores, keys, bound)
    every = scores.of(keys)[part.there]
    whole, tiles = every[:, 0], every[:, 1:]
    found = interval(size_response(whole, tiles, part.weights), part.units)
    content = content_spread(whole, tiles, part.weights[:1])[0]
    inside = -bound < found.low and found.high < bound
    outside = found.low > bound or found.high < -bound
    return Outcome(
        _verdict(inside, outside),
        {**part.figures(found, bound, bound + max(found.reach)), "between_tiles": float(content)},
    )


def _rotate(scores: Scores, settings: Settings) -> Outcome:
    groups = (protocol.STILL, protocol.TURNED, protocol.SHIFTS)
    keys, bound = tuple(k for group in groups for k in group), settings.bounds["rotate"]
    part = _Part.of(scores, keys, settings)
    if part is None:
        return _too_few(scores, keys, bound)
    still, turned, shifted = (scores.of(group)[part.there] for group in groups)
    responses, content = angle_response(still, turned, shifted, part.weights)
    found, at = interval_of_largest(responses, part.units)
    each = {_at(a): float(r) for a, r in zip(protocol.ANGLES, responses[0], strict=True)}
    figures = {
        **part.figures(found, bound, bound + found.reach[0]), "angle": protocol.ANGLES[at],
        "under_shift": float(content[0]), **each,
    }  # fmt: skip
    square = scores.versions[protocol.SQUARE][part.there]
    if np.isfinite(square).all():
        moved = resampling_response(square, still, part.weights[:1])
        figures["resampling"] = float(moved[0])
    return Outcome(_verdict(found.high < bound, found.low > bound), figures)


def _blur(scores: Scores, settings: Settings) -> Outcome:
    bound, judged = settings.bounds["blur"], ("blur", protocol.JUDGED_SIGMA)
    part = _Part.of(scores, (protocol.CLEAN, judged), settings)
    if part is None:
        return _too_few(scores, (protocol.CLEAN, judged), bound)
    clean = scores.versions[protocol.CLEAN][part.there]
    blurred = scores.of([judged])[part.there]
    fall = blur_response(clean, blurred, scores.way, part.weights)[:, 0]
    found = interval(fall, part.units)
    figures = {**part.figures(found, bound, bound - found.reach[1]), **_curve(scores, part)}
    return Outcome(_verdict(found.low > bound, found.high < bound), figures)


def _curve(scores: Scores, part: _Part) -> dict[str, float | None]:
    """Fall at each blur, of the images that have all of them; None where that are too few."""
    clean, blurred = scores.versions[protocol.CLEAN], scores.of(protocol.BLURS)
    there = part.there & np.isfinite(blurred).all(axis=1)
    if there.sum() < LEAST_UNITS:
        return dict.fromkeys(map(_at, protocol.SIGMAS))
    even = np.full((1, int(there.sum())), 1 / there.sum())
    falls = blur_response(clean[there], blurred[there], scores.way, even)[0]
    return {_at(s): float(f) for s, f in zip(protocol.SIGMAS, falls, strict=True)}


def _at(level: float) -> str:
    return f"at_{level:g}"


def _verdict(right: bool, wrong: bool) -> Survival:
    if right:
        return Survival.SURVIVES
    return Survival.FAILS if wrong else Survival.CANNOT_TELL


def _too_few(scores: Scores, keys: Sequence[Key], bound: float) -> Outcome:
    there = np.isfinite(scores.of(keys)).all(axis=1)
    figures = {
        "images": int(there.sum()), "left_out": int((~there).sum()),
        "units": len(np.unique(scores.units[there])), "bound": bound,
    }  # fmt: skip
    return Outcome(Survival.CANNOT_TELL, figures)


def overall(tests: Mapping[str, Outcome]) -> Survival:
    """Fails where one test is failed, survives where all are survived."""
    verdicts = {test.verdict for test in tests.values()}
    if Survival.FAILS in verdicts:
        return Survival.FAILS
    return Survival.CANNOT_TELL if Survival.CANNOT_TELL in verdicts else Survival.SURVIVES
