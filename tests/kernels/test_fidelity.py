"""Every build of the kernels against the definitions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from kernel_bounds import METRICS, RELATIVE, out_of_bounds, score

from iqcurate.kernels import Kernel, runnable
from iqcurate.metrics.brisque import brisque_features
from iqcurate.metrics.classical import Classical, tables
from iqcurate.testing import sample_photos
from iqcurate.types import rgb_to_grey


@pytest.fixture(scope="module", params=runnable())
def build(request):
    return request.param


@pytest.fixture(scope="module")
def found(build, pictures):
    operator = Classical(build)
    return {name: score(operator, pixels) for name, pixels in pictures.items()}


@pytest.mark.parametrize("metric", METRICS)
def test_scores_and_reasons_are_those_of_the_definitions(found, expected, metric):
    assert out_of_bounds(found, expected, metric) == {}


def test_constant_images_score_exactly_zero(found):
    for name in ("constant", "white"):
        assert [found[name][metric] for metric in RELATIVE] == [0, 0, 0]


@pytest.mark.parametrize("threads", [1, 2, 8])
def test_threads_change_no_bit(build, found, pictures, threads):
    operator = Classical(build)
    names = [*pictures, *list(pictures)[::-1]]
    with ThreadPoolExecutor(threads) as pool:
        again = list(pool.map(lambda name: score(operator, pictures[name]), names))
    assert again == [found[name] for name in names]


@pytest.mark.parametrize("metric", METRICS)
def test_metrics_do_not_depend_on_each_other(build, found, pictures, metric):
    operator = Classical(build)
    for name in ("103x98", "97x193", "95x200", "half flat"):
        alone = score(operator, pictures[name], [metric])
        assert alone == {metric: found[name][metric]}


def test_grey_and_rgb_agree(build):
    operator = Classical(build)
    for photo in sample_photos()[:2]:
        grey = rgb_to_grey(photo.pixels).astype(np.uint8)
        repeated = np.repeat(grey[:, :, None], 3, axis=2)
        assert score(operator, photo.pixels) == score(operator, grey)
        assert score(operator, repeated) == score(operator, grey)


def test_grey_is_exact_on_every_colour(build):
    # LAPV and LAPM are exact sums: any grey that differs would change them.
    operator = Classical(build)
    channel = np.arange(256, dtype=np.uint8)
    for red in range(0, 256, 5):
        green, blue = np.meshgrid(channel, channel, indexing="ij")
        colours = np.stack([np.full_like(green, red), green, blue], axis=2)
        colours = np.random.default_rng(red).permuted(colours.reshape(-1, 3), axis=0)
        colours = colours.reshape(256, 256, 3)
        grey = rgb_to_grey(colours).astype(np.uint8)
        wanted = ["lapv", "lapm"]
        assert score(operator, colours, wanted) == score(operator, grey, wanted)


def test_flat_rule_is_exact(build, pictures, data):
    # One sign miscounted in 98,000 would change the variance of a side by 1e-5.
    kernel = Kernel(tables(), build)
    for name in ("I19.png", "posterised by 32", "posterised by 64", "half flat"):
        pixels = pictures[name]
        mine = kernel.brisque_features(pixels)
        theirs = brisque_features(rgb_to_grey(pixels))
        sides = [4 * k + side for k in range(1, 5) for side in (0, 1)]
        sides += [18 + k for k in sides]
        np.testing.assert_allclose(mine[sides], theirs[sides], rtol=5e-6)
