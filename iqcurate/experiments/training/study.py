"""From a plan to training runs, and from these to what may be believed."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.experiments.training.design import QUESTIONS, Arm, Kind, Question, draw, training_set
from iqcurate.experiments.training.interval import Difference, difference
from iqcurate.experiments.training.measures import ACCURACY, image_weights, measures
from iqcurate.experiments.training.verdict import (
    SHUFFLED_SEEDS,
    SHUFFLES,
    Randomisation,
    Verdict,
    by_interval,
    judge,
    needs_randomisation,
    randomisation,
)
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.experiments.training.design import Quality, TrainingSet
    from iqcurate.experiments.training.learners import Learner
    from iqcurate.experiments.training.split import Split
    from iqcurate.models.labelled import Labelled

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

TEST, HIGH, VALIDATION = "test", "high", "validation"
PARTS = (TEST, HIGH, VALIDATION)
"""All test images, those of high quality among them, and the images that shares are chosen on."""

Job = tuple[Arm, int]
"""An arm, and the number of the seed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a study does.

    Parameters
    ----------
    shares
        To remove; (0,) where a rule says what is rejected.
    seeds
        How many draws of the pool.
    draw
        Share of the pool that each seed trains on, before anything is removed.
    seed
        Of everything left to chance.
    margin
        The largest difference that does not matter, in [0, 1].
    measure
        Of `measures.MEASURES`: what verdicts are about.
    shuffles
        Random removals of the test of randomisation; 0 for none.
    """

    shares: tuple[float, ...]
    seeds: int = 20
    draw: float = 0.5
    seed: int = 0
    margin: float = 0.01
    measure: str = ACCURACY
    shuffles: int = SHUFFLES


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one run.

    Parameters
    ----------
    images, groups
        That it was trained on.
    measures
        By part: accuracy, balanced accuracy and AUC.
    test, validation
        bool: whether each held-out image was predicted right.
    seconds
        That it took.
    """

    images: int
    groups: int
    measures: Mapping[str, Mapping[str, float]]
    test: Mask
    validation: Mask
    seconds: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """The answer to a question.

    Parameters
    ----------
    question
        See `Question`.
    part
        ``test`` or ``high``.
    share
        That was removed; chosen on the validation images where there were several.
    difference
        Of the arm that is tried minus the one that it is compared with.
    verdict, reason
        What may be said, and why.
    randomisation
        Where it was needed and made.
    """

    question: Question
    part: str
    share: float
    difference: Difference
    verdict: Verdict
    reason: str
    randomisation: Randomisation | None = None


@dataclass(frozen=True)
class Study:
    """A study of some images: what is to be run, and what comes out.

    Parameters
    ----------
    taking, split
        The images, and who is held out.
    quality
        Of the images of `taking`.
    settings
        See `Settings`.
    """

    taking: Labelled
    split: Split
    quality: Quality
    settings: Settings
    _draws: dict[int, Ints] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self._check()

    @property
    def held_out(self) -> Ints:
        """Rows that learners are asked about: test, then validation."""
        return np.concatenate([self.split.test, self.split.validation])

    @property
    def high(self) -> Mask:
        """Which test images are of high quality, bool."""
        return self.quality.high(self.split.test)

    def arms(self) -> list[Arm]:
        """All arms but the shuffled ones."""
        pairs = [Arm(kind, s) for kind in (Kind.REMOVED, Kind.RANDOM) for s in self.settings.shares]
        return [Arm(Kind.ALL), *pairs, Arm(Kind.WEIGHTED)]

    def jobs(self) -> list[Job]:
        """Runs of the study, seed by seed, so that what is done of it can be judged."""
        return [(arm, n) for n in range(self.settings.seeds) for arm in self.arms()]

    def shuffled_jobs(self, share: float) -> list[Job]:
        """Runs of the test of randomisation."""
        numbers = range(min(SHUFFLED_SEEDS, self.settings.seeds))
        shuffles = range(1, self.settings.shuffles + 1)
        return [(Arm(Kind.REMOVED, share, k), n) for k in shuffles for n in numbers]

    def training(self, arm: Arm, number: int) -> TrainingSet:
        """The images that a run trains on."""
        quality, labels = self.quality, self.taking.labels
        if arm.shuffle:
            quality = quality.shuffled(self.split.pool, labels, self.settings.seed, arm.shuffle)
        rows = self._draw(number)
        return training_set(arm, rows, labels, quality, self.settings.seed, number)

    def run(self, job: Job, learner: Learner) -> Outcome:
        """Train once and test."""
        began = time.perf_counter()
        training = self.training(*job)
        found = learner(training, job[1])
        n, labels = len(self.split.test), self.taking.labels[self.held_out]
        right = found.argmax(axis=1) == labels
        high = np.flatnonzero(self.high)
        places = np.arange(len(labels))
        parts = {TEST: places[:n], HIGH: high, VALIDATION: places[n:]}
        return Outcome(
            len(training.rows),
            len(np.unique(self.taking.units[training.rows])),
            {name: measures(found[rows], labels[rows]) for name, rows in parts.items()},
            right[:n],
            right[n:],
            time.perf_counter() - began,
        )

    def own(self, done: Mapping[Job, Outcome]) -> dict[Job, Outcome]:
        """Runs of this study, in its order, of those of a folder that may hold more."""
        jobs = self.jobs()
        for share in self.undecided(done):
            jobs += self.shuffled_jobs(share)
        return {job: done[job] for job in jobs}

    def difference(
        self, question: Question, share: float, part: str, done: Mapping[Job, Outcome]
    ) -> Difference:
        """Compare the two arms of a question on a part."""
        tried, compared = (self._right(kind, share, part, done) for kind in QUESTIONS[question])
        rows = self.split.validation if part == VALIDATION else self.split.test
        rows = rows[self.high] if part == HIGH else rows
        weights = image_weights(self.taking.labels[rows], self.settings.measure)
        return difference(tried, compared, self.taking.units[rows], weights)

    def chosen(self, question: Question, done: Mapping[Job, Outcome]) -> float:
        """The share with the largest difference on the validation images."""
        if question is Question.WEIGHTING:
            return 0.0
        gains = {
            share: self.difference(question, share, VALIDATION, done).mean
            for share in self.settings.shares
        }
        return max(gains, key=lambda share: gains[share])

    def undecided(self, done: Mapping[Job, Outcome]) -> list[float]:
        """Shares whose verdict on quality waits for the test of randomisation."""
        share = self.chosen(Question.QUALITY, done)
        waits = any(
            needs_randomisation(d, len(self.split.pool))
            and by_interval(d, self.settings.margin) in (Verdict.HELPS, Verdict.HURTS)
            for d in (
                self.difference(Question.QUALITY, share, part, done) for part in self._tested()
            )
        )
        return [share] if waits and self.settings.shuffles else []

    def answers(self, done: Mapping[Job, Outcome]) -> list[Comparison]:
        """Verdicts on all questions, from the runs of `jobs` and of the shuffled ones."""
        return [self._answer(q, part, done) for q in QUESTIONS for part in self._tested()]

    def _tested(self) -> list[str]:
        return [TEST, HIGH] if self.high.any() else [TEST]

    def _answer(self, question: Question, part: str, done: Mapping[Job, Outcome]) -> Comparison:
        share = self.chosen(question, done)
        found = self.difference(question, share, part, done)
        asked = question is Question.QUALITY and needs_randomisation(found, len(self.split.pool))
        against = self._randomised(share, part, done) if asked else None
        verdict, reason = judge(found, self.settings.margin, against, asked)
        return Comparison(question, part, share, found, verdict, reason, against)

    def _randomised(
        self, share: float, part: str, done: Mapping[Job, Outcome]
    ) -> Randomisation | None:
        jobs = self.shuffled_jobs(share)
        if not jobs or any(job not in done for job in jobs):
            return None
        numbers = sorted({number for _, number in jobs})

        def mean(shuffle: int) -> float:
            runs = [done[Arm(Kind.REMOVED, share, shuffle), n] for n in numbers]
            return float(np.mean([run.measures[part][self.settings.measure] for run in runs]))

        return randomisation(mean(0), [mean(k) for k in range(1, self.settings.shuffles + 1)])

    def _right(self, kind: Kind, share: float, part: str, done: Mapping[Job, Outcome]) -> Mask:
        arm = Arm(kind, share if kind in (Kind.REMOVED, Kind.RANDOM) else 0.0)
        runs: Sequence[Outcome] = [done[arm, n] for n in range(self.settings.seeds)]
        right = np.stack([run.validation if part == VALIDATION else run.test for run in runs])
        return right[:, self.high] if part == HIGH else right

    def _draw(self, number: int) -> Ints:
        if number not in self._draws:
            s = self.settings
            self._draws[number] = draw(self.split.pool, self.taking.labels, s.draw, s.seed, number)
        return self._draws[number]

    def _check(self) -> None:
        """Raise `UsageError` where something is left to remove, or too little to train on."""
        for arm, number in self._removals():
            left = self.taking.labels[self.training(arm, number).rows]
            if len(np.unique(left)) < 2:
                what = f"removing the worst {arm.share:.0%}" if arm.share else "the rule"
                raise UsageError(
                    f"{what} leaves {counted(len(left), 'image')} of "
                    f"{counted(len(np.unique(left)), 'class', 'classes')} of the "
                    f"{len(self._draw(number))} in a draw: two classes are needed to train on; "
                    "remove less, or per class (--per-class)"
                )
        pool = self.split.pool
        if not any(
            self.quality.removed(pool, self.taking.labels, share).any()
            for share in self.settings.shares
        ):
            raise UsageError(
                "none of the images to train on would be removed: there is nothing to compare"
            )

    def _removals(self) -> Iterator[Job]:
        for share in self.settings.shares:
            for number in range(self.settings.seeds):
                yield Arm(Kind.REMOVED, share), number
