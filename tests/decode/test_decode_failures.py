"""Why an image has no pixels, and what it may cost to find out."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
import warnings

import numpy as np
import pytest
from made_images import icon_around, photo, png, saved, with_size
from PIL import Image

from iqcurate.decode import DecodeSettings, decode
from iqcurate.types import Code, Status

TINY = np.zeros((4, 4, 3), np.uint8)


def outcome(data: bytes, **limits: int) -> tuple[Status, Code]:
    failure = decode(data, DecodeSettings(**limits)).failure
    return failure.status, failure.code


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", Status.UNREADABLE, Code.BROKEN_HEADER),
        (b"\0" * 5000, Status.UNSUPPORTED, Code.NOT_AN_IMAGE),
        (b"x", Status.UNSUPPORTED, Code.NOT_AN_IMAGE),
        (b"BMW is a car, P5 a format\n" * 9, Status.UNSUPPORTED, Code.NOT_AN_IMAGE),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Status.UNSUPPORTED, Code.NOT_AN_IMAGE),
        (b"\x89PNG\r\n\x1a\n", Status.UNREADABLE, Code.BROKEN_HEADER),
        (b"\xff\xd8\xff\xe0", Status.UNREADABLE, Code.BROKEN_HEADER),
        (b"GIF89a", Status.UNREADABLE, Code.BROKEN_HEADER),
        (b"II*\0\x08\0\0\0", Status.UNREADABLE, Code.BROKEN_HEADER),
        (b"RIFF\x24\0\0\0WEBPVP8 ", Status.UNREADABLE, Code.BROKEN_HEADER),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1", Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 99, Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
        (b"GRIB\0\0\0\1" + b"\0" * 99, Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
        (b"\xd7\xcd\xc6\x9a\0\0" + b"\0" * 99, Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
        (b"\0\0\x01\xb3" + b"\x10" * 99, Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
        (b"\0\0\0\x0cJXL \r\n\x87\n", Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE),
    ],
)
def test_bytes_without_a_picture(data, status, code):
    result = decode(data)
    assert (result.failure.status, result.failure.code) == (status, code)
    assert result.header is None


def test_every_prefix_of_a_file_gives_an_answer():
    for form in ("PNG", "GIF", "BMP", "TIFF", "WEBP", "JPEG2000", "AVIF", "PPM", "TGA", "ICO"):
        data = saved(photo()[:32, :32], form)
        for cut in {*range(40), *range(40, len(data), 97)}:
            result = decode(data[:cut])
            assert (result.image is None) != (result.failure is None)


def test_eps_says_why():
    eps = saved(photo(), "EPS")
    assert "another program" in decode(eps).failure.text


def test_a_preview_is_not_taken_for_the_photo():
    raw = saved(photo(), "TIFF", tiffinfo={254: 1})
    assert outcome(raw) == (Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE)
    assert decode(saved(photo(), "TIFF", tiffinfo={254: 2})).image is not None


def test_byte_limit_comes_first():
    data = saved(photo(), "PNG")
    assert outcome(data, max_bytes=len(data) - 1) == (Status.TOO_LARGE, Code.LIMIT)
    assert decode(data, DecodeSettings(max_bytes=len(data))).image is not None
    assert str(len(data)) in decode(data, DecodeSettings(max_bytes=9)).failure.text


def test_pixel_limit_tells_figures_and_option():
    data = saved(photo(), "PNG")
    result = decode(data, DecodeSettings(max_pixels=160 * 106 - 1))
    assert (result.failure.status, result.failure.code) == (Status.TOO_LARGE, Code.LIMIT)
    assert result.header.width == 160
    for part in ("160 x 106", "16959", "--max-pixels"):
        assert part in result.failure.text
    assert decode(data, DecodeSettings(max_pixels=160 * 106)).image is not None


def test_pixel_limit_is_judged_before_pixels_are():
    cut = saved(photo(), "PNG")[:200]
    assert outcome(cut) == (Status.TRUNCATED, Code.PIXELS_CUT)
    assert outcome(cut, max_pixels=10) == (Status.TOO_LARGE, Code.LIMIT)


def test_an_icon_larger_than_it_says_is_too_large():
    icon = icon_around(png(np.zeros((200, 200, 4), np.uint8), 6))
    assert outcome(icon, max_pixels=10_000) == (Status.TOO_LARGE, Code.LIMIT)
    assert decode(icon).header.width == 200


@pytest.mark.parametrize(
    "text", ["cannot handle 12-bit layers", "unknown PCX mode", "decoder x not available"]
)
def test_what_the_decoder_lacks_is_unsupported(text, monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    monkeypatch.setattr(PngImageFile, "_open", _Raises(SyntaxError(text)))
    assert outcome(saved(TINY, "PNG")) == (Status.UNSUPPORTED, Code.UNSUPPORTED_FEATURE)


@pytest.mark.parametrize("form", ["PNG", "GIF", "WEBP", "TIFF"])
def test_the_users_limit_outranks_pillows_guard(form, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    data = saved(photo(), form)
    assert decode(data, DecodeSettings(max_pixels=160 * 106)).image is not None


@pytest.mark.parametrize("guard", [None, 10**9])
def test_pillows_guard_is_never_lowered(guard, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", guard)
    decode(saved(TINY, "PNG"), DecodeSettings(max_pixels=1000))
    assert guard == Image.MAX_IMAGE_PIXELS


def test_large_images_bring_no_warning(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 160 * 106 - 1)
    for form in ("PNG", "GIF"):
        data = saved(photo(), form)
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            assert decode(data).image is not None
        assert seen == []


class _Raises:
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def __call__(self, *_: object) -> None:
        raise self.error


def test_out_of_memory_while_reading_header_or_pixels(monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    data = saved(TINY, "PNG")
    with monkeypatch.context() as patch:
        patch.setattr(PngImageFile, "load", _Raises(MemoryError()))
        assert outcome(data) == (Status.UNREADABLE, Code.OUT_OF_MEMORY)
        assert decode(data).header.width == 4
    monkeypatch.setattr(PngImageFile, "_open", _Raises(MemoryError()))
    assert outcome(data) == (Status.UNREADABLE, Code.OUT_OF_MEMORY)


@pytest.mark.parametrize("step", ["_open", "load"])
@pytest.mark.parametrize(
    "error",
    [KeyError(7), AttributeError("'NoneType' object has no attribute 'x'"), AssertionError()],
    ids=["KeyError", "AttributeError", "AssertionError"],
)
def test_surprises_inside_pillow_become_reasons(error, step, monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    monkeypatch.setattr(PngImageFile, step, _Raises(error))
    failure = decode(saved(TINY, "PNG")).failure
    assert failure.status in (Status.UNREADABLE, Status.TRUNCATED)
    assert "NoneType" not in failure.text
    assert "7" not in failure.text


def test_a_mode_that_does_not_exist_does_not_raise():
    """IFUNC names the mode in words; Pillow believes any."""
    words = b"Image type: odd image\r\nImage size (x*y): 4*4\r\nFile size (no of images): 1\r\n"
    data = words.ljust(511, b"\0") + b"\x1a" + bytes(48)
    assert decode(data).failure is not None
    assert decode(data).header is None


def test_a_large_run_length_coded_bmp_costs_no_time():
    side = 14_000
    header = struct.pack("<IiiHHIIiiII", 40, side, side, 1, 8, 1, 0, 0, 0, 256, 0)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024)
    data += b"\1\0\0\0" * side + b"\0\1"
    began = time.process_time()
    assert outcome(data) == (Status.TOO_LARGE, Code.LIMIT)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("step", ["_open", "load"])
def test_ctrl_c_is_not_swallowed(step, monkeypatch):
    from PIL.PngImagePlugin import PngImageFile

    monkeypatch.setattr(PngImageFile, step, _Raises(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        decode(saved(TINY, "PNG"))


LYING = {
    "png": png(TINY, 2, size=(100_000, 100_000)),
    "png-under-the-limit": png(TINY, 2, size=(14_000, 14_000)),
    "gif": with_size(saved(TINY, "GIF"), "GIF", 60_000, 60_000),
    "bmp": with_size(saved(TINY, "BMP"), "BMP", 60_000, 60_000),
    "bmp-under-the-limit": with_size(saved(TINY, "BMP"), "BMP", 14_000, 14_000),
    "jpeg": with_size(saved(TINY, "JPEG"), "JPEG", 65_000, 65_000),
    "ico": icon_around(png(np.zeros((4, 4, 4), np.uint8), 6, size=(30_000, 30_000))),
}


@pytest.mark.parametrize("name", LYING)
def test_headers_that_lie_about_the_size_cost_no_memory(name, tmp_path):
    path = tmp_path / "lie"
    path.write_bytes(LYING[name])
    code = (
        "import sys\n"
        "from iqcurate.decode import decode, warm_up\n"
        "import numpy, simplejpeg, PIL.ImageCms\n"
        "warm_up()\n"
        "from memory import most_memory\n"
        "before = most_memory()\n"
        "result = decode(open(sys.argv[1], 'rb').read())\n"
        "print(result.failure.status, most_memory() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    status, grown = done.stdout.split()
    assert status == ("truncated" if "under" in name else "too_large")
    assert int(grown) < 50_000_000
