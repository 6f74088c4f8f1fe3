"""Tables with one image a line."""

from __future__ import annotations

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from iqcurate.cli.image_rows import print_images, shortened

IDS = [f"train/Packages/Some-Very-Long-Product-Name/Some-Very-Long-Product-Name_{i:03d}.jpg"
       for i in range(3)]  # fmt: skip
SCORES = {name: ["12.34"] * 3 for name in ("lapm", "niqe", "brisque", "wavs", "blur_effect")}


def printed(width: int, terminal: bool = True, **options) -> list[str]:
    out = Console(file=io.StringIO(), width=width, force_terminal=terminal, color_system=None)
    print_images(out, IDS, {**SCORES, "empty": ["-"] * 3}, **options)
    return [line.rstrip() for line in out.file.getvalue().splitlines() if line.strip()]


@pytest.mark.parametrize("width", [60, 80, 120, 300])
def test_every_image_has_one_line_with_the_end_of_its_name(width):
    lines = printed(width, texts={"label": ["a", "b", "c"]})
    assert max(map(len, lines)) <= width
    for i in range(3):
        assert lines[2 + i].endswith(f"_{i:03d}.jpg")
    assert "empty" not in lines[0]
    assert (IDS[0] in lines[2]) is (width == 300)


def test_scores_without_room_are_named():
    lines = printed(60, texts={"label": ["a", "b", "c"]})
    assert lines[0].split() == ["lapm", "niqe", "brisque", "image"]
    assert " ".join(lines[5:]).startswith("no room for label, blur_effect, wavs: choose with -m")


def test_a_program_gets_all_of_it():
    lines = printed(60, terminal=False, texts={"why": ["x " * 60, "", ""]})
    assert lines[2].split()[-1] == IDS[0]
    assert lines[0].split()[-3:] == ["blur_effect", "why", "image"]


@pytest.mark.parametrize("name", ["a" * 30, "写真" * 20, "صورة" * 10, "short.jpg"])
def test_the_middle_of_a_name_goes(name):
    found = shortened(name, 20)
    assert cell_len(found) <= 20
    assert found == name if name == "short.jpg" else found[:2] + found[-2:] == name[:2] + name[-2:]
