"""The definitions against slow programs that share nothing with them."""

from __future__ import annotations

import numpy as np
import pytest
import second_way

from iqcurate.metrics import brisque, focus, niqe, nss, wavelet
from iqcurate.metrics.parameters import load_parameters
from iqcurate.testing import sample_photos


@pytest.mark.filterwarnings("ignore:Level value of 1 is too high")  # of wavedec2, on tiny images
@pytest.mark.parametrize("photo", range(6))
@pytest.mark.parametrize("size", [(41, 53), (12, 12), (70, 13), (129, 20)])
def test_sharpness(photo, size):
    grey = sample_photos()[photo].grey[110 : 110 + size[0], 130 : 130 + size[1]]
    for module, name in ((focus, "lapv"), (focus, "lapm"), (wavelet, "wavs")):
        expected = getattr(second_way, name)(grey)
        assert getattr(module, name)(grey) == pytest.approx(expected, rel=1e-9), name


@pytest.mark.parametrize("size", [(427, 40), (300, 33), (257, 64), (256, 30)])
def test_wavelet_of_several_blocks(size):
    grey = sample_photos()[0].grey[: size[0], : size[1]]
    assert wavelet.wavs(grey) == pytest.approx(second_way.wavs(grey), rel=1e-11)


@pytest.mark.parametrize("border", ["zero", "replicate"])
def test_mscn(border):
    grey = sample_photos()[1].grey[:150, :170]
    found = nss.mscn(grey, border)
    np.testing.assert_allclose(found, second_way.mscn(grey, border), atol=1e-9)
    assert np.array_equal(found == 0, second_way.mscn(grey, border) == 0)


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (13, 14), (64, 65), (129, 150)])
def test_half_size(size):
    grey = sample_photos()[2].grey[: size[0], : size[1]]
    np.testing.assert_allclose(nss.half_size(grey), second_way.half_size(grey), atol=1e-10)


@pytest.mark.parametrize("photo", range(6))
def test_brisque_features(photo):
    grey = sample_photos()[photo].grey[:201, :222]
    found = brisque.brisque_features(grey)
    np.testing.assert_allclose(found, second_way.brisque_features(grey), atol=1e-9)


@pytest.mark.parametrize("photo", range(6))
def test_niqe_features(photo):
    grey = sample_photos()[photo].grey[:210, :290]
    found = niqe.niqe_features(grey)
    assert found.shape == (6, 36)
    np.testing.assert_allclose(found, second_way.niqe_features(grey), atol=1e-9)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_niqe_of_a_partly_flat_photo():
    grey = sample_photos()[0].grey[:288, :384].copy()
    grey[:110, :110] = 7
    features = second_way.niqe_features(grey)
    whole = features[~np.isnan(features).any(axis=1)]
    assert 0 < len(whole) < len(features)
    model = load_parameters("niqe_live")
    difference = model["mu"].ravel() - np.nanmean(features, axis=0)
    spread = np.linalg.pinv((model["cov"] + np.cov(whole.T)) / 2)
    expected = np.sqrt(difference @ spread @ difference)
    assert niqe.niqe(grey) == pytest.approx(expected, rel=1e-9)


def test_nearest_is_the_first_minimum():
    table = nss.shapes()[1]
    assert (np.diff(table) > 0).all()
    middles = (table[:-1] + table[1:]) / 2
    values = np.concatenate([table, middles, middles + 1e-12, [0, 1, 5, -3, np.nan, np.inf]])
    expected = [np.argmin(np.abs(table - value)) for value in values]
    assert np.array_equal(nss.nearest(table, values), expected)


def test_nearest_takes_the_first_of_two():
    assert nss.nearest(np.array([1.0, 2.0, 3.0]), np.array([1.5, 2.5])).tolist() == [0, 1]
