"""Intervals and verdicts: what they say where the truth is known."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest
from simulated import World, answer, made
from sklearn.metrics import roc_auc_score

from iqcurate.experiments.training.design import Arm, Kind, Question
from iqcurate.experiments.training.interval import Difference, difference
from iqcurate.experiments.training.measures import auc, image_weights, measures
from iqcurate.experiments.training.verdict import (
    Randomisation,
    Verdict,
    judge,
    needs_randomisation,
    randomisation,
)

RNG = np.random.default_rng(1)


def found(mean: float, error: float, images: int = 200, seeds: int = 20) -> Difference:
    parts = error**2 / 2, error**2 / 4, error**2 / 4
    return Difference(mean, *parts, images, seeds, images, images, images)


def verdict(mean, error, against=None, asked=False):
    return judge(found(mean, error), 0.01, against, asked)


def test_verdicts_come_in_their_order():
    assert verdict(0.004, 0.001)[0] is Verdict.NO_EFFECT, "sure, and too small to matter"
    assert verdict(0.03, 0.01)[0] is Verdict.HELPS
    assert verdict(-0.03, 0.01)[0] is Verdict.HURTS
    told, reason = verdict(0.01, 0.01)
    assert told is Verdict.CANNOT_TELL
    assert "200 test images and 20 seeds would show a difference of 3 points" in reason
    assert "to show 1 point takes" in reason


def test_where_randomisation_must_agree():
    assert not needs_randomisation(found(0, 1, images=200), 600)
    assert needs_randomisation(found(0, 1, images=301), 600)
    assert verdict(0.03, 0.01, Randomisation(0.02, 0.99, 99), True)[0] is Verdict.HELPS
    told, reason = verdict(0.03, 0.01, Randomisation(0.08, 0.93, 99), True)
    assert (told, "7 of 99 random removals did as well" in reason) == (Verdict.CANNOT_TELL, True)
    told, reason = verdict(-0.03, 0.01, Randomisation(0.99, 0.01, 99), True)
    assert (told, "0 of 99 random removals did as badly" in reason) == (Verdict.HURTS, True)
    assert verdict(0.03, 0.01, None, True)[0] is Verdict.CANNOT_TELL


def test_a_removal_is_ranked_among_random_ones_and_ties_count_against_it():
    assert randomisation(0.9, [0.8, 0.9, 0.7]) == Randomisation(2 / 4, 4 / 4, 3)


def test_the_error_counts_images_and_seeds_both():
    """Effects of the image, of the seed, and of both, in a mean whose error is then known."""
    errors, means = [], []
    for _ in range(300):
        p = np.clip(0.5 + 0.2 * RNG.normal(size=(1, 80)) + 0.1 * RNG.normal(size=(10, 1)), 0, 1)
        tried = RNG.random((10, 80)) < p
        compared = RNG.random((10, 80)) < 0.5
        one = difference(tried, compared, np.arange(80), np.full(80, 1 / 80))
        errors.append(one.error)
        means.append(one.mean)
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.15)


def test_groups_of_alike_images_widen_the_interval():
    tried, compared = (np.tile(np.repeat(RNG.random(20) < p, 10), (10, 1)) for p in (0.7, 0.4))
    weights, units = np.full(200, 1 / 200), np.repeat(np.arange(20), 10)
    alone = difference(tried, compared, np.arange(200), weights)
    grouped = difference(tried, compared, units, weights)
    assert (alone.mean, grouped.units) == (grouped.mean, 20)
    assert grouped.error > 1.5 * alone.error


def test_equal_arms_have_no_difference_and_one_seed_says_nothing():
    many = RNG.random((5, 300)) < 0.7
    same = difference(many, many, np.arange(300), np.full(300, 1 / 300))
    assert judge(same, 0.01, None, False)[0] is Verdict.NO_EFFECT
    right = many[:, :30]
    few = difference(right, right, np.arange(30), np.full(30, 1 / 30))
    told, reason = judge(few, 0.01, None, False)
    assert told is Verdict.CANNOT_TELL, "1 - .05^(1/30) = 9.5% of images may differ unseen"
    assert "the same on all 30 test images, and so few can hide a difference of 9.5" in reason
    once = many.copy()
    once[0, 7] ^= True
    told, reason = judge(
        difference(many, once, np.arange(300), np.full(300, 1 / 300)), 0.01, None, False
    )
    assert told is Verdict.CANNOT_TELL, "up to 1.6% may differ (scipy's binomtest says so, too)"
    assert "the same on 299 of 300 test images, and so few can hide a difference of 1.6" in reason
    assert (few.power(0.01), few.smallest) == (0, few.hidden), "no power from a spread of 0"
    one = difference(right[:1], ~right[:1], np.arange(30), np.full(30, 1 / 30))
    assert one.interval(0.95) == (-1, 1)
    assert judge(one, 0.01, None, False)[0] is Verdict.CANNOT_TELL


def test_a_rare_class_or_a_large_group_counts_as_few():
    right = RNG.random((5, 1004)) < 0.7
    rare = np.repeat([0, 1], [1000, 4])
    weights = image_weights(rare, "balanced_accuracy")
    same = difference(right, right, np.arange(1004), weights)
    assert same.hidden > 0.1, "4 images, of which each weighs 12.5 points, show little"
    assert judge(same, 0.01, None, False)[0] is Verdict.CANNOT_TELL
    units = np.concatenate([np.zeros(504, int), np.arange(500)])
    lumped = difference(right, right, units, np.full(1004, 1 / 1004))
    assert judge(lumped, 0.01, None, False)[0] is Verdict.CANNOT_TELL, "half of all in one group"


def test_power_smallest_and_what_would_be_needed_belong_together():
    one = found(0.01, 0.02)
    assert one.power(one.smallest) == pytest.approx(0.8, abs=0.01)
    assert one.power(0) == pytest.approx(0.05)
    assert [one.power(size) for size in (0.76, 50)] == pytest.approx([1, 1])
    images = one.units_needed(0.045)
    assert images > 200
    more = Difference(
        0,
        one.by_unit * 200 / images,
        one.by_seed,
        one.by_both * 200 / images,
        images,
        20,
        images,
        images,
        images,
    )
    assert more.smallest == pytest.approx(0.045, rel=0.01)
    assert one.units_needed(0.01) is None, "the seeds alone leave more than that"
    assert one.units_needed(1) == 200


def test_auc_is_that_of_scikit_learn_and_heeds_ties():
    labels = np.arange(90) % 3
    p = np.round(RNG.dirichlet([1, 1, 1], size=90), 1) + 1e-9
    p /= p.sum(axis=1, keepdims=True)
    assert auc(p, labels) == pytest.approx(roc_auc_score(labels, p, multi_class="ovo"))
    q, two = RNG.integers(0, 5, 60) / 4, np.arange(60) % 2
    by_hand = [(a > b) + (a == b) / 2 for a, b in itertools.product(q[two == 1], q[two == 0])]
    assert auc(np.stack([1 - q, q], axis=1), two) == pytest.approx(np.mean(by_hand))
    assert np.isnan(auc(p, np.zeros(90, int)))


def test_balanced_accuracy_weighs_classes_alike():
    labels = np.array([0, 0, 0, 1])
    p = np.array([[1.0, 0], [1, 0], [1, 0], [1, 0]])
    assert measures(p, labels)["accuracy"] == 0.75
    assert measures(p, labels)["balanced_accuracy"] == 0.5
    np.testing.assert_allclose(image_weights(labels, "balanced_accuracy"), [1 / 6] * 3 + [0.5])
    assert np.isnan(measures(np.empty((0, 2)), np.empty(0, int))["accuracy"])


def verdicts(world: World, count: int, question=Question.QUALITY, first: int = 0):
    answers = [answer(*made(world, seed), question) for seed in range(first, first + count)]
    return answers, Counter(a.verdict for a in answers)


def false(counts: Counter) -> int:
    return counts[Verdict.HELPS] + counts[Verdict.HURTS]


def test_the_chosen_share_does_not_look_at_the_test():
    study, learner = made(World(), 0)
    done = {job: study.run(job, learner) for job in study.jobs()}
    before = study.chosen(Question.QUALITY, done)
    for (arm, _), run in done.items():
        if arm == Arm(Kind.REMOVED, 0.3):
            run.test[:] = False
    assert study.chosen(Question.QUALITY, done) == before


def test_nothing_is_found_where_nothing_is():
    assert false(verdicts(World(), 10)[1]) <= 3
    assert false(verdicts(World(test=1000), 2, first=7)[1]) <= 1


def test_planted_effects_are_found():
    answers, counts = verdicts(World(random_labels=1, numbers=60), 5)
    assert counts[Verdict.HELPS] >= 4
    assert np.mean([a.difference.power(0.055) for a in answers]) > 0.85
    for question in (Question.QUALITY, Question.REMOVAL):
        assert verdicts(World(rare=0.3, apart=4.0), 4, question)[1][Verdict.HURTS] >= 3


@pytest.mark.slow
@pytest.mark.parametrize("test", [200, 400, 1000])
def test_false_verdicts_stay_few(test):
    """The interval alone says so of 8, 7 and 17 of them, what is said of 8, 1 and 3."""
    assert false(verdicts(World(test=test), 200)[1]) <= 16


@pytest.mark.slow
@pytest.mark.parametrize("test", [200, 1000])
def test_what_helps_is_found_as_often_as_the_power_says(test):
    """All labels of the worst 30% are random: 5 to 6 points."""
    answers, counts = verdicts(World(random_labels=1, numbers=60, test=test), 100)
    effect = np.mean([a.difference.mean for a in answers])
    assert 0.04 < effect < 0.07
    assert np.mean([a.difference.power(effect) for a in answers]) > 0.9
    assert counts[Verdict.HELPS] >= 90


@pytest.mark.slow
@pytest.mark.parametrize("question", [Question.QUALITY, Question.REMOVAL])
def test_what_hurts_is_found(question):
    """The worst 30% are the only images of a condition that 30% of the test images are of."""
    answers, counts = verdicts(World(rare=0.3, apart=4.0), 100, question)
    effect = np.mean([a.difference.mean for a in answers])
    assert effect < -0.04
    assert np.mean([a.difference.power(effect) for a in answers]) > 0.9
    assert counts[Verdict.HURTS] >= 90
