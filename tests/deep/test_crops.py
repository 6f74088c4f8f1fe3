"""Which crops are cut, and the size at which images are scored; without any network."""

from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import needs

from iqcurate.metrics.deep.crops import Grid, cut
from iqcurate.metrics.deep.sizes import shrink

HYPERIQA, MANIQA = Grid(5, 5, 5), Grid(4, 5, 4)


@pytest.mark.parametrize(("grid", "count"), [(HYPERIQA, 25), (MANIQA, 20)])
@pytest.mark.parametrize(
    "size", [(224, 224), (16, 21), (225, 225), (300, 226), (230, 500), (384, 512), (13, 60)]
)
def test_the_mean_over_different_crops_is_that_over_all_of_pyiqa(grid, count, size):
    needs("pyiqa")
    import torch
    from pyiqa.archs.arch_util import uniform_crop

    pixels = np.random.default_rng(0).integers(0, 256, (*size, 3), dtype=np.uint8)
    image = torch.from_numpy(pixels).permute(2, 0, 1)[None].float()
    theirs = uniform_crop([image], 224, count).permute(0, 2, 3, 1).numpy()
    ours = cut(pixels, grid)
    np.testing.assert_allclose(ours.mean(0), theirs.mean(0), atol=1e-2)
    distinct = {crop.tobytes() for crop in theirs}
    assert len(ours) == len(distinct), "equal crops are cut once"


def test_a_small_square_is_one_crop():
    pixels = np.zeros((224, 224, 3), np.uint8)
    assert cut(pixels, HYPERIQA).shape == cut(pixels, MANIQA).shape == (1, 224, 224, 3)


def test_only_larger_images_are_made_smaller():
    ramp = np.tile(np.linspace(0, 255, 400).astype(np.uint8)[None, :, None], (200, 1, 3))
    assert shrink(ramp, 400) is ramp
    assert shrink(ramp, math.inf) is ramp
    half = shrink(ramp, 200)
    assert half.shape == (100, 200, 3)
    np.testing.assert_allclose(half[50, :, 1], ramp[100, ::2, 1], atol=2)
    assert shrink(ramp[:1], 10).shape == (1, 10, 3)


def test_fine_detail_does_not_alias():
    stripes = np.zeros((900, 900, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.ptp(shrink(stripes, 300)[10:-10, 10:-10].astype(int)) < 20
