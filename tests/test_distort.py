"""Other versions of an image."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache

import numpy as np
import pytest
from PIL import Image as Pillow
from scipy import ndimage
from sklearn.datasets import load_sample_image

from iqcurate import distort
from iqcurate.distort.optics import disc_kernel, motion_kernel
from iqcurate.errors import UndefinedScoreError
from iqcurate.types import Header, Image


@cache
def sample_image() -> np.ndarray:
    return load_sample_image("china.jpg")


def made(height: int, width: int, colours: int = 3, seed: int = 0) -> Image:
    """A smooth picture."""
    rng = np.random.default_rng(seed)
    noise = ndimage.gaussian_filter(rng.standard_normal((height, width, colours)), (2, 2, 0))
    pixels = np.clip(128 + 200 * noise, 0, 255).astype(np.uint8)
    pixels = pixels if colours == 3 else pixels[:, :, 0]
    return Image(Header(width, height, "RGB", "PNG", 24), pixels)


def test_tiles_are_the_four_quarters():
    image = made(81, 60)
    tiles = [distort.tile(image, n).pixels for n in range(4)]
    assert {t.shape for t in tiles} == {(40, 30, 3)}
    rows = [np.hstack(tiles[:2]), np.hstack(tiles[2:])]
    assert np.array_equal(np.vstack(rows), np.delete(image.pixels, 40, axis=0))


def test_crops_around_a_point_are_nested_and_of_the_same_shape():
    image = made(200, 100)
    larger = distort.crop(image, 0.2, across=0.3, down=0.9)
    smaller = distort.crop(image, 0.45, across=0.3, down=0.9)
    assert (larger.header.height, larger.header.width) == larger.pixels.shape[:2] == (160, 80)
    top, left = round(0.9 * 90) - round(0.9 * 40), round(0.3 * 45) - round(0.3 * 20)
    inside = larger.pixels[top : top + 110, left : left + 55]
    assert np.array_equal(smaller.pixels, inside)


def test_as_in_the_paper_the_last_crop_leaves_its_share_of_the_upper_left():
    image = made(200, 100)
    last = distort.crop(image, 0.45).pixels
    assert np.array_equal(last, image.pixels[:110, :55])


@pytest.mark.parametrize("size", [(120, 120), (121, 90), (80, 133)])
@pytest.mark.parametrize("colours", [1, 3])
def test_a_quarter_turn_is_the_square_turned(size, colours):
    image = made(*size, colours)
    square = distort.square(image).pixels.astype(int)
    for degrees, quarters in ((0, 0), (90, 1), (180, 2), (-90, 3)):
        turned = distort.turn(image, degrees).pixels.astype(int)
        expected = np.rot90(square, quarters)
        if (size[0] - len(square)) % 2 == (size[1] - len(square)) % 2 == 0:
            assert np.abs(turned - expected).max() <= 1
        else:  # the centre of the square lies between pixels of the untouched one
            assert np.corrcoef(turned.ravel(), expected.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("size", [(120, 120), (100, 400), (57, 60)])
def test_no_square_reaches_over_the_border(size):
    """A frame of white around the image would show."""
    image = made(*size, 1)
    framed = np.array(image.pixels)
    framed[1:-1, 1:-1] = 0
    framed[[0, -1]] = framed[:, [0, -1]] = 255
    frame = Image(image.header, framed)
    for degrees in (-1, 1, 15, 30, 45, 60, 75):
        assert distort.turn(frame, degrees).pixels[1:-1, 1:-1].max() < 128
    for across, down in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        moved = distort.turn(frame, 1, 0.2 * across, 0.2 * down)
        assert moved.pixels[1:-1, 1:-1].max() < 128


def test_a_shift_moves_the_square_by_a_fifth_of_its_side():
    ramp = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    image = Image(Header(200, 200, "L", "PNG", 8), ramp)
    still, right = distort.turn(image, 0), distort.turn(image, 0, across=0.2)
    side = still.pixels.shape[0]
    assert right.pixels.mean() - still.pixels.mean() == pytest.approx(0.2 * side, abs=0.5)
    assert distort.turn(image, 0, down=0.2).pixels.mean() == pytest.approx(still.pixels.mean())


def test_turning_loses_little_detail_and_as_much_at_every_angle():
    image = made(300, 300, 1)
    kept = [
        np.abs(np.diff(distort.turn(image, d).pixels.astype(float), 2)).mean()
        for d in (-1, 1, 15, 30, 45, 60, 75)
    ]
    before = np.abs(np.diff(distort.square(image).pixels.astype(float), 2)).mean()
    assert np.allclose(kept, before, rtol=0.05)


def test_blur_is_gaussian_and_keeps_the_mean():
    dot = np.zeros((41, 41), np.uint8)
    dot[20, 20] = 255
    image = Image(Header(41, 41, "L", "PNG", 8), dot)
    blurred = distort.blur(image, 1.0).pixels.astype(float)
    assert blurred[20, 20] == round(255 / (2 * np.pi))
    assert blurred[20, 21] == round(255 / (2 * np.pi) * np.exp(-0.5))
    smooth = made(100, 100)
    assert distort.blur(smooth, 2).pixels.mean() == pytest.approx(smooth.pixels.mean(), abs=0.3)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2), (9, 9)])
@pytest.mark.parametrize("colours", [1, 3])
def test_the_smallest_images_have_every_version(size, colours):
    image = made(*size, colours)
    before = image.pixels.copy()
    versions = [
        distort.crop(image, 0.45, 0.5, 0.5),
        *(distort.tile(image, n) for n in range(4)),
        distort.square(image),
        distort.turn(image, 45),
        distort.turn(image, 1, 0.2),
        distort.blur(image, 4.5),
    ]
    for version in versions:
        assert version.pixels.size > 0
        assert version.pixels.dtype == np.uint8
        assert version.pixels.ndim == image.pixels.ndim
        assert version.pixels.shape[:2] == (version.header.height, version.header.width)
    assert np.array_equal(before, image.pixels)


def flat(value: int = 128, size: int = 200, colours: int = 3) -> Image:
    shape = (size, size, 3) if colours == 3 else (size, size)
    return Image(Header(size, size, "RGB", "PNG", 24), np.full(shape, value, np.uint8))


def photo() -> Image:
    pixels = sample_image()[:150, 200:401]
    return Image(Header(201, 150, "RGB", "PNG", 24), np.ascontiguousarray(pixels))


def difference(one: Image, other: Image) -> float:
    return float(np.abs(one.pixels.astype(float) - other.pixels).mean())


@pytest.mark.parametrize("colours", [1, 3])
def test_noise_has_its_standard_deviation_and_is_the_same_again(colours):
    clean = flat(colours=colours)
    for sd in (5, 20, 30):
        noisy = distort.noise(clean, sd, seed=7).pixels.astype(float) - 128
        assert noisy.std() == pytest.approx(sd, rel=0.03)
        assert abs(noisy.mean()) < sd / 20
    assert distort.noise(clean, 100).pixels.std() == pytest.approx(82, abs=2), "cut to 8 bits"
    once, again, other = (distort.noise(clean, 20, seed=s).pixels for s in (7, 7, 8))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other)
    if colours == 3:
        planes = distort.noise(clean, 20).pixels.reshape(-1, 3).astype(float)
        assert np.abs(np.corrcoef(planes.T) - np.eye(3)).max() < 0.03


def test_contrast_blends_with_the_mean_luminance():
    image = photo()
    grey = float(image.pixels.reshape(-1, 3).mean(0) @ [0.299, 0.587, 0.114])
    half = distort.contrast(image, 0.5).pixels
    assert np.abs(half - (image.pixels.astype(float) + grey) / 2).max() <= 0.51
    assert np.ptp(distort.contrast(image, 0).pixels) == 0
    assert np.array_equal(distort.contrast(image, 1).pixels, image.pixels)


def test_jpeg_is_that_of_libjpeg():
    image = photo()
    for quality in (2, 20):
        data = io.BytesIO()
        Pillow.fromarray(image.pixels).save(data, "JPEG", quality=quality, subsampling=2)
        expected = np.asarray(Pillow.open(data))
        assert np.array_equal(distort.jpeg(image, quality).pixels, expected)


@pytest.mark.parametrize("psnr", [20, 26, 32, 40])
def test_jpeg2000_reaches_its_psnr(psnr):
    image = photo()
    grey = Image(image.header, image.pixels[:, :, 1].copy())
    for each in (image, grey, distort.contrast(image, 0.7))[: 2 + (psnr > 20)]:
        found = distort.jpeg2000(each, psnr)
        error = np.mean((found.pixels.astype(float) - each.pixels) ** 2)
        assert 10 * np.log10(255**2 / error) == pytest.approx(psnr, abs=0.3)


def test_a_flat_image_never_gets_as_bad_as_asked_for():
    with pytest.raises(UndefinedScoreError, match="unreachable"):
        distort.jpeg2000(flat(), 20)


def test_resolution_keeps_what_is_coarse_and_the_size():
    image = photo()
    small = distort.resolution(image, 10)
    assert small.pixels.shape == image.pixels.shape
    assert difference(small, image) > difference(distort.resolution(image, 60), image) > 0
    assert distort.resolution(image, 150) is image, "it has no more pixels than that"
    blocks = np.kron(np.arange(16).reshape(4, 4) * 16, np.ones((32, 32))).astype(np.uint8)
    coarse = Image(Header(128, 128, "L", "PNG", 8), blocks)
    kept = distort.resolution(coarse, 32).pixels.astype(float)
    assert np.abs(kept - blocks)[8:24, 8:24].max() <= 2


def test_kernels_have_sum_one_and_their_shape():
    for length in (1, 2, 3, 5.5, 15, 31):
        for degrees in (0, 30, 90, 135):
            kernel = motion_kernel(length, degrees)
            assert kernel.sum() == pytest.approx(1, abs=1e-6)
            assert np.allclose(kernel, kernel[::-1, ::-1], atol=0.02), "as far ahead as back"
    assert motion_kernel(5, 0)[2] == pytest.approx(np.full(5, 0.2))
    assert motion_kernel(5, 90)[:, 2] == pytest.approx(np.full(5, 0.2))
    up = motion_kernel(9, 45)
    assert up[1, 7] > 0.05 > up[1, 1], "anticlockwise: up on the right"
    for radius in (0.5, 1, 3, 8.3):
        kernel = disc_kernel(radius)
        assert kernel.sum() == pytest.approx(1, abs=1e-6)
        across = np.arange(len(kernel)) - len(kernel) // 2
        if radius < 3:
            continue
        weight = kernel.astype(float)
        assert (weight * across**2).sum() == pytest.approx(radius**2 / 4 + 1 / 12, rel=0.05)


def gaussian_kernel(sd: float, reach: float) -> np.ndarray:
    side = round(reach * sd)
    weight = np.exp(-(np.arange(-side, side + 1) ** 2) / (2 * sd**2))
    return np.outer(weight, weight) / weight.sum() ** 2


BLURS = {
    "blur": (lambda i: distort.blur(i, 1.7, 2.0), gaussian_kernel(1.7, 2.0)),
    "motion": (lambda i: distort.motion(i, 6, 25), motion_kernel(6, 25)),
    "defocus": (lambda i: distort.defocus(i, 2.4), disc_kernel(2.4)),
}


@pytest.mark.parametrize("name", BLURS)
@pytest.mark.parametrize("size", [(31, 44), (16, 3), (1, 7)])
@pytest.mark.parametrize("colours", [1, 3])
def test_blurs_are_convolutions_with_mirrored_borders(name, size, colours):
    change, kernel = BLURS[name]
    image = made(*size, colours)
    planes = image.pixels.reshape(*size, colours).astype(float)
    expected = np.stack(
        [ndimage.convolve(planes[:, :, k], kernel, mode="reflect") for k in range(colours)], axis=2
    )
    assert np.abs(change(image).pixels.reshape(planes.shape) - expected).max() <= 0.51


@pytest.mark.parametrize("sd", [1, 5, 9])
def test_a_blur_cut_off_at_two_sd_has_a_window_of_four_and_is_narrower(sd):
    step = np.zeros((1, 101), np.uint8)
    step[0, 50:] = 255
    image = Image(Header(101, 1, "L", "PNG", 8), step)
    spread = np.diff(distort.blur(image, sd, 2.0).pixels[0].astype(float))
    assert np.ptp(np.flatnonzero(spread)) == 4 * sd, "4 sd + 1 pixels"
    found = np.sqrt((spread * (np.arange(100) - 49) ** 2).sum() / 255)
    assert found == pytest.approx(0.88 * sd, abs=0.2), "of a Gaussian cut off at 2 sd"


def test_motion_blurs_along_its_direction_only():
    stripes = np.tile(np.repeat([60, 190], 4), (64, 8)).astype(np.uint8)
    image = Image(Header(64, 64, "L", "PNG", 8), stripes)
    assert np.array_equal(distort.motion(image, 9, 90).pixels, stripes)
    along = distort.motion(image, 8, 0).pixels[:, 8:-8]
    assert along.std() < stripes.std() / 8


SWEEPS = {
    "blur": (distort.blur, (1, 3, 6)),
    "narrow": (lambda i, x: distort.blur(i, x, 2.0), (1, 3, 6)),
    "noise": (distort.noise, (10, 30, 90)),
    "contrast": (distort.contrast, (0.8, 0.5, 0.1)),
    "jpeg": (distort.jpeg, (20, 8, 2)),
    "jpeg2000": (distort.jpeg2000, (40, 30, 22)),
    "resolution": (distort.resolution, (64, 24, 8)),
    "motion": (lambda i, x: distort.motion(i, x, 20), (3, 9, 21)),
    "defocus": (distort.defocus, (1, 3, 8)),
}


@pytest.mark.parametrize("name", SWEEPS)
def test_more_is_worse_and_grey_stays_grey(name):
    change, levels = SWEEPS[name]
    for image in (photo(), Image(photo().header, photo().pixels[:, :, 1].copy())):
        before = image.pixels.copy()
        found = [change(image, level) for level in levels]
        errors = [difference(each, image) for each in found]
        assert errors == sorted(errors)
        assert errors[0] > 0
        assert {each.pixels.shape for each in found} == {image.pixels.shape}
        assert np.array_equal(image.pixels, before)


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (3, 2), (17, 9)])
@pytest.mark.parametrize("colours", [1, 3])
def test_tiny_images_are_damaged_or_say_why_not(size, colours):
    image = made(*size, colours)
    for change, levels in SWEEPS.values():
        for level in levels:
            with suppress(UndefinedScoreError):
                assert change(image, level).pixels.shape == image.pixels.shape
