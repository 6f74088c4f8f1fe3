"""Predictions, from Python."""

from __future__ import annotations

import os

import numpy as np
import pandas as pd
import pytest
from conftest import needs
from models.colours import CLASSIFIER, draw, make_set
from models.made import means_onnx

import iqcurate
from iqcurate.errors import ModelError, SourceError, StoreError, UsageError

FIRST = ["id", "variant", "level", "label", "predicted", "confidence", "p_true", "correct",
         "correct_top5", "model", "fold"]  # fmt: skip
OWN = {"model": "python:colour_model:predict", "classes": "classes.txt"}


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """The set in the current folder; its classifier is imported anew."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "colour_model", raising=False)
    return make_set(tmp_path)


def touch(path) -> None:
    """Another time, in case the clock is too coarse to tell."""
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 10**9))


def test_one_row_an_image_with_the_columns_of_the_design(photos):
    (photos / "red" / "99.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing")
    result = iqcurate.predict(photos, "p.parquet", **OWN)
    frame = result.frame
    assert list(frame.columns) == [*FIRST, "group", "status", "error"]
    assert len(frame) == 13
    assert frame["id"].is_monotonic_increasing
    good = frame[frame["status"] == "ok"]
    assert (good["predicted"] == good["label"]).all()
    assert good["correct"].all()
    np.testing.assert_allclose(good["p_true"], good["confidence"])
    assert good["confidence"].between(1 / 3, 1).all()
    assert good["correct_top5"].isna().all(), "three classes have no first five"
    assert (frame["variant"] == "clean").all()
    assert (frame["level"] == 0).all()
    assert frame["fold"].isna().all()
    bad = frame[frame["id"] == "red/99.png"].iloc[0]
    assert bad["status"] == "unreadable"
    assert bad["error"].startswith("broken_header: ")
    assert pd.isna(bad["predicted"])
    assert pd.isna(bad["correct"])
    pd.testing.assert_frame_equal(pd.read_parquet("p.parquet"), frame, check_dtype=False)
    summary = result.summary()
    assert (summary.images, summary.predicted, summary.judged, summary.wrong) == (13, 12, 12, 0)
    assert summary.failures == {"broken_header": 1}


def test_wrong_predictions_and_the_probability_of_the_true_class(photos):
    (photos / "red" / "00.png").rename(photos / "blue" / "red.png")
    result = iqcurate.predict(photos, "p.csv", **OWN)
    row = result.frame.set_index("id").loc["blue/red.png"]
    assert (row["label"], row["predicted"], row["correct"]) == ("blue", "red", False)
    assert row["p_true"] < row["confidence"]
    summary = result.summary()
    assert summary.wrong == 1
    assert summary.worst[0].label == "blue"
    assert summary.accuracy == pytest.approx(11 / 12)


def test_a_second_run_predicts_what_is_new_or_changed(photos):
    iqcurate.predict(photos, "p.parquet", **OWN)
    again = iqcurate.predict(photos, "p.parquet", **OWN)
    assert again.report.counts["unchanged"] == 12
    assert again.report.counts["scored"] == 0
    draw(photos / "red" / "new.png", "green", 7)
    touch(draw(photos / "green" / "00.png", "blue", 8))
    (photos / "blue" / "00.png").unlink()
    third = iqcurate.predict(photos, "p.parquet", **OWN)
    assert third.report.counts["scored"] == 2
    rows = third.frame.set_index("id")
    assert rows.loc["red/new.png", "predicted"] == "green"
    assert rows.loc["green/00.png", "predicted"] == "blue"
    assert rows.loc["blue/00.png", "status"] == "missing"
    assert len(rows) == 13


def test_labels_that_come_later_or_change_are_judged_anew(photos):
    before = iqcurate.predict(photos, "p.parquet", label_from="none", **OWN)
    assert before.frame["predicted"].notna().all()
    assert before.frame[["label", "p_true", "correct"]].isna().all(axis=None)
    assert before.summary().accuracy is None
    after = iqcurate.predict(photos, "p.parquet", label_from="folder", **OWN)
    assert after.report.counts["scored"] == 12
    assert after.frame["correct"].all()
    pd.testing.assert_series_equal(after.frame["confidence"], before.frame["confidence"])
    names = [f"red/{i:02}.png" for i in range(2)]
    table = pd.DataFrame({"id": after.frame["id"], "label": after.frame["label"]})
    table.loc[table["id"].isin(names), "label"] = "green"
    table.to_csv("labels.csv", index=False)
    third = iqcurate.predict(photos, "p.parquet", labels="labels.csv", **OWN)
    assert third.report.counts["scored"] == 2
    rows = third.frame.set_index("id")
    assert rows.loc[names, "correct"].tolist() == [False, False]
    assert (rows["correct"] == False).sum() == 2  # noqa: E712 - nulls among them


def test_labels_that_are_no_class(photos):
    draw(photos / "pink" / "a.png", "red", 1)
    result = iqcurate.predict(photos, "p.parquet", **OWN)
    row = result.frame.set_index("id").loc["pink/a.png"]
    assert row["predicted"] == "red"
    assert pd.isna(row["correct"])
    assert pd.isna(row["p_true"])
    assert any("1 images have a label that is no class" in note for note in result.report.notes)
    (photos.parent / "classes.txt").write_text("a\nb\nc")
    with pytest.raises(ModelError, match=r"such as 'blue', 'green', 'pink'.*such as 'a', 'b', 'c'"):
        iqcurate.predict(photos, "q.parquet", **OWN)
    assert not (photos.parent / "q.store").exists(), "said before anything was done"


def test_an_image_on_which_the_model_fails_says_so(photos):
    draw(photos / "red" / "bad.png", "red", 1, size=13)
    rows = iqcurate.predict(photos, "p.parquet", **OWN).frame.set_index("id")
    assert rows.loc["red/bad.png", "status"] == "ok"
    assert rows.loc["red/bad.png", "error"].startswith("failed: ValueError: 13 is an unlucky")
    assert pd.isna(rows.loc["red/bad.png", "predicted"])
    assert rows["predicted"].notna().sum() == 12


def test_predictions_of_two_models_are_never_mixed(photos, monkeypatch):
    iqcurate.predict(photos, "p.parquet", **OWN)
    (photos.parent / "colour_model.py").write_text(CLASSIFIER + "\n# edited\n")
    monkeypatch.delitem(__import__("sys").modules, "colour_model")
    with pytest.raises(StoreError, match="choose another output"):
        iqcurate.predict(photos, "p.parquet", **OWN)
    with pytest.raises(StoreError, match="choose another output"):
        iqcurate.predict(photos, "p.parquet", model="probe")
    with pytest.raises(StoreError, match="holds no scores"):
        iqcurate.score(photos, "p.store", metrics=["lapv"])


def test_a_folder_is_the_store_and_a_file_its_export(photos):
    iqcurate.predict(photos, "here", **OWN)
    frame = pd.read_parquet("here")
    assert list(frame.columns[: len(FIRST)]) == FIRST
    (photos.parent / "mine.csv").write_text("somebody's")
    with pytest.raises(UsageError, match="--force"):
        iqcurate.predict(photos, "mine.csv", **OWN)
    iqcurate.predict(photos, "mine.csv", force=True, **OWN)
    assert pd.read_csv("mine.csv")["id"].tolist() == sorted(frame["id"])
    with pytest.raises(UsageError, match="must end in"):
        iqcurate.predict(photos, "x.txt", **OWN)
    with pytest.raises(UsageError, match="no folder"):
        iqcurate.predict(photos, "nowhere/x.csv", **OWN)


def test_more_sources_and_lists_as_for_score(photos):
    iqcurate.predict(photos / "red", "p", label_from="none", **OWN)
    more = iqcurate.predict(photos / "blue", "p", append="b", label_from="none", **OWN)
    assert sorted(more.frame["id"])[-1] == "b/03.png"
    assert len(more.frame) == 8
    pd.DataFrame({"path": ["red/00.png", "gone.png"], "label": ["red", "blue"]}).to_csv(
        photos / "list.csv", index=False
    )
    listed = iqcurate.predict(photos / "list.csv", "q", **OWN).frame.set_index("id")
    assert listed.loc["red/00.png", "correct"]
    assert listed.loc["gone.png", "status"] == "missing"
    with pytest.raises(SourceError):
        iqcurate.predict(photos / "none", "r", **OWN)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"model": "python:colour_model:predict"}, UsageError, "--classes FILE"),
        ({**OWN, "classes": "imagenet"}, ModelError, "3 outputs, and 1000 classes"),
        ({**OWN, "features": "hog"}, UsageError, "--features is for --model probe"),
        ({**OWN, "folds": 3}, UsageError, "--folds is for --model probe"),
        ({"model": "probe", "classes": "classes.txt"}, UsageError, "its classes are the labels"),
        ({"model": "probe", "features": "own"}, UsageError, "there are torchvision:NAME"),
        ({"model": "probe", "folds": 1}, UsageError, "--folds is 2 or more"),
        ({"model": "probe", "label_from": "none"}, ModelError, "no image has a label"),
        ({**OWN, "device": "tpu"}, UsageError, "--device tpu"),
        ({**OWN, "batch": 0}, UsageError, "at least 1"),
    ],
)
def test_calls_that_cannot_be_right(photos, options, error, says):
    with pytest.raises(error, match=says):
        iqcurate.predict(photos, "p.parquet", **options)


def test_a_probe_predicts_every_labelled_image_out_of_fold(photos):
    draw(photos / "pink" / "a.png", "red", 1)
    draw(photos / "loose.png", "red", 2)
    how = {"model": "probe", "folds": 2, "partitions": 2}
    result = iqcurate.predict(photos, "p.parquet", **how)
    frame = result.frame.set_index("id")
    more = [f"{n}_2" for n in ("predicted", "confidence", "p_true", "correct", "fold")]
    assert list(result.frame.columns) == [*FIRST, *more, "group", "status", "error"]
    assert (frame["model"].dropna() == "probe:hog").all()
    known = frame[frame["predicted"].notna()]
    assert len(known) == 12
    assert sorted(set(known["fold"])) == [0, 1]
    assert known.groupby("label")["fold"].value_counts().tolist() == [2] * 6
    assert not known["fold"].equals(known["fold_2"].rename("fold"))
    assert (known["correct"] == (known["predicted"] == known["label"])).all()
    assert frame.loc["pink/a.png", "error"].startswith("too_few: class 'pink' has 1 image; ")
    assert frame.loc["loose.png", "error"].startswith("no_label: ")
    assert len(result.summary().partitions) == 2
    assert any("1 image of 1 class left out" in note for note in result.report.notes)
    assert any("no groups are known" in note for note in result.report.notes)


def test_a_probe_computes_only_new_features_and_trains_anew(photos):
    how = {"model": "probe", "folds": 2}
    first = iqcurate.predict(photos, "p.parquet", partitions=2, **how)
    again = iqcurate.predict(photos, "p.parquet", partitions=1, **how)
    assert again.report.counts["scored"] == 0
    same = ["id", "predicted", "confidence", "fold"]
    pd.testing.assert_frame_equal(again.frame[same], first.frame[same])
    assert again.frame["correct_2"].isna().all(), "of a run with more partitions"
    draw(photos / "red" / "new.png", "red", 77)
    third = iqcurate.predict(photos, "p.parquet", partitions=1, **how)
    assert third.report.counts["scored"] == 1
    assert third.frame.set_index("id").loc["red/new.png", "predicted"] is not None
    assert len(third.frame) == 13


def test_groups_and_copies_of_one_image_share_a_fold(photos):
    for colour in ("red", "green", "blue"):
        (photos / colour / "copy.png").write_bytes((photos / colour / "00.png").read_bytes())
    how = {"model": "probe", "folds": 2, "partitions": 2, "group_from": r"regex:/(\d)[13]\.png"}
    result = iqcurate.predict(photos, "p.parquet", **how)
    rows = result.frame.set_index("id")
    for fold in ("fold", "fold_2"):
        assert rows.loc["red/00.png", fold] == rows.loc["red/copy.png", fold]
        assert rows.loc[rows["group"] == "0", fold].nunique() == 1
    assert any("3 images have the content of another" in note for note in result.report.notes)


def test_a_probe_that_is_stopped_keeps_its_features(photos):
    trained = []
    how = {"model": "probe", "folds": 2, "partitions": 4}
    stopped = iqcurate.predict(
        photos, "p.parquet", stop=lambda: bool(trained), workers=1,
        progress=lambda p: trained.append(p) if p.step else None, **how,
    )  # fmt: skip
    assert stopped.report.interrupted
    assert not stopped.finished
    assert not (photos.parent / "p.parquet").exists()
    done = iqcurate.predict(photos, "p.parquet", **how)
    assert done.report.counts["scored"] == 0
    assert done.frame["predicted"].notna().all()


def test_features_of_an_interrupted_run_are_not_mixed_with_others(photos):
    needs("onnx", "onnxruntime")
    means_onnx(photos.parent / "net.onnx")
    how = {"model": "probe", "folds": 2}
    trained = []
    iqcurate.predict(
        photos, "p.parquet", stop=lambda: bool(trained), workers=1,
        progress=lambda p: trained.append(p) if p.step else None, **how,
    )  # fmt: skip
    with pytest.raises(StoreError, match=r"has features of hog .*choose another output"):
        iqcurate.predict(
            photos, "p.parquet", features="onnx:net.onnx#means", input="mean=0,sd=1", **how
        )


def test_images_that_were_not_read_have_no_content_in_common(photos):
    rows = [(f"{c}/{i:02}.png", c) for c in ("red", "green", "blue") for i in range(4)]
    rows += [("gone.png", "red"), ("lost.png", "red")]
    pd.DataFrame(rows, columns=["path", "label"]).to_csv(photos / "list.csv", index=False)
    result = iqcurate.predict(photos / "list.csv", "p.parquet", model="probe", folds=2)
    assert result.frame["predicted"].notna().sum() == 12
    assert not any("content of another" in note for note in result.report.notes)


def test_groups_that_can_be_parted_in_one_way_only_are_told(photos):
    rows = [(f"{c}/{i:02}.png", c, i < 2) for c in ("red", "green", "blue") for i in range(4)]
    columns = ["path", "label", "group"]
    pd.DataFrame(rows, columns=columns).to_csv(photos / "list.csv", index=False)
    result = iqcurate.predict(
        photos / "list.csv", "p.parquet", model="probe", folds=2, group_from="column:group"
    )
    assert "correct_2" not in result.frame
    assert any("3 partitions were asked for, and only 1 found" in n for n in result.report.notes)
