"""The commands as a user sees them."""

from __future__ import annotations

import hashlib
import io
import sys

import pytest
from e2e.conftest import Command

import iqcurate
from iqcurate.api.options import Progress
from iqcurate.cli.progress import shown_progress

BODY = b"weights " * 10_000
FILE = "ckpt_koniq10k.pt"  # of maniqa; nothing of its hash is published


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("IQCURATE_WEIGHTS", str(tmp_path / "w"))
    return Command(tmp_path)


@pytest.fixture
def stick(tmp_path):
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick" / "maniqa.pt").write_bytes(BODY)
    return tmp_path / "stick" / "maniqa.pt"


def test_json_of_what_there_is(run, stick, tmp_path):
    def told(command: str, *names: str, code: int = 0):
        return {found["name"]: found for found in run.json("weights", command, *names, code=code)}

    run("weights", "add", "maniqa", stick)
    listed = told("list")
    assert listed["maniqa"]["state"] == "present"
    assert listed["musiq"] == {
        "name": "musiq",
        "file": "musiq_koniq_ckpt-e95806b9.pth",
        "url": "https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main/"
        "musiq_koniq_ckpt-e95806b9.pth",
        "bytes": 108610983,
        "sha256": "e95806b9eae5f3814c410f574ba8e552362bd5bc63d758ed5b97860f5d6185aa",
        "sha256_prefix": "e95806b9",
        "licence": listed["musiq"]["licence"],
        "trained_on": "KonIQ-10k",
        "metrics": listed["musiq"]["metrics"],
        "state": "missing",
        "note": "",
        "path": str(tmp_path / "w" / "musiq_koniq_ckpt-e95806b9.pth"),
        "sha256_here": None,
    }
    found = told("verify")
    assert list(found) == ["maniqa"]
    assert found["maniqa"]["state"] == "unverified"
    assert found["maniqa"]["sha256_here"] == hashlib.sha256(BODY).hexdigest()
    assert told("verify", "maniqa", "musiq", code=1)["musiq"]["state"] == "missing"
    (tmp_path / "w" / FILE).write_bytes(BODY[1:])
    assert told("verify", code=1)["maniqa"]["state"] == "changed"


def test_tables_for_people(run, stick, tmp_path):
    assert b"(no files are there)" in run("weights", "verify").stderr
    run("weights", "add", "maniqa", stick, "--link")
    out = run("weights", "list", "maniqa", "musiq", "topiq_nr-face", "clipiqa").stdout.decode()
    rows = {words[0]: words for line in out.splitlines() if (words := line.split())}
    assert rows["maniqa"][1:5] == ["543", "MB", "yes", "unknown"]
    assert rows["musiq"][1:4] == ["109", "MB", "published"]
    assert rows["topiq_nr-face"][1:3] == ["unknown", "0a8b8e4f"]
    assert rows["clip-rn50"][4] == "MIT"
    stick.unlink()
    done = run("weights", "verify", code=1)
    assert f"links to {stick}, which is not there" in done.stdout.decode()
    assert str(tmp_path / "w") in done.stderr.decode()


def test_fetch_of_one_of_several_files_brings_that_file(run, site, tmp_path):
    """`qualiclip+` is a metric of three files and the name of one of them."""
    site.files = {"RN50.pt": BODY, "QualiCLIP.pth": BODY, "QualiCLIP%2B_koniq.pth": BODY}
    done = run("weights", "fetch", "qualiclip+", "--mirror", site.url, code=1)
    told = [line.split(":")[0] for line in done.stderr.decode().splitlines()]
    assert told[:3] == ["clip-rn50", "qualiclip", "qualiclip+"]
    assert [asked["path"] for asked in site.requests] == ["/RN50.pt"]
    assert "published is afeb0e10f9e5" in done.stderr.decode()


def test_wrong_names_are_wrong_usage(run, stick):
    for args in (["fetch", "muisq"], ["fetch", "niqe"], ["verify", "x"], ["list", "x"],
                 ["add", "clipiqa+", "x"], ["fetch", "musiq", "--mirror", "/tmp"]):  # fmt: skip
        code = 1 if args[:2] == ["add", "clipiqa+"] else 2
        run("weights", *args, code=code)
    done = run("weights", "add", "topiq_nr-spa", stick, code=2)
    assert b"did you mean topiq_nr-spaq" in done.stderr
    done = run("weights", "add", "pyiqa:liqe", stick, code=2)
    assert b"stands for several files, name one: clip-vit-b32 (ViT-B-32.pt), liqe" in done.stderr


def test_python_does_the_same(site, tmp_path):
    site.files[FILE] = BODY
    told: list[Progress] = []
    (fetched,) = iqcurate.fetch_weights(
        ["maniqa"], tmp_path / "w", mirror=site.url, progress=told.append
    )
    assert isinstance(fetched, iqcurate.WeightsFile)
    assert (fetched.state, fetched.path) == ("unverified", tmp_path / "w" / FILE)
    assert told[-1] == Progress(len(BODY), 0, total=len(BODY))
    assert iqcurate.verify_weights(["maniqa"], tmp_path / "w")[0].sha256 == fetched.sha256
    assert iqcurate.list_weights(["maniqa"], tmp_path / "w")[0].state == "present"
    again = iqcurate.add_weights("maniqa", fetched.path, tmp_path / "v", link=True)
    assert again.path.read_bytes() == BODY


def test_progress_counts_bytes(monkeypatch):
    monkeypatch.setattr("iqcurate.cli.progress._ESTIMATE_AFTER_S", 0)
    monkeypatch.setattr("iqcurate.cli.progress._LINE_EVERY_S", 0)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    now = [0.0]
    monkeypatch.setattr("iqcurate.cli.progress.time.monotonic", lambda: now[0])
    with shown_progress(in_bytes=True) as tell:
        tell(Progress(0, 20_000_000, total=120_000_000))
        now[0] = 10.0
        tell(Progress(50_000_000, 20_000_000, total=120_000_000))
        tell(Progress(step="another process is writing it; waiting for it"))
    assert sys.stderr.getvalue().splitlines() == [
        "20 MB of 120 MB",
        "70 MB of 120 MB, 5 MB/s, about 10 s left",
        "another process is writing it; waiting for it",
    ]
