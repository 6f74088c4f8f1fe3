"""Scores on a GPU equal those on the CPU, which equal pyiqa's."""

from __future__ import annotations

import numpy as np
import pytest
from deep.made import pictures
from deep.test_parity import FEW, MANY, TOLERANCE, our_scores

from iqcurate.metrics.deep.specs import DEEP

pytestmark = pytest.mark.gpu


@pytest.fixture(autouse=True)
def gpu():
    import torch

    if not torch.cuda.is_available():
        pytest.skip("no GPU")


@pytest.mark.parametrize(
    ("metric", "sizes"),
    [(m, MANY) for m in ("cnniqa", "clipiqa", "musiq", "hyperiqa", "dbcnn")] + [("maniqa", FEW)],
)
def test_equal_to_the_cpu(metric, sizes, setup_of):
    images = pictures(sizes)
    limit = TOLERANCE * (DEEP[metric].range.high - DEEP[metric].range.low)
    cpu = our_scores(metric, setup_of(metric), images)
    assert np.ptp(cpu) > 100 * limit
    gpu = our_scores(metric, setup_of(metric, device="cuda"), images)
    np.testing.assert_allclose(gpu, cpu, atol=limit, rtol=0)


def test_bf16_differs_a_little(setup_of):
    images = pictures(MANY)
    exact = our_scores("musiq", setup_of("musiq", device="cuda"), images)
    rough = our_scores("musiq", setup_of("musiq", device="cuda", precision="bf16"), images)
    assert 0 < np.abs(rough - exact).max() < 0.2 * np.ptp(exact)
