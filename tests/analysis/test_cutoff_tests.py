"""Tests of difference, intervals of shares, and drawing anew."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from iqcurate.analysis.cutoffs import resample
from iqcurate.analysis.cutoffs.ranks import class_ridits, rank, srcc
from iqcurate.analysis.cutoffs.resample import Binned, bootstrap, folds
from iqcurate.analysis.cutoffs.sample import Sample, compact, ranked
from iqcurate.analysis.cutoffs.separation import separation, within_classes
from iqcurate.analysis.cutoffs.shares import TWO_SIDED, Share, difference, share


def sample(n: int = 200, digits: int = 1, seed: int = 0) -> Sample:
    random = np.random.default_rng(seed)
    wrong = random.random(n) < 0.2
    goodness = np.round(random.normal(size=n) - 0.5 * wrong, digits)
    return Sample(goodness, wrong, None, random.integers(5, size=n).astype(np.int32))


def thrice(once: Sample) -> Sample:
    units = np.repeat(np.arange(len(once.wrong), dtype=np.int32), 3)
    return Sample(*(np.repeat(a, 3) for a in (once.goodness, once.wrong)), units,
                  np.repeat(once.classes, 3))  # fmt: skip


@pytest.mark.parametrize("digits", [0, 1, 9])
def test_the_test_is_that_of_scipy(digits):
    given = sample(digits=digits)
    found = separation(ranked(given))
    worse, better = given.goodness[given.wrong], given.goodness[~given.wrong]
    for p, side in ((found.p, "less"), (found.reversed_p, "greater")):
        assert p == pytest.approx(stats.brunnermunzel(worse, better, alternative=side).pvalue)
    u = stats.mannwhitneyu(better, worse).statistic
    assert found.auc == pytest.approx(u / (len(worse) * len(better)))
    low, auc, high = found.interval()
    assert low < auc < high


def test_copies_of_images_add_no_evidence():
    once = sample()
    copies = thrice(once)
    one, three = separation(ranked(once)), separation(ranked(copies))
    assert three.p == pytest.approx(one.p)
    assert three.freedom == pytest.approx(one.freedom)
    as_if_new = separation(ranked(Sample(copies.goodness, copies.wrong)))
    assert as_if_new.p < one.p / 10
    hit = once.goodness < 0
    assert share(np.repeat(hit, 3), copies.units).n == pytest.approx(share(hit, None).n, rel=0.01)


def test_full_separation_is_certain_and_its_interval_is_not_a_point():
    wrong = np.arange(40) < 12
    found = separation(ranked(Sample(np.arange(40.0), wrong)))
    assert (found.auc, found.p, found.reversed_p) == (1, 0, 1)
    assert found.interval()[0] < 0.9
    assert found.interval()[2] == 1


def test_ridits_inside_classes_are_those_of_pandas():
    random = np.random.default_rng(0)
    level, classes = (random.integers(n, size=500).astype(np.int32) for n in (20, 7))
    by_class = pd.Series(level).groupby(classes)
    theirs = (by_class.rank() - 0.5) / by_class.transform("size")
    np.testing.assert_allclose(class_ridits(level, classes), theirs)


def test_ranks_know_ties():
    values = np.array([3.0, 1.0, 3.0, 2.0, 2.0, 2.0])
    ranks = rank(values)
    assert ranks.values.tolist() == [1, 2, 3]
    np.testing.assert_allclose(ranks.ridits()[ranks.level], (stats.rankdata(values) - 0.5) / 6)
    assert (np.diff(ranks.normal_scores()) > 0).all()


def test_within_classes_only_classes_with_both_kinds_count():
    goodness = np.array([1.0, 2, 3, 9, 9, 5, 6, 4, 8, 8])
    wrong = np.array([True, False, False, True, True, False, False, True, False, True])
    classes = np.array([0, 0, 0, 1, 1, 2, 2, -1, 3, 3], dtype=np.int32)
    found = within_classes(ranked(Sample(goodness, wrong, None, classes)))
    assert found.n_wrong == 1, "class 1 has no right one, 2 no wrong one, 3 only one right one"
    assert found.auc == 1
    nobody = Sample(goodness, wrong, None, np.where(classes == 0, -1, classes).astype(np.int32))
    assert within_classes(ranked(nobody)) is None
    assert within_classes(ranked(Sample(goodness, wrong))) is None


def test_rank_correlation_is_that_of_scipy():
    random = np.random.default_rng(0)
    one = np.round(random.normal(size=300), 1)
    two = np.round(one + random.normal(size=300), 1)
    assert srcc(one, two) == pytest.approx(stats.spearmanr(one, two).statistic)
    two[:10] = np.nan
    assert srcc(one, two) == pytest.approx(stats.spearmanr(one[10:], two[10:]).statistic)
    assert srcc(one, np.ones(300)) is None
    assert srcc(one, np.full(300, np.nan)) is None


@pytest.mark.parametrize("hits", [0, 7, 40])
def test_the_interval_of_a_share_is_that_of_scipy(hits):
    theirs = stats.binomtest(hits, 40).proportion_ci(method="wilson")
    ours = share(np.arange(40) < hits, None).interval(TWO_SIDED)
    assert ours == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_the_interval_of_a_difference_is_newcombes():
    # Newcombe 1998, table II: 56/70 - 48/80, and 10/10 - 0/20
    assert difference(Share(56 / 70, 70), Share(48 / 80, 80), TWO_SIDED) == pytest.approx(
        (0.0524, 0.2, 0.3339), abs=1e-4
    )
    assert difference(Share(1, 10), Share(0, 20), TWO_SIDED)[0] == pytest.approx(0.6791, abs=1e-4)


def binned(units=None, n: int = 600, bins: int = 50) -> Binned:
    random = np.random.default_rng(0)
    wrong = random.random(n) < 0.1
    return Binned(random.integers(bins, size=n).astype(np.int32), wrong, units, bins)


def all_draws(data: Binned, draws: int = 600, seed: int = 1):
    parts = list(bootstrap(data, draws, seed))
    return tuple(np.concatenate([p[i] for p in parts]) for i in (0, 1))


def test_draws_keep_the_numbers_and_the_mean():
    data = binned()
    for drawn, kind in zip(all_draws(data), (~data.wrong, data.wrong), strict=True):
        counts = np.bincount(data.at[kind], minlength=50)
        assert drawn.shape == (600, 50)
        assert (drawn.sum(axis=1) == counts.sum()).all()
        np.testing.assert_allclose(drawn.mean(axis=0), counts, atol=4 * np.sqrt(counts.max() / 600))


def test_units_are_drawn_whole():
    n = 600
    units = (np.arange(n) // 6).astype(np.int32)
    data = Binned((units % 50).astype(np.int32), units % 10 == 0, units, 50)
    right, wrong = all_draws(data)
    assert (right % 6 == 0).all()
    assert (wrong % 6 == 0).all()
    assert (wrong.sum(axis=1) == 60).all(), "units with a wrong one are drawn apart"
    alone = all_draws(Binned(data.at, data.wrong, None, 50))
    assert right[:, 1].std() > 2 * alone[0][:, 1].std()


def test_very_many_units_are_drawn_in_batches_that_vary_alike(monkeypatch):
    units = (np.arange(6000) // 6).astype(np.int32)
    random = np.random.default_rng(0)
    at = (units % 50).astype(np.int32)
    data = Binned(at, random.random(6000) < 0.1, units, 50)
    whole = all_draws(data)
    monkeypatch.setattr(resample, "MOST_UNITS", 200)
    batched = all_draws(data)
    for one, other in zip(whole, batched, strict=True):
        assert other.std(axis=0).mean() == pytest.approx(one.std(axis=0).mean(), rel=0.15)


def test_the_same_seed_draws_the_same():
    for units in (None, (np.arange(600) // 4).astype(np.int32)):
        data = binned(units)
        for one, other in zip(all_draws(data), all_draws(data), strict=True):
            np.testing.assert_array_equal(one, other)
        assert (all_draws(data, seed=2)[0] != all_draws(data)[0]).any()


def test_folds_share_the_wrong_ones_and_keep_units_whole():
    data = binned()
    fold = folds(data, 5, 0)
    for kind in (data.wrong, ~data.wrong):
        sizes = np.bincount(fold[kind], minlength=5)
        assert sizes.max() - sizes.min() <= 1
    units = (np.arange(600) // 4).astype(np.int32)
    fold = folds(binned(units), 5, 0)
    assert all(len(set(fold[units == u])) == 1 for u in range(150))


def test_units_are_numbered_without_gaps():
    assert compact(np.array([4, 4, 9, 0], dtype=np.int32)).tolist() == [1, 1, 2, 0]
    assert compact(np.array([4, 9, 0], dtype=np.int32)) is None, "each image is one of its own"
    kept = Sample(np.arange(4.0), np.zeros(4, bool), np.array([0, 0, 1, 2], dtype=np.int32))
    assert kept.only(np.array([True, True, False, True])).units.tolist() == [0, 0, 1]
