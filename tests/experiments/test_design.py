"""Who is held out, who is drawn, who is removed."""

from __future__ import annotations

import numpy as np
import pytest

from iqcurate.errors import UsageError
from iqcurate.experiments.training.design import Arm, Kind, Quality, draw, training_set
from iqcurate.experiments.training.split import hold_out, left_out, take
from iqcurate.experiments.training.study import Settings, Study
from iqcurate.experiments.training.variety import warnings

RNG = np.random.default_rng(0)


def taken(labels, groups=None, contents=None, usable=None):
    n = len(labels)
    usable = np.ones(n, bool) if usable is None else np.asarray(usable, bool)
    return take(labels, groups or [None] * n, contents or [None] * n, usable)


def test_parts_do_not_overlap_and_have_the_classes_in_their_shares():
    taking = taken(["a"] * 100 + ["b"] * 300)
    split = hold_out(taking, 0.25, 0.15, seed=3)
    parts = [split.pool, split.validation, split.test]
    assert sorted(np.concatenate(parts)) == list(range(400))
    assert [np.bincount(taking.labels[p]).tolist() for p in parts] == [
        [60, 180], [15, 45], [25, 75],
    ]  # fmt: skip
    other = hold_out(taking, 0.25, 0.15, seed=4)
    assert not np.array_equal(split.test, other.test)
    np.testing.assert_array_equal(split.test, hold_out(taking, 0.25, 0.15, seed=3).test)


def test_groups_and_files_of_the_same_content_never_cross_parts():
    n = 240
    labels = [f"c{i % 3}" for i in range(n)]
    groups = [f"g{i // 6}" if i < 200 else None for i in range(n)]
    contents = [f"x{i % 117}" for i in range(n)]
    taking = taken(labels, groups, contents)
    for seed in range(5):
        split = hold_out(taking, 0.2, 0.2, seed)
        for names in (groups, contents):
            sides = [{names[i] for i in part} - {None}
                     for part in (split.pool, split.validation, split.test)]  # fmt: skip
            assert len(set.union(*sides)) == sum(map(len, sides))


def test_a_planted_leak_is_used_without_groups_and_shut_by_them():
    """Features say nothing of the class, save through a photo of the same object."""
    from simulated import Ridge

    objects, shots = 60, 5
    features = np.repeat(RNG.normal(size=(objects, 200)), shots, axis=0)
    labels = np.repeat(RNG.permutation(objects) % 2, shots)
    groups = np.repeat(np.arange(objects), shots)

    def accuracy(names):
        taking = taken([f"c{k}" for k in labels], names)
        split = hold_out(taking, 0.25, 0.15, 0)
        study = Study(
            taking, split, Quality(RNG.random(len(labels))), Settings((0.2,), seeds=2, draw=0.95)
        )
        learner = Ridge(features, taking.labels, study.held_out)
        return study.run((Arm(Kind.ALL), 0), learner).measures["test"]["accuracy"]

    assert accuracy(None) > 0.9
    assert accuracy([f"g{k}" for k in groups]) < 0.7


def test_a_split_that_is_named_is_the_test_and_what_belongs_to_it_is_left_out():
    labels, groups = ["a", "b"] * 40, [f"g{i // 4}" for i in range(80)]
    taking = taken(labels, groups)
    given = np.zeros(80, bool)
    given[[0, 1, 40, 41]] = True
    split = hold_out(taking, 0.25, 0.2, 0, given)
    assert split.test.tolist() == [0, 1, 40, 41]
    assert not {2, 3, 42, 43} & {*split.pool.tolist(), *split.validation.tolist()}


def test_what_cannot_take_part_is_told():
    labels = ["a"] * 20 + ["b"] * 20 + ["one"] + ["same", "same", "same", "same"] + [None]
    groups = [None] * 41 + ["g"] * 4 + [None]
    taking = taken(labels, groups, usable=[False] + [True] * 45)
    assert taking.classes == ("a", "b")
    assert taking.rows.tolist() == list(range(1, 40))
    assert left_out(taking) == [
        "1 image without a label",
        "5 images of 2 classes with fewer than 4 images or 2 groups",
    ]


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ([None] * 9, "no image has a label"),
        (["a"] * 9, "2 groups at least: 'a' has enough$"),
        (["a"] * 9 + ["b"], "'a' has enough, 'b' has 1 image$"),
    ],
)
def test_fewer_than_two_classes_are_refused(labels, said):
    with pytest.raises(UsageError, match=said):
        taken(labels)


def test_groups_too_large_for_the_parts_are_refused():
    taking = taken(["a", "b"] * 20, ["g"] * 20 + ["h"] * 20)
    with pytest.raises(UsageError, match="no images are left for test"):
        hold_out(taking, 0.2, 0.2, 0)


def test_the_worst_go_and_as_many_of_each_class_at_random():
    labels = np.arange(100) % 2
    quality = Quality(np.where(labels == 0, 0.0, 1.0) + np.arange(100) / 1000)
    rows = np.arange(100)
    removed = training_set(Arm(Kind.REMOVED, 0.2), rows, labels, quality, 0, 0).rows
    assert sorted(set(rows) - set(removed)) == list(range(0, 40, 2)), "the worst of all"
    random = training_set(Arm(Kind.RANDOM, 0.2), rows, labels, quality, 0, 0).rows
    assert np.bincount(labels[random]).tolist() == np.bincount(labels[removed]).tolist() == [30, 50]
    assert set(random) != set(removed)
    each = Quality(quality.rank, per_class=True)
    left = training_set(Arm(Kind.REMOVED, 0.2), rows, labels, each, 0, 0).rows
    assert np.bincount(labels[left]).tolist() == [40, 40]


def test_without_a_score_nothing_goes_and_equal_ranks_go_in_order():
    quality = Quality(np.array([0.5, np.nan, 0.5, np.nan, 0.5, 0.9]))
    gone = quality.removed(np.arange(6), np.zeros(6, int), 0.5)
    assert gone.tolist() == [True, False, True, False, True, False]


def test_weights_follow_the_rank_and_leave_the_classes_as_they_are():
    labels = np.array([0, 0, 1, 1])
    weights = Quality(np.array([0.1, 0.3, 0.8, np.nan])).weights(np.arange(4), labels)
    np.testing.assert_allclose(weights, [0.5, 1.5, 16 / 13, 10 / 13])


def test_shuffled_qualities_stay_in_their_class_and_leave_the_rest_alone():
    labels = np.array([0] * 30 + [1] * 30)
    quality = Quality(RNG.random(60), rejected=np.arange(60) % 3 == 0)
    pool = np.arange(5, 60)
    shuffled = quality.shuffled(pool, labels, 0, 1)
    np.testing.assert_array_equal(shuffled.rank[:5], quality.rank[:5])
    for k in (0, 1):
        of = pool[labels[pool] == k]
        assert sorted(shuffled.rank[of]) == sorted(quality.rank[of])
        assert shuffled.rejected[of].sum() == quality.rejected[of].sum()
    assert not np.array_equal(shuffled.rank, quality.rank)


def test_draws_are_halves_of_each_class_and_differ():
    labels = np.array([0] * 40 + [1] * 20 + [2])
    pool = np.arange(61)
    draws = [draw(pool, labels, 0.5, 0, n) for n in range(3)]
    assert [np.bincount(labels[d]).tolist() for d in draws] == [[20, 10, 1]] * 3
    assert len({tuple(d) for d in draws}) == 3


def study_of(quality, **settings):
    taking = taken(["a", "b"] * 50)
    return Study(
        taking, hold_out(taking, 0.2, 0.2, 0), quality,
        Settings(**{"shares": (0.0,), "seeds": 3, **settings}),
    )  # fmt: skip


def test_a_rule_that_rejects_everything_or_a_class_or_nothing_is_refused_in_words():
    rank, odd = RNG.random(100), np.arange(100) % 2 == 1
    with pytest.raises(UsageError, match="the rule leaves 0 images of 0 classes"):
        study_of(Quality(rank, rejected=np.ones(100, bool)))
    with pytest.raises(UsageError, match="leaves 15 images of 1 class of"):
        study_of(Quality(rank, rejected=odd))
    with pytest.raises(UsageError, match="there is nothing to compare"):
        study_of(Quality(rank, rejected=np.zeros(100, bool)))
    with pytest.raises(UsageError, match="removing the worst 50%"):
        study_of(Quality(odd + rank / 2), shares=(0.1, 0.5))
    with pytest.raises(UsageError, match="there is nothing to compare"):
        study_of(Quality(np.full(100, np.nan)), shares=(0.1,))


def grouped_study(rank, labels=None):
    """200 images in groups of five, the worst 30% removed."""
    taking = taken(labels or ["a", "b"] * 100, [f"g{i // 5}" for i in range(200)])
    split = hold_out(taking, 0.2, 0.2, 0)
    return Study(taking, split, Quality(rank), Settings((0.1, 0.3), seeds=3, draw=0.9))


def test_it_is_told_when_whole_groups_or_classes_go():
    place = np.arange(200)
    assert list(warnings(grouped_study(RNG.random(200)))) == [], "bad images here and there"
    (said,) = warnings(grouped_study((place // 5 + RNG.random(200)) / 41))
    assert "removes whole groups: of 24 in a draw" in said
    assert "17.3 without the worst 30% (24 at random)" in said
    rare = np.where(place < 20, 0.0, 1.0) + RNG.random(200) / 100
    labels = ["c" if i < 20 else "ab"[i % 2] for i in range(200)]
    (said,) = warnings(grouped_study(rare, labels))
    assert "all images of a class are among what is removed" in said
    assert "the worst 10% in 3 of 3 draws, the worst 30% in 3 of 3 draws" in said
