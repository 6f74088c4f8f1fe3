"""`iqcurate experiment representation`, as a user runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from conftest import needs
from PIL import Image

import iqcurate
from iqcurate.errors import UsageError

sys.path.append(str(Path(__file__).parents[1] / "models"))
COMMAND = ("experiment", "representation", "scores.csv", "--least", "3", "-m", "lapm")


@pytest.fixture
def scores(tmp_path) -> Path:
    """Eight classes of five small pictures; the classes 0 and 2 have colours of their own."""
    rng = np.random.default_rng(0)
    rows = []
    for label in range(8):
        for number in range(5):
            name = f"c{label}/{number}.png"
            (tmp_path / f"c{label}").mkdir(exist_ok=True)
            colour = rng.integers(0, 256, 3) if label in (0, 2) else [40 + 20 * label, 90, 90]
            pixels = np.clip(rng.normal(colour, 4, (48, 48, 3)), 0, 255).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / name)
            wobble = 0.01 * number if label > 2 else 0.05 * number
            score = {0: 9 + wobble, 1: 1 + wobble, 2: 3.0 * number}.get(label, 5 + wobble)
            rows.append({"id": name, "label": f"c{label}", "lapm": score + 0.001 * label})
    pd.DataFrame(rows).to_csv(tmp_path / "scores.csv", index=False)
    return tmp_path


def test_tables_embeddings_and_plots_and_a_second_run(command, scores):
    (scores / "out" / "plots").mkdir(parents=True)
    for name in ("other-niqe.png", "mine.png"):
        (scores / "out" / "plots" / name).touch()
    (scores / "out" / "representation.json").write_text('{"files": ["other-niqe.png"]}')
    done = command(*COMMAND, "--model", "hog", "--share", "13%", "-o", "out")
    assert b"hog: no top-1 and top-5" in done.stderr
    frame = pd.read_csv(scores / "out" / "subsets.csv").set_index("subset")
    assert (frame["images"] == 5).all()
    assert (frame["mean_distance"] > 0).all()
    points = pd.read_csv(scores / "out" / "points.csv")
    assert points.loc[points["subset"] == "average_low", "category"].unique().tolist() == ["c1"]
    assert points.loc[points["subset"] == "range_high", "category"].unique().tolist() == ["c2"]
    names = {path.name for path in (scores / "out" / "plots").iterdir()}
    assert names == {"subsets.png", "ranks.png", "hog-lapm.png", "mine.png"}
    table = pq.read_table(scores / "out" / "embeddings" / "hog.parquet")
    assert "fixed_size_list" in str(table.schema.field("embedding").type)
    again = command(
        *COMMAND, "--model", "hog", "--share", "13%", "-o", "out", "--no-plots", "--json"
    )
    assert b"0 images embedded" in again.stderr
    assert b"unchanged" in again.stderr
    first = json.loads(again.stdout)["subsets"][0]
    assert first["mean_distance"] == frame["mean_distance"].iloc[0]


def test_embeddings_that_are_there_are_read(command, scores):
    rows = pd.read_csv(scores / "scores.csv")
    vectors = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    vectors[(rows["label"] == "c2").to_numpy()] *= 10
    np.savez(scores / "mine.npz", ids=rows["id"].to_numpy(str), embeddings=vectors)
    rows.assign(predicted="c1", correct_top5=True).to_csv(scores / "p.csv", index=False)
    found = command.json(
        *COMMAND, "--read", "mine=mine.npz", "-p", "mine=p.csv", "--share", "13%", "-o", "out"
    )
    subsets = {row["subset"]: row for row in found["subsets"]}
    assert subsets["range_high"]["relative"] > 1.5
    assert {s: row["top1"] for s, row in subsets.items()} == {
        "average_high": 0, "average_low": 1, "range_high": 0, "range_low": 0
    }  # fmt: skip
    assert all(row["top5"] == 1 for row in subsets.values())
    first = {r["subset"]: r["first"] for r in found["first_places"] if r["measure"] == "top1"}
    assert first["average_low"] == 1


def test_an_onnx_output_by_name_is_the_embedding(scores, monkeypatch):
    needs("onnx", "onnxruntime")
    from made import means_onnx

    monkeypatch.chdir(scores)
    means_onnx(scores / "net.onnx")
    found = iqcurate.representation(
        "scores.csv", "out", models=["onnx:net.onnx#means"], input="size=16,mean=0,sd=1",
        least=3, share=0.13,
    )  # fmt: skip
    vectors = dict(zip(found.ids, found.embeddings["onnx:net.onnx#means"], strict=True))
    colours = {
        name: np.asarray(Image.open(scores / name).resize((16, 16), Image.Resampling.BILINEAR))
        for name in found.ids
    }
    for name, vector in vectors.items():
        np.testing.assert_allclose(vector, colours[name].mean((0, 1)) / 255, atol=0.01)


def test_the_layer_that_was_cut_off_gives_top1_as_predict_does(scores, monkeypatch):
    needs("torch", "timm")
    import timm
    import torch

    monkeypatch.chdir(scores)
    torch.manual_seed(0)
    net = timm.create_model("test_resnet", num_classes=8)
    torch.save(net.state_dict(), "net.pt")
    Path("classes.txt").write_text("".join(f"c{i}\n" for i in range(8)))
    common = {"checkpoint": "net.pt", "classes": "classes.txt", "device": "cpu"}
    found = iqcurate.representation(
        "scores.csv", "out", models=["timm:test_resnet"], least=3, share=0.5, **common
    )
    predicted = iqcurate.predict(
        "scores.csv", "p.parquet", model="timm:test_resnet", **common
    ).frame.set_index("id")
    for row in found.frame.to_dict("records"):
        names = found.points.query("metric == @row['metric'] and subset == @row['subset']")["id"]
        assert row["top1"] == pytest.approx(predicted.loc[names, "correct"].astype(float).mean())
        top5 = predicted.loc[names, "correct_top5"].astype(float).mean()
        assert row["top5"] == pytest.approx(top5)


def test_a_run_that_is_stopped_says_so(scores, monkeypatch):
    monkeypatch.chdir(scores)
    found = iqcurate.representation("scores.csv", "out", models=["hog"], least=3, stop=lambda: True)
    assert found.report.interrupted
    assert found.frame.empty


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "--model"),
        (("--model", "hog", "--least", "30"), "no two categories are ranked"),
        (("--model", "hog", "-p", "other=p.csv"), "no model of that name"),
        (("--model", "hog", "--checkpoint", "a.pt"), "for torchvision and timm"),
        (("--model", "hog", "-o", "c1"), "holds something else"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(command, scores, arguments, words):
    assert words in command(*COMMAND, *arguments, code=2).stderr.decode()


def test_embeddings_of_other_images_are_refused(scores, monkeypatch):
    monkeypatch.chdir(scores)
    np.savez("mine.npz", ids=np.array(["x"]), embeddings=np.ones((1, 3)))
    with pytest.raises(UsageError, match="none of the"):
        iqcurate.representation("scores.csv", "out", read={"mine": "mine.npz"}, least=3)
