"""How two sets of scores differ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp, mannwhitneyu, wasserstein_distance

from iqcurate.analysis.compare.classes import by_class
from iqcurate.analysis.compare.pair import Pair
from iqcurate.analysis.compare.shift import Shift, shift
from iqcurate.analysis.compare.standing import Standing, Verdict, Way, holm, judge, sentence
from iqcurate.analysis.compare.words import words
from iqcurate.spec import Direction

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER
DRAWS = 100


def normal(n: int, mean: float = 0.0, sd: float = 1.0, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(mean, sd, n)


def judged(*pairs: Pair, matters: float = 0.1):
    return judge({f"m{i}": shift(pair, DRAWS) for i, pair in enumerate(pairs)}, matters)


@pytest.mark.parametrize("way", [HIGHER, LOWER])
def test_figures_are_those_of_scipy(way):
    a, b = np.round(normal(300), 1), np.round(normal(200, 0.5, seed=1), 1)
    found, truth = shift(Pair(a, b, way), DRAWS), ks_2samp(a, b, method="exact")
    assert found.ks == pytest.approx(truth.statistic)
    assert found.p == pytest.approx(truth.pvalue)
    assert found.wasserstein == pytest.approx(wasserstein_distance(a, b))
    assert found.wasserstein_sd == pytest.approx(found.wasserstein / b.std(ddof=1))
    u = mannwhitneyu(a, b).statistic / (300 * 200)
    assert found.better == pytest.approx(u if way is HIGHER else 1 - u)
    assert found.better_low < found.better < found.better_high
    worse = (a <= found.at if way is HIGHER else a >= found.at).mean()
    assert found.worse_a == pytest.approx(worse)
    assert abs(found.worse_a - found.worse_b) == pytest.approx(found.ks)


def test_the_interval_holds_the_truth_nearly_always_and_equal_sets_are_rarely_told_apart():
    truth, hit, wrong = 0.1974, 0, 0
    for seed in range(40):
        a, b = normal(200, seed=seed), normal(150, 0.5, seed=1000 + seed)
        found = shift(Pair(a, b, HIGHER), DRAWS, seed)
        hit += found.ks_low <= truth <= found.ks_high
        equal = shift(Pair(a, normal(150, seed=2000 + seed), HIGHER), DRAWS, seed)
        wrong += equal.ks_low > 0
    assert hit >= 37
    assert wrong <= 6


def test_direction_is_told_and_a_wider_spread_is_neither_better_nor_worse():
    good, poor, wide = normal(400, 1), normal(400, 0, seed=1), normal(400, 1, 3, seed=2)
    found, whole = judged(
        Pair(good, poor, HIGHER), Pair(good, poor, LOWER), Pair(wide, good, HIGHER)
    )
    better, lower, spread = found.values()
    assert [better.way, lower.way, spread.way] == [Way.BETTER, Way.WORSE, Way.OTHER]
    assert whole.standing is Standing.MIXED
    assert words(better, 0.1).startswith("A is better: ")
    assert "otherwise distributed" in words(spread, 0.1)


def test_a_million_images_make_a_small_difference_sure_but_not_large():
    a, b = normal(60_000), normal(60_000, 0.05, seed=1)
    found, whole = judged(Pair(a, b, HIGHER))
    assert found["m0"].p_adjusted < 1e-6
    assert found["m0"].verdict is Verdict.ALIKE
    assert whole.standing is Standing.ALIKE
    assert "no metric differs by as much as 0.1 (1 test" in sentence(found, whole)
    assert judged(Pair(a, b, HIGHER), matters=0.01)[0]["m0"].verdict is Verdict.SHIFTED


def test_few_images_are_not_called_alike():
    found, whole = judged(Pair(normal(40), normal(40, seed=1), HIGHER))
    assert found["m0"].verdict is Verdict.CANNOT_TELL
    assert whole.standing is Standing.CANNOT_TELL
    assert "more images would tell" in words(found["m0"], 0.1)


def test_the_number_of_tests_counts():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    rng = np.random.default_rng(0)
    false = 0
    for _ in range(12):
        pairs = [Pair(rng.normal(size=60), rng.normal(size=60), HIGHER) for _ in range(10)]
        found, _ = judge({str(i): shift(p, 100) for i, p in enumerate(pairs)}, 0.1)
        false += any(f.verdict is Verdict.SHIFTED for f in found.values())
    assert false <= 3, "ten tests each, none shifted"


def test_images_of_a_group_count_as_one():
    rng = np.random.default_rng(3)
    bold = careful = 0
    for seed in range(12):
        units = np.repeat(np.arange(40), 15).astype(np.int32)
        values = rng.normal(size=40)[units] + 0.3 * rng.normal(size=600)
        a, b = values[:300], values[300:]
        bold += shift(Pair(a, b, HIGHER), DRAWS).p < 0.05
        found = shift(Pair(a, b, HIGHER, units), DRAWS, seed)
        careful += found.p < 0.05
        assert (found.independent_a, found.independent_b) == (20, 20)
    assert bold >= 6
    assert careful <= 3


def test_a_part_of_a_set_against_the_whole():
    """Images that are in both are drawn together: the difference is surer than of others."""
    whole = normal(600)
    part = whole[whole > -0.3]
    ids = np.append(np.arange(600), np.flatnonzero(whole > -0.3)).astype(np.int32)
    alone, together = (shift(Pair(whole, part, HIGHER, units), DRAWS) for units in (None, ids))
    assert together.ks == alone.ks > 0.3
    assert together.ks_high - together.ks_low < alone.ks_high - alone.ks_low


def test_other_classes_are_told_from_worse_images():
    rng = np.random.default_rng(0)
    of_a, of_b = (rng.random(500) < share for share in (0.8, 0.2))
    values = [rng.normal(size=500) + 2 * codes for codes in (of_a, of_b)]
    classes = np.concatenate([of_a, of_b]).astype(np.int32)
    found, _ = judged(Pair(*values, HIGHER, None, classes))
    assert found["m0"].shift.ks > 0.4
    assert found["m0"].shift.ks_same_mix < 0.12
    assert "much of it is that the sets hold other classes" in words(found["m0"], 0.1)


def test_what_cannot_be_told():
    none, some = np.array([]), normal(30)
    for a, b, said in (
        (none, some, "no image of A has a score"),
        (some, none, "no image of B has a score"),
        (some, some[:3], "too few images to tell: it takes 5 of each set"),
    ):
        found, whole = judged(Pair(a, b, HIGHER))
        assert found["m0"].verdict is Verdict.TOO_FEW
        assert words(found["m0"], 0.1) == said
        assert whole.standing is Standing.CANNOT_TELL
        assert "cannot be told: fewer than 5" in sentence(found, whole)
    units = np.repeat([0, 1], [30, 30]).astype(np.int32)
    found, _ = judged(Pair(some, some + 9, HIGHER, units))
    assert words(found["m0"], 0.1) == "too few independent groups to tell: it takes 5 of each set"


def test_constants_and_sets_that_do_not_meet():
    ones, twos = np.ones(20), np.full(20, 2.0)
    same, apart = shift(Pair(ones, ones, HIGHER), DRAWS), shift(Pair(ones, twos, HIGHER), DRAWS)
    assert (same.ks, same.wasserstein, same.better, same.wasserstein_sd) == (0, 0, 0.5, None)
    assert same.p == 1
    assert (apart.ks, apart.ks_low, apart.ks_high, apart.better) == (1, 1, 1, 0)
    assert isinstance(shift(Pair(ones[:1], twos, HIGHER), DRAWS), Shift)


def test_classes_as_one_by_one():
    rng = np.random.default_rng(0)
    a, b = np.round(rng.normal(size=400), 1), np.round(rng.normal(0.3, 1, 300), 1)
    classes = rng.integers(-1, 4, 700).astype(np.int32)
    classes[:400][classes[:400] == 3] = 2
    found = by_class({"m": Pair(a, b, LOWER, None, classes)}, list("wxyz"), 0.1)
    found = found.set_index("class")
    for code, name in enumerate("wxy"):
        one, other = a[classes[:400] == code], b[classes[400:] == code]
        row, truth = found.loc[name], ks_2samp(one, other, method="asymp")
        assert row["ks"] == pytest.approx(truth.statistic)
        assert row["p"] == pytest.approx(truth.pvalue, rel=0.3)
        u = mannwhitneyu(one, other).statistic / (len(one) * len(other))
        assert row["better"] == pytest.approx(1 - u)
        assert (row["n_a"], row["n_b"]) == (len(one), len(other))
        assert row["median_b"] == pytest.approx(np.median(other))
    assert found.loc["z", "verdict"] == "too_few"
    assert found.loc["z", "n_a"] == 0


def test_a_shifted_class_is_found_among_many():
    rng = np.random.default_rng(0)
    classes = np.tile(np.arange(300), 40).astype(np.int32)
    a, b = rng.normal(size=6000), rng.normal(size=6000)
    b[classes[6000:] == 17] += 3
    found = by_class({"m": Pair(a, b, HIGHER, None, classes)}, [str(i) for i in range(300)], 0.1)
    assert found["class"][0] == "17"
    assert (found["verdict"] == "shifted").sum() <= 3
    assert found["better"][0] < 0.1
