"""Other versions of an image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from iqcurate import distort
from iqcurate.types import Header, Image


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
