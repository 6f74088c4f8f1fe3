"""The largest part of A that is distributed like B."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ks_2samp

from iqcurate.analysis.match.draw import allowed, distance, draw
from iqcurate.analysis.match.match import Sets, match
from iqcurate.analysis.match.propensity import propensity

scores = st.integers(0, 6).map(float)


def apart(a, b) -> float:
    """Of Kolmogorov and Smirnov, as it is defined."""
    at = np.union1d(a, b)
    shares = [(part[:, None] <= at).mean(axis=0) for part in map(np.asarray, (a, b))]
    return float(np.abs(shares[0] - shares[1]).max())


def largest_by_trying(a, b, eps) -> int:
    """Try every part of A."""
    at = np.union1d(a, b)
    chosen = (np.arange(1, 1 << len(a))[:, None] >> np.arange(len(a))) & 1
    sizes = chosen.sum(axis=1)
    shares = chosen @ (a[:, None] <= at) / sizes[:, None]
    near = np.abs(shares - (b[:, None] <= at).mean(axis=0)).max(axis=1) <= eps + 1e-12
    return int(sizes[near].max(initial=0))


@settings(max_examples=150)
@given(
    st.lists(scores, min_size=1, max_size=12),
    st.lists(scores, min_size=1, max_size=6),
    st.sampled_from([0.0, 0.05, 0.1, 0.2, 0.25, 1 / 3, 0.5]),
    st.sampled_from([0.0, 0.5]),
)
def test_as_large_as_any_part_that_is_near_enough(a, b, eps, between):
    a, b = np.array(a), np.array(b) + between
    keep = draw(a, b, eps, np.random.default_rng(0))
    assert keep.sum() == largest_by_trying(a, b, eps)
    if keep.any():
        assert apart(a[keep], b) <= eps + 1e-9


@pytest.mark.parametrize("eps", [None, 0.02, 0.2])
def test_a_known_shift_is_matched_within_the_distance(eps):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=5000), rng.normal(0.5, 0.8, 1000)
    keep = draw(a, b, eps, np.random.default_rng(0))
    assert distance(a, b) > 0.25
    found = ks_2samp(a[keep], b, method="asymp").statistic
    assert found <= (allowed(5000, 1000) if eps is None else eps) + 1e-9
    assert 2000 < keep.sum() < 5000
    assert distance(a[keep], b) == pytest.approx(found)


def test_like_images_are_drawn_at_random_by_the_seed():
    a, b = np.repeat([1.0, 2.0], [100, 20]), np.repeat([1.0, 2.0], [20, 20])
    one, same, other = (draw(a, b, 0.0, np.random.default_rng(seed)) for seed in (0, 0, 1))
    assert one.sum() == 40
    assert (one == same).all()
    assert one.sum() == other.sum()
    assert (one != other).any()


def test_where_nothing_is_like_b_and_where_everything_is():
    low, high = np.arange(10.0), np.arange(10.0) + 100
    assert not draw(low, high, 0.3, np.random.default_rng(0)).any()
    assert draw(low, low, 0.0, np.random.default_rng(0)).all()
    constant = np.ones(5)
    assert draw(constant, np.ones(3), 0.0, np.random.default_rng(0)).all()
    assert not draw(constant, np.zeros(3), 0.5, np.random.default_rng(0)).any()
    few, many = (np.random.default_rng(n).normal(size=n) for n in (50, 5000))
    smaller = draw(few, many, None, np.random.default_rng(0))
    assert smaller.sum() > 25, "a small A is not asked to be nearer than random images would be"


def made(n: int, shift: float, sd: float, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    quality = rng.normal(shift, sd, n)
    return {
        "lapm": np.exp(2 + 0.4 * quality + 0.1 * rng.normal(size=n)),
        "niqe": 5 - quality + 0.7 * rng.normal(size=n),
        "noise": rng.normal(size=n),
    }


def test_several_metrics_are_matched_and_each_is_near():
    a, b = made(800, 0, 1, 0), made(200, 0.6, 0.7, 1)
    found = match(Sets(a, b))
    before = [apart(a[n], b[n]) for n in a]
    after = [apart(a[n][found.keep], b[n]) for n in a]
    assert max(before) > 0.25
    assert max(after) <= found.parts[0].eps
    assert found.keep.sum() > 150
    assert (match(Sets(a, b)).keep == found.keep).all()


def test_images_without_a_score_and_all_null():
    a, b = made(300, 0, 1, 0), made(100, 0.3, 1, 1)
    a["lapm"][:40] = np.nan
    alone = match(Sets({"lapm": a["lapm"]}, {"lapm": b["lapm"]}))
    assert not alone.keep[:40].any()
    assert {alone.texts[g] for g in alone.group[:40]} == {"it has no score of lapm to match by"}
    both = match(Sets(a, b))
    assert both.keep.sum() > 50, "a lack of scores is part of what is matched"
    assert both.keep[:40].mean() < 0.5, "b has none without"
    nothing = match(Sets({"lapm": np.full(5, np.nan)}, {"lapm": b["lapm"]}))
    assert nothing.keep.sum() == 0


def test_each_class_is_matched_with_itself():
    rng = np.random.default_rng(0)
    classes = np.tile([0, 1, 2], 400).astype(np.int32)
    a = {"lapm": rng.normal(size=1200) + classes}
    of_b = np.repeat([0, 1], 150).astype(np.int32)
    b = {"lapm": rng.normal(size=300) + 0.4 + of_b}
    both = np.append(classes, of_b)
    both[0] = -1
    found = match(Sets(a, b, both, ["x", "y", "z"]))
    assert [part.name for part in found.parts] == ["x", "y", "z"]
    for code, part in enumerate(found.parts[:2]):
        rows = (classes == code) & found.keep
        assert part.kept == rows.sum() > 100
        assert apart(a["lapm"][rows], b["lapm"][of_b == code]) <= part.eps + 1e-9
    assert not found.keep[classes == 2].any()
    assert found.texts[found.group[2]] == "B has no image of z with a score to match by"
    assert found.texts[found.group[0]] == "it has no class to match within"


def test_reasons_tell_how_many_like_images_are_kept():
    rng = np.random.default_rng(0)
    a, b = {"lapm": rng.normal(size=400)}, {"lapm": rng.normal(1, 0.5, 80)}
    found = match(Sets(a, b))
    for group in np.unique(found.group):
        rows = found.group == group
        said = found.texts[group]
        assert said.startswith(f"{found.keep[rows].sum()} of {rows.sum()} images with lapm ")
    lowest = found.texts[found.group[np.argmin(a["lapm"])]]
    assert f"below {b['lapm'].min():.4g}, the lowest of B" in lowest


@pytest.mark.parametrize("groups", [(1, 1), (6, 1), (3, 2)])
def test_sets_of_few_groups_are_matched(groups):
    a, b = made(60, 0, 1, 0), made(40, 0.3, 1, 1)
    units = np.append(np.arange(60) % groups[0], 6 + np.arange(40) % groups[1]).astype(np.int32)
    found = match(Sets(a, b, units=units))
    assert found.keep.sum() > 20
    assert max(apart(a[n][found.keep], b[n]) for n in a) <= found.parts[0].eps


def test_the_propensity_of_a_group_is_told_by_models_that_did_not_see_it():
    rng = np.random.default_rng(0)
    units = np.repeat(np.arange(40), 20).astype(np.int32)
    mark = rng.normal(size=40)[units] + 1e-3 * rng.normal(size=800)
    in_b = rng.random(40)[units] < 0.5
    columns = np.column_stack([mark, rng.normal(size=800)])
    order = np.argsort(in_b, kind="stable")
    n_a = int((~in_b).sum())
    told = [
        np.concatenate(propensity(columns[order][:n_a], columns[order][n_a:], which, 0))
        for which in (None, units[order])
    ]
    auc = [apart(odds[:n_a], odds[n_a:]) for odds in told]
    assert auc[0] > auc[1], "an image of a group that was seen is told by its group"
