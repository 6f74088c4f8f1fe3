"""`iqcurate robustness`, as a user runs it."""

from __future__ import annotations

import json
import signal
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from scipy import ndimage

import iqcurate
from iqcurate.errors import UsageError
from iqcurate.metrics import registry
from iqcurate.robustness import Survival, read_robustness

if TYPE_CHECKING:
    from pathlib import Path

PACKAGE = """
import numpy as np
from iqcurate.operators import Column
from iqcurate.spec import Direction, Input, MetricSpec, Stage


def steps(grey):
    return np.abs(np.diff(grey, axis=0))[:, :-1], np.abs(np.diff(grey, axis=1))[:-1]


def steady(grey):
    down, right = steps(grey)
    return float(np.hypot(down, right).mean())


def size(grey):
    down, right = steps(grey)
    return float(np.hypot(down, right).sum())


def angle(grey):
    return float(steps(grey)[1].mean())


def constant(grey):
    return 7.0


def broken(grey):
    return float("nan")


class Batch:
    device, batch = "made", 8

    def __init__(self, setup):
        self.columns = (Column("deep"),)

    def prepare(self, image):
        return image.grey

    def run(self, arrays):
        return [{"deep": steady(array)} for array in arrays]


def spec(name, **more):
    return MetricSpec(name=name, version=1, title=name, direction=Direction.HIGHER,
                      input=Input.GREY, **more)


SIMPLE = {n: spec(n, function=f"made_metrics:{n}")
          for n in ("steady", "size", "angle", "constant", "broken")}
STEADY, SIZE, ANGLE, CONSTANT, BROKEN = SIMPLE.values()
DEEP = spec("deep", operator="made_metrics:Batch", stage=Stage.BATCH)
"""
NAMES = ("steady", "size", "angle", "constant", "broken", "deep")


def texture(rng, side: int = 100, stretched: float = 2.0) -> np.ndarray:
    """The same everywhere, without fine detail, with more of it across than down."""
    down, across = np.meshgrid(*[np.fft.fftfreq(side)] * 2, indexing="ij")
    frequency = np.maximum(np.hypot(down * (1 + stretched), across), 0.02)
    spectrum = np.exp(-8 * (np.pi * rng.uniform(0.7, 1.3) * frequency) ** 2) / frequency**0.3
    noise = np.fft.ifft2(np.fft.fft2(rng.standard_normal((side, side))) * spectrum).real
    noise -= noise.mean()
    pixels = 128 + noise / noise.std() * rng.uniform(15, 35)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def textures(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("textures") / "photos"
    folder.mkdir()
    rng = np.random.default_rng(0)
    for i in range(20):
        Image.fromarray(texture(rng)).save(folder / f"{i:02}.png")
    return folder


@pytest.fixture
def made(command, tmp_path, monkeypatch, textures):
    """The command, with a package of made metrics installed, beside the photos."""
    site = tmp_path / "site"
    info = site / "made_metrics-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "made_metrics.py").write_text(PACKAGE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-metrics\nVersion: 1\n")
    points = "".join(f"{n} = made_metrics:{n.upper()}\n" for n in NAMES)
    (info / "entry_points.txt").write_text(f"[iqcurate.metrics]\n{points}")
    command.env |= {"PYTHONPATH": str(site)}
    monkeypatch.syspath_prepend(str(site))
    registry._find.cache_clear()
    (tmp_path / "photos").symlink_to(textures)
    yield command
    registry._find.cache_clear()
    sys.modules.pop("made_metrics", None)


def check(command, *more, metrics="steady", code=0, source="photos"):
    """Run it; the figures of the file that it wrote."""
    given = ("-m", metrics, "--bootstraps", "200", "-q", *more)
    return command("robustness", source, *given, code=code)


def test_a_metric_fails_its_own_test_and_no_other(made, tmp_path):
    done = check(made, "--plots", "plots", metrics=",".join(NAMES))
    found = read_robustness(tmp_path / "robustness.json")
    assert found["steady"].verdict is Survival.SURVIVES, found["steady"].reason
    assert {n: r.failed for n, r in found.items()} == {
        "steady": [], "size": ["crop"], "angle": ["rotate"], "constant": ["blur"],
        "broken": [], "deep": [],
    }  # fmt: skip
    assert found["deep"].tests == found["steady"].tests, "a batch operator is no different"
    assert found["broken"].verdict is Survival.CANNOT_TELL
    assert "not_finite" in found["broken"].reason
    assert b"20 images x 35 versions, x 6 metrics: 4,200 scores, about" in done.stderr
    assert b"broken (cannot tell): crop, rotate, blur: of no images there are all" in done.stdout
    plots = {p.name for p in (tmp_path / "plots").iterdir()}
    assert plots == {"robustness.png", *(f"{n}.png" for n in NAMES)}


def test_curate_warns_of_a_metric_that_fails(made):
    check(made, metrics="size,steady")
    made("score", "photos", "-o", "scores", "-m", "size,steady", "-q")
    done = made("curate", "scores", "--drop-worst", "20%", "--robustness", "robustness.json",
                "-o", "manifest.csv")  # fmt: skip
    assert b"size: failed crop in the tests of robustness: crop: a quarter" in done.stderr
    assert b"steady: failed" not in done.stderr


@pytest.mark.slow
def test_workers_kills_and_added_metrics_change_nothing(made, tmp_path):
    few = ("--sample", "12")
    check(made, *few, "--workers", "1", "-o", "one.json", metrics="steady,deep")
    check(made, *few, "--workers", "8", "-o", "eight.json", metrics="steady,deep")
    check(made, "-o", "grown.json", "--sample", "5", metrics="steady")
    check(made, *few, "-o", "grown.json", "--force", metrics="steady,deep")
    slowly = (
        "import time, iqcurate.api.variant_run as run; from iqcurate.cli import main;"
        "from iqcurate.engine import Engine; run._COMMIT_EVERY_S = 0.05;"
        "stage = Engine.cpu_stage;"
        "Engine.cpu_stage = lambda *a: (time.sleep(0.2), stage(*a))[1]; main()"
    )
    made.argv = [made.argv[0], "-c", slowly]
    args = ("robustness", "photos", "-m", "steady,deep", "--bootstraps", "200", "-q", *few,
            "--workers", "1", "-o", "killed.json")  # fmt: skip
    store = tmp_path / "killed.store"
    for how in (signal.SIGKILL, signal.SIGINT):
        before = images_in(store)
        process = made.start(*args)
        while images_in(store) < before + 2 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(how)
        _, err = process.communicate(timeout=60)
        assert process.returncode in (-signal.SIGKILL, 130), err
        assert before < images_in(store) < 12
    assert b"the same command again" in err
    assert not (tmp_path / "killed.json").exists(), "no verdict on a part of the sample"
    check(made, *few, "-o", "killed.json", metrics="steady,deep")
    results = [figures(tmp_path / f"{n}.json") for n in ("one", "eight", "grown", "killed")]
    assert results[0] == results[1] == results[2] == results[3]
    again = check(made, *few, "-o", "killed.json", "--force", metrics="steady,deep")
    assert b", if none is there yet" in again.stderr
    assert b"0 images checked" in again.stderr
    assert b"12 unchanged" in again.stderr


def images_in(store: Path) -> int:
    """Images of which a reader sees all versions; there are no others."""
    try:
        counts = iqcurate.load_scores(store).groupby("id").size()
    except iqcurate.errors.StoreError:
        return 0
    assert set(counts) <= {35}
    return len(counts)


def figures(path: Path) -> dict:
    return json.loads(path.read_text())["metrics"]


def test_a_changed_image_is_scored_anew(made, tmp_path, textures):
    (tmp_path / "photos").unlink()
    photos = tmp_path / "photos"
    photos.mkdir()
    for path in sorted(textures.iterdir())[:12]:
        (photos / path.name).write_bytes(path.read_bytes())
    check(made)
    before = figures(tmp_path / "robustness.json")
    Image.fromarray(np.zeros((60, 80), np.uint8)).save(photos / "03.png")
    done = check(made, "--force")
    assert b"1 images checked" in done.stderr
    assert figures(tmp_path / "robustness.json") != before
    check(made, "-o", "fresh.json")
    assert figures(tmp_path / "fresh.json") == figures(tmp_path / "robustness.json")


def test_images_that_cannot_be_read_and_tiny_ones_are_no_error(made, tmp_path, textures):
    odd = tmp_path / "odd"
    odd.mkdir()
    for path in sorted(textures.iterdir())[:12]:
        (odd / path.name).write_bytes(path.read_bytes())
    (odd / "broken.jpg").write_bytes(b"no image")
    (odd / "empty.png").write_bytes(b"")
    for side in (1, 2, 7):
        Image.fromarray(np.full((side, side), 99, np.uint8)).save(odd / f"tiny{side}.png")
    done = check(made, metrics="steady,niqe", source="odd")
    assert b"2 failed" in done.stderr
    found = read_robustness(tmp_path / "robustness.json")
    assert found["niqe"].verdict is not Survival.SURVIVES
    assert "niqe" not in found["steady"].reason
    assert found["steady"].tests["crop"].figures["images"] >= 12


def test_real_sequences_and_the_paper_s_protocol(made, tmp_path):
    rng = np.random.default_rng(5)
    folder = tmp_path / "focus"
    folder.mkdir()
    rows = []
    for sequence in range(3):
        sharp = texture(rng).astype(float)
        for step in range(7):
            name = f"{sequence}_{step}.png"
            blurred = ndimage.gaussian_filter(sharp, abs(step - 2) or 0.1)
            Image.fromarray(np.rint(blurred).astype(np.uint8)).save(folder / name)
            rows.append((name, f"s{sequence}", abs(step - 2)))
    rows.append(("sharp.png", None, 0))
    Image.fromarray(texture(rng)).save(folder / "sharp.png")
    pd.DataFrame(rows, columns=["path", "sequence", "level"]).to_csv(folder / "f.csv", index=False)
    done = check(made, "--sequences", "focus/f.csv", "--protocol", "paper", metrics="lapm,lapv")
    found = read_robustness(tmp_path / "robustness.json")
    lapm = found["lapm"].correlations
    assert found["lapm"].verdict is Survival.CANNOT_TELL, "correlations decide nothing"
    assert lapm["sequences"]["srcc_signed"] > 0.95
    assert (lapm["sequences"]["best_at"], lapm["sequences"]["sequences"]) == (0, 3)
    assert b"published" in done.stdout
    assert b"0.322" in done.stdout, "Table 1, LAPM, crop"
    assert b"chance, nested" in done.stdout
    assert b"best at: mean level" in done.stdout
    assert b"in no sequence (such as" in done.stderr
    crops = [iqcurate.load_scores(tmp_path / "robustness.store").query("variant == 'crop_corner'")]
    assert len(crops[0]) == 20 * 9


def test_a_dry_run_only_tells_the_cost(made, tmp_path):
    done = check(made, "--dry-run", "--sample", "5")
    assert b"5 images x 35 versions, x 1 metrics: 175 scores" in done.stderr
    assert not list(tmp_path.glob("robustness*"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--protocol", "mine"), "response or paper"),
        (("--bound", "crop=0"), "percentile points"),
        (("--bound", "noise=5"), "one of crop, rotate, blur"),
        (("-m", "aspect_ratio"), "which scores are better"),
        (("-o", "verdicts.csv"), "must end in .json"),
        (("--protocol", "paper", "--plots", "plots"), "shows no responses"),
        (("--sequences", "nowhere.csv"), "nowhere.csv"),
        (("--sequences", "signed.csv"), "the level of photos/00.png is '-1': it is a number, 0"),
    ],
)
def test_what_cannot_be_is_refused_in_words(made, tmp_path, more, said):
    (tmp_path / "signed.csv").write_text("path,sequence,level\nphotos/00.png,a,-1\n")
    done = made("robustness", "photos", *more, code=2 if "nowhere" not in said else 1)
    assert said in done.stderr.decode()


def test_a_file_that_is_there_is_not_overwritten(made, tmp_path):
    (tmp_path / "robustness.json").write_text("mine")
    assert b"--force overwrites" in check(made, code=2).stderr
    assert (tmp_path / "robustness.json").read_text() == "mine"


def test_other_settings_do_not_mix_in_one_store(made, tmp_path):
    check(made, "--sample", "10", metrics="deep")
    store = tmp_path / "robustness.store" / "_iqcurate" / "provenance.json"
    document = json.loads(store.read_text())
    document["columns"]["deep"]["scorer"] = "another"
    store.write_text(json.dumps(document))
    said = check(made, "--sample", "10", "--force", metrics="deep", code=1).stderr
    assert b"name another output" in said


def test_from_python(made, tmp_path, textures):
    told = []
    result = iqcurate.check_robustness(
        textures, tmp_path / "s", metrics=["steady", "size"], bootstraps=200,
        bounds={"crop": 60}, sample=20, announce=told.append,
    )  # fmt: skip
    assert (told[0].images, told[0].versions, told[0].scores) == (20, 35, 1400)
    assert told[0].seconds > 0
    frame = result.frame.set_index(["metric", "test"])
    assert frame.loc[("size", "crop"), "verdict"] == "survives", "the bound is the user's"
    chance = result.correlations.query("sweep == 'crop'").independent_pcc
    assert list(chance.round(2)) == [0.27, 0.27]
    with pytest.raises(UsageError, match="too few"):
        iqcurate.check_robustness(textures, tmp_path / "s", bootstraps=5)


def test_on_real_focus_sweeps_sharpness_peaks_where_the_eye_sees_it(command, data, tmp_path):
    """The middle of each photo, where one thing is in focus: at step 7 of 10, and at 5 of 7."""
    rows = []
    for name, best in (("depthmap", 6), ("pcb", 4)):
        for number, path in enumerate(sorted((data / "focus_sweeps" / name).iterdir())):
            with Image.open(path) as image:
                middle = image.crop((824, 618, 1224, 918))
            middle.save(tmp_path / f"{name}{number}.png")
            rows.append((f"{name}{number}.png", name, abs(number - best)))
    table = pd.DataFrame(rows, columns=["path", "group", "step"])
    table.to_csv(tmp_path / "focus.csv", index=False)
    command("robustness", "focus.csv", "--sample", "1", "--sequences", "focus.csv", "-q")
    found = read_robustness(tmp_path / "robustness.json")
    for name in ("lapv", "lapm", "wavs"):
        figures = found[name].correlations["sequences"]
        assert (figures["sequences"], figures["best_at"]) == (2, 0)
        assert figures["srcc_signed"] > 0.9
    assert found["brisque"].correlations["sequences"]["best_at"] > 0, "and BRISQUE's does not"
