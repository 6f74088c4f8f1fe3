"""Distances, pictures, shares and ranks of subsets in a representation."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import pdist, squareform
from scipy.stats import binomtest

from iqcurate.experiments.distances import spread, unit_length
from iqcurate.experiments.ranks import first_places, rank_subsets
from iqcurate.experiments.representation import Represented, measure, picture
from iqcurate.experiments.right import share_of
from iqcurate.experiments.scaling import to_plane
from iqcurate.experiments.subsets import draw

RNG = np.random.default_rng(0)


def test_distances_are_those_of_scipy():
    vectors, categories = RNG.normal(size=(24, 7)).astype(np.float32), np.repeat(np.arange(6), 4)
    found, expected = spread(vectors, categories), pdist(vectors.astype(float))
    assert found.total == pytest.approx(expected.sum())
    assert found.mean == pytest.approx(expected.mean())
    same = squareform(categories[:, None] == categories[None, :], checks=False).astype(bool)
    assert found.within == pytest.approx(expected[same].mean())
    assert found.between == pytest.approx(expected[~same].mean())


def test_the_interval_leaves_out_one_category_at_a_time():
    vectors, categories = RNG.normal(size=(24, 7)), np.repeat(np.arange(6), 4)
    found = spread(vectors, categories)
    left = [pdist(vectors[categories != c]).mean() for c in range(6)]
    error = np.sqrt(5 / 6 * np.sum((left - np.mean(left)) ** 2))
    assert found.high - found.mean == pytest.approx(2.5706 * error, rel=1e-3)  # t, 5 degrees
    two = spread(vectors, categories // 3)
    single = [pdist(np.delete(vectors, i, axis=0)).mean() for i in range(24)]
    error = np.sqrt(23 / 24 * np.sum((single - np.mean(single)) ** 2))
    assert two.high - two.mean == pytest.approx(2.0687 * error, rel=1e-3)


def test_one_image_has_no_distance():
    found = spread(np.ones((1, 3)), np.zeros(1, int))
    assert (found.total, found.mean, found.low, found.within) == (0, None, None, None)
    assert np.allclose(np.linalg.norm(unit_length(RNG.normal(size=(4, 3))), axis=1), 1)


def test_the_picture_is_the_one_of_scikit_learn():
    from sklearn.decomposition import PCA
    from sklearn.manifold import smacof

    vectors = RNG.normal(size=(30, 6))
    found = to_plane(vectors)
    start = PCA(2).fit_transform(vectors)
    points, stress = smacof(squareform(pdist(vectors)), init=start, n_init=1)
    assert np.allclose(pdist(found.points), pdist(points), atol=1e-6)
    assert found.stress == pytest.approx(np.sqrt(stress / (pdist(vectors) ** 2).sum()))


def test_what_is_flat_keeps_its_distances():
    flat = RNG.normal(size=(20, 2)) @ RNG.normal(size=(2, 9))
    found = to_plane(flat)
    assert found.stress < 1e-6
    assert np.allclose(pdist(found.points), pdist(flat))


@pytest.mark.parametrize("right", [0, 3, 11, 20])
def test_shares_have_wilson_s_interval(right):
    values = np.arange(20) < right
    found = share_of(values, np.arange(20))
    expected = binomtest(right, 20).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_images_that_are_alike_in_a_category_are_worth_fewer():
    values, categories = np.repeat([True, False, True, False], 10), np.repeat(np.arange(4), 10)
    assert share_of(values, categories).worth == pytest.approx(4)
    assert share_of(np.zeros(0, bool), np.zeros(0, int)) is None


def test_equally_many_images_of_a_category_wherever_it_is_chosen():
    codes = np.repeat(np.arange(5), [3, 50, 8, 9, 7]).astype(np.int32)
    usable = np.arange(len(codes)) % 7 != 0
    chosen = {("a", "range_high"): [1, 2], ("a", "range_low"): [3, 4], ("b", "range_high"): [4, 1]}
    drawn = draw(chosen, codes, usable, None, seed=1)
    each = min(np.bincount(codes[usable])[1:])
    for found, categories in zip(drawn, chosen.values(), strict=True):
        assert codes[found.rows].tolist() == np.repeat(categories, each).tolist()
        assert usable[found.rows].all()
    assert set(drawn[0].rows[drawn[0].units == 0]) == set(drawn[2].rows[drawn[2].units == 1])
    assert len(draw(chosen, codes, usable, 2, seed=1)[0].rows) == 4
    assert draw(chosen, codes, np.zeros_like(usable), None, seed=1) == []


def test_the_subset_that_was_planted_wide_is_first():
    codes = np.repeat(np.arange(12), 6).astype(np.int32)
    width = np.where(codes < 6, 3.0, 1.0)
    vectors = (RNG.normal(size=(72, 5)) * width[:, None]).astype(np.float32)
    vectors[5] = np.nan
    chosen = {("m", "range_high"): range(6), ("m", "range_low"): range(6, 12)}
    drawn = draw(chosen, codes, np.ones(72, bool), None, seed=0)
    right = {"top1": np.where(codes < 6, 0.0, 1.0), "top5": np.where(codes == 0, np.nan, 1.0)}
    found = Represented(np.arange(72), vectors, right)
    frame = measure(drawn, found).assign(model="net")
    assert frame["images"].tolist() == [35, 36]
    assert frame["top5_images"].tolist() == [30, 36]
    wide, narrow = frame.to_dict("records")
    assert wide["distance_low"] > narrow["distance_high"]
    assert wide["relative"] > 1 > narrow["relative"]
    ranks = rank_subsets(frame).set_index(["measure", "subset"])["rank"]
    assert ranks["mean_distance", "range_high"] == 1
    assert ranks["top1", "range_high"] == 2
    assert ranks["top5", "range_high"] == 1.5
    points = picture(drawn, found)
    assert len(points) == 71
    spreads = points.groupby("subset")[["x", "y"]].std().sum(axis=1)
    assert spreads["range_high"] > 1.5 * spreads["range_low"]


def test_first_places_are_counted_beside_chance():
    rows = [
        {"model": m, "metric": k, "subset": s, "mean_distance": d, "top1": None}
        for m in "ab"
        for k in "xyz"
        for s, d in (("range_high", 2.0), ("range_low", 1.0 if k < "z" else 3.0))
    ]
    found = first_places(rank_subsets(pd.DataFrame(rows), ["mean_distance", "top1"]))
    assert set(found["measure"]) == {"mean_distance"}, "what is not known is not ranked"
    assert found.set_index("subset")["first"].to_dict() == {"range_high": 4, "range_low": 2}
    assert found["by_chance"].tolist() == [3, 3]


def test_embeddings_of_one_number_and_all_alike_have_a_picture():
    line = to_plane(np.arange(5.0)[:, None])
    assert pdist(line.points) == pytest.approx(pdist(np.arange(5.0)[:, None]))
    alike = to_plane(np.ones((5, 3)))
    assert (alike.points == 0).all()
    assert alike.stress == 0


def test_categories_without_an_embedding_do_not_count():
    vectors, categories = RNG.normal(size=(24, 3)), np.repeat(np.arange(6), 4)
    assert spread(vectors, categories) == spread(vectors, 3 * categories)
