"""Votes, ranks, families, drift and the effect of a filter."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy import stats

from iqcurate.analysis.drift import drift
from iqcurate.analysis.effect import association, effect
from iqcurate.analysis.families import families, opposites, rank_correlations
from iqcurate.analysis.ranks import best, mean_rank, worst
from iqcurate.analysis.votes import ABSTAIN, LOW, PASS, Policy, family_vote, tally, vote
from iqcurate.cutoffs import Reference
from iqcurate.errors import UsageError
from iqcurate.spec import Direction

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


def rejected_by_hand(pattern: tuple[str, ...], policy: str) -> bool:
    """The definition, one image at a time, in words."""
    cast = [v for v in pattern if v != "abstain"]
    if not cast:
        return False
    lows = cast.count("low")
    passes = cast.count("pass")
    if policy == "any":
        return "low" in cast
    if policy == "all":
        return "pass" not in cast
    if policy == "majority":
        return lows > passes
    return lows >= int(policy)


@pytest.mark.parametrize("metrics", [1, 2, 3, 4])
@pytest.mark.parametrize("policy", ["any", "all", "majority", "1", "2", "3", "4"])
def test_every_pattern_of_votes(metrics, policy):
    patterns = list(product(["low", "pass", "abstain"], repeat=metrics))
    numbers = {"low": LOW, "pass": PASS, "abstain": ABSTAIN}
    columns = [np.array([numbers[p[m]] for p in patterns], np.int8) for m in range(metrics)]
    low, cast = tally(columns)
    got = Policy.parse(policy).rejects(low, cast)
    assert got.tolist() == [rejected_by_hand(p, policy) for p in patterns]


def test_low_is_strictly_worse_in_the_direction_of_the_metric():
    scores = np.array([0.1, 0.2, 0.3, np.nan])
    assert vote(scores, 0.2, HIGHER).tolist() == [LOW, PASS, PASS, ABSTAIN]
    assert vote(scores, 0.2, LOWER).tolist() == [PASS, PASS, LOW, ABSTAIN]


def test_a_family_votes_as_most_of_it_does():
    members = [(LOW, LOW), (LOW, PASS), (LOW, ABSTAIN), (ABSTAIN, PASS), (ABSTAIN, ABSTAIN)]
    columns = [np.array(c, np.int8) for c in zip(*members, strict=True)]
    assert family_vote(columns).tolist() == [LOW, PASS, LOW, PASS, ABSTAIN]


@pytest.mark.parametrize("text", ["0", "-1", "most", "1.5", ""])
def test_a_policy_that_is_none(text):
    with pytest.raises(UsageError, match="majority, any, all"):
        Policy.parse(text)


def test_mean_rank_is_that_of_scipy_and_does_not_depend_on_the_order():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 20, 200).astype(float), rng.normal(size=200)
    a[5], a[6], b[6] = np.nan, np.nan, np.nan
    ranks = mean_rank([(a, HIGHER), (b, LOWER)])
    percent_a = (stats.rankdata(a, nan_policy="omit") - 0.5) / 198
    percent_b = (stats.rankdata(-b, nan_policy="omit") - 0.5) / 199
    both = np.delete(np.arange(200), [5, 6])
    np.testing.assert_allclose(ranks[both], ((percent_a + percent_b) / 2)[both], atol=1e-11)
    assert ranks[5] == pytest.approx(percent_b[5])
    assert np.isnan(ranks[6])
    np.testing.assert_array_equal(ranks, mean_rank([(b, LOWER), (a, HIGHER)]))


def test_the_worst_go_by_rank_and_then_by_id():
    rank = np.array([0.2, 0.1, 0.1, 0.1, np.nan, 0.9])
    ids = pa.chunked_array([["f", "c"], ["b", "a", "z", "y"]])
    chosen = worst(rank, ids, 0.4)
    assert np.flatnonzero(chosen).tolist() == [2, 3], "b and a before c; 40% of 5"
    classes = np.array([0, 0, 1, 1, 1, -1], np.int32)
    assert np.flatnonzero(worst(rank, ids, 0.5, classes)).tolist() == [1, 3]
    assert worst(rank, ids, 0.0).sum() == 0


def test_the_worst_and_the_best_are_those_of_plain_sorting():
    rng = np.random.default_rng(1)
    for levels in (2, 7, 1000):
        rank = rng.integers(0, levels, 300) / levels
        rank[rng.random(300) < 0.1] = np.nan
        names = [f"{i:03}" for i in rng.permutation(300)]
        classes = rng.integers(-1, 4, 300).astype(np.int32)
        quota = np.array([0, 3, 20, 500])
        among = rng.random(300) < 0.6
        picked = best(rank, pa.chunked_array([names]), classes, among, quota)
        gone = worst(rank, pa.chunked_array([names]), 0.25, classes)
        for k in range(-1, 4):
            rows = [i for i in range(300) if classes[i] == k and not np.isnan(rank[i])]
            up = sorted(rows, key=lambda i: (rank[i], names[i]))
            assert set(np.flatnonzero(gone & (classes == k))) == set(up[: len(rows) // 4])
            down = sorted((i for i in rows if among[i]), key=lambda i: (-rank[i], names[i]))
            expected = down[: quota[k]] if k >= 0 else []
            assert set(np.flatnonzero(picked & (classes == k))) == set(expected)


def test_shares_that_floats_cannot_hold_are_whole_images():
    ids = pa.chunked_array([[f"{i:03}" for i in range(100)]])
    rank = np.arange(100) / 100
    assert [worst(rank, ids, s / 100).sum() for s in range(100)] == list(range(100))


def test_the_best_of_each_class():
    rank = np.array([0.5, 0.9, 0.9, 0.1, np.nan, 0.3])
    ids = pa.chunked_array([["a", "c", "b", "d", "e", "f"]])
    classes = np.array([0, 0, 0, 1, 1, -1], np.int32)
    among = np.array([True, True, True, True, True, True])
    assert np.flatnonzero(best(rank, ids, classes, among, np.array([1, 5]))).tolist() == [2, 3]


def made(n: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    quality = rng.normal(size=n)
    return {
        "lapm": quality + 0.1 * rng.normal(size=n),
        "wavs": quality + 0.1 * rng.normal(size=n),
        "niqe": -quality + rng.normal(size=n),
        "other": rng.normal(size=n),
        "flat": np.ones(n),
    }


WAYS = {"lapm": HIGHER, "wavs": HIGHER, "niqe": LOWER, "other": HIGHER, "flat": HIGHER}


@pytest.mark.parametrize("n", [300, 120_000])
def test_metrics_that_rank_alike_are_a_family(n):
    scores = made(n)
    scores["niqe2"] = -(scores["niqe"] ** 3)
    scores["lapm"][::7] = np.nan
    ways = WAYS | {"niqe2": HIGHER}
    assert set(families(rank_correlations(scores.items(), ways))) == {
        ("lapm", "wavs"),
        ("niqe", "niqe2"),
    }
    turned = rank_correlations(scores.items(), ways | {"niqe2": LOWER})
    assert families(turned) == (("lapm", "wavs"),)
    assert opposites(turned) == [("niqe", "niqe2")]


def test_every_two_of_a_family_rank_alike():
    chain = pd.DataFrame(
        [[1, 0.95, 0.8], [0.95, 1, 0.92], [0.8, 0.92, 1]], index=list("abc"), columns=list("abc")
    )
    assert families(chain) == (("a", "b"),)
    exactly = pd.DataFrame([[1, 0.9], [0.9, 1]], index=list("ab"), columns=list("ab"))
    assert families(exactly) == ()


def test_few_images_say_nothing_about_families():
    assert families(rank_correlations(made(19).items(), WAYS)) == ()


def reference(scores) -> Reference:
    grid = tuple(np.quantile(scores, np.linspace(0, 1, 101)))
    return Reference(min(scores), max(scores), grid)


DRAWS = {
    "normal": lambda rng, n: rng.normal(size=n),
    "lognormal": lambda rng, n: rng.lognormal(size=n),
    "ties": lambda rng, n: rng.poisson(1.0, n).astype(float),
    "half zero": lambda rng, n: np.maximum(rng.normal(size=n), 0),
}


@pytest.mark.parametrize("name", DRAWS)
@pytest.mark.parametrize("n", [100, 1000, 10_000])
def test_equal_distributions_do_not_drift(name, n):
    rng = np.random.default_rng(n)
    for _ in range(50):
        then, now = DRAWS[name](rng, 700), DRAWS[name](rng, n)
        for calibrated_on in (700, 0):
            assert not drift(now, reference(then), calibrated_on).drifted


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_a_shift_of_half_a_deviation_is_drift(shift):
    rng = np.random.default_rng(0)
    now = rng.normal(size=1000)
    now[::10] = np.nan
    found = drift(now + shift, reference(rng.normal(size=700)), 700)
    assert found.drifted
    assert found.distance == pytest.approx(stats.norm.cdf(0.25) * 2 - 1, abs=0.06)
    assert found.median_now - found.median_then == pytest.approx(shift, abs=0.15)


def test_the_distance_is_that_of_kolmogorov_and_smirnov_up_to_the_grid():
    rng = np.random.default_rng(1)
    for shift in (0, 0.3, 1):
        then, now = rng.normal(size=2000), rng.normal(shift, 1.3, 500)
        got = drift(now, reference(then), 2000).distance
        assert got == pytest.approx(stats.ks_2samp(then, now).statistic, abs=0.011)


def test_no_scores_no_drift():
    assert drift(np.full(3, np.nan), reference([0, 1]), 2) is None


def test_the_effect_on_classes_and_splits():
    label = pa.chunked_array([["b"] * 40 + ["a"] * 10, ["c"] * 50, [None] * 4])
    split = pa.chunked_array([["train", "val"] * 52])
    keep = np.ones(104, bool)
    keep[:20] = keep[40:50] = keep[103] = False
    found = effect(keep, np.ones(104, bool), label, split)
    assert (found.images, found.kept) == (104, 73)
    names = [None if pd.isna(name) else name for name in found.classes["name"]]
    assert names == ["a", "b", None, "c"], "the hardest hit first"
    rows = found.classes.set_index("name")
    assert rows.loc["b", ["images", "kept", "kept_share"]].tolist() == [40, 20, 0.5]
    assert rows.loc["b", "share_before"] == 0.4
    assert rows.loc["b", "share_after"] == pytest.approx(20 / 70)
    assert found.vanished == ["a"]
    assert found.balance_after.largest_to_smallest == float("inf")
    assert found.balance_before.evenness == pytest.approx(
        stats.entropy([0.4, 0.1, 0.5]) / np.log(3)
    )
    assert found.splits["images"].tolist() == [52, 52]


def test_without_labels_there_is_nothing_to_say_of_classes():
    nothing = pa.chunked_array([pa.nulls(3, pa.string())])
    found = effect(np.ones(3, bool), np.ones(3, bool), nothing, nothing)
    assert len(found.classes) == len(found.splits) == 0
    assert found.association is found.balance_before is None


def corrected_v(counts) -> float:
    """Bergsma (2013), equation by equation."""
    n, (r, c) = counts.sum(), counts.shape
    phi2 = stats.contingency.association(counts, "cramer") ** 2 * (min(r, c) - 1)
    phi2_tilde = max(0, phi2 - (r - 1) * (c - 1) / (n - 1))
    r_tilde, c_tilde = r - (r - 1) ** 2 / (n - 1), c - (c - 1) ** 2 / (n - 1)
    return float(np.sqrt(phi2_tilde / (min(r_tilde, c_tilde) - 1)))


def test_association_of_class_and_rejection():
    counts = np.array([[30, 10], [20, 20], [5, 35]])
    found = association(counts)
    assert found.cramers_v == pytest.approx(corrected_v(counts))
    assert found.p == pytest.approx(stats.chi2_contingency(counts, correction=False).pvalue)
    assert association(np.array([[50, 0], [0, 50]])).cramers_v == pytest.approx(1, abs=1e-6)
    assert association(np.array([[20, 20], [30, 30]])).cramers_v == 0
    few = association(np.array([[3, 1], [2, 2], [1, 3]]))
    assert few.p is None
    assert "too few" in few.why
    assert "one outcome" in association(np.array([[3, 0], [4, 0]])).why
    assert "one class" in association(np.array([[3, 2], [0, 0]])).why


def test_association_is_near_zero_where_there_is_none():
    """Uncorrected, 200 classes of 10 images give a V of .3 by chance."""
    rng = np.random.default_rng(0)
    rejected = rng.binomial(10, 0.3, 200)
    assert association(np.column_stack([10 - rejected, rejected])).cramers_v < 0.12
