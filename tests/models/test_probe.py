"""The linear probe: what it must never see, and what it leaves out."""

from __future__ import annotations

import numpy as np
import pytest

from iqcurate.errors import ModelError, UsageError
from iqcurate.models.probe import NONE, cross_validate
from iqcurate.models.probe_choice import ProbeOptions, reasons, select_for_probe

RNG = np.random.default_rng(0)


def chosen_of(labels, groups=None, contents=None, usable=None, **options):
    n = len(labels)
    usable = np.ones(n, bool) if usable is None else usable
    how = ProbeOptions(**options)
    return select_for_probe(labels, groups or [None] * n, contents or [None] * n, usable, how)


def accuracy(features, chosen, **options) -> list[float]:
    found = cross_validate(features[chosen.rows], chosen, ProbeOptions(**options))
    return [float((p.probabilities.argmax(axis=1) == chosen.labels).mean()) for p in found]


def twins(n: int = 30, copies: int = 4):
    """Features that say nothing of the label, save through a copy of the same image."""
    features = np.repeat(RNG.normal(size=(n, 300)), copies, axis=0).astype(np.float32)
    labels = np.repeat(RNG.permutation([f"c{i % 3}" for i in range(n)]), copies)
    names = [f"g{i}" for i in np.repeat(np.arange(n), copies)]
    return features, labels.tolist(), names


def test_a_planted_leak_is_used_without_groups_and_shut_by_them():
    features, labels, names = twins()
    how = {"folds": 3, "partitions": 1}
    assert accuracy(features, chosen_of(labels), **how)[0] > 0.95, "a copy in training tells"
    assert accuracy(features, chosen_of(labels, groups=names), **how)[0] < 0.5, "chance is 1/3"
    same = accuracy(features, chosen_of(labels, contents=names), **how)
    assert same[0] < 0.5, "files with the same content are one image"


def test_groups_and_contents_are_linked_through_each_other():
    labels = ["a", "b"] * 6
    groups = ["g0", None, None, None, "g1", "g1", *[None] * 6]
    contents = ["x", "x", "y", None, "y", "z", *[None] * 6]
    units = chosen_of(labels, groups, contents, folds=2).units.tolist()
    assert units[0] == units[1]
    assert units[2] == units[4] == units[5]
    assert len(set(units)) == 2 + 7


def test_no_group_is_ever_on_both_sides():
    features, labels, names = twins(20, 3)
    chosen = chosen_of(labels, groups=names)
    for partition in cross_validate(features[:, :5], chosen, ProbeOptions(partitions=2)):
        folds = [set(partition.fold[np.array(names) == name]) for name in set(names)]
        assert all(len(fold) == 1 for fold in folds)
        assert set(partition.fold) == {0, 1, 2, 3, 4}


def test_a_tested_image_changes_nothing_for_the_others_of_its_fold():
    """Neither standardising nor the choice of C looks at what is tested."""
    labels = [f"c{i % 2}" for i in range(60)]
    features = RNG.normal(size=(60, 8)).astype(np.float32)
    chosen = chosen_of(labels)
    options = ProbeOptions(folds=3, partitions=1)
    before = cross_validate(features, chosen, options)[0]
    fold = before.fold == before.fold[7]
    features[7] = 1e6
    after = cross_validate(features, chosen, options)[0]
    others = fold & (np.arange(60) != 7)
    np.testing.assert_array_equal(before.fold, after.fold)
    np.testing.assert_array_equal(before.probabilities[others], after.probabilities[others])
    assert not np.array_equal(before.probabilities[~fold], after.probabilities[~fold])


def test_it_learns_what_is_there_and_partitions_differ():
    labels = [f"c{i % 3}" for i in range(90)]
    features = (np.eye(3)[np.arange(90) % 3] * 1.5 + RNG.normal(size=(90, 3))).astype(np.float32)
    chosen, options = chosen_of(labels, folds=2), ProbeOptions(folds=2, partitions=2)
    assert min(accuracy(features, chosen, folds=2, partitions=2)) > 0.6
    one, two = cross_validate(features, chosen, options, threads=3)
    assert not np.array_equal(one.fold, two.fold)
    np.testing.assert_allclose(one.probabilities.sum(axis=1), 1, atol=1e-5)
    again = cross_validate(features, chosen, options, threads=1)
    for first, second in zip((one, two), again, strict=True):
        np.testing.assert_array_equal(first.probabilities, second.probabilities)
        assert first.strengths == second.strengths
    other = cross_validate(features, chosen, ProbeOptions(folds=2, partitions=1, seed=5))
    assert not np.array_equal(one.fold, other[0].fold)


def test_classes_with_too_few_images_or_groups_are_left_out():
    labels = ["big"] * 10 + ["other"] * 10 + ["small"] * 4 + ["one place"] * 8 + [None]
    groups = [*[f"g{i}" for i in range(24)], *["same"] * 8, None]
    usable = np.ones(33, bool)
    usable[0] = False
    chosen = chosen_of(labels, groups, usable=usable)
    assert chosen.classes == ("big", "other")
    assert chosen.rows.tolist() == list(range(1, 20))
    why = reasons(chosen, ProbeOptions())
    assert sorted(why) == list(range(20, 33))
    assert why[20].startswith("too_few: class 'small' has 4 images; 5 folds need 5")
    assert why[25].startswith("too_few: class 'one place' has 8 images in 1 group;")
    assert why[32] == "no_label: needs a label"


def test_a_class_that_training_lacks_is_not_predicted(monkeypatch):
    """All groups of a class may fall into one fold: no probe could know the class then."""
    from iqcurate.models import probe

    labels = ["rare"] * 4 + ["a", "b"] * 12
    parted = np.arange(28) < 16
    splits = probe._splits

    def unlucky(labels, units, folds, seed):
        both = [(np.flatnonzero(part), np.flatnonzero(~part)) for part in (parted, ~parted)]
        return both if len(labels) == 28 else splits(labels, units, folds, seed)

    monkeypatch.setattr(probe, "_splits", unlucky)
    options = ProbeOptions(folds=2, partitions=1)
    features = RNG.normal(size=(28, 4)).astype(np.float32)
    partition = cross_validate(features, chosen_of(labels, folds=2), options)[0]
    assert partition.fold.tolist() == [NONE] * 4 + [1] * 12 + [0] * 12


@pytest.mark.parametrize(
    ("labels", "groups", "says"),
    [
        ([None] * 20, None, "no image has a label"),
        (["a"] * 20, None, r"1 class \('a'\)"),
        (["a", "b"], None, "0 classes can be probed"),
        (["a", "b"] * 10, ["x", "x", "y", "y"] * 5, "only 2 groups for 5 folds: --folds 2"),
    ],
)
def test_what_cannot_be_probed_says_why(labels, groups, says):
    with pytest.raises(ModelError, match=says):
        chosen_of(labels, groups)


def test_options_that_make_no_sense():
    for wrong in ({"folds": 1}, {"partitions": 0}, {"seed": -1}):
        with pytest.raises(UsageError, match="--folds is 2 or more"):
            ProbeOptions(**wrong)


def test_it_tells_how_far_it_is_and_can_be_stopped():
    labels = ["a", "b"] * 20
    features = RNG.normal(size=(40, 3)).astype(np.float32)
    chosen, seen, options = chosen_of(labels), [], ProbeOptions(folds=2, partitions=2)
    cross_validate(features, chosen, options, told=lambda *state: seen.append(state))
    assert seen == [(i, 4) for i in range(1, 5)]
    assert cross_validate(features, chosen, options, stop=lambda: True) is None


def test_partitions_that_are_copies_are_left_out():
    """Two groups can be parted in one way only: a spread of 0 over copies would be a lie."""
    labels = ["a", "b"] * 20
    features = RNG.normal(size=(40, 3)).astype(np.float32)
    two = chosen_of(labels, groups=["train"] * 20 + ["val"] * 20, folds=2)
    assert len(cross_validate(features, two, ProbeOptions(folds=2, partitions=3))) == 1
    few = chosen_of(labels, groups=[f"g{i // 10}" for i in range(40)], folds=2)
    found = cross_validate(features, few, ProbeOptions(folds=2, partitions=3))
    assert len({tuple(p.fold == p.fold[0]) for p in found}) == len(found) == 3


def test_two_seeds_have_no_partition_in_common():
    chosen = chosen_of(["a", "b"] * 20)
    features = RNG.normal(size=(40, 3)).astype(np.float32)
    folds = [
        tuple(partition.fold)
        for seed in (0, 1)
        for partition in cross_validate(features, chosen, ProbeOptions(seed=seed))
    ]
    assert len(set(folds)) == 6


def test_it_stops_in_the_middle_of_a_probe():
    chosen = chosen_of(["a", "b"] * 20)
    features = RNG.normal(size=(40, 3)).astype(np.float32)
    asked = []

    def after_four_fits() -> bool:
        asked.append(1)
        return len(asked) > 4

    assert cross_validate(features, chosen, ProbeOptions(), stop=after_four_fits) is None
    assert len(asked) < 10, "one probe alone takes 16 fits"
