"""Every odd and broken file of the real collection, against its table."""

from __future__ import annotations

import csv
import hashlib
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from iqcurate.decode import DecodeSettings, decode, warm_up
from iqcurate.formats import looks_like_image
from iqcurate.types import Status

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.decode import Decoded

# The table marks what Pillow can load. This one loads, as numbers from -pi to pi (phase of a
# microscope), which no rule maps to grey levels but one that looks at the image itself.
NOT_A_PICTURE = "pillow/10ct_32bit_128.tiff"


@pytest.fixture(scope="module")
def corrupt(data: Path) -> Path:
    return data / "corrupt"


@pytest.fixture(scope="module")
def table(corrupt: Path) -> list[dict[str, str]]:
    with (corrupt / "expected.csv").open(newline="") as rows:
        return list(csv.DictReader(rows))


@pytest.fixture(scope="module")
def decoded(corrupt: Path, table: list[dict[str, str]]) -> dict[str, Decoded]:
    return {row["file"]: decode((corrupt / row["file"]).read_bytes()) for row in table}


def status(result: Decoded) -> str:
    return result.failure.status if result.failure else Status.OK


def test_every_file_gets_the_status_of_the_table(table, decoded):
    assert len(table) == 933
    wrong = [
        (row["file"], row["status"], status(decoded[row["file"]]))
        for row in table
        if status(decoded[row["file"]]) not in row["status"].split("|")
    ]
    assert wrong == [(NOT_A_PICTURE, "ok", "unsupported")]


def test_the_one_disagreement_has_no_8_bit_meaning(corrupt, decoded):
    values = np.asarray(Image.open(corrupt / NOT_A_PICTURE))
    assert values.min() < -3
    assert "-3.14" in decoded[NOT_A_PICTURE].failure.text


def test_every_file_gets_the_mode_and_format_of_the_table(table, decoded):
    known = [row for row in table if row["format"]]
    assert len(known) > 880
    for row in known:
        header = decoded[row["file"]].header
        assert (header.format, header.mode) == (row["format"], row["mode"]), row["file"]


def test_sizes_are_those_of_the_table_before_orientation(table, decoded):
    for row in table:
        header = decoded[row["file"]].header
        if header and row["width"]:
            size, stored = {header.width, header.height}, {int(row["width"]), int(row["height"])}
            assert size == stored, row["file"]


def test_exactly_one_of_image_and_failure(decoded):
    for name, result in decoded.items():
        assert (result.image is None) != (result.failure is None), name


def test_images_are_8_bit_and_as_large_as_their_header(decoded):
    for name, result in decoded.items():
        if result.image:
            pixels, header = result.image.pixels, result.header
            assert pixels.dtype == np.uint8, name
            assert pixels.shape[:2] == (header.height, header.width), name
            assert pixels.shape[2:] in ((), (3,)), name
            assert pixels.flags.c_contiguous, name
            assert result.image.header == header, name


def test_reasons_can_be_read_by_people(decoded):
    noise = re.compile(r"0x[0-9a-f]{6}|object at|Error\b|Traceback|\n|Plugin|<class|BytesIO|None")
    for name, result in decoded.items():
        if result.failure:
            text = result.failure.text
            assert not noise.search(text), (name, text)
            assert 15 <= len(text) < 250, (name, text)
            assert " " in text, (name, text)


def test_a_missing_codec_is_named(decoded):
    failure = decoded["pillow/hopper_webp.tif"].failure
    assert failure.error == (
        "unsupported_feature: there is no decoder for TIFF with webp compression"
    )


def test_what_is_whole_looks_like_an_image(corrupt, decoded):
    for name, result in decoded.items():
        if result.image:
            assert looks_like_image((corrupt / name).read_bytes()[:64]), name


def digest(result: Decoded) -> tuple[object, ...]:
    pixels = result.image and hashlib.sha256(result.image.pixels).hexdigest()
    return result.header, result.failure, pixels


def test_four_threads_give_what_one_gives(corrupt, table, decoded):
    warm_up()
    contents = [(corrupt / row["file"]).read_bytes() for row in table]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda data: digest(decode(data)), contents))
    assert together == [digest(decoded[row["file"]]) for row in table]


def test_no_message_of_any_library_reaches_the_terminal(corrupt):
    code = (
        "import pathlib, sys\n"
        "from iqcurate.decode import decode\n"
        "for path in sorted(pathlib.Path(sys.argv[1]).rglob('*')):\n"
        "    if path.is_file(): decode(path.read_bytes())\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "always", "-c", code, corrupt],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert (done.stdout, done.stderr) == (b"", b"")


def test_real_orientations_of_one_photo_agree(decoded):
    # each is a JPEG of its own, so they differ by a few grey levels; upside down it is 60 or more
    for name in ("Landscape", "Portrait"):
        images = [decoded[f"exif_orientation/{name}_{i}.jpg"].image.pixels for i in range(1, 9)]
        for image in images[1:]:
            assert np.abs(image.astype(int) - images[0]).mean() < 5


def test_avif_turned_by_its_container_agrees_with_pillow(corrupt, decoded):
    from PIL import ImageOps

    names = [name for name in decoded if name.startswith("pillow/avif/rot")]
    assert len(names) >= 6
    for name in names:
        upright = ImageOps.exif_transpose(Image.open(corrupt / name)).convert("RGB")
        assert np.array_equal(decoded[name].image.rgb, np.asarray(upright)), name


def test_bits_are_those_of_the_file_for_deep_colour_only(decoded):
    bits = {name: decoded[f"pillow/{name}"].header.bits_per_pixel for name in (
        "tiff_16bit_RGB.tiff", "bmp/g/rgb16-565.bmp", "hopper.jpg", "hopper.gif", "rdf.tif",
    )}  # fmt: skip
    assert list(bits.values()) == [48, 24, 24, 8, 16]


def test_limits_do_not_change_pixels(corrupt):
    data = (corrupt / "pillow/hopper.png").read_bytes()
    small = DecodeSettings(max_pixels=128 * 128, max_bytes=len(data))
    assert digest(decode(data, small)) == digest(decode(data))
    assert small.fingerprint() == DecodeSettings().fingerprint()
