"""Curves, and the places that are found on them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from iqcurate.analysis.cutoffs.axis import level_axis, normal_axis, raw_axis
from iqcurate.analysis.cutoffs.curves import bandwidth, densities
from iqcurate.analysis.cutoffs.methods import Curves, Method, crossings, curves, kde
from iqcurate.analysis.cutoffs.sample import Sample, ranked
from iqcurate.errors import UsageError


def data(right, wrong):
    values = np.concatenate([right, wrong]).astype(float)
    return ranked(Sample(values, np.arange(len(values)) >= len(right)))


def gaussians(n_right: int, n_wrong: int, distance: float = 1.0, seed: int = 0):
    random = np.random.default_rng(seed)
    return data(random.normal(size=n_right), random.normal(-distance, size=n_wrong))


def counts(sample, axis):
    return axis.spread(sample.right), axis.spread(sample.wrong)


@pytest.mark.parametrize("n", [12, 300, 5_000])
@pytest.mark.parametrize("make", [normal_axis, raw_axis])
@pytest.mark.parametrize("digits", [None, 0])
def test_the_curves_are_those_of_scipy(n, make, digits):
    random = np.random.default_rng(n)
    values = [random.lognormal(0, 0.5, n), random.lognormal(-0.5, 0.3, max(10, n // 20))]
    sample = data(*(v if digits is None else np.round(v, digits) for v in values))
    axis = make(sample)
    found = curves(*counts(sample, axis), axis)
    place = axis.positions[sample.ranks.level]
    for kind, ours in ((~sample.sample.wrong, found.right), (sample.sample.wrong, found.wrong)):
        theirs = stats.gaussian_kde(place[kind])(axis.centres)
        np.testing.assert_allclose(ours, theirs, atol=2e-3 * theirs.max())
        assert ours.sum() * axis.step == pytest.approx(1, abs=1e-3)


def test_the_bandwidth_is_that_of_scipy():
    values = np.random.default_rng(0).normal(5, 2, 400)
    place, n = np.unique(np.round(values, 1), return_counts=True)
    theirs = stats.gaussian_kde(np.repeat(place, n))
    assert bandwidth(n.astype(float), place) == pytest.approx(np.sqrt(theirs.covariance[0, 0]))
    many = bandwidth(np.stack([n, 2 * n]).astype(float), place, shrink=0.5)
    assert many[0] == pytest.approx(0.5 * np.sqrt(theirs.covariance[0, 0]))
    assert many[1] < many[0]


def test_normal_scores_do_not_mind_how_a_metric_is_scaled():
    sample = gaussians(900, 100)
    stretched = data(*(np.exp(3 * sample.sample.goodness[k]) for k in
                       (~sample.sample.wrong, sample.sample.wrong)))  # fmt: skip
    cuts = []
    for each in (sample, stretched):
        axis = normal_axis(each)
        cuts.append(float(axis.value(kde(*counts(each, axis), axis))))
    assert np.exp(3 * cuts[0]) == pytest.approx(cuts[1], rel=0.05)


def test_the_crossing_of_two_gaussians_lies_in_the_middle():
    sample = gaussians(200_000, 50_000, distance=1.0)
    axis = normal_axis(sample)
    assert axis.value(kde(*counts(sample, axis), axis)) == pytest.approx(-0.5, abs=0.02)


def test_where_the_wrong_ones_spread_wide_the_largest_difference_decides():
    random = np.random.default_rng(1)
    sample = data(random.normal(size=100_000), random.normal(-1, 2, 100_000))
    truth = stats.norm(0, 1), stats.norm(-1, 2)
    grid = np.linspace(-5, 3, 8001)
    best = grid[np.argmax(truth[1].cdf(grid) - truth[0].cdf(grid))]
    axis = normal_axis(sample)
    assert axis.value(kde(*counts(sample, axis), axis)) == pytest.approx(best, abs=0.03)
    every = axis.value(crossings(curves(*counts(sample, axis), axis)))
    assert any(abs(every - best) < 0.03)
    assert any(abs(every - 1.85) < 0.1), "they cross again on the other side"
    assert not np.isfinite(
        Method("plain").locate(raw_axis(sample))(*counts(sample, raw_axis(sample)))
    )


def test_crossings_are_all_turns_and_no_noise_of_the_tails():
    x = np.linspace(-4, 4, 801)
    wave = Curves(np.ones(801), 1 + 0.5 * np.sin(np.pi * x))
    assert crossings(wave) == pytest.approx([100, 200, 300, 400, 500, 600, 700])
    faint = 1e-17 * np.random.default_rng(0).normal(size=801)
    assert len(crossings(Curves(np.exp(-(x**2)) + faint, np.zeros(801)))) == 0


def test_weighting_by_count_rejects_fewer():
    sample = gaussians(950, 50, distance=2.0)
    axis = normal_axis(sample)
    equal, by_count = (
        float(axis.value(Method(by_count=b).locate(axis)(*counts(sample, axis))))
        for b in (False, True)
    )
    assert by_count < equal - 0.5
    shape = curves(*counts(sample, axis), axis, by_count=True)
    assert shape.wrong.sum() / shape.right.sum() == pytest.approx(50 / 950)


def test_plain_is_the_crossing_between_the_peaks_of_raw_scores():
    sample = gaussians(2000, 400, distance=3.0)
    axis = raw_axis(sample)
    found = Method("plain").locate(axis)(*counts(sample, axis))
    wrong = sample.sample.wrong
    right, wrong = (stats.gaussian_kde(sample.sample.goodness[k]) for k in (~wrong, wrong))
    grid = np.linspace(-3, 0, 3001)
    theirs = grid[np.argmax(right(grid) > wrong(grid))]
    assert axis.value(found) == pytest.approx(theirs, abs=0.01)


def test_youden_and_accuracy_are_exact():
    sample = data([1, 2, 3, 4, 5, 6, 7, 8], [0, 0.5, 7.5])
    axis = level_axis(sample.ranks)

    def cut(method: Method) -> float:
        return float(axis.value(method.locate(axis)(sample.right, sample.wrong)))

    assert cut(Method("youden")) == 0.75
    assert cut(Method("accuracy", 0.85)) == 0.75, "8 of 9 kept are right"
    assert cut(Method("accuracy", 0.90)) == 7.75, "then the wrong 7.5 must go, too"
    assert cut(Method("accuracy", 0.70)) == 0, "so it is already: the smallest rejects nothing"
    same = data([1, 2, 3], [1, 2, 3])
    none = Method("accuracy", 0.99).locate(level_axis(same.ranks))(same.right, same.wrong)
    assert none == np.inf


def test_a_class_without_spread_has_a_curve():
    sample = data(np.arange(50), np.full(20, 3.0))
    axis = normal_axis(sample)
    found = curves(*counts(sample, axis), axis)
    assert np.isfinite(found.wrong).all()
    assert axis.centres[np.argmax(found.wrong)] == pytest.approx(axis.positions[3], abs=axis.step)


def test_many_draws_at_once_are_each_what_one_would_be():
    random = np.random.default_rng(0)
    sample = gaussians(500, 100)
    axis = normal_axis(sample)
    right, wrong = (
        random.poisson(c, size=(7, axis.bins)).astype(float) for c in counts(sample, axis)
    )
    for name, target in (("kde", None), ("plain", None), ("youden", None), ("accuracy", 0.9)):
        locate = Method(name, target).locate(axis)
        one_by_one = [float(locate(r, w)) for r, w in zip(right, wrong, strict=True)]
        np.testing.assert_allclose(locate(right, wrong), one_by_one, rtol=1e-9)


def test_an_axis_turns_places_into_values_and_back():
    sample = data([1, 2, 3, 10], [0, 2])
    for axis in (normal_axis(sample), raw_axis(sample), level_axis(sample.ranks)):
        np.testing.assert_allclose(axis.value(axis.place(np.array([0.0, 2.0, 5.0]))), [0, 2, 5])
        assert axis.value(np.array([-np.inf, np.inf])).tolist() == [0, 10]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"name": "best"}, "no method 'best'"),
        ({"name": "accuracy"}, "accuracy:0.97"),
        ({"name": "kde", "target": 0.9}, "goes with the method accuracy"),
        ({"name": "youden", "by_count": True}, "no curves"),
    ],
)
def test_methods_that_cannot_be(options, says):
    with pytest.raises(UsageError, match=says):
        Method(**options)


def test_densities_of_nothing_are_nothing():
    assert densities(np.zeros(64), 1.0, np.array(1.0)).tolist() == [0] * 64
