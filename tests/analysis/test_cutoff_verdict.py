"""Cut-offs of one metric, and what they are said to be worth."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest

from iqcurate.analysis.cutoffs.find import Settings, find_cutoff
from iqcurate.analysis.cutoffs.methods import Method
from iqcurate.analysis.cutoffs.sample import Sample
from iqcurate.analysis.cutoffs.separation import Separation
from iqcurate.analysis.cutoffs.verdict import Evidence, judge
from iqcurate.cutoffs import Cutoffs, Verdict, from_document, to_document
from iqcurate.spec import Direction

UP, DOWN = Direction.HIGHER, Direction.LOWER
QUICK = Settings(draws=200)


def made(n_right: int = 900, n_wrong: int = 100, distance: float = 1.0, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    n = n_right + n_wrong
    wrong = np.arange(n) >= n_right
    return Sample(
        random.normal(np.where(wrong, -distance, 0.0)), wrong, None,
        random.integers(8, size=n).astype(np.int32),
    )  # fmt: skip


def chosen(sample: Sample, index) -> Sample:
    columns = (sample.goodness, sample.wrong, sample.units, sample.classes)
    return Sample(*(None if c is None else c[index] for c in columns))


def found(sample: Sample, direction: Direction = UP, settings: Settings = QUICK):
    return find_cutoff(sample, direction, settings)


def test_a_clear_case_is_usable_and_says_what_it_would_do():
    sample = made()
    cutoff = found(sample)
    assert cutoff.verdict is Verdict.USABLE
    low, high = cutoff.interval
    assert low < cutoff.cutoff < high
    assert low < -0.5 < high
    assert "within classes" in cutoff.reason
    rejected = sample.goodness < cutoff.cutoff
    assert cutoff.effect == pytest.approx({
        "rejected": rejected.mean(),
        "rejected_right": rejected[:900].mean(),
        "rejected_wrong": rejected[900:].mean(),
        "error_before": 0.1,
        "error_kept": sample.wrong[~rejected].mean(),
        "inside_interval": ((sample.goodness >= low) & (sample.goodness <= high)).mean(),
    })  # fmt: skip
    assert (cutoff.n_right, cutoff.n_wrong) == (900, 100)
    assert cutoff.reference.quantiles[50] == pytest.approx(np.median(sample.goodness))
    assert from_document(to_document(Cutoffs({"x": cutoff}))).metrics["x"] == cutoff


def test_the_direction_is_applied_in_one_place():
    sample = made()
    up, down = found(sample, UP), found(sample, DOWN)
    assert down.cutoff == -up.cutoff
    assert down.interval == (-up.interval[1], -up.interval[0])
    assert down.effect == up.effect
    assert down.auc == up.auc
    assert down.reference.min == -up.reference.max
    assert down.crossings == tuple(-c for c in reversed(up.crossings))


def test_the_same_seed_gives_the_same_whatever_the_order_of_the_images():
    for units in (None, (np.arange(1000) % 90).astype(np.int32)):
        sample = replace(made(), units=units)
        mixed = chosen(sample, np.random.default_rng(5).permutation(1000))
        one, other = found(sample), found(mixed)
        assert other.interval == one.interval
        assert other.cutoff == one.cutoff
        assert other.evidence == pytest.approx(one.evidence)
        assert (other.verdict, other.reason) == (one.verdict, one.reason)
        assert found(sample) == one
    assert found(made(), settings=replace(QUICK, seed=1)).interval != found(made()).interval


@pytest.mark.parametrize(
    ("n_right", "n_wrong", "says"),
    [
        (100, 0, "no wrong predictions among"),
        (100, 1, "only 1 wrong prediction among"),
        (100, 9, "only 9 wrong predictions among"),
        (9, 100, "only 9 right predictions among"),
        (0, 5, "only 5 wrong predictions and no right predictions"),
        (0, 0, "no wrong predictions and no right predictions"),
    ],
)
def test_too_few_of_a_kind_are_refused(n_right, n_wrong, says):
    cutoff = found(made(n_right, n_wrong))
    assert cutoff.verdict is Verdict.REFUSED
    assert says in cutoff.reason
    assert "at least 10 are needed" in cutoff.reason
    assert cutoff.cutoff is cutoff.interval is None


def test_constant_scores_have_no_cutoff():
    cutoff = found(replace(made(), goodness=np.full(1000, -4.5)), DOWN)
    assert cutoff.verdict is Verdict.NONE
    assert cutoff.reason == "all images have the same score, 4.5"


@pytest.mark.parametrize("spread", [1.0, 0.5, 2.0])
def test_no_difference_is_none(spread):
    sample = made(distance=0.0, seed=1)
    goodness = np.where(sample.wrong, spread, 1.0) * sample.goodness
    cutoff = found(replace(sample, goodness=goodness))
    assert cutoff.verdict is Verdict.NONE
    assert "not shown that wrong images score worse" in cutoff.reason


def test_a_direction_the_wrong_way_round_is_noticed():
    cutoff = found(replace(made(), goodness=-made().goodness))
    assert cutoff.verdict is Verdict.NONE
    assert "is the direction right?" in cutoff.reason


def test_plain_classes_that_are_hard_are_no_quality():
    random = np.random.default_rng(0)
    classes = random.integers(10, size=2000).astype(np.int32)
    hard = classes < 2
    wrong = random.random(2000) < np.where(hard, 0.4, 0.05)
    sample = Sample(random.normal(np.where(hard, -1.4, 0.0)), wrong, None, classes)
    cutoff = found(sample)
    assert cutoff.verdict is Verdict.NONE
    assert "not within classes" in cutoff.reason
    assert cutoff.evidence["p_pooled"] < 1e-6
    assert cutoff.evidence["p_within"] > 0.01
    unlabelled = found(replace(sample, classes=None))
    assert unlabelled.verdict is Verdict.WEAK
    assert "without labels" in unlabelled.reason


def test_weak_says_each_doubt():
    few = found(made(500, 20, 2.0))
    assert few.verdict is Verdict.WEAK
    assert "20 wrong ones are few (under 30)" in few.reason
    sample = made()
    apart = replace(sample, classes=np.where(sample.wrong, 0, 1).astype(np.int32))
    assert found(apart).verdict is Verdict.WEAK
    assert "only 0 of them are in a class that has right ones too" in found(apart).reason


SURE = Separation(auc=0.7, variance=0.001, freedom=90, n=100, n_wrong=100)
SOUND = Evidence(SURE, SURE, True, "", 0.1, (0.01, 0.1, 0.2))


@pytest.mark.parametrize(
    ("change", "verdict", "says"),
    [
        ({}, Verdict.USABLE, "anywhere in its interval"),
        (
            {"pooled": replace(SURE, auc=0.55)},
            Verdict.NONE,
            "not shown that wrong images score worse",
        ),
        ({"within": replace(SURE, auc=0.55)}, Verdict.NONE, "not within classes"),
        ({"within": replace(SURE, auc=0.55, n_wrong=9)}, Verdict.WEAK, "only 9 of them are in a"),
        ({"within": None}, Verdict.WEAK, "only 0 of them"),
        ({"within": None, "labelled": False}, Verdict.WEAK, "without labels"),
        ({"pooled": replace(SURE, n_wrong=29)}, Verdict.WEAK, "29 wrong ones are few"),
        ({"gain_low": 0.0}, Verdict.WEAK, "at an end of its interval"),
        ({"held_out": (0.0, 0.1, 0.2)}, Verdict.WEAK, "of held-out images"),
        ({"held_out": None}, Verdict.WEAK, "of held-out images"),
        ({"why_not": "out of reach"}, Verdict.NONE, "out of reach"),
    ],
)
def test_the_rules_of_the_verdict(change, verdict, says):
    judged, reason = judge(replace(SOUND, **change))
    assert judged is verdict
    assert says in reason


def test_copies_of_images_make_nothing_usable():
    once = made(200, 12, 1.0)
    twenty = np.repeat(np.arange(212, dtype=np.int32), 20)
    copies = replace(chosen(once, twenty), units=twenty)
    as_if_new = found(replace(copies, units=None))
    honest = found(copies)
    assert as_if_new.verdict is Verdict.USABLE
    assert honest.evidence["p_pooled"] == pytest.approx(found(once).evidence["p_pooled"])
    assert np.ptp(honest.interval) > 2 * np.ptp(as_if_new.interval)


def test_scores_with_few_values_are_no_trouble():
    sample = made()
    rough = replace(sample, goodness=np.clip(np.round(sample.goodness), -2, 1))
    cutoff = found(rough)
    assert cutoff.verdict is Verdict.USABLE
    assert -1 < cutoff.cutoff < 0.5
    two = found(replace(sample, goodness=(sample.goodness > -0.5).astype(float)))
    assert 0 < two.cutoff <= 1
    assert two.effect["rejected_wrong"] > two.effect["rejected_right"] + 0.2


def test_complete_separation_is_usable():
    cutoff = found(made(900, 100, 50.0))
    assert cutoff.verdict is Verdict.USABLE
    assert cutoff.effect["error_kept"] == 0
    assert cutoff.effect["rejected_wrong"] == 1
    assert cutoff.effect["rejected_right"] < 0.06
    assert cutoff.auc[1:] == (1, 1)


@pytest.mark.parametrize(
    "method",
    [Method("plain"), Method("youden"), Method("accuracy", 0.95), Method(by_count=True)],
)
def test_other_methods_get_the_same_verdicts(method):
    settings = replace(QUICK, method=method)
    cutoff = found(made(900, 200, 2.0), settings=settings)
    assert cutoff.verdict is Verdict.USABLE
    assert cutoff.method == method.name
    assert cutoff.interval[0] <= cutoff.cutoff <= cutoff.interval[1]
    assert found(made(900, 200, 0.0), settings=settings).verdict is Verdict.NONE
    assert found(made(900, 5), settings=settings).verdict is Verdict.REFUSED
    if method.name == "accuracy":
        assert 1 - cutoff.effect["error_kept"] == pytest.approx(0.95, abs=0.002)


@pytest.mark.parametrize(
    ("method", "says"),
    [
        (Method("accuracy", 0.9999), "no cut-off makes 0.9999 of the kept images right"),
        (Method("plain"), "do not cross between their peaks"),
    ],
)
def test_where_a_method_finds_nothing_that_is_the_reason(method, says):
    random = np.random.default_rng(1)
    sample = made()
    skewed = np.where(
        sample.wrong, *(random.lognormal(m, s, 1000) for m, s in ((-0.8, 0.3), (0, 1)))
    )
    skewed[-1] = 30.0  # the best image of all is a wrong one
    settings = replace(QUICK, method=method)
    cutoff = found(replace(sample, goodness=skewed), settings=settings)
    assert cutoff.verdict is Verdict.NONE
    assert says in cutoff.reason
    assert cutoff.cutoff is cutoff.interval is None


@pytest.mark.parametrize("groups", [pytest.param(None, marks=pytest.mark.slow), 1000])
def test_a_million_scores_take_seconds(groups):
    sample = made(950_000, 50_000)
    if groups:
        units = np.random.default_rng(0).integers(groups, size=1_000_000).astype(np.int32)
        sample = replace(sample, units=units)
    began = time.process_time()
    cutoff = found(sample, settings=Settings(draws=1000))
    assert time.process_time() - began < 5
    assert cutoff.cutoff == pytest.approx(-0.5, abs=0.05)
    assert cutoff.interval[0] < -0.5 < cutoff.interval[1]
