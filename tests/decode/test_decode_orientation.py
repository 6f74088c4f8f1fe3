"""EXIF orientation, applied exactly once."""

from __future__ import annotations

import numpy as np
import pytest
from made_images import exif, photo, png, saved
from PIL import Image

from iqcurate.decode import decode

TO_STORED = {
    1: lambda upright: upright,
    2: np.fliplr,
    3: lambda upright: np.rot90(upright, 2),
    4: np.flipud,
    5: lambda upright: upright.swapaxes(0, 1),
    6: lambda upright: np.rot90(upright, 1),  # to be turned clockwise
    7: lambda upright: np.rot90(upright, 2).swapaxes(0, 1),
    8: lambda upright: np.rot90(upright, -1),
}
eight = pytest.mark.parametrize("orientation", TO_STORED)


def stored(orientation: int) -> np.ndarray:
    return np.ascontiguousarray(TO_STORED[orientation](photo()))


def jpeg_exif(orientation: int) -> bytes:
    return b"Exif\0\0" + exif(orientation)


def check_upright(data: bytes) -> None:
    result = decode(data)
    assert np.array_equal(result.image.pixels, photo())
    assert (result.header.width, result.header.height) == (160, 106)


@eight
@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("PNG", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
    ],
    ids=["png", "webp", "tiff", "tiff-by-libtiff"],
)
def test_lossless_formats(form, options, orientation):
    check_upright(saved(stored(orientation), form, exif=exif(orientation), **options))


@eight
def test_png_that_tells_it_after_the_pixels(orientation):
    check_upright(png(stored(orientation), 2, after={b"eXIf": exif(orientation)}))


@eight
def test_jpeg_by_the_fast_path_and_by_pillow(orientation):
    plain = saved(stored(orientation), "JPEG", quality=95)
    turned = saved(stored(orientation), "JPEG", quality=95, exif=jpeg_exif(orientation))
    at = turned.index(b"\xff\xdb")
    junk = turned[:at] + b"\0\0" + turned[at:]  # makes the fast path step aside
    for data in (turned, junk):
        pixels = decode(data).image.pixels
        assert np.array_equal(TO_STORED[orientation](pixels), decode(plain).image.pixels)


def test_grey_and_one_channel_high_bit_depth():
    grey = np.ascontiguousarray(np.rot90(photo()[..., 1], 1))
    deep = grey.astype(np.uint16) * 257
    for samples in (grey, deep):
        pixels = decode(png(samples, 0, before={b"eXIf": exif(6)})).image.pixels
        assert np.array_equal(pixels, photo()[..., 1])


@pytest.mark.parametrize(
    "tags", [exif(0), exif(9), exif(6)[:12], b"", b"MM\0*rubbish", b"\xff" * 40]
)
def test_broken_exif_is_ignored(tags):
    pixels = decode(png(photo(), 2, before={b"eXIf": tags})).image.pixels
    assert np.array_equal(pixels, photo())
    data = saved(photo(), "JPEG", exif=b"Exif\0\0" + tags)
    assert np.array_equal(decode(data).image.pixels, decode(saved(photo(), "JPEG")).image.pixels)


def test_header_is_upright_where_the_pixels_are_cut():
    data = saved(stored(6), "JPEG", exif=jpeg_exif(6))
    cut = decode(data[: len(data) // 2])
    assert cut.image is None
    assert (cut.header.width, cut.header.height) == (160, 106)


def test_large_orientation_memory_layout():
    pixels = decode(saved(Image.new("RGB", (7, 3)), "PNG", exif=exif(5))).image.pixels
    assert pixels.shape == (7, 3, 3)
    assert pixels.flags.c_contiguous


@pytest.mark.parametrize("options", [{}, {"compression": "tiff_lzw"}], ids=["raw", "lzw"])
def test_header_of_a_cut_tiff_is_not_turned_twice(options):
    data = saved(stored(6), "TIFF", exif=exif(6), **options)
    for i in range(20, len(data)):  # spoil the pixels, which lie before the tags or after them
        broken = data[:i] if not options else data[:8] + b"\xff" * 2000 + data[2008:]
        cut = decode(broken)
        if cut.header:
            assert cut.image is None
            assert (cut.header.width, cut.header.height) == (160, 106)
            break
    else:
        pytest.fail("no header was read")
