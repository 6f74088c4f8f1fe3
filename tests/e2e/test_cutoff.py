"""`iqcurate cutoff` as a user runs it."""

from __future__ import annotations

import json

import pytest
from api.test_cutoff import tables

from iqcurate.cutoffs import read_cutoffs


@pytest.fixture
def files(tmp_path):
    scores, predictions = tables()
    scores.to_csv(tmp_path / "scores.csv", index=False)
    predictions.to_parquet(tmp_path / "predictions.parquet")
    return scores, predictions


RUN = ("cutoff", "scores.csv", "-p", "predictions.parquet", "--bootstraps", "200")


def test_the_table_says_what_each_cutoff_is_worth(command, files, tmp_path):
    done = command(*RUN, "-o", "cutoffs.json", "--plots", "plots")
    text = " ".join(done.stdout.decode().split())
    assert "lapm (usable): wrong images score worse" in text
    assert "niqe (none): it is not shown that wrong images score worse" in text
    assert "in brackets: found, but worth nothing" in text
    saved = read_cutoffs(tmp_path / "cutoffs.json").metrics
    assert f"{saved['lapm'].cutoff:.4g}" in text
    assert f"{saved['lapm'].effect['rejected_wrong']:.0%}" in text
    assert b"not used, because which way they point is not known: mine" in done.stderr
    assert b"3 cut-offs written to cutoffs.json" in done.stderr
    assert sorted(p.name for p in (tmp_path / "plots").iterdir()) == [
        "brisque.png", "lapm.png", "niqe.png"
    ]  # fmt: skip


def test_a_file_that_is_there_is_not_overwritten(command, files, tmp_path):
    (tmp_path / "cutoffs.json").write_text("mine")
    done = command(*RUN, "-o", "cutoffs.json", code=2)
    assert b"--force overwrites it" in done.stderr
    assert (tmp_path / "cutoffs.json").read_text() == "mine"
    command(*RUN, "-o", "cutoffs.json", "--force")
    assert read_cutoffs(tmp_path / "cutoffs.json").metrics


def test_json_is_what_the_file_holds(command, files, tmp_path):
    printed = command.json(*RUN, "-o", "c.json", "--normalise")
    saved = json.loads((tmp_path / "c.json").read_text())
    assert {k: printed[k] for k in saved} == saved
    assert 0 < printed["normalised"]["lapm"]["cutoff"] < 1
    assert "mine" in printed["notes"][0]


def test_the_same_command_gives_the_same_file(command, files, tmp_path):
    for name in ("a.json", "b.json"):
        command.process(*RUN, "-o", name, "-m", "lapm")
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_without_predictions_and_by_hand(command, files):
    done = command("cutoff", "scores.csv", code=2)
    assert b"--method quantile:0.2" in done.stderr
    by_share = command.json("cutoff", "scores.csv", "--method", "quantile:0.2")
    assert {m["verdict"] for m in by_share["metrics"].values()} == {"set_by_hand"}
    by_hand = command.json("cutoff", "scores.csv", "--set", "lapm=0.5,niqe=6")
    assert {n: m["cutoff"] for n, m in by_hand["metrics"].items()} == {"lapm": 0.5, "niqe": 6}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--plain", "--method", "youden"), "leave out --method"),
        (("--set", "lapm"), "--set lapm: write NAME=NUMBER"),
        (("--set", "lapm=high"), "--set lapm=high: write NAME=NUMBER"),
        (("--direction", "mine=up"), "it is higher or lower"),
        (("--columns", "label=target"), "no column 'target'"),
        (("-m", "nonsense"), "no scores named 'nonsense'"),
        (("-o", "nowhere/c.json"), "is no folder"),
    ],
)
def test_what_cannot_be_right_is_said(command, files, options, says):
    assert says in command(*RUN, *options, code=2).stderr.decode()


def test_methods_and_directions(command, files):
    for method in ("youden", "accuracy:0.9"):
        found = command.json(*RUN, "--method", method, "-m", "lapm")["metrics"]["lapm"]
        assert found["method"] == method.partition(":")[0]
    found = command.json(*RUN, "--direction", "mine=higher", "--plain", "-m", "mine")
    assert found["metrics"]["mine"]["method"] == "plain"
    assert command.json(*RUN, "--count-weighted", "-m", "lapm")["provenance"]["count_weighted"]
