"""A metric from another package works without a line changed here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from e2e.conftest import copy_samples

from iqcurate.testing import CHECKS

PACKAGE = Path(__file__).parent / "package"
CONTRACT = Path(__file__).parents[1] / "contract" / "test_metrics.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> dict[str, str]:
    """The plugin installed by pip, in a folder of its own, seen by processes started with this."""
    folder = tmp_path_factory.mktemp("plugin")
    source = shutil.copytree(PACKAGE, folder / "source")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "-q"]
    offline = ["--no-index", "--no-deps", "--no-build-isolation"]
    subprocess.run([*pip, *offline, "--target", folder / "site", source], check=True)
    return {**os.environ, "PYTHONPATH": str(folder / "site")}


def run(environment, *argv, cwd):
    return subprocess.run(
        [sys.executable, *map(str, argv)], cwd=cwd, env=environment, capture_output=True, check=True
    ).stdout


def test_it_is_listed(environment, tmp_path):
    listed = run(environment, "-m", "iqcurate", "metrics", "--json", cwd=tmp_path)
    found = [m for m in json.loads(listed) if m["name"] == "rms_contrast"]
    assert found[0]["licence"] == "MIT"


def test_it_scores_with_a_reason_where_it_is_undefined(environment, tmp_path):
    import numpy as np
    from PIL import Image

    photos = copy_samples(tmp_path / "photos", 2)
    Image.fromarray(np.full((50, 50), 9, np.uint8)).save(photos / "flat.png")
    run(environment, "-m", "iqcurate", "score", "photos", "-m", "rms_contrast,lapv", cwd=tmp_path)
    rows = json.loads(
        run(environment, "-m", "iqcurate", "show", "scores", "--where", "lapv >= 0", "--json",
            cwd=tmp_path)
    )  # fmt: skip
    scores = {r["id"]: r["rms_contrast"] for r in rows}
    assert scores.pop("flat.png") is None
    assert all(s > 1 for s in scores.values())
    reasons = [r["metric_errors"] for r in rows if r["id"] == "flat.png"]
    assert json.loads(reasons[0]) == {"rms_contrast": "flat: all pixels have one value"}


def test_it_passes_the_contract_tests_of_its_own_and_ours(environment, tmp_path):
    tests = (PACKAGE / "tests", CONTRACT, "-k", "my_metric or rms_contrast")
    out = run(environment, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests, cwd=tmp_path)
    assert f"{2 * len(CHECKS)} passed".encode() in out
