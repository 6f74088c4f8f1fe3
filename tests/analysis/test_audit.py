"""Figures behind a page that shows a data set."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import gaussian_kde, spearmanr

from iqcurate.analysis.audit.choice import choose
from iqcurate.analysis.audit.confounds import confounds
from iqcurate.analysis.audit.distribution import PROBABILITIES, describe
from iqcurate.analysis.audit.failures import failures, undefined
from iqcurate.analysis.audit.parts import divide
from iqcurate.analysis.audit.summary import check_gates, metric_figures
from iqcurate.errors import UsageError
from iqcurate.spec import Direction

RNG = np.random.default_rng(0)


def test_bars_hold_every_image_and_the_curve_is_a_kernel_density_estimate():
    scores = RNG.normal(10, 2, 5000)
    found = describe(np.append(scores, np.nan))
    scale = found.scale
    assert not scale.log
    assert found.n == 5000
    assert sum(found.bars) + found.below + found.above == 5000
    assert len(found.bars) == 51
    inside = scores[(scores >= scale.low) & (scores <= scale.high)]
    edges = np.linspace(scale.low, scale.high, len(found.bars) + 1)
    assert found.bars == tuple(np.histogram(inside, edges)[0])
    truth = gaussian_kde(inside)(edges) * len(inside) * (edges[1] - edges[0])
    assert np.abs(np.array(found.curve) - truth).max() < 0.02 * truth.max()
    assert found.quantiles == pytest.approx(np.quantile(scores, PROBABILITIES))
    assert found.sd == pytest.approx(scores.std(ddof=1))


def test_scores_over_several_powers_of_ten_get_a_logarithmic_scale():
    scores = np.exp(RNG.normal(5, 2, 4000))
    found = describe(np.append(scores, [0.0, -1.0]))
    assert found.scale.log
    assert found.below >= 2, "what has no logarithm lies left of it"
    assert sum(found.bars) + found.below + found.above == 4002
    low, high = found.scale.low, found.scale.high
    assert found.scale.place([low, high, np.sqrt(low * high)]) == pytest.approx([0, 1, 0.5])


def test_a_chart_reaches_the_cutoff_and_far_outliers_do_not_stretch_it():
    scores = np.append(RNG.normal(0, 1, 2000), 1e6)
    found = describe(scores, marks=[-9.0])
    assert found.scale.low == -9
    assert found.scale.high < 10
    assert found.above >= 1


def test_few_scores():
    assert describe(np.array([np.nan])).scale is None
    assert describe(np.array([3.0])).sd is None
    for scores in ([3.0], [3.0] * 9, [0.0, 0.0]):
        found = describe(np.array(scores))
        assert sum(found.bars) == len(scores)
        assert found.curve == ()
        assert found.scale.low < scores[0] < found.scale.high


def test_parts_are_those_of_pandas():
    n = 1000
    codes = RNG.integers(-1, 30, n).astype(np.int32)
    scores = np.where(RNG.random(n) < 0.1, np.nan, 1e6 + RNG.normal(size=n))
    readable = RNG.random(n) < 0.9
    found = divide(codes, [f"c{i}" for i in range(30)], readable, {"m": scores})
    grouped = pd.Series(scores).groupby(np.where(codes < 0, 30, codes))
    assert found.names[-1] is None
    assert found.images.tolist() == grouped.size().tolist()
    assert found.readable.sum() == readable.sum()
    assert found.metrics["m"].n.tolist() == grouped.count().tolist()
    assert found.metrics["m"].mean == pytest.approx(grouped.mean().to_numpy(), rel=1e-12)
    assert found.metrics["m"].sd == pytest.approx(grouped.std().to_numpy(), rel=1e-6)
    assert divide(np.full(3, -1, np.int32), [], readable[:3], {}) is None


def test_confounds_are_spearmans():
    n = 300
    size = RNG.normal(size=n)
    score = size + RNG.normal(size=n)
    score[:50] = np.nan
    found = confounds(
        {"m": score}, {"size": size, "same": np.ones(n), "m": score}, np.arange(0, n, 2)
    )
    rows = np.arange(50, n, 2)
    assert found.loc["m", "size"] == pytest.approx(spearmanr(score[rows], size[rows])[0])
    assert np.isnan(found.loc["m", "same"])
    assert np.isnan(found.loc["m", "m"]), "a score is no confound of itself"
    few = confounds({"m": score}, {"size": size}, np.arange(50, 60))
    assert np.isnan(few.loc["m", "size"])


def test_failures_by_status_and_code_with_examples():
    status = pa.chunked_array([["ok", "truncated", None] + ["missing"] * 7])
    error = pa.chunked_array([[None, "pixels_cut: no", None] + ["gone: not there"] * 7])
    found = failures(status, error)
    assert [(k.name, k.code, k.images) for k in found] == [
        ("missing", "gone", 7),
        ("truncated", "pixels_cut", 1),
    ]
    assert found[0].examples == (3, 4, 5, 6, 7)


def test_why_there_is_no_score():
    why = [json.dumps({"niqe": "too_small: 3x3", "other": "x"}), None, '{"niqe": "flat: grey"}']
    reasons = pa.chunked_array([[*why, why[0]]])
    found = undefined(reasons, pa.array([True, True, True, False]), ["niqe"])
    assert [(k.name, k.code, k.images, k.examples) for k in found] == [
        ("niqe", "too_small", 1, (0,)),
        ("niqe", "flat", 1, (2,)),
    ]


def test_images_to_look_at():
    n = 1000
    quality = RNG.permutation(n).astype(float)
    scores = {"up": quality, "down": -quality}
    scores["down"] = scores["down"].copy()
    odd = int(np.argmax(quality))
    scores["down"][odd] = 1.0  # the best by one metric is the worst by the other
    ways = {"up": Direction.HIGHER, "down": Direction.LOWER}
    cutoff = float(np.quantile(quality, 0.3))
    found = choose(scores, ways, {"up": cutoff, "down": -cutoff})
    assert found.disagree[0] == odd
    assert quality[found.worst[0]] == 0
    assert list(quality[list(found.best)[:5]]) == sorted(quality[list(found.best)[:5]])[::-1]
    ladder = quality[list(found.ladders["up"])]
    assert (np.diff(ladder) > 0).all()
    assert ladder[0] == 0
    assert ladder[-1] == n - 1
    near = np.sort(np.abs(quality - cutoff))[:6]
    assert set(near) <= set(np.abs(ladder - cutoff)), "both sides of the cut-off are there"
    few = choose({"up": np.array([1.0, np.nan, 2.0])}, {"up": Direction.HIGHER}, {})
    assert few.worst == (0,)
    assert few.best == (2,)


FIGURES = {"images": 10, "truncated": 2, "pyiqa:x_p95": 3.0, "kept": None}


@pytest.mark.parametrize(
    ("expression", "failed"),
    [
        ("truncated > 0", True),
        ("truncated > 2", False),
        ("truncated / images > 0.1 and images >= 10", True),
        ("`pyiqa:x_p95` > 2", True),
        ("kept < 5", True),
        ("kept < 5 and images < 1", True),
    ],
)
def test_gates(expression, failed):
    (gate,) = check_gates(FIGURES, [expression])
    assert gate.failed is failed
    if "kept" in expression:
        assert gate.why == "kept has no value", "what cannot be told does not pass"


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("truncatd > 0", "did you mean truncated"),
        ("open('x')", "only comparisons"),
        ("images + 1", "neither true nor false"),
        ("images >", "cannot read"),
    ],
)
def test_gates_that_cannot_be_read(expression, says):
    with pytest.raises(UsageError, match=says):
        check_gates(FIGURES, [expression])


def test_figures_have_names_that_a_gate_can_use():
    found = metric_figures("niqe", describe(np.arange(101.0)), 4)
    assert found["niqe_p95"] == 95
    assert found["niqe_median"] == 50
    assert found["niqe_undefined"] == 4
    assert {"niqe_min", "niqe_max", "niqe_p1", "niqe_mean"} <= set(found)
    assert metric_figures("niqe", describe(np.array([])), 0)["niqe_p95"] is None
