"""The fast path gives Pillow's pixels, steps aside, or sees what Pillow does not."""

from __future__ import annotations

import io
import random
import time
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from made_images import jpeg_with_thumbnail, photo, saved
from PIL import Image

from iqcurate.decode import decode
from iqcurate.decode.jpeg import fast_jpeg
from iqcurate.quiet import no_warnings
from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from pathlib import Path

KINDS = {
    "4:2:0": {"subsampling": 2},
    "4:2:2": {"subsampling": 1},
    "4:4:4": {"subsampling": 0},
    "progressive": {"progressive": True},
    "restart": {"restart_marker_rows": 1},
    "coarse": {"quality": 5, "optimize": True},
    "grey": {},
    "rgb": {"keep_rgb": True},
}


@cache
def made(kind: str) -> bytes:
    if kind == "cmyk":
        return saved(Image.fromarray(photo()).convert("CMYK"), "JPEG")
    pixels = photo()[..., 1] if kind == "grey" else photo()
    return saved(pixels, "JPEG", **KINDS[kind])


def by_pillow(data: bytes) -> np.ndarray | None:
    try:
        with no_warnings(), Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture)
    except Exception:  # noqa: BLE001 whatever is wrong, Pillow refuses
        return None


def by_fast_path(data: bytes) -> np.ndarray | Failure | None:
    try:
        with no_warnings(), Image.open(io.BytesIO(data)) as picture:
            return fast_jpeg(picture, data)
    except Exception:  # noqa: BLE001 broken header
        return None


def agrees(data: bytes) -> bool:
    """Whether the fast path gives Pillow's pixels, none, or the one failure it may tell."""
    fast = by_fast_path(data)
    if isinstance(fast, Failure):
        return (fast.status, fast.code) == (Status.TRUNCATED, Code.PIXELS_CUT)
    return fast is None or np.array_equal(fast, by_pillow(data))


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_take_the_fast_path_and_agree(kind):
    fast = by_fast_path(made(kind))
    assert isinstance(fast, np.ndarray)
    assert np.array_equal(fast, by_pillow(made(kind)))


@pytest.mark.parametrize("kind", KINDS)
def test_files_cut_anywhere_are_truncated_or_left_to_pillow(kind):
    data, dice = made(kind), random.Random(1)
    cuts = [*range(1, 20), *(dice.randrange(1, len(data)) for _ in range(50))]
    for cut in cuts:
        assert agrees(data[:-cut]), cut
    late = decode(data[: len(data) * 2 // 3])
    assert late.failure.status is Status.TRUNCATED
    assert late.header.width == 160


@pytest.mark.parametrize("kind", KINDS)
def test_files_with_flipped_bits_agree_or_are_truncated_or_left_to_pillow(kind):
    data, dice = made(kind), random.Random(2)
    for _ in range(50):
        broken = bytearray(data)
        for _ in range(dice.choice([1, 1, 2, 5])):
            broken[dice.randrange(2, dice.choice([700, len(data)]))] ^= 1 << dice.randrange(8)
        assert agrees(bytes(broken))


END = b"\xff\xd9"


@pytest.mark.parametrize("kind", [*KINDS, "cmyk"])
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_an_end_marker_does_not_hide_that_pixels_are_missing(kind, share):
    data = made(kind)
    ended = data[: int(len(data) * share)] + END
    assert by_pillow(ended) is not None
    failure = decode(ended).failure
    assert (failure.status, failure.code) == (Status.TRUNCATED, Code.PIXELS_CUT)


@pytest.mark.parametrize("kind", [*KINDS, "cmyk"])
def test_zeros_in_place_of_the_tail_do_not_hide_it_either(kind):
    data = made(kind)
    for missing in (len(data) // 2, len(data) // 10, 60):
        assert decode(data[:-missing] + bytes(missing)).failure.status is Status.TRUNCATED


def test_an_end_between_two_restart_markers_is_seen():
    data = saved(photo(), "JPEG", restart_marker_blocks=3, subsampling=0)
    marker = data.index(b"\xff\xd3", len(data) // 2)
    ended = data[:marker] + END
    assert by_pillow(ended) is not None
    assert decode(ended).failure.status is Status.TRUNCATED


def test_damage_inside_is_left_to_pillow():
    data = saved(photo(), "JPEG", restart_marker_rows=1)
    at = data.index(b"\xff\xd3")
    longer = data[:at] + b"\x12\x34\x56" + data[at:]  # bytes that nobody reads
    assert np.array_equal(decode(longer).image.pixels, by_pillow(data))


def test_the_end_of_a_thumbnail_is_not_the_end_of_the_photo():
    data = jpeg_with_thumbnail()
    assert data.count(END) == 2
    assert np.array_equal(decode(data).image.pixels, by_pillow(data))
    assert decode(data[:-500] + END).failure.status is Status.TRUNCATED


def with_scans(more: int) -> bytes:
    """Progressive JPEG of 12 MP whose last scan, a few bytes, comes again and again."""
    data = saved(np.zeros((3000, 4000), np.uint8), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data.removesuffix(END) + data[last:].removesuffix(END) * more + END


def test_thousands_of_scans_cost_no_time():
    data = with_scans(50_000)
    assert len(data) < 2_000_000
    began = time.process_time()
    result = decode(data)
    assert time.process_time() - began < 5
    assert (result.failure.status, result.failure.code) == (Status.TOO_LARGE, Code.LIMIT)
    assert "scans" in result.failure.text
    assert result.header.width == 4000


def test_scans_are_not_counted_where_there_are_none():
    data = made("progressive")
    photo_inside = b"\xff\xe5" + (2 + 900).to_bytes(2, "big") + b"\xff\xda\0" * 300
    for odd in (data[:2] + photo_inside + data[2:], data + b"\xff\xda" * 1000):
        assert np.array_equal(decode(odd).image.pixels, by_pillow(data))


def test_bytes_after_the_end_do_no_harm():
    assert np.array_equal(
        decode(made("4:2:0") + b"\0" * 1000).image.pixels, by_pillow(made("4:2:0"))
    )


def test_real_jpegs_agree_with_pillow(data: Path):
    paths = sorted(
        path for path in data.rglob("*") if path.suffix.lower() in (".jpg", ".jpeg", ".mpo")
    )
    picked = [path for path in paths if "corrupt" in path.parts] + paths[::8]
    fast = [(path, by_fast_path(path.read_bytes())) for path in picked]
    for path, pixels in fast:
        expected = by_pillow(path.read_bytes())
        assert not isinstance(pixels, Failure) or expected is None, path
        assert not isinstance(pixels, np.ndarray) or np.array_equal(pixels, expected), path
    assert sum(isinstance(pixels, np.ndarray) for _, pixels in fast) > 0.9 * len(picked)


def test_truncated_for_pillow_is_truncated_here(data: Path):
    content = (data / "corrupt/pillow/ultrahdr.jpg").read_bytes()
    assert by_pillow(content) is None
    assert decode(content).failure.status is Status.TRUNCATED
