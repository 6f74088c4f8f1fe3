"""Correlations with a step, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage, stats

from iqcurate.analysis.robustness import protocol
from iqcurate.analysis.robustness.chance import independent, nested
from iqcurate.analysis.robustness.correlations import correlate, pcc, srcc

rng = np.random.default_rng(0)


@pytest.mark.parametrize("ties", [False, True])
def test_they_are_those_of_scipy(ties):
    scores = rng.standard_normal((50, 8))
    scores = np.round(scores) if ties else scores
    steps = np.array([0.0, 1, 1, 2, 3, 5, 8, 13])
    for ours, theirs in ((pcc, stats.pearsonr), (srcc, stats.spearmanr)):
        expected = [theirs(row, steps).statistic for row in scores]
        np.testing.assert_allclose(ours(scores, steps), expected, atol=1e-12)


def test_means_are_of_absolute_values_and_signed_ones_follow_the_direction():
    steps = np.arange(4.0)
    rising, falling = np.array([1.0, 2, 3, 4]), np.array([9.0, 3, 2, 0])
    for way in (1.0, -1.0):
        found = correlate([(rising, steps), (falling, steps), (falling, steps)], way)
        assert found.srcc == 1
        assert found.srcc_signed == pytest.approx(way / 3)
        assert found.sequences == 3


def test_constant_and_incomplete_sequences_are_left_out_and_counted():
    steps = np.arange(3.0)
    rows = np.array([[1.0, 2, 3], [5, 5, 5], [1, np.nan, 2], [0.1, 0.1, 0.1]])
    found = correlate([(rows, steps)], 1.0)
    assert (found.pcc, found.sequences, found.left_out) == (pytest.approx(1), 1, 3)
    nothing = correlate([(rows[1:], steps)], 1.0)
    assert (nothing.pcc, nothing.srcc_signed, nothing.left_out) == (None, None, 3)


def test_chance_levels_are_those_known():
    six, ten, crops = independent(6), independent(10), nested("crop")
    figures = (six.pcc, six.srcc, six.pcc_95, six.srcc_95)
    np.testing.assert_allclose(figures, (0.38, 0.37, 0.81, 0.83), atol=0.01)
    figures = (ten.pcc, ten.srcc, ten.pcc_95, ten.srcc_95)
    np.testing.assert_allclose(figures, (0.27, 0.27, 0.63, 0.64), atol=0.01)
    assert crops.pcc == pytest.approx(0.60, abs=0.02)


@pytest.mark.parametrize("sweep", ["crop", "rotate"])
def test_nested_ones_are_those_of_fields_of_noise(sweep):
    """Scores that are means over parts of real fields of noise, cut as images are."""
    fields = np.random.default_rng(1).standard_normal((600, 100, 100))
    if sweep == "crop":
        sides = [100, *(round(100 * (1 - share)) for share in protocol.REMOVED)]
        scores = np.stack([fields[:, :s, :s].mean(axis=(1, 2)) for s in sides], axis=1)
    else:
        box = np.zeros((100, 100))
        box[15:85, 15:85] = 1.0
        turned = [ndimage.rotate(box, a, reshape=False, order=1) for a in (0, *protocol.ANGLES)]
        scores = np.stack([(fields * mask).sum(axis=(1, 2)) for mask in turned], axis=1)
    found = correlate([(scores, np.arange(float(scores.shape[1])))], 1.0)
    level = nested(sweep)
    assert found.pcc == pytest.approx(level.pcc, abs=0.04)
    assert found.srcc == pytest.approx(level.srcc, abs=0.04)
    alone = independent(scores.shape[1])
    assert level.pcc > alone.pcc + 0.04, "parts that share area are not independent"
