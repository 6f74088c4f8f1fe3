"""What the classical metrics must do on photographs, and with images that are none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from iqcurate.errors import UndefinedScoreError, UsageError
from iqcurate.metrics.brisque import brisque, brisque_features
from iqcurate.metrics.focus import lapm, lapv
from iqcurate.metrics.niqe import niqe, niqe_features
from iqcurate.metrics.nss import half_size, mscn
from iqcurate.metrics.specs import NIQE
from iqcurate.metrics.wavelet import wavs
from iqcurate.testing import blurred, sample_photos
from iqcurate.types import rgb_to_grey

SHARPNESS = (lapv, lapm, wavs)
NATURALNESS = (brisque, niqe)
ALL = (*SHARPNESS, *NATURALNESS)
RAMP = np.tile(np.arange(200.0), (200, 1))


@pytest.fixture(scope="module")
def scores(photos):
    """Of every photograph, sharp (0) and blurred by sigma 1, 2, 4; None where undefined."""

    def score(pixels):
        greys = {0: rgb_to_grey(pixels)}
        greys.update((sigma, rgb_to_grey(blurred(pixels, sigma))) for sigma in (1, 2, 4))
        return {s: {f: _or_none(f, grey) for f in (*SHARPNESS, niqe)} for s, grey in greys.items()}

    with ThreadPoolExecutor(2) as pool:
        return dict(zip(photos, pool.map(score, photos.values()), strict=True))


def _or_none(function, grey):
    try:
        return function(grey)
    except UndefinedScoreError:
        return None


@pytest.mark.parametrize("sigma", [2, 4])
@pytest.mark.parametrize("metric", SHARPNESS)
def test_blur_lowers_sharpness_on_every_photo(scores, metric, sigma):
    assert [name for name, s in scores.items() if not s[sigma][metric] < s[0][metric]] == []


@pytest.mark.parametrize("sigma", [2, 4])
def test_blur_raises_niqe_on_every_ordinary_photo(scores, sigma):
    # A photograph that is already far from natural (white ground, noise) may come closer.
    ordinary = {n: s for n, s in scores.items() if (s[0][niqe] or np.inf) <= NIQE.ordinary[2]}
    assert len(ordinary) >= 0.85 * len(scores)
    assert [name for name, s in ordinary.items() if not s[sigma][niqe] > s[0][niqe]] == []


def test_little_blur_in_the_median(scores):
    for metric in SHARPNESS:
        assert np.median([s[1][metric] / s[0][metric] for s in scores.values()]) < 1
    ratios = [s[1][niqe] / s[0][niqe] for s in scores.values() if s[0][niqe] is not None]
    assert np.median(ratios) > 1


def test_flips_change_nothing(photos):
    for pixels in photos.values():
        grey = rgb_to_grey(pixels)
        for metric in (lapv, lapm):
            for flipped in (grey[:, ::-1], grey[::-1]):
                assert metric(flipped) == pytest.approx(metric(grey), rel=1e-9)


@pytest.mark.parametrize("metric", ALL)
def test_layout_and_dtype_change_nothing(metric):
    grey = sample_photos()[0].grey
    wide = np.zeros((grey.shape[0], 2 * grey.shape[1]))
    wide[:, ::2] = grey
    layouts = (
        np.asfortranarray(grey),
        wide[:, ::2],
        grey.astype(np.uint8),
        grey.astype(np.float32),
    )
    assert {metric(layout) for layout in layouts} == {metric(grey)}


@pytest.mark.parametrize("metric", NATURALNESS)
def test_blas_threads_change_nothing(metric):
    scores = set()
    for threads in (1, 2, 8):
        with threadpool_limits(threads):
            scores.add(tuple(metric(photo.grey) for photo in sample_photos()))
    assert len(scores) == 1


@pytest.mark.parametrize("metric", ALL)
def test_input_is_left_alone(metric):
    grey = sample_photos()[0].grey.copy()
    metric(grey)
    assert np.array_equal(grey, sample_photos()[0].grey)


@pytest.mark.parametrize("metric", SHARPNESS)
@pytest.mark.parametrize("level", [0, 7, 255, 0.1])
def test_constant_image_has_no_sharpness(metric, level):
    assert metric(np.full((200, 200), level)) == 0


@pytest.mark.parametrize("level", [0, 7, 255, 0.1])
def test_constant_image_has_no_naturalness(level):
    assert _reason(brisque, np.full((200, 200), level)) == "flat"
    assert _reason(niqe, np.full((200, 200), level)) == "too_few_patches"


@pytest.mark.parametrize("image", [RAMP, RAMP.T, RAMP[:, ::-1]], ids=["right", "down", "left"])
def test_ramp_leaves_niqe_no_patch(image):
    assert _reason(niqe, image) == "too_few_patches"
    assert brisque(image) > 80  # of its border alone, and no good score


def test_two_level_image():
    image = np.where(RAMP < 100, 0.0, 255.0)
    assert [metric(image) > 0 for metric in SHARPNESS] == [True] * 3
    assert [_reason(metric, image) for metric in NATURALNESS] == ["flat", "too_few_patches"]


@pytest.mark.parametrize(
    ("metric", "size"),
    [
        *[(metric, (1, 1)) for metric in ALL],
        *[(metric, (1, 5000)) for metric in ALL],
        *[(metric, (5000, 1)) for metric in ALL],
        (lapv, (2, 9)), (lapm, (9, 2)), (wavs, (11, 40)), (brisque, (12, 40)), (niqe, (95, 95)),
    ],
)  # fmt: skip
def test_too_small(metric, size):
    assert _reason(metric, np.zeros(size)) == "too_small"


@pytest.mark.parametrize(
    ("metric", "size"),
    [(lapv, (3, 3)), (lapm, (3, 3)), (wavs, (12, 12)), (brisque, (13, 13)), (niqe, (96, 192))],
)
def test_just_large_enough(metric, size):
    assert np.isfinite(metric(sample_photos()[3].grey[: size[0], : size[1]]))


def test_one_patch_is_too_few():
    with pytest.raises(UndefinedScoreError, match=r"needs 2 patches of 96x96 .* has 1 of 1"):
        niqe(sample_photos()[0].grey[:191, :191])


def test_too_small_says_width_first():
    with pytest.raises(UndefinedScoreError, match="too_small: needs 96x96, has 70x90"):
        niqe(np.zeros((90, 70)))


@pytest.mark.parametrize("function", [*ALL, brisque_features, niqe_features, half_size])
@pytest.mark.parametrize(
    "bad",
    [
        np.zeros((0, 5)), np.zeros(5), np.zeros((200, 200, 3)), np.full((200, 200), np.nan),
        np.full((200, 200), np.inf), np.zeros((200, 200), complex), np.array([["a"]]),
    ],
    ids=["empty", "1-d", "3-d", "nan", "infinite", "complex", "text"],
)  # fmt: skip
def test_bad_calls(function, bad):
    with pytest.raises(UsageError, match="a grey image"):
        function(bad)


def test_features_are_public():
    grey = sample_photos()[0].grey
    assert brisque_features(grey).shape == (36,)
    assert niqe_features(grey).shape == ((427 // 96) * (640 // 96), 36)
    assert mscn(grey, "zero").shape == grey.shape


def _reason(metric, image):
    with pytest.raises(UndefinedScoreError) as caught:
        metric(image)
    assert caught.value.text
    return caught.value.code
