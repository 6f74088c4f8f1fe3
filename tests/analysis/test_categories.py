"""Categories by mean and by range."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from iqcurate.analysis.categories.describe import describe
from iqcurate.analysis.categories.rarefy import Grouped, rarefied_range
from iqcurate.analysis.categories.subsets import overlaps, pick
from iqcurate.spec import Direction

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


def grouped(*columns: list[float]) -> Grouped:
    codes = np.repeat(np.arange(len(columns)), [len(c) for c in columns]).astype(np.int32)
    return Grouped.of(np.concatenate(columns), codes, len(columns))


@pytest.mark.parametrize("m", [2, 3, 7, 8])
def test_the_rarefied_range_is_the_mean_over_all_subsets(m):
    rng = np.random.default_rng(m)
    columns = [rng.normal(size=8), 1e6 + rng.integers(0, 3, 9).astype(float), rng.normal(size=3)]
    found, error = rarefied_range(grouped(*columns), m)
    for values, expected, jackknife in zip(columns, found, error, strict=True):
        if len(values) < m:
            assert np.isnan(expected)
            continue
        assert expected == pytest.approx(np.mean([np.ptp(c) for c in combinations(values, m)]))
        if len(values) == m:
            assert np.isnan(jackknife)
            continue
        left = [
            np.mean([np.ptp(c) for c in combinations(np.delete(values, k), m)])
            for k in range(len(values))
        ]
        assert jackknife == pytest.approx(np.sqrt((len(left) - 1) * np.var(left)))


@pytest.mark.parametrize("draw", ["normal", "lognormal"])
def test_ten_and_a_thousand_images_have_the_same_rarefied_range(draw):
    """Raw ranges differ by more than half, rarefied ones by no more than chance."""
    rng = np.random.default_rng(0)
    few, many = 2000, 100
    sizes = np.array([10] * few + [1000] * many)
    values = getattr(rng, draw)(size=sizes.sum())
    codes = np.repeat(np.arange(len(sizes)), sizes).astype(np.int32)
    frame = describe("x", HIGHER, values, codes, [str(i) for i in range(len(sizes))]).frame
    small, large = frame[:few], frame[few:]
    assert large["range"].mean() > 1.5 * small["range"].mean()
    apart = large["rarefied_range"].mean() - small["rarefied_range"].mean()
    chance = np.hypot(small["rarefied_range"].sem(), large["rarefied_range"].sem())
    assert abs(apart) < 2.5 * chance
    assert chance < 0.03 * small["rarefied_range"].mean()


def test_intervals_cover_what_they_promise():
    rng = np.random.default_rng(0)
    values, codes = rng.normal(5, 1, 2000 * 30), np.repeat(np.arange(2000), 30).astype(np.int32)
    frame = describe("x", HIGHER, values, codes, [str(i) for i in range(2000)], drawn=5).frame
    covered = (frame["mean_low"] < 5) & (frame["mean_high"] > 5)
    assert covered.mean() == pytest.approx(0.95, abs=0.02)
    expected = np.ptp(rng.normal(size=(100_000, 5)), axis=1).mean()
    covered = (frame["rarefied_low"] < expected) & (frame["rarefied_high"] > expected)
    assert covered.mean() == pytest.approx(0.94, abs=0.02)


def planted(direction: Direction) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Twenty categories of one kind, and four that differ."""
    rng = np.random.default_rng(1)
    names = [f"c{i:02d}" for i in range(20)] + ["best", "even", "uneven", "worst"]
    good = 1.0 if direction is HIGHER else -1.0
    centre = {"best": 5 * good, "worst": -5 * good}
    width = {"uneven": 4.0, "even": 0.1}
    sizes = rng.integers(15, 400, len(names))
    values = [
        rng.normal(centre.get(name, 0), width.get(name, 1), size)
        for name, size in zip(names, sizes, strict=True)
    ]
    codes = np.repeat(np.arange(len(names)), sizes).astype(np.int32)
    return np.concatenate(values), codes, names


@pytest.mark.parametrize("direction", [HIGHER, LOWER])
def test_planted_categories_are_in_the_right_subset(direction):
    values, codes, names = planted(direction)
    found = pick(describe("x", direction, values, codes, names), 0.05)
    assert found[["subset", "place", "category"]].to_numpy().tolist() == [
        ["average_high", 1, "best"],
        ["average_low", 1, "worst"],
        ["range_high", 1, "uneven"],
        ["range_low", 1, "even"],
    ]


def test_figures_are_those_of_pandas():
    values, codes, names = planted(HIGHER)
    values[::7] = np.nan
    codes[::11] = -1
    frame = describe("x", HIGHER, values, codes, names).frame.set_index("category")
    scores = pd.Series(values)[codes >= 0].groupby(np.array([*names, ""])[codes[codes >= 0]])
    for name in ("mean", "min", "max"):
        np.testing.assert_allclose(frame[name], scores.agg(name)[names])
    np.testing.assert_array_equal(frame["n"], scores.count()[names])
    np.testing.assert_allclose(frame["sd"], scores.std()[names])
    spread = scores.quantile(0.95) - scores.quantile(0.05)
    np.testing.assert_allclose(frame["spread"], spread[names])


def test_small_categories_are_described_but_not_ranked():
    values = np.array([9.0, *np.arange(10.0), *np.arange(10.0) - 20])
    codes = np.repeat([0, 1, 2], [1, 10, 10]).astype(np.int32)
    found = describe("x", HIGHER, values, codes, ["one", "ten", "low"])
    one = found.frame.iloc[0]
    assert one["mean"] == 9
    assert one[["mean_low", "sd", "range", "spread", "mean_place", "range_place"]].isna().all()
    assert found.ranked == 2
    assert found.drawn == 5
    chosen = pick(found, 0.5)
    assert set(chosen["category"]) == {"ten", "low"}
    assert describe("x", HIGHER, values, codes, ["one", "ten", "low"], least=1).ranked == 3


def test_without_two_ranked_categories_there_are_no_subsets():
    found = describe("x", HIGHER, np.arange(10.0), np.zeros(10, np.int32), ["only"])
    assert pick(found, 0.05).empty
    nothing = describe("x", HIGHER, np.full(3, np.nan), np.zeros(3, np.int32), ["only"])
    assert nothing.drawn is None
    assert nothing.between is None


def test_between_tells_a_planted_share_from_none():
    rng = np.random.default_rng(2)
    codes = np.repeat(np.arange(200), rng.integers(2, 40, 200)).astype(np.int32)
    noise = rng.normal(size=len(codes))
    names = [str(i) for i in range(200)]
    nothing = describe("x", HIGHER, noise, codes, names)
    assert nothing.between == pytest.approx(0, abs=0.02)
    assert nothing.reliability < 0.3
    shifted = noise + rng.normal(size=200)[codes]  # variances 1 and 1: a half
    found = describe("x", HIGHER, shifted, codes, names)
    assert found.between == pytest.approx(0.5, abs=0.07)
    assert found.reliability > 0.9


def test_overlap_counts_shared_categories_beside_chance():
    values, codes, names = planted(HIGHER)
    one = describe("a", HIGHER, values, codes, names)
    other = describe("b", LOWER, values, codes, names)
    picked = pd.concat([pick(one, 0.25), pick(other, 0.25)])
    found = overlaps(picked, {"a": one.ranked, "b": other.ranked})
    across = found[found["metric"] != found["other_metric"]].set_index("subset")["shared"]
    assert across["average_high"] == 0  # turned round
    assert across["range_high"] == 6  # range has no direction
    assert (found["expected"] == 1.5).all()
    within = found[(found["metric"] == "a") & (found["other_metric"] == "a")]
    assert len(within) == 4
    row = within[(within["subset"] == "average_high") & (within["other_subset"] == "range_high")]
    members = picked[picked["metric"] == "a"].groupby("subset")["category"].agg(set)
    assert row["shared"].item() == len(members["average_high"] & members["range_high"])
