"""`iqcurate sensitivity`, as a user runs it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from itertools import count
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import needs
from models.made import means_onnx
from models.stripes import lost_at, make_set

import iqcurate
from iqcurate.analysis.plots.sensitivity import figure_of
from iqcurate.api import sensitivity_files
from iqcurate.cutoffs import read_cutoffs
from iqcurate.engine import Engine
from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

IMAGES = 30
DRAWN = ("A figure", figure_of(1, 1))
MODEL = ("--model", "eyes=python:stripes_model:predict", "--classes", "classes.txt", "--at", "48")
SHORT = ("--distortion", "blur", "--levels", "blur=1,2,3", "-m", "lapm")


@pytest.fixture
def drawing(command, tmp_path, monkeypatch):
    """The command, beside striped photos."""
    monkeypatch.delitem(sys.modules, "stripes_model", raising=False)
    command.strengths = make_set(tmp_path, IMAGES)
    return command


@pytest.fixture
def made(drawing, monkeypatch):
    """The same without figures, which take most of the time."""
    monkeypatch.setattr(sensitivity_files, "_figures", lambda _: {})
    return drawing


def study(command, *more, output="s", code=0, model=MODEL):
    return command("sensitivity", "photos", *model, "-o", output, "-q", *more, code=code)


def rows(folder: Path) -> pd.DataFrame:
    frame = iqcurate.load_scores(folder / "rows.store")
    return frame.sort_values(["id", "variant", "level"]).reset_index(drop=True)


def test_the_level_at_which_a_made_model_breaks_is_found(drawing, tmp_path):
    made = drawing
    levels = (1.5, 2, 2.5, 3)
    more = ("--distortion", "blur,contrast", "--levels", f"blur={','.join(map(str, levels))}")
    done = study(made, *more, "--levels", "contrast=0.3", "-m", "lapm,niqe")
    truth = sorted(lost_at(strength) for strength in made.strengths)
    found = json.loads((tmp_path / "s" / "sensitivity.json").read_text())
    curve = found["models"]["eyes"]["curves"]["blur"]
    assert [p["accuracy"]["mean"] for p in curve["points"]] == [
        pytest.approx(np.mean([t > x for t in truth]), abs=0.04) for x in levels
    ]
    half = curve["crossings"][-1]
    assert half["level"] == pytest.approx(np.median(truth), abs=0.15)
    assert half["mild"] < np.median(truth) < half["harsh"]
    assert curve["verdict"] == "sensitive"
    out = done.stdout.decode()
    assert "Gaussian blur (standard deviation, pixels): sensitive from" in out
    assert "Contrast (share that is left): " in out
    assert "lapm: AUC" in out
    assert b"30 images x 6 versions, 1 model and 2 metrics on each" in done.stderr
    folder = tmp_path / "s"
    files = {p.name for p in folder.iterdir()}
    assert {"report.md", "overview.png", "blur.png", "contrast.png", "lapm-eyes.png", "curves.csv",
            "scores.parquet", "predictions-eyes.parquet"} <= files  # fmt: skip
    report = (folder / "report.md").read_text()
    assert "centre 48x48 px" in report
    assert "**Gaussian blur** (standard deviation, pixels): sensitive from" in report
    curves = pd.read_csv(folder / "curves.csv")
    assert list(curves["level"]) == [*levels, 0.3]
    errors = rows(folder)["metric_errors"].dropna()
    assert errors.str.contains("too_small").all(), "niqe needs 96 pixels; the rest is there"


def test_cutoff_takes_the_rows(made, tmp_path):
    study(made, *SHORT)
    done = made("cutoff", "s/scores.parquet", "--predictions", "s/predictions-eyes.parquet",
                "-o", "cutoffs.json")  # fmt: skip
    assert b"90 rows are images that were damaged on purpose (blur)" in done.stderr
    found = read_cutoffs(tmp_path / "cutoffs.json")
    assert found.provenance["damaged_on_purpose"] == {"blur": 90}
    assert found.provenance["resampled_by"] == "id"
    assert found.provenance["images"] == 120
    cutoff = found.metrics["lapm"]
    assert cutoff.auc[1] > 0.9
    scores = pd.read_parquet(tmp_path / "s" / "scores.parquet")
    answers = pd.read_parquet(tmp_path / "s" / "predictions-eyes.parquet")
    both = scores.merge(answers, on=["id", "variant", "level"])
    right = both["lapm"].to_numpy() > cutoff.cutoff
    assert (right == both["correct"]).mean() > 0.8


NOISY = ("--distortion", "noise", "--levels", "noise=20,90", "-m", "lapm", "--sample", "12")


def test_workers_interruptions_and_additions_change_nothing(made, tmp_path, monkeypatch):
    study(made, *NOISY, "--workers", "1", output="one")
    study(made, *NOISY[:-3], "none", "--sample", "6", output="grown")
    study(made, *NOISY, "--workers", "4", output="grown")
    with monkeypatch.context() as patch:
        patch.setattr(Engine, "cpu_stage", _interrupted(Engine.cpu_stage, after=3))
        study(made, *NOISY, "--workers", "1", output="stopped", code=130)
    assert 0 < done_in(tmp_path / "stopped") < 12
    assert not (tmp_path / "stopped" / "report.md").exists(), "no verdict on a part of the sample"
    study(made, *NOISY, output="stopped")
    every = [rows(tmp_path / n) for n in ("one", "grown", "stopped")]
    assert len(every[0]) == 36
    for other in every[1:]:
        pd.testing.assert_frame_equal(every[0], other[every[0].columns])
    again = study(made, *NOISY, output="stopped")
    assert b"0 images tested" in again.stderr
    wider = ("--levels", "noise=20,60,90", *NOISY[:2], *NOISY[4:])
    assert b"12 images tested" in study(made, *wider, output="stopped").stderr
    assert len(rows(tmp_path / "stopped")) == 48, "only the new level was done"


@pytest.mark.slow
def test_a_run_that_was_killed_goes_on(made, tmp_path):
    """What it runs on is killed by default in the tests of robustness, too."""
    study(made, *NOISY, "--workers", "1", output="one")
    slowly = (
        "import time, iqcurate.api.variant_run as run; from iqcurate.cli import main;"
        "from iqcurate.engine import Engine; run._COMMIT_EVERY_S = 0.05;"
        "stage = Engine.cpu_stage;"
        "Engine.cpu_stage = lambda *a: (time.sleep(0.1), stage(*a))[1]; main()"
    )
    made.argv = [made.argv[0], "-c", slowly]
    process = made.start("sensitivity", "photos", *MODEL, *NOISY, "-q", "--workers", "1",
                         "-o", "killed")  # fmt: skip
    while done_in(tmp_path / "killed") < 2 and process.poll() is None:
        time.sleep(0.05)
    process.kill()
    process.wait(timeout=60)
    assert 2 <= done_in(tmp_path / "killed") < 12
    study(made, *NOISY, output="killed")
    pd.testing.assert_frame_equal(rows(tmp_path / "one"), rows(tmp_path / "killed"))


def _interrupted(stage, after: int):
    """A CPU stage in which somebody presses Ctrl-C."""
    calls = count(1)

    def at_work(*args):
        if next(calls) == after:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.3)
        return stage(*args)

    return at_work


def done_in(folder: Path) -> int:
    try:
        return rows(folder)["id"].nunique()
    except iqcurate.errors.StoreError:
        return 0


def test_a_second_model_is_added_beside_the_first(made, tmp_path):
    study(made, *SHORT)
    first = rows(tmp_path / "s")
    both = (*MODEL, "--model", "sharp=python:stripes_model:sharp_eyed")
    told = made.json("sensitivity", "photos", *both, *SHORT, "-o", "s", "-q")
    second = rows(tmp_path / "s")
    pd.testing.assert_frame_equal(first, second[first.columns])
    level = {
        name: found["curves"]["blur"]["crossings"][-1]["level"]
        for name, found in told["models"].items()
    }
    assert level["sharp"] is None or level["sharp"] > level["eyes"]
    assert (tmp_path / "s" / "predictions-sharp.parquet").exists()


def test_unreadable_and_unlabelled_images_and_other_labels(made, tmp_path):
    (tmp_path / "photos" / "stripes" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = study(made, *SHORT)
    assert b"30 images tested, 1 failed" in done.stderr
    (tmp_path / "photos" / "stripes" / "broken.png").unlink()
    labels = pd.DataFrame({"id": [f"stripes/{n:03}.png" for n in range(IMAGES)]})
    labels["label"] = ["stripes"] * 20 + ["plain"] * 5 + ["dots"] * 5
    labels.to_csv(tmp_path / "labels.csv", index=False)
    done = study(made, *SHORT, "--labels", "labels.csv")
    assert b"10 images tested" in done.stderr, "those with another label"
    assert b"5 images have a label that is no class of eyes, such as 'dots'" in done.stderr
    verdicts = pd.read_csv(tmp_path / "s" / "verdicts.csv")
    assert verdicts["images"][0] == 25
    assert verdicts["clean_accuracy"][0] == pytest.approx(20 / 25)


def test_bad_calls_say_what_to_do(made, tmp_path):
    for more, words in (
        (("--at", "input"), b"--at 224 distorts a square"),
        (("--at", "half"), b"--at half: it is input, image, or a number"),
        (("--distortion", "fog"), b"there is no distortion 'fog'"),
        (("--label-from", "none"), b"none of 30 images has a label"),
        (("--model", "eyes=python:stripes_model:sharp_eyed"), b"two models are called 'eyes'"),
        (("--model", "probe"), b"name a model that is trained"),
        (("--classes", "a", "--classes", "b"), b"--classes is given 3 times, for 1 models"),
    ):
        assert words in study(made, *SHORT, *more, code=2).stderr
    (tmp_path / "other.txt").write_text("dog\ncat")
    other = (*MODEL[:3], "other.txt", *MODEL[4:])
    assert b"no label is a class of eyes" in study(made, *SHORT, model=other, code=1).stderr
    assert not (tmp_path / "s").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "report.md").write_text("mine")
    assert b"other files in it" in study(made, *SHORT, output="mine", code=2).stderr
    assert b"is a file" in study(made, *SHORT, output="classes.txt", code=2).stderr
    dry = study(made, *SHORT, "--dry-run")
    assert b"30 images x 4 versions" in dry.stderr
    assert not (tmp_path / "s").exists()
    study(made, *SHORT, "--sample", "2")
    other = (*MODEL[:-1], "image")
    assert b"made otherwise than today" in study(made, *SHORT, model=other, code=1).stderr


def test_in_python(made, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = iqcurate.check_sensitivity(
        "photos", "s", models=["python:stripes_model:predict"], classes="classes.txt", at="image",
        distortions=["blur"], levels=["blur=1,3", "contrast=0"], metrics=["lapv"],
    )  # fmt: skip
    assert result.provenance["distorted"] == "the whole image"
    assert set(result.curves["level"]) == {1, 3, 0}
    assert set(result.links["distortion"]) == {"blur", "contrast", "all"}
    assert set(result.verdicts["verdict"]) == {"sensitive"}
    assert result.plot("blur").axes
    link = result.plot_link("python:stripes_model:predict", "lapv").axes[0]
    assert link.get_xscale() == "symlog", "a plain grey scores 0"
    assert "better \N{RIGHTWARDS ARROW}" in link.get_xlabel()
    monkeypatch.setattr(
        sensitivity_files, "_figures", lambda r: {f"{n}.png": DRAWN for n in r.plan}
    )
    assert {"report.md", "blur.png", "links.csv"} <= {path.name for path in result.save()}
    (tmp_path / "s" / "mine.png").touch()
    iqcurate.check_sensitivity(
        "photos", "s", models=["python:stripes_model:predict"], classes="classes.txt", at="image",
        distortions=["contrast"], levels=["contrast=0.3"], metrics=["none"],
    ).save()  # fmt: skip
    files = {path.name for path in (tmp_path / "s").iterdir()}
    assert {"contrast.png", "mine.png", "scores.parquet"} <= files
    assert not files & {"blur.png", "links.csv"}, "of a run that the report no longer shows"
    assert "![A figure](contrast.png)" in (tmp_path / "s" / "report.md").read_text()
    with pytest.raises(UsageError, match="at least 1"):
        iqcurate.check_sensitivity("photos", "s", models=["python:stripes_model:predict"], sample=0)


def test_a_function_that_takes_squares_of_one_size_only(made, tmp_path, monkeypatch):
    body = "    return np.stack(images)[:, 0, :2, 0] * 0 + 0.5"
    (tmp_path / "own_squares.py").write_text(f"import numpy as np\ndef predict(images):\n{body}")
    model = ("--model", "python:own_squares:predict", *MODEL[2:4])
    short = ("--sample", "2", *SHORT[:-1], "none")
    study(made, *short, "--at", "40", model=model)
    refused = study(made, *short, "--at", "image", output="other", model=model, code=1)
    assert b"failed on made pictures, of 400x300 and 256x256 pixels" in refused.stderr
    monkeypatch.delitem(sys.modules, "own_squares")


def test_a_network_in_an_onnx_file(made, tmp_path, monkeypatch):
    needs("onnx", "onnxruntime")
    monkeypatch.chdir(tmp_path)
    means_onnx(tmp_path / "net.onnx", size=(48, 48), classes=2)
    net = {"classes": "classes.txt", "outputs": "logits", "input": "imagenet"}
    result = iqcurate.check_sensitivity(
        "photos", "s", models=["net=onnx:net.onnx"], sample=6, metrics=["none"],
        levels=["contrast=0.2", "noise=90"], distortions=[], **net,
    )  # fmt: skip
    assert result.provenance["distorted"] == "resized to 48x48 px (bilinear)"
    found = rows(tmp_path / "s").set_index("id")
    clean, noisy = (found[found["variant"] == name]["p_true:net"] for name in ("clean", "noise"))
    alone = iqcurate.predict("photos", "p.parquet", model="onnx:net.onnx", **net).frame
    expected = alone.set_index("id")["p_true"][clean.index]
    np.testing.assert_allclose(clean, expected, rtol=1e-5)
    assert (clean != noisy).all()
