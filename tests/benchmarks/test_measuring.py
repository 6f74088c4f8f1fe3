"""The files that are timed, and the peak memory of commands."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from PIL import Image

from benchmarks.launch import launch
from benchmarks.photos import find_originals, make_photo, make_sets
from benchmarks.runs import PARTS, copy_photos, time_runs


@pytest.fixture
def original(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "noise.png")
    return tmp_path / "noise.png"


def test_a_small_photo_is_continued_not_enlarged(original, tmp_path):
    photo = make_photo(original, (150, 100), tmp_path / "made")
    assert (photo.width, photo.height) == (150, 100)
    assert "mirror" in photo.made
    with Image.open(photo.path) as made, Image.open(original) as source:
        corner = np.asarray(made, float)[:60, :80]
        assert abs(corner.mean() - np.asarray(source, float).mean()) < 2
        assert np.abs(np.diff(corner, axis=1)).mean() > 40  # as sharp as noise is


def test_a_large_photo_is_reduced(original, tmp_path):
    photo = make_photo(original, (40, 30), tmp_path / "made")
    assert (photo.width, photo.height) == (40, 30)
    assert photo.made.startswith("reduced")


def test_originals_are_rgb_photos_the_largest_first(tmp_path):
    for name, mode, size in (("s.jpg", "RGB", 9), ("b.png", "RGB", 20), ("g.png", "L", 30)):
        Image.new(mode, (size, size)).save(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    assert [path.name for path in find_originals(tmp_path)] == ["b.png", "s.jpg"]


def test_photos_that_ship_with_libraries_are_there(monkeypatch, tmp_path):
    monkeypatch.delenv("IQCURATE_TEST_DATA", raising=False)
    sets = make_sets(find_originals(None), tmp_path, 1)
    assert {name: len(photos) for name, photos in sets.items()} == {"1 MP": 6, "12 MP": 1}


def test_parts_runs_and_control_are_timed_in_every_repetition(monkeypatch, original, tmp_path):
    monkeypatch.setattr("benchmarks.runs._CONTROL_TASKS", 4)
    photo = make_photo(original, (120, 100), tmp_path / "made")
    files = copy_photos([photo], 3, tmp_path / "run")
    found = time_runs(files, 2, 1, tmp_path, lambda text: None)
    kinds = {"run": ("wall", "cpu"), "command": ("wall", "peak_mb"), "control": ("wall",)}
    assert set(found) == {f"{part} {clock}" for part in PARTS for clock in ("wall", "cpu")} | {
        f"{what} {n} {kind}" for what, each in kinds.items() for n in (1, 2) for kind in each
    }
    assert all(len(values) == 1 and values[0] > 0 for values in found.values())
    assert found["run 1 wall"] > found["five metrics wall"]


def test_peak_memory_is_that_of_the_command_alone():
    ours = np.ones(40_000_000)  # 305 MiB in this process
    small = launch(sys.executable, "-c", "pass")
    large = launch(sys.executable, "-c", "x = b'x' * (200 << 20)")
    assert ours.sum() == 40_000_000
    assert small.peak_mb < 100
    assert 200 < large.peak_mb < 300


def test_a_command_that_fails_is_no_measurement():
    with pytest.raises(RuntimeError, match="no_such_module"):
        launch(sys.executable, "-m", "no_such_module")
