from __future__ import annotations

import subprocess
import sys

import pytest

from iqcurate.formats import IMAGE_EXTENSIONS, looks_like_image


def test_the_module_is_light():
    code = "import sys, iqcurate.formats; print({'PIL', 'numpy'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": ":".join(filter(None, sys.path))},
    )  # fmt: skip
    assert done.stdout == "set()\n"


def test_extensions_are_lower_case_with_a_dot():
    assert {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".gif", ".avif"} <= IMAGE_EXTENSIONS
    assert all(name.startswith(".") and name == name.lower() for name in IMAGE_EXTENSIONS)
    assert not {".txt", ".pdf", ".eps", ".mp4", ".csv"} & IMAGE_EXTENSIONS


def test_pillow_knows_all_extensions_but_those_that_get_a_reason():
    from PIL import Image

    Image.init()
    assert IMAGE_EXTENSIONS - set(Image.EXTENSION) <= {".heic", ".heif", ".jxl"}


@pytest.mark.parametrize(
    "head",
    [
        b"", b"P", b"BM", b"BMW drives\n" * 6, b"Pictures of cats", b"P5", b"RIFF....WAVEfmt ",
        b"....ftypisom....isomiso2avc1mp41", b"#define MAX 3\nint main(void) {}", b"PK\x03\x04",
        b"\x7fELF\x02\x01\x01", b"%PDF-1.7", b"\0" * 64, b"\n\n\n\n", b"SIMPLE words", b"\xff\xfe",
    ],
)  # fmt: skip
def test_other_files_do_not_look_like_images(head):
    assert not looks_like_image(head)


@pytest.mark.parametrize(
    "form",
    [
        "PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "JPEG2000", "AVIF", "PPM", "ICO", "PCX",
        "SGI", "DDS", "QOI", "XBM", "ICNS", "BLP", "MSP",
    ],
)  # fmt: skip
def test_what_pillow_writes_looks_like_an_image(form):
    import io

    from PIL import Image

    mode = {"XBM": "1", "MSP": "1", "BLP": "P"}.get(form, "RGB")
    out = io.BytesIO()
    Image.new(mode, (32, 32)).save(out, form)
    assert looks_like_image(out.getvalue()[:64])
