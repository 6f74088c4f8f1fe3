"""`iqcurate curate`, from scores to what is left of the images."""

from __future__ import annotations

import json
import os
import re
import sys
import time
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import needs

import iqcurate
from iqcurate.cutoffs import Cutoff, Cutoffs, Verdict
from iqcurate.spec import Direction


def write_cutoffs(path, **values) -> None:
    made = {}
    for name, value in values.items():
        way = Direction.LOWER if name in ("niqe", "brisque") else Direction.HIGHER
        verdict = Verdict.NONE if value is None else Verdict.SET_BY_HAND
        made[name] = Cutoff(value, way, None, verdict, "set by a person", "hand")
    Cutoffs(made).save(path)


@pytest.fixture
def scored(command, photos, tmp_path):
    """Five photos in two classes, one of them cut short, and cut-offs in their midst."""
    for i, path in enumerate(sorted(photos.iterdir())):
        (photos / "ab"[i % 2]).mkdir(exist_ok=True)
        path.rename(photos / "ab"[i % 2] / path.name)
    whole = next((photos / "a").iterdir())
    (photos / "a" / "cut.png").write_bytes(whole.read_bytes()[:2000])
    command("score", "photos", "-o", "scores", "-m", "lapm,wavs,niqe")
    rows = iqcurate.load_scores(tmp_path / "scores")
    write_cutoffs(tmp_path / "cutoffs.json", lapm=rows["lapm"].median(), niqe=99.0, brisque=None)
    return rows


CURATE = ("curate", "scores", "--cutoffs", "cutoffs.json")


def test_the_way_to_a_manifest_a_list_and_a_folder(command, scored, tmp_path):
    run = (*CURATE, "--vote", "any", "-o", "m.csv", "-o", "kept.txt", "-o", "kept/")
    out = command(*run)
    rows = iqcurate.read_manifest(tmp_path / "m.csv").set_index("id")
    low = scored.set_index("id")["lapm"] < scored["lapm"].median()
    cut = rows.index == "a/cut.png"
    assert (rows["keep"] == ~(low | cut)).all()
    assert rows.loc["a/cut.png", "reason"].startswith("rejected: not readable (truncated): pixels")
    kept = sorted(rows.index[rows["keep"]])
    listed = (tmp_path / "kept.txt").read_text().splitlines()
    assert sorted(listed) == [f"{tmp_path}/photos/{name}" for name in kept]
    linked = [p for p in (tmp_path / "kept").rglob("*.*") if p.name != ".iqcurate-copy"]
    assert sorted(str(p.relative_to(tmp_path / "kept")) for p in linked) == kept
    shown = out.stdout.decode()
    assert f"6 images: {len(kept)} kept" in shown
    for word in ("class", "share kept", "evenness", "lapm", "set_by_hand", "1 unreadable"):
        assert word in shown
    told = out.stderr.decode()
    assert "warning: brisque is not used" in told
    assert "6 rows written to m.csv" in told
    assert f"{len(kept)} images written to kept" in told
    assert b"--force" in command(*run, code=2).stderr
    command(*run, "--force")
    again = command.json("score", "kept/", "-o", "again", "-m", "lapm")
    assert again["images"] == len(kept), "the copy can be scored, its mark is no image"


def test_a_dry_run_writes_nothing(command, scored, tmp_path):
    before = sorted(tmp_path.iterdir())
    told = command.json(*CURATE, "--dry-run", "-o", "m.csv")
    assert sorted(tmp_path.iterdir()) == before
    assert told["images"] == 6
    assert told["unreadable"] == 1
    assert {c["name"] for c in told["classes"]} == {"a", "b"}
    assert [m["metric"] for m in told["metrics"]] == ["lapm", "niqe"]
    assert told["balance_before"]["largest_to_smallest"] == 2
    assert b"-o manifest.csv" in command(*CURATE, code=2).stderr


def test_no_cutoff_that_may_be_used(command, scored, tmp_path):
    write_cutoffs(tmp_path / "none.json", lapm=None, niqe=None)
    out = command("curate", "scores", "--cutoffs", "none.json", "-o", "m.csv", code=1)
    for way_out in (b"--set NAME=VALUE", b"--drop-worst", b"predictions"):
        assert way_out in out.stderr
    assert not (tmp_path / "m.csv").exists()
    command("curate", "scores", "--drop-worst", "20%", "-m", "lapm,niqe", "-o", "m.parquet")
    rows = pd.read_parquet(tmp_path / "m.parquet")
    worst = rows.loc[~rows["keep"] & (rows["status"] == "ok"), "reason"].item()
    assert worst.startswith("rejected: among the worst 20%: mean rank ")


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("--cutoffs", "cutoffs.json", "--vote", "most"), 2, "majority, any, all"),
        (("--cutoffs", "nowhere.json"), 1, "no such file"),
        (("--cutoffs", "cutoffs.json", "--drop-worst", "5%"), 2, "choose one"),
        (("--cutoffs", "cutoffs.json", "-m", "brisque"), 1, "brisque: none"),
        (("--cutoffs", "cutoffs.json", "--direction", "lapm"), 2, "NAME=higher"),
        (("--cutoffs", "cutoffs.json", "--direction", "lapm=lower"), 1, "the cut-off says"),
        (("--cutoffs", "cutoffs.json", "--link", "copy"), 2, "name one, as in -o kept/"),
        ((), 2, "--cutoffs FILE"),
    ],
)
def test_what_cannot_be_done_has_an_exit_code(command, tmp_path, args, code, says):
    pd.DataFrame({"id": ["a"], "lapm": [1.0], "niqe": [1.0]}).to_csv(tmp_path / "s.csv")
    write_cutoffs(tmp_path / "cutoffs.json", lapm=1.0, niqe=5.0, brisque=None)
    out = command("curate", "s.csv", *args, "-o", "m.csv", code=code)
    assert says in out.stderr.decode()
    assert not (tmp_path / "m.csv").exists()


def test_names_that_a_terminal_would_obey(command, tmp_path):
    frame = pd.DataFrame({"id": ["\x1b[31ma", "[bold]b", "c"], "lapm": [1.0, 3.0, 3.0],
                          "label": ["\x1b[31mred", "[bold]x[/]", "<b>"]})  # fmt: skip
    frame.to_csv(tmp_path / "s.csv", index=False)
    write_cutoffs(tmp_path / "cutoffs.json", lapm=2.0)
    out = command("curate", "s.csv", "--cutoffs", "cutoffs.json", "-o", "m.csv")
    assert b"\x1b" not in out.stdout + out.stderr
    assert b"[bold]x[/]" in out.stdout
    assert b"\\x1b[31mred" in out.stderr, "a class that vanishes"


def test_a_data_set_without_labels_says_nothing_of_classes(command, tmp_path):
    pd.DataFrame({"path": list("abc"), "lapm": [1.0, 2.0, 3.0]}).to_csv(tmp_path / "s.csv")
    write_cutoffs(tmp_path / "cutoffs.json", lapm=2.5)
    out = command("curate", "s.csv", "--cutoffs", "cutoffs.json", "--dry-run").stdout
    assert b"1 kept (33.3%), 2 rejected" in out
    assert b"class" not in out


HANGS = """
import time
from iqcurate.cli import main
from iqcurate.manifest.rows import Manifest

whole = Manifest.batches

def batches(self, *told):
    yield next(whole(self, *told))
    time.sleep(600)

Manifest.batches = batches
main()
"""


def test_a_kill_leaves_no_half_a_manifest(command, tmp_path):
    n = 10_000
    table = {"id": [str(i) for i in range(n)], "lapm": np.random.default_rng(0).normal(size=n)}
    pq.write_table(pa.table(table), tmp_path / "s.parquet")
    write_cutoffs(tmp_path / "cutoffs.json", lapm=0.0)
    run = ("curate", "s.parquet", "--cutoffs", "cutoffs.json", "-o", "m.jsonl")
    command.argv = [command.argv[0], "-c", HANGS]
    process = command.start(*run)
    unfinished = tmp_path / ".m.jsonl.part"
    while not (unfinished.exists() and unfinished.stat().st_size) and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    told = process.communicate()
    assert unfinished.exists(), told  # it was killed while it wrote
    assert not (tmp_path / "m.jsonl").exists()
    command(*run)
    assert (tmp_path / "m.jsonl").read_bytes().count(b"\n") == n


class ImageFolder:
    """As torchvision's: (path, number of the class) of each image, classes by folder."""

    def __init__(self, root: str) -> None:
        classes = sorted(p for p in Path(root).iterdir() if p.is_dir())
        self.imgs = [
            (os.path.join(root, folder.name, path.name), i)
            for i, folder in enumerate(classes)
            for path in sorted(folder.iterdir())
        ]


def readme_lines() -> str:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    code = re.search(r"```python\n(rows = iqcurate\.read_manifest.*?)```", readme, re.DOTALL)[1]
    assert len(code.splitlines()) == 5
    return code


def test_the_lines_of_the_readme_for_pytorch_read_what_is_kept(
    command, scored, tmp_path, monkeypatch
):
    """Run as they stand, with stand-ins for PyTorch."""
    command(*CURATE, "-o", "manifest.csv")
    folders = types.SimpleNamespace(datasets=types.SimpleNamespace(ImageFolder=ImageFolder))
    subset = types.SimpleNamespace(Subset=lambda photos, chosen: [photos.imgs[i] for i in chosen])
    torch = types.SimpleNamespace(utils=types.SimpleNamespace(data=subset))
    names = {"torch": torch, "torchvision": folders, "iqcurate": iqcurate, "os": os}
    monkeypatch.chdir(tmp_path)
    exec(readme_lines(), names)
    rows = iqcurate.read_manifest(tmp_path / "manifest.csv").query("keep")
    assert sorted(os.path.abspath(path) for path, _ in names["train"]) == sorted(rows["uri"])
    assert len(rows)


def test_pytorch_itself_reads_what_is_kept(command, scored, tmp_path, monkeypatch):
    needs("torch", "torchvision")
    import torch
    import torchvision

    command(*CURATE, "-o", "manifest.csv")
    names = {"torch": torch, "torchvision": torchvision, "iqcurate": iqcurate, "os": os}
    monkeypatch.chdir(tmp_path)
    exec(readme_lines(), names)
    rows = iqcurate.read_manifest(tmp_path / "manifest.csv").query("keep")
    assert len(names["train"]) == len(rows) > 0
    assert names["train"][0][0].size[0] > 0


def test_help_shows_examples(command):
    out = command.process("curate", "--help").stdout.decode()
    assert "iqcurate curate scores/ --cutoffs cutoffs.json --dry-run" in out
    loaded = command.process(
        "--version", before=[sys.executable, "-X", "importtime", "-c", "import iqcurate.cli.app"]
    ).stderr
    for heavy in (b"pandas", b"pyarrow", b"scipy"):
        assert heavy not in loaded


def test_json_goes_to_standard_output_alone(command, scored):
    out = command(*CURATE, "--json", "-o", "m.jsonl")
    assert json.loads(out.stdout)["kept"] >= 0
    assert b"written to m.jsonl" in out.stderr
