"""Notebooks run from top to bottom, on the public API, and are kept without outputs."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path

import matplotlib as mpl
import pytest

import iqcurate

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
                assert not (node.module or "").startswith("iqcurate")
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "iqcurate":
                assert node.attr in iqcurate.__all__


def test_the_notebook_goes_the_whole_way(tmp_path, capsys):
    mpl.use("agg")
    names: dict[str, object] = {}
    with contextlib.chdir(tmp_path):
        for source in code(FOLDER / "01_curate.ipynb"):
            exec(compile(source.replace("images = 400", "images = 24"), "notebook", "exec"), names)
        manifest = iqcurate.read_manifest("iqcurate-demo/manifest.csv")
    assert len(manifest) == 36
    assert (~manifest.keep).sum() == 7, "the worst 20%, for lack of cut-offs"
    assert "niqe: cannot_tell" in capsys.readouterr().out
    assert set(names["robustness"].correlations.sweep) == {"crop", "rotate", "blur", "sequences"}
