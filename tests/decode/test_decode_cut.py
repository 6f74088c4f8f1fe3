"""Files that lost their tail, where the decoder says nothing or speaks of the header."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from made_images import photo, saved
from PIL import Image

from iqcurate.decode import decode
from iqcurate.decode.cut import ends_too_early
from iqcurate.types import Code, Status

MADE = {
    "webp": lambda: saved(photo(), "WEBP"),
    "webp-lossless": lambda: saved(photo(), "WEBP", lossless=True),
    "webp-film": lambda: saved(
        Image.fromarray(photo()),
        "WEBP",
        save_all=True,
        append_images=[Image.fromarray(photo()[::-1])],
    ),
    "avif": lambda: saved(photo(), "AVIF", speed=9),
    "tiff": lambda: saved(photo(), "TIFF"),
    "tiff-lzw": lambda: saved(photo(), "TIFF", compression="tiff_lzw"),
    "tiff-strips": lambda: saved(photo(), "TIFF", compression="tiff_lzw", strip_size=4000),
    "bigtiff": lambda: saved(photo(), "TIFF", compression="tiff_lzw", big_tiff=True),
}


def status(data: bytes) -> tuple[Status, Code]:
    failure = decode(data).failure
    return failure.status, failure.code


@pytest.mark.parametrize("kind", MADE)
def test_a_file_that_was_cut_is_truncated(kind):
    data = MADE[kind]()
    assert decode(data).image is not None
    assert not ends_too_early(data)
    for missing in (1, 9, 30, len(data) // 10, len(data) // 2):
        assert status(data[:-missing]) == (Status.TRUNCATED, Code.PIXELS_CUT), missing


@pytest.mark.parametrize(
    "start",
    [
        MADE["webp"]()[:20],
        MADE["avif"]()[:40],
        saved(photo(), "TIFF")[:40],
        b"II*\0\x08\0\0\0",
        b"II*\0\xff\xff",
        b"II+\0\x08\0\0\0" + b"\xff" * 7 + b"\x80",
    ],
    ids=["webp", "avif", "tiff", "tiff-8", "tiff-6", "bigtiff-nonsense"],
)
def test_a_beginning_that_does_not_say_what_it_is_has_a_broken_header(start):
    assert status(start) == (Status.UNREADABLE, Code.BROKEN_HEADER)


def test_a_heif_is_unsupported_even_if_cut():
    box = struct.pack(">I4s", 1000, b"mdat") + bytes(50)
    assert status(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + box)[0] is Status.UNSUPPORTED


def test_sizes_that_make_no_progress_end_the_search():
    for length in (0, 1, 7):
        box = struct.pack(">I4sQ", length, b"free", length)
        assert not ends_too_early(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + box * 3)


@pytest.mark.parametrize("missing", [30, 200, 3000])
@pytest.mark.parametrize("fill", [b"\0", b"\xaa", b"\xff"], ids=["zeros", "pattern", "ones"])
def test_a_png_whose_tail_was_filled_up_is_truncated(missing, fill):
    data = saved(photo(), "PNG")
    assert status(data[:-missing] + fill * missing) == (Status.TRUNCATED, Code.PIXELS_CUT)


def test_a_png_with_whole_pixels_is_whole_whatever_follows():
    data = saved(photo(), "PNG")
    end = b"\0\0\0\0IEND\xaeB`\x82"
    assert data.endswith(end)
    for tail in (b"", b"\0" * 1000, b"junk", end + b"junk", b"\xff" * 12):
        assert np.array_equal(decode(data.removesuffix(end) + tail).image.pixels, photo())


def test_a_wrong_checksum_alone_is_no_lost_tail():
    data = bytearray(saved(photo(), "PNG"))
    data[-16] ^= 1
    assert np.array_equal(decode(bytes(data)).image.pixels, photo())
