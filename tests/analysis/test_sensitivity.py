"""Accuracy under damage: intervals, levels, verdicts, and the link from score to accuracy."""

from __future__ import annotations

import re

import numpy as np
import pytest

from iqcurate.analysis.sensitivity.classes import classes_of
from iqcurate.analysis.sensitivity.curves import Answers, Reached, Sensitivity, curves_of
from iqcurate.analysis.sensitivity.link import ALL, links_of
from iqcurate.analysis.sensitivity.paired import fall, share
from iqcurate.analysis.sensitivity.protocol import CLEAN, DISTORTIONS, keys_of, make_plan
from iqcurate.analysis.sensitivity.words import crossing_words, link_words, verdict_words
from iqcurate.errors import UsageError

LEVELS = (1.0, 2.0, 3.0, 4.0)
PLAN = {"blur": LEVELS}


def answers_of(correct, units=None, labels=None) -> Answers:
    n = len(next(iter(correct.values())))
    nothing = {key: np.full(n, np.nan) for key in correct}
    units = np.arange(n) if units is None else units
    labels = np.array(["x"] * n if labels is None else labels, object)
    return Answers(correct, nothing, nothing, units, labels)


def failing_at(breaks, levels=LEVELS, clean=None) -> Answers:
    """Each image is right up to its own level."""
    breaks = np.asarray(breaks, float)
    right = np.ones(len(breaks)) if clean is None else clean
    correct = {CLEAN: right} | {("blur", x): right * (breaks > x) for x in levels}
    return answers_of(correct)


def test_a_share_of_ones_is_not_certain():
    found = share(np.ones(20), np.arange(20))
    assert (found.mean, found.high) == (1, 1)
    assert 0.75 < found.low < 0.95


@pytest.mark.parametrize(("n", "of_group"), [(40, 1), (200, 1), (200, 5)])
def test_intervals_of_falls_hold_their_level(n, of_group):
    rng = np.random.default_rng(0)
    units = np.arange(n) // of_group
    held = 0
    for _ in range(300):
        ease = np.repeat(rng.normal(size=n // of_group), of_group)
        own = rng.normal(size=n)
        clean, bad = ((ease + own > cut).astype(float) for cut in (-1.5, -0.5))
        found = fall(clean, bad, units)
        truth = 0.8556 - 0.6382  # Phi(1.5 / sqrt 2) - Phi(0.5 / sqrt 2)
        held += found.low <= truth <= found.high
    assert held / 300 >= 0.92


def test_groups_count_as_one():
    rng = np.random.default_rng(1)
    group = np.repeat((rng.random(20) < 0.5).astype(float), 10)
    alone = fall(np.ones(200), group, np.arange(200))
    together = fall(np.ones(200), group, np.arange(200) // 10)
    assert together.high - together.low > 2 * (alone.high - alone.low)


def test_the_level_of_a_fall_is_found_with_an_interval_that_holds():
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(40):
        # half of the images are lost at 2.5: the level is known
        curve = curves_of(failing_at(rng.uniform(0.5, 4.5, 150)), PLAN)["blur"]
        half = curve.crossings[-1]
        assert half.reached is Reached.YES
        held += half.mild <= 2.5 <= half.harsh
        assert half.level == pytest.approx(2.5, abs=0.7)
    assert held >= 38


def test_verdicts():
    robust = curves_of(failing_at([9] * 60), PLAN)["blur"]
    assert robust.verdict is Sensitivity.ROBUST
    assert {c.reached for c in robust.crossings} == {Reached.NO}
    assert verdict_words(robust).startswith("robust: even at 4")

    few = curves_of(failing_at([9] * 15), PLAN)["blur"]
    assert few.verdict is Sensitivity.CANNOT_TELL, "15 right images exclude no loss of a tenth"
    assert verdict_words(few).startswith("cannot tell with 15 images")

    broken = curves_of(failing_at([2.5] * 60), PLAN)["blur"]
    assert broken.verdict is Sensitivity.SENSITIVE
    assert (broken.sensitive_from, broken.harmless_to) == (3, 2)
    assert "accuracy 1.00 to 0.00" in verdict_words(broken)
    assert crossing_words(broken.crossings[-1], broken).startswith("2.5 (")

    clean = np.zeros(200)
    clean[:5] = 1
    wrong = curves_of(failing_at([9] * 200, clean=clean), PLAN)["blur"]
    assert wrong.verdict is Sensitivity.CANNOT_TELL
    assert "right on 5 of 200" in verdict_words(wrong)


def test_a_fall_that_is_neither_shown_nor_excluded_cannot_be_told():
    curve = curves_of(failing_at([9] * 53 + [3.5] * 7), PLAN)["blur"]
    assert curve.verdict is Sensitivity.CANNOT_TELL
    tenth = curve.crossings[0]
    assert tenth.reached is Reached.CANNOT_TELL
    assert 3 < tenth.mild < 4
    assert "or harsher" in crossing_words(tenth, curve)


def test_levels_run_the_way_of_the_damage():
    plan = {"jpeg": (20.0, 10.0, 5.0)}
    right = {20.0: 1.0, 10.0: 0.9, 5.0: 0.1}
    rank = np.arange(100) / 100
    correct = {CLEAN: np.ones(100)}
    correct |= {("jpeg", x): (rank < p).astype(float) for x, p in right.items()}
    curve = curves_of(answers_of(correct), plan)["jpeg"]
    half = curve.crossings[-1]
    assert half.level == pytest.approx(7.5, abs=0.1)
    assert half.mild > half.level > half.harsh > 5
    assert curve.sensitive_from == 5
    low = {CLEAN: np.ones(100)} | {("jpeg", x): np.zeros(100) for x in right}
    first = curves_of(answers_of(low), plan)["jpeg"]
    assert crossing_words(first.crossings[0], first) == "already at 20", "no level is clean"
    some = {CLEAN: np.ones(100)}
    some |= {("jpeg", x): (rank < p).astype(float) for x, p in {**right, 20.0: 0.89}.items()}
    tenth = curves_of(answers_of(some), plan)["jpeg"]
    words = crossing_words(tenth.crossings[0], tenth)
    assert re.fullmatch(r"\S+ (or milder )?\(20 or milder to \S+\)", words)


def test_images_without_an_answer_are_left_out_in_pairs():
    answers = failing_at([2.5] * 40)
    answers.correct["blur", 4.0][:30] = np.nan
    answers.correct["blur", 3.0][:] = np.nan
    curve = curves_of(answers, PLAN)["blur"]
    assert [p.level for p in curve.points] == [1, 2, 4]
    assert curve.points[-1].fall.images == 10
    assert curve.points[-1].fall.mean == 1


def test_classes_that_fall_first_come_first():
    breaks = [9.0] * 30 + [1.5] * 30 + [0.5] * 3
    labels = ["strong"] * 30 + ["weak"] * 30 + ["rare"] * 3
    answers = failing_at(breaks)
    answers = answers_of(answers.correct, labels=labels)
    found = classes_of(answers, PLAN)["blur"]
    assert [(c.label, c.stands_out) for c in found] == [("weak", True), ("strong", False)]
    assert found[0].fall.mean == pytest.approx(0.75), "right at one of four levels"


def of_classes(rng, hard=(), classes=30, images=10):
    """Images that break at levels of their own; those of the classes `hard` sooner."""
    label = np.repeat(np.arange(classes), images)
    breaks = rng.uniform(0.5, 4.5, len(label)) - 2.5 * np.isin(label, hard)
    return answers_of(failing_at(breaks).correct, labels=[f"{n:02}" for n in label])


def test_classes_that_differ_by_chance_have_no_star():
    rng = np.random.default_rng(5)
    found = [classes_of(of_classes(rng), PLAN)["blur"] for _ in range(60)]
    assert np.mean([any(c.stands_out for c in each) for each in found]) <= 0.05
    held = [c.fall.low <= 0.5 <= c.fall.high for each in found for c in each]
    assert 0.93 < np.mean(held) < 0.99, "at the mean of its levels half of a class is left"


def test_few_hard_classes_among_many_are_found():
    found = classes_of(of_classes(np.random.default_rng(6), hard=(3, 17)), PLAN)["blur"]
    assert {c.label for c in found if c.stands_out} == {"03", "17"}
    assert [c.label for c in found[:2]] in (["03", "17"], ["17", "03"])


def linked(score_of, breaks=None):
    """Two kinds of damage to 100 images, of which those with a lower level fall first."""
    rng = np.random.default_rng(3)
    breaks = rng.uniform(0.5, 4.5, 100) if breaks is None else breaks
    plan = {"blur": LEVELS, "noise": (10.0, 20.0, 30.0, 40.0)}
    correct = {key: (breaks > _step(key)).astype(float) for key in keys_of(plan)}
    noise = rng.normal(0, 0.05, 100)
    scores = {key: score_of(key[0], _step(key)) + noise for key in correct}
    return links_of(answers_of(correct), scores, plan, -1.0)


def _step(key) -> float:
    return key[1] / 10 if key[0] == "noise" else key[1]


def test_the_score_at_which_half_is_lost_is_found():
    links = linked(lambda _, step: 3 + step)
    assert [each.distortion for each in links] == ["blur", "noise", ALL]
    for each in links:
        half = each.thresholds[-1]
        assert 4.9 < half.score < 6.1, "half are lost between steps 2 and 3, scored 5 and 6"
        assert half.interval[0] <= half.score <= half.interval[1]
        assert each.auc[0] > 0.7
    assert links[0].steps[0].score == pytest.approx(3, abs=0.1)
    assert "One score cannot stand" not in link_words("niqe", links)


def test_a_score_that_sees_one_kind_of_damage_only_is_told():
    links = linked(lambda name, step: 3 + (step if name == "blur" else 0))
    assert links[1].auc[1] < links[0].auc[1]
    words = link_words("niqe", linked(lambda name, step: 3 + (step if name == "blur" else -step)))
    assert "wrong way under Gaussian noise, so one score cannot stand for all damage" in words
    assert words.lower().count("one score cannot stand") == 1
    rng = np.random.default_rng(4)
    strong, hard = rng.uniform(0.5, 4.5, 100), {"blur": 4.4, "noise": 1.3}
    plan = {"blur": LEVELS, "noise": (10.0, 20.0, 30.0, 40.0)}
    correct = {key: (strong > hard.get(key[0], 0)).astype(float) for key in keys_of(plan)}
    scores = {key: 3.0 + (key != CLEAN) + rng.normal(0, 0.05, 100) for key in correct}
    words = link_words("niqe", links_of(answers_of(correct), scores, plan, -1.0))
    assert "One score cannot stand for all damage" in words
    assert "is still right under Gaussian noise" in words


def test_a_model_that_is_always_right_has_no_such_score():
    links = linked(lambda _, step: 3 + step, breaks=np.full(100, 99.0))
    assert all(t.score is None for each in links for t in each.thresholds)
    assert link_words("niqe", links).startswith("niqe: cannot tell")


def test_plans():
    plan = make_plan(None, None)
    assert list(plan) == ["blur", "noise", "contrast", "jpeg", "jpeg2000", "resolution"]
    assert plan["jpeg"] == (20, 18, 16, 14, 12, 10, 8, 6, 4, 2)
    assert plan["contrast"][0] == 0.9
    assert plan["jpeg2000"][-1] == 20
    short = make_plan(["motion", "jpeg"], ["coarse", "jpeg=5,20,5", "noise=50"])
    assert list(short) == ["motion", "jpeg", "noise"]
    assert short["jpeg"] == (20, 5), "from mild to harsh, each once"
    assert short["motion"] == DISTORTIONS["motion"].coarse
    for names, levels, words in (
        (["fog"], None, "no distortion 'fog'"),
        (None, ["fine"], "--levels fine"),
        (None, ["jpeg=0"], "quality is 1 to 100"),
        (None, ["blur=a"], "write numbers"),
        (None, ["jpeg=2.5"], "whole numbers"),
        (None, ["blur=1", "blur=2"], "given twice"),
        ([], None, "no distortion is named"),
    ):
        with pytest.raises(UsageError, match=words):
            make_plan(names, levels)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_levels_go_from_mild_to_harsh(name):
    what = DISTORTIONS[name]
    for levels in (what.full, what.coarse):
        assert what.sort(levels) == tuple(levels)
        assert all(what.least <= level <= what.most for level in levels)


def test_a_level_that_few_images_have_hides_no_fall():
    n = 200
    rank = np.arange(n) / n
    labels = [str(i % 10) for i in range(n)]
    few = np.where(np.arange(n) < 5, 1.0, np.nan)
    correct = {CLEAN: np.ones(n), ("jpeg2000", 30.0): (rank < 0.6).astype(float)}
    correct |= {("jpeg2000", 25.0): (rank < 0.3).astype(float), ("jpeg2000", 20.0): few}
    answers = answers_of(correct, labels=labels)
    whole, without = {"jpeg2000": (30.0, 25.0, 20.0)}, {"jpeg2000": (30.0, 25.0)}
    found, plain = (curves_of(answers, plan)["jpeg2000"] for plan in (whole, without))
    assert len(found.points) == 3
    assert found.verdict is Sensitivity.SENSITIVE
    assert (found.sensitive_from, found.crossings) == (plain.sensitive_from, plain.crossings)
    assert verdict_words(found).endswith("; 20 is left out: 5 of 200 images have it")
    assert classes_of(answers, whole) == classes_of(answers, without) != {"jpeg2000": []}


def test_accuracies_in_words_are_of_the_same_images():
    clean = np.array([1.0] * 60 + [0.0] * 40)
    bad = np.array([0.0] * 60 + [np.nan] * 40)
    curve = curves_of(answers_of({CLEAN: clean, ("blur", 1.0): bad}), {"blur": (1.0,)})["blur"]
    assert "accuracy 1.00 to 0.00, a fall of 1.00" in verdict_words(curve)


def test_few_images_link_no_score_to_accuracy():
    answers = failing_at([1.5, 2.5, 3.5] * 3)
    scores = {(name, x): np.full(9, 9 - x) for name, x in answers.correct}
    for link in links_of(answers, scores, PLAN, 1.0):
        assert link.auc is None
        assert all(t.score is None for t in link.thresholds)
    assert "for want of images" in link_words("m", links_of(answers, scores, PLAN, 1.0))


def test_where_nearly_all_is_lost_classes_that_are_all_right_at_first_have_no_star():
    starred = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        clean = (rng.random(400) < 0.95).astype(float)
        labels = [str(i // 20) for i in range(400)]
        answers = answers_of({CLEAN: clean, ("blur", 9.0): np.zeros(400)}, labels=labels)
        starred += any(c.stands_out for c in classes_of(answers, {"blur": (9.0,)})["blur"])
    assert starred <= 3
