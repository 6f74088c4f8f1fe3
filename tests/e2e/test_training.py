"""`iqcurate experiment remove-worst` and `high-vs-all`, as a user runs them."""

from __future__ import annotations

import io
import json
import shutil
import signal
import time
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import needs
from PIL import Image
from scipy import stats

import iqcurate
from iqcurate.errors import ModelError, StoreError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

FEW = ("--seeds", "3", "--shares", "20%,40%", "--direction", "sharp=higher")
IMAGES = 64


def picture(rng, label: int, noise: float) -> Image.Image:
    """Stripes across or down, under noise."""
    lines = 127 + 60 * np.sin(np.arange(48) / rng.uniform(1.5, 3) + rng.uniform(0, 6))
    pixels = np.broadcast_to(lines if label else lines[:, None], (48, 48))
    grey = np.clip(pixels + rng.normal(0, noise, (48, 48)), 0, 255).astype(np.uint8)
    return Image.fromarray(grey)


@pytest.fixture(scope="module")
def photos(tmp_path_factory) -> Path:
    """Photos of two classes in groups of two, and a table with a score of each."""
    folder = tmp_path_factory.mktemp("training")
    rng, rows = np.random.default_rng(0), []
    for i in range(IMAGES):
        noise = float(rng.uniform(20, 300))
        picture(rng, i % 2, noise).save(folder / f"{i:02}.png")
        row = (f"{folder}/{i:02}.png", "ab"[i % 2], f"g{i // 4}{i % 2}", 1 / noise)
        rows.append((*row, "test" if i % 5 == 0 else "train"))
    names = ["path", "label", "group", "sharp", "split"]
    pd.DataFrame(rows, columns=names).to_csv(folder / "scores.csv", index=False)
    return folder


def called(photos: Path, name: str, *rest: str, code: int = 0) -> None:
    """The command in this process, which spares the start of another."""
    from iqcurate.cli import call

    with pytest.raises(SystemExit) as ended:
        call(["experiment", name, str(photos / "scores.csv"), *rest])
    assert (ended.value.code or 0) == code


@pytest.fixture
def run(photos, tmp_path, monkeypatch, capsys):
    """The command, and what it prints."""
    monkeypatch.chdir(tmp_path)

    def done(*words, code=0):
        called(photos, *words, code=code)
        return capsys.readouterr()

    return done


@pytest.fixture(scope="module")
def whole(photos, tmp_path_factory):
    """Folder of a run from beginning to end, and what it said."""
    folder = tmp_path_factory.mktemp("whole")
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        called(photos, "remove-worst", "-o", str(folder), *FEW)
    return folder, out.getvalue(), err.getvalue()


def test_it_tells_what_removing_does_and_leaves_tables(whole):
    folder, said, _ = whole
    for question in ("Does quality matter?", "Should the worst be removed?", "count less?"):
        assert said.count(question) == 2, "on all test images and on those of high quality"
    runs = pd.read_csv(folder / "runs.csv")
    plain = runs[runs.shuffle == 0]
    assert len(plain) == 3 * (1 + 2 * 2 + 1)
    by_arm = plain.groupby(["arm", "share"]).images.first()
    assert by_arm["removed", 0.4] == by_arm["random", 0.4] < by_arm["all", 0]
    verdicts = pd.read_parquet(folder / "verdicts.parquet")
    assert (verdicts.low <= verdicts.difference).all()
    assert (verdicts.difference <= verdicts.high).all()
    means = plain.groupby(["arm", "share"]).test_accuracy.mean()
    row = verdicts[(verdicts.question == "removal") & (verdicts.tested_on == "test")].iloc[0]
    assert row.difference == pytest.approx(means["removed", row.share] - means["all", 0])
    told = json.loads(pq.read_schema(folder / "arms.parquet").metadata[b"iqcurate_provenance"])
    assert told["seeds"] == 3
    assert told["made_by"]["learner"]["name"] == "hog"
    report = (folder / "report.md").read_text()
    assert "![](result.png)" in report
    assert (folder / "result.png").stat().st_size > 10_000
    assert json.loads((folder / "result.json").read_text())["images"]["test"] == 16


def test_a_run_that_was_killed_goes_on_to_the_same_figures(run, whole, tmp_path):
    folder, _, err = whole
    assert "18 models trained, in" in err
    before = json.loads((folder / "result.json").read_text())
    shutil.copytree(folder, tmp_path / "parts")
    path = tmp_path / "parts" / "runs.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:8]) + lines[8][:40])  # as a kill leaves it
    again = run("remove-worst", "-o", "parts", *FEW, "--json")
    assert "11 models trained, 7 from before" in again.err
    assert json.loads(again.out)["verdicts"] == before["verdicts"]
    more = run("remove-worst", "-o", "parts", "--seeds", "4", *FEW[2:])
    assert "6 models trained, 18 from before" in more.err
    fewer = run("remove-worst", "-o", "parts", *FEW, "--json")
    assert json.loads(fewer.out)["arms"] == before["arms"], "of the seeds asked for"
    refused = run("remove-worst", "-o", "parts", *FEW, "--draw", "0.6", code=1)
    assert "were made with other draws" in refused.err


def test_ctrl_c_saves_what_was_trained(command, tmp_path, photos):
    words = ("experiment", "remove-worst", str(photos / "scores.csv"), "-o", "removal")
    process = command.start(*words, "--seeds", "400", *FEW[2:], "--workers", "1")
    path = tmp_path / "removal" / "runs.jsonl"
    until = time.monotonic() + 120
    while time.monotonic() < until and not (path.exists() and path.read_bytes().count(b"\n") > 5):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"the same command again" in err
    trained = path.read_bytes().count(b"\n") - 1
    assert f"{trained} models trained".encode() in err
    for line in path.read_text().splitlines():
        json.loads(line)
    assert not (tmp_path / "removal" / "report.md").exists()


def test_high_against_all_by_rank_and_by_cut_offs(run, photos, tmp_path):
    how = ("--direction", "sharp=higher", "--seeds", "2")
    run("high-vs-all", "-o", "ranks", "--drop-worst", "50%", *how)
    scores = pd.read_csv(photos / "scores.csv")
    arms = pd.read_csv(tmp_path / "ranks" / "arms.csv").set_index("arm")
    assert arms.images["removed"] == arms.images["random"] < arms.images["all"]
    from iqcurate.analysis.cutoffs.by_hand import set_cutoff
    from iqcurate.cutoffs import Cutoffs
    from iqcurate.spec import Direction

    middle = set_cutoff(
        float(scores.sharp.median()), "mine", "set", scores.sharp.to_numpy(), Direction.HIGHER, None
    )
    Cutoffs({"sharp": middle}).save(tmp_path / "cutoffs.json")
    cut = iqcurate.high_vs_all(
        scores, tmp_path / "cut", cutoffs=tmp_path / "cutoffs.json", seeds=2,
        directions={"sharp": "higher"},
    )  # fmt: skip
    assert cut.arms.set_index("arm").images.equals(arms.images)


def test_the_test_images_of_a_split(run):
    plan = run("remove-worst", "-o", "x", *FEW, "--test-split", "test", "--group", "none",
               "--dry-run").err  # fmt: skip
    assert "64 images of 2 classes in 64 groups: 13 to test" in plan
    grouped = run("remove-worst", "-o", "x", *FEW, "--group", r"regex:(\d)\d\.png", "--dry-run")
    assert "in 7 groups" in grouped.err
    assert "no groups are known" in plan, "what a run would say is said before it"
    assert "no groups are known" not in grouped.err
    pairs = run("remove-worst", "-o", "x", *FEW, "--test-split", "test", "--dry-run").err
    flat = " ".join(pairs.split())
    assert "13 images of the same group or content as images of the split 'test'" in flat


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("high-vs-all",), "--cutoffs FILE, or --drop-worst 50%"),
        (("remove-worst", "--shares", "120%"), "--shares 120%: it is a share"),
        (("remove-worst", "--group", "colour"), "group, split, label, none or regex:PATTERN"),
        (("remove-worst", "--test-split", "nope"), "no image has the split 'nope'"),
        (("remove-worst", "--arch", "resnet34"), "--arch is for --learner finetune"),
        (("remove-worst", "--learner", "magic"), "probe or finetune"),
        (("remove-worst", "--test", "0.9", "--validation", "0.2"), "together below 1"),
        (("high-vs-all", "--drop-worst", "99%"), "two classes are needed"),
    ],
)
def test_what_cannot_be_is_refused_in_words(photos, words, said, tmp_path, capsys):
    called(photos, *words, "-o", str(tmp_path / "x"), "--direction", "sharp=higher", code=2)
    assert said in capsys.readouterr().err


def test_scores_without_labels_are_refused_before_any_features_are_computed(photos, tmp_path):
    scores = pd.read_csv(photos / "scores.csv").drop(columns="label")
    for how in ({}, {"learner": "finetune"}):
        with pytest.raises(UsageError, match="no image has a label"):
            iqcurate.remove_worst(scores, tmp_path / "x", directions={"sharp": "higher"}, **how)
    assert not (tmp_path / "x").exists()


def test_a_folder_of_something_else_is_left_alone(photos, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds something else"):
        iqcurate.remove_worst(photos / "scores.csv", tmp_path, directions={"sharp": "higher"})


def test_images_that_are_gone_or_broken_are_left_out(photos, tmp_path):
    scores = pd.read_csv(photos / "scores.csv")
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    scores.loc[3, "path"], scores.loc[4, "path"] = str(broken), str(tmp_path / "gone.png")
    how = {"directions": {"sharp": "higher"}, "shares": ["50%"], "seeds": 2}
    result = iqcurate.remove_worst(scores, tmp_path / "removal", **how)
    assert "left out: 2 images that could not be read" in result.report.notes
    assert result.sizes["pool"] + result.sizes["test"] + result.sizes["validation"] == 62
    assert result.verdicts.power.between(0, 1).all()
    assert result.verdicts.verdict.isin(["no effect", "helps", "hurts", "cannot tell"]).all()
    for n, said in ((64, "64 images, and none could be read"), (62, "; 62 images could not be")):
        moved = scores.assign(path=[f"gone/{p}" if i < n else p for i, p in enumerate(scores.path)])
        with pytest.raises(UsageError, match=f"{said}.*--root"):
            iqcurate.remove_worst(moved, tmp_path / f"moved-{n}", **how)
    scores["label"] = scores["label"].map({"a": "b", "b": "a"})
    with pytest.raises(StoreError, match="other images, labels or groups"):
        iqcurate.remove_worst(scores, tmp_path / "removal", **how)


@pytest.mark.slow
def test_a_network_is_trained_whole_and_alike_twice(photos, tmp_path):
    needs("torch", "torchvision")
    how = {"directions": {"sharp": "higher"}, "drop_worst": "40%", "seeds": 2, "size": 32,
           "epochs": 1, "learner": "finetune", "test": 0.2, "validation": 0.2}  # fmt: skip
    one = iqcurate.high_vs_all(photos / "scores.csv", tmp_path / "one", **how)
    assert any("random parameters" in note for note in one.report.notes)
    two = iqcurate.high_vs_all(photos / "scores.csv", tmp_path / "two", **how)
    columns = [n for n in one.runs.columns if n != "seconds"]
    pd.testing.assert_frame_equal(one.runs[columns], two.runs[columns])
    assert one.runs.groupby("arm").seed.nunique().eq(2).all()
    with pytest.raises(StoreError, match="other learner"):
        iqcurate.high_vs_all(photos / "scores.csv", tmp_path / "one", **{**how, "epochs": 2})


def test_pretrained_parameters_come_from_a_file_and_fit_but_for_the_last_layer(tmp_path):
    needs("torch", "torchvision")
    import torch
    from torchvision.models import resnet18

    from iqcurate.experiments.training.finetune import Training, build

    trained = resnet18(weights=None).state_dict()
    path = tmp_path / "resnet18.pt"
    torch.save(trained, path)
    built = build(Training("resnet18", path), classes=3).state_dict()
    assert torch.equal(built["layer4.1.conv2.weight"], trained["layer4.1.conv2.weight"])
    assert built["fc.weight"].shape == (3, 512)
    with pytest.raises(ModelError, match="not of resnet34: it lacks"):
        build(Training("resnet34", path), classes=3)
    with pytest.raises(UsageError, match="timm has no such model"):
        build(Training("timm:none-such"), classes=3)


def test_the_seed_reaches_the_networks(photos, tmp_path, monkeypatch):
    """The same images to train and to test on: what differs is the network and its order."""
    needs("torch", "torchvision")
    from iqcurate.experiments.training.design import TrainingSet
    from iqcurate.experiments.training.learners import StoppedError
    from iqcurate.experiments.training.study import Study

    found = []

    def once(study, job, learner):
        same = np.flatnonzero(study.taking.rows % 5)[:4]
        found.append(learner(TrainingSet(same), job[1])[: len(study.split.test)])
        raise StoppedError

    monkeypatch.setattr(Study, "run", once)
    for i, seed in enumerate((0, 0, 1)):
        iqcurate.high_vs_all(
            photos / "scores.csv", tmp_path / str(i), directions={"sharp": "higher"}, seed=seed,
            drop_worst="40%", test_split="test", group="none", learner="finetune", size=32,
            epochs=1,
        )  # fmt: skip
    one, again, other = found
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.001, "other parameters, not only another order"


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_network_from_random_parameters_learns_the_codes_of_the_demo(tmp_path):
    """Chance is 50%: two printers of dots, at a size at which dots are seen, on unseen bottles."""
    needs("torch", "timm")
    from iqcurate.synthetic.dataset import make_images

    table = make_images(tmp_path / "photos", images=200, samples=1)["D3"]
    scores = iqcurate.score(table, tmp_path / "scores", metrics=["lapm"]).path
    result = iqcurate.high_vs_all(
        scores, tmp_path / "net", drop_worst="20%", seeds=2, draw=0.95, test=0.25, validation=0.1,
        learner="finetune", arch="timm:test_resnet", size=160, epochs=10, rate=1e-3, batch=16,
    )  # fmt: skip
    study, split = result.study, result.study.split
    bottles = np.unique(study.taking.units[split.test], return_inverse=True)[1]
    for arm in study.arms():
        right = np.mean([result.outcomes[arm, number].test for number in range(2)], axis=0)
        by_bottle = np.bincount(bottles, right) / np.bincount(bottles)
        low = stats.bootstrap((by_bottle,), np.mean, rng=0).confidence_interval.low
        assert low > 0.6, f"{arm.name}: {right.mean():.2f} of {len(by_bottle)} bottles"
