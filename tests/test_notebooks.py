"""Notebooks run from top to bottom, on the public API, and are kept without outputs."""

from __future__ import annotations

import ast
import contextlib
import json
import re
import sys
import tempfile
from pathlib import Path

import matplotlib as mpl
import pytest

import iqcurate
from iqcurate.api import sensitivity_files

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path: Path) -> list[dict]:
    return json.loads(path.read_text())["cells"]


def code(path: Path) -> list[str]:
    return ["".join(c["source"]) for c in cells(path) if c["cell_type"] == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_outputs_are_stripped(path):
    for cell in cells(path):
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_only_public_names_are_used(path):
    for tree in map(ast.parse, code(path)):
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                module = node.module or ""
                assert not module.startswith("iqcurate") or module == "iqcurate.synthetic.dataset"
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "iqcurate":
                assert node.attr in iqcurate.__all__


def run(name: str, folder: Path, **changes: str) -> dict[str, object]:
    """Run the cells of a notebook in a folder and give its names."""
    mpl.use("agg")
    names: dict[str, object] = {}
    with contextlib.chdir(folder):
        for source in code(FOLDER / name):
            for old, new in changes.items():
                source = re.sub(rf"\b{old} ?= ?\d+", f"{old}={new}", source)
            exec(compile(source, name, "exec"), names)
    return names


@pytest.mark.slow  # the demo goes the same way
def test_the_notebook_goes_the_whole_way(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = run("01_curate.ipynb", tmp_path, images="24")
    manifest = iqcurate.read_manifest(names["folder"] / "manifest.csv")
    assert len(manifest) == 36
    assert (~manifest.keep).sum() == 7, "the worst 20%, for lack of cut-offs"
    assert "niqe: cannot_tell" in capsys.readouterr().out
    assert set(names["robustness"].correlations.sweep) == {"crop", "rotate", "blur", "sequences"}


def test_the_notebook_of_the_audit(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = run("02_audit.ipynb", tmp_path, images="24")
    assert (names["folder"] / "report.html").stat().st_size > 50_000
    assert names["result"].passed
    assert "images would be kept" in capsys.readouterr().out


def test_the_notebook_of_sensitivity(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sensitivity_files, "_figures", lambda _: {})
    names = run("03_sensitivity.ipynb", tmp_path, images="12", sample="12")
    monkeypatch.delitem(sys.modules, "printers")
    assert set(names["result"].verdicts["distortion"]) == {"blur", "jpeg"}
    assert names["cutoffs"].cutoffs.provenance["damaged_on_purpose"] == {"blur": 48, "jpeg": 24}
    out = capsys.readouterr().out
    assert "blur: " in out
    assert "lapm: AUC" in out


def test_the_notebook_of_training(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    names = run("04_training.ipynb", tmp_path, images="24", seeds="2")
    assert set(names["result"].verdicts.question) == {"quality", "removal", "weighting"}
    assert len(names["high"].arms) == 4
    assert (tmp_path / names["folder"] / "removal" / "report.md").exists()
    assert "removal: " in capsys.readouterr().out
