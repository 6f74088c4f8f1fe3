"""The public names, from Python."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from e2e.conftest import copy_samples, held
from PIL import Image

import iqcurate
import iqcurate.api.run
from iqcurate.errors import StoreError, UsageError

HEAVY = {
    "pandas", "deltalake", "torch", "pyarrow", "numpy", "scipy", "PIL", "matplotlib", "onnxruntime",
}  # fmt: skip


def test_the_public_names_are_these():
    assert set(iqcurate.__all__) == {
        "AuditResult", "CategoriesResult", "CompareResult", "CurateResult", "CutoffResult",
        "DemoResult", "ImageScores", "MetricSpec", "PredictResult", "RepresentationResult",
        "RobustnessResult", "ScoreResult", "SensitivityResult", "TrainingResult", "WeightsFile",
        "add_weights", "audit", "categories", "check_robustness", "check_sensitivity", "compare",
        "curate", "demo", "export_scores", "fetch_weights", "find_cutoffs", "high_vs_all",
        "list_metrics", "list_weights", "load_scores", "predict", "read_manifest", "remove_worst",
        "representation", "score", "score_image", "verify_weights",
    }  # fmt: skip
    for name in iqcurate.__all__:
        assert getattr(iqcurate, name).__doc__
    assert dir(iqcurate) == sorted(iqcurate.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = iqcurate.nonsense


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["metrics"],
        ["score", "--help"],
        ["predict", "--help"],
        ["robustness", "--help"],
        ["demo", "--help"],
        ["--version"],
        ["weights", "list"],
    ],
)
def test_help_and_listing_import_nothing_heavy(argv):
    code = (
        "import sys; from iqcurate.cli import call\n"
        f"try: call({argv!r})\n"
        "except SystemExit: pass\n"
        f"print('\\n', sorted({HEAVY!r} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert out.stdout.splitlines()[-1].strip() == "[]"


def test_scores_in_memory_equal_those_in_a_store(tmp_path):
    photos = copy_samples(tmp_path / "photos", 3)
    memory = iqcurate.score(photos)
    store = iqcurate.score(photos, tmp_path / "store")
    assert memory.path is None
    assert memory.frame.equals(store.frame)
    assert memory.summary().statuses == {"ok": 3}


def test_load_scores_gives_only_the_columns_asked_for(tmp_path):
    iqcurate.score(copy_samples(tmp_path / "photos", 2), tmp_path / "s", metrics=["lapv"])
    frame = iqcurate.load_scores(tmp_path / "s", columns=["lapv", "width"])
    assert list(frame.columns) == ["lapv", "width"]
    with pytest.raises(StoreError, match="nowhere"):
        iqcurate.load_scores(tmp_path / "nowhere")


def test_whole_numbers_stay_whole(tmp_path):
    photos = copy_samples(tmp_path / "photos", 2)
    (photos / "empty.png").write_bytes(b"")
    frame = iqcurate.score(photos, tmp_path / "s", metrics=["header"]).frame
    assert str(frame["width"].dtype) == str(frame["bits_per_pixel"].dtype) == "Int64"
    assert frame["width"].isna().sum() == 1


def test_an_array_scores_like_the_file_it_came_from(tmp_path):
    path = copy_samples(tmp_path / "p", 1).joinpath(next((tmp_path / "p").iterdir()).name)
    pixels = np.asarray(Image.open(path).convert("RGB"))
    from_file, from_array = iqcurate.score_image(path), iqcurate.score_image(pixels)
    assert from_file.values == from_array.values
    assert set(from_file.values) == {"lapv", "lapm", "wavs", "brisque", "niqe"}
    sixteen = iqcurate.score_image(pixels.astype(np.uint16) * 257)
    assert sixteen.values == from_file.values


def test_one_image_tells_its_reasons():
    flat = iqcurate.score_image(np.full((50, 50, 1), 9, np.uint8))
    assert flat["lapv"] == 0
    assert flat["niqe"] is None
    assert flat.reasons["niqe"].startswith("too_small: ")
    gone = iqcurate.score_image(Path("/nowhere/at/all.png"), ["lapv"])
    assert gone["lapv"] is None
    assert gone.error == "gone: no such file"


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((5, 5)),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros(5, np.uint8),
        np.zeros((0, 5), np.uint8),
    ],
)
def test_an_array_that_is_no_image_is_refused(array):
    with pytest.raises(UsageError, match="an image"):
        iqcurate.score_image(array)


def test_progress_is_told_and_stop_is_asked(tmp_path):
    photos = copy_samples(tmp_path / "photos", 6)
    seen = []
    result = iqcurate.score(photos, tmp_path / "s", metrics=["lapv"], progress=seen.append)
    assert sorted({p.done for p in seen} - {0}) == [1, 2, 3, 4, 5, 6]
    assert seen[-1].total in (6, None), "counted beside the run"
    assert not result.report.interrupted
    stopped = iqcurate.score(photos, tmp_path / "t", metrics=["lapv"], stop=lambda: True)
    assert stopped.report.interrupted
    assert len(stopped.frame) == 0


def test_who_says_stop_once_has_stopped_the_run(tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for i in range(60):
        Image.new("L", (20, 20), i).save(photos / f"{i}.png")
    iqcurate.score(photos, tmp_path / "s", metrics=["megapixels"])
    asked = []

    def stop() -> bool:  # the thread that lists does not hear it
        if threading.current_thread() is threading.main_thread():
            asked.append(1)
        return len(asked) == 5 and threading.current_thread() is threading.main_thread()

    result = iqcurate.score(
        photos, tmp_path / "s", metrics=["lapv"], stop=stop, workers=1, yes=True
    )
    assert result.report.interrupted
    assert set(result.frame["status"]) == {"ok"}, "nothing is taken for missing"


def test_an_exception_of_the_caller_loses_nothing(tmp_path):
    photos = copy_samples(tmp_path / "photos", 6)

    def fail(progress) -> None:
        if progress.done == 3:
            raise RuntimeError("the caller's own")

    with pytest.raises(RuntimeError, match="the caller's own"):
        iqcurate.score(photos, tmp_path / "s", metrics=["lapv"], progress=fail, workers=1)
    assert len(iqcurate.load_scores(tmp_path / "s")) == 3
    assert iqcurate.score(photos, tmp_path / "s").report.counts["unchanged"] == 3


def test_the_library_prints_nothing(tmp_path, capfd):
    photos = copy_samples(tmp_path / "photos", 2)
    (photos / "broken.tif").write_bytes(b"II*\0" + bytes(100))
    iqcurate.score(photos, tmp_path / "s")
    iqcurate.score_image(photos / "broken.tif")
    assert capfd.readouterr() == ("", "")


def test_the_first_score_comes_before_a_large_tree_is_listed(tmp_path, monkeypatch):
    original = next(copy_samples(tmp_path / "one", 1).iterdir())
    Image.open(original).convert("L").resize((16, 16)).save(tmp_path / "tiny.png")
    for i in range(3000):
        folder = tmp_path / "tree" / f"{i % 30:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{i}.png").hardlink_to(tmp_path / "tiny.png")
    seen = []
    counted = iqcurate.api.run.listed

    def counting(*args):
        for item in counted(*args):
            seen.append("listed")
            yield item

    monkeypatch.setattr("iqcurate.api.score.listed", counting)
    go = held(monkeypatch, free=100)

    def progress(_progress) -> None:
        seen.append("scored")
        go.set()

    iqcurate.score(tmp_path / "tree", metrics=["lapv"], progress=progress)
    assert seen.count("scored") == 3000
    assert seen.index("scored") < 300


def test_no_labels_means_the_same_in_memory_and_in_a_store(tmp_path):
    photos = copy_samples(tmp_path / "photos", 1)
    memory = iqcurate.score(photos, metrics=["lapv"], labels="none")
    assert memory.frame.equals(
        iqcurate.score(photos, tmp_path / "s", metrics=["lapv"], labels="none").frame
    )
