"""The checks against their definitions, written out in the plainest way."""

from __future__ import annotations

import io

import numpy as np
import PIL.Image
import pytest
from scipy.ndimage import uniform_filter1d
from scipy.signal import convolve2d
from scipy.stats import entropy

from iqcurate.decode import decode
from iqcurate.kernels import count, runnable
from iqcurate.metrics.checks import Picture
from iqcurate.metrics.header import jpeg_quality
from iqcurate.metrics.registry import load_operators, resolve
from iqcurate.operators import Undefined
from iqcurate.testing import image_of, sample_photos
from iqcurate.types import rgb_to_grey

SPECS = {s.name: s for s in resolve(["checks"]) if s.operator}
(OPERATOR,) = load_operators(SPECS)
PHOTO = sample_photos()[1].pixels


def checks(pixels):
    return OPERATOR(image_of(np.ascontiguousarray(pixels)), frozenset(SPECS))


def encoded(pixels, **options):
    stream = io.BytesIO()
    PIL.Image.fromarray(pixels).save(stream, **options)
    return stream.getvalue()


def distance(a, b):
    return (int.from_bytes(a["phash"]) ^ int.from_bytes(b["phash"])).bit_count()


def test_grey_is_that_of_the_quality_metrics_for_every_colour():
    levels = np.arange(256, dtype=np.uint8)
    green, blue = np.meshgrid(levels, levels, indexing="ij")
    for red in range(256):
        colours = np.stack([np.full_like(green, red), green, blue], axis=2)
        assert np.array_equal(Picture(colours).grey, rgb_to_grey(colours))


@pytest.mark.parametrize("size", [(427, 640), (11, 13), (400, 10), (10, 400)])
def test_brightness_contrast_entropy_colour(size):
    pixels = PHOTO[: size[0], : size[1]]
    found, grey = checks(pixels), rgb_to_grey(pixels)
    ordered = np.sort(grey.ravel())
    assert found["brightness"] == pytest.approx(grey.mean())
    for percent in (5, 95):
        at = -(-percent * grey.size // 100) - 1
        assert found[f"brightness_p{percent}"] == ordered[at]
    assert found["contrast"] == pytest.approx(grey.std())
    counts = np.unique(grey, return_counts=True)[1]
    assert found["entropy"] == pytest.approx(entropy(counts, base=2))
    red, green, blue = pixels.astype(float).transpose(2, 0, 1)
    rg, yb = red - green, (red + green) / 2 - blue
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert found["colourfulness"] == pytest.approx(expected)


@pytest.mark.parametrize("size", [(427, 640, 3), (40, 5000, 3), (1, 50, 3), (50, 1), (9, 11, 3)])
@pytest.mark.parametrize("build", runnable())
def test_every_build_counts_the_same(build, size):
    pixels = np.random.default_rng(0).integers(0, 256, size, np.uint8)
    found, expected = count(pixels, build=build), count(pixels, build="baseline")
    assert found.levels.sum() == pixels.shape[0] * pixels.shape[1]
    for name in ("grey", "levels", "opponents", "differences", "responses"):
        assert np.array_equal(getattr(found, name), getattr(expected, name))


def test_clipped_shares():
    pixels = np.full((10, 10, 3), 100, np.uint8)
    pixels[:2], pixels[9] = 0, 255
    found = checks(pixels)
    assert (found["clipped_dark"], found["clipped_light"]) == (0.2, 0.1)


@pytest.mark.parametrize("size", [(427, 640), (10, 300), (300, 10), (64, 4000)])
def test_blur_effect(size):
    grey = rgb_to_grey(np.resize(PHOTO, (*size, 3)))
    shares = []
    for axis in (0, 1):
        sharp = np.abs(np.diff(grey, axis=axis))
        blurred = np.abs(np.diff(uniform_filter1d(grey, 9, axis), axis=axis))
        inside = (slice(None),) * axis + (slice(4, grey.shape[axis] - 5),)
        sharp, blurred = sharp[inside], blurred[inside]
        shares.append(1 - np.maximum(0, sharp - blurred).sum() / sharp.sum())
    assert checks(grey.astype(np.uint8))["blur_effect"] == pytest.approx(max(shares))


@pytest.mark.parametrize("size", [(427, 640), (3, 3000), (64, 4000)])
def test_noise_is_the_median_of_the_responses(size):
    grey = rgb_to_grey(np.resize(PHOTO, (*size, 3)))
    mask = np.outer([1, -2, 1], [1, -2, 1])
    inner = grey[1:-1, 1:-1]
    response = np.abs(convolve2d(grey, mask, "valid"))[(inner > 0) & (inner < 255)]
    found = checks(grey.astype(np.uint8))["noise"] * 6 * 0.67449
    assert abs(found - np.median(response)) <= 0.5 + 1e-9


@pytest.mark.parametrize("sigma", [2, 5, 20])
def test_noise_finds_what_was_added_to_a_smooth_picture(sigma):
    ramp = np.linspace(80, 170, 400)[:, None] + np.linspace(-10, 10, 500)
    noisy = ramp + np.random.default_rng(0).normal(0, sigma, ramp.shape)
    found = checks(np.round(np.clip(noisy, 0, 255)).astype(np.uint8))["noise"]
    assert found == pytest.approx(np.hypot(sigma, 12**-0.5), rel=0.02)


def test_what_is_undefined_says_why():
    black, grey = checks(np.zeros((40, 40, 3), np.uint8)), checks(np.full((40, 40), 90, np.uint8))
    assert {n: v.code for n, v in black.items() if isinstance(v, Undefined)} == {
        "blur_effect": "flat",
        "noise": "clipped",
        "phash": "flat",
    }
    assert (grey["noise"] < 0.2, grey["entropy"], grey["colourfulness"]) == (True, 0, 0)


@pytest.mark.parametrize("photo", range(6))
def test_copies_have_close_hashes_and_other_photos_have_not(photo):
    pixels = sample_photos()[photo].pixels
    found = checks(pixels)
    picture = PIL.Image.fromarray(pixels)
    small = np.asarray(picture.resize((picture.width // 2, picture.height // 3)))
    jpeg = decode(encoded(pixels, format="JPEG", quality=20)).image.pixels
    darker = (pixels * 0.8).astype(np.uint8)
    assert all(distance(found, checks(copy)) <= 6 for copy in (small, jpeg, darker))
    others = [checks(p.pixels) for i, p in enumerate(sample_photos()) if i != photo]
    assert min(distance(found, other) for other in others) > 16


def test_a_hash_has_the_bits_as_written():
    """Grey that grows to the right: only the first of the frequencies along rows is negative."""
    ramp = np.repeat(np.arange(32, dtype=np.uint8)[None], 32, axis=0)
    assert checks(ramp)["phash"][0] & 0b0100_0000 == 0
    assert checks(ramp[:, ::-1])["phash"][0] & 0b0100_0000
    assert len(checks(ramp)["phash"]) == 8


def test_quality_of_every_jpeg_of_the_reference_encoder():
    small = PHOTO[:16, :16]
    for pixels in (small, small[:, :, 0]):
        files = [encoded(pixels, format="JPEG", quality=q) for q in range(1, 101)]
        assert [jpeg_quality(decode(f).header) for f in files] == list(range(1, 101))


def test_quality_of_another_encoder_is_the_nearest():
    """Steps a fifth larger than those of quality 80 (percent 40): percent 48, quality 76."""
    table = [round(step * 1.2) for step in decode(encoded(PHOTO, format="JPEG", quality=80))
             .header.luma_steps]  # fmt: skip
    file = encoded(PHOTO, format="JPEG", qtables=[table, table])
    assert jpeg_quality(decode(file).header) == 76


def test_quality_in_files_that_are_cut_and_in_other_formats():
    (operator,) = load_operators({"q": resolve(["jpeg_quality"])[0]})
    file = encoded(PHOTO, format="JPEG", quality=70)
    cut = decode(file[: len(file) // 2])
    assert cut.failure
    assert operator.from_header(cut.header, frozenset(["q"])) == {"q": 70}
    png = operator.from_header(decode(encoded(PHOTO, format="PNG")).header, frozenset(["q"]))
    assert png["q"].error == "other_format: needs JPEG, is PNG"
