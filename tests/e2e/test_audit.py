"""`iqcurate audit`, from images to a page and a gate."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def scored(command, photos):
    whole = next(photos.glob("*.png"))
    (photos / "cut.png").write_bytes(whole.read_bytes()[:2000])
    (photos / "again.png").write_bytes(whole.read_bytes())
    command("score", "photos", "-o", "scores", "-m", "lapm,niqe,header")


def test_a_page_and_a_summary(command, scored, tmp_path):
    out = command("audit", "scores", "-o", "report.html", "--markdown", "s.md")
    assert b"1 of 7 images (14.3%) could not be read: 1 truncated." in out.stdout
    page = (tmp_path / "report.html").read_text()
    assert "data:image/webp;base64," in page
    assert "page written to report.html" in out.stderr.decode()
    assert (tmp_path / "s.md").read_text().startswith("## Image quality of photos")
    again = command("audit", "scores", "-o", "report.html", code=2)
    assert b"--force" in again.stderr
    command("audit", "scores", "-o", "report.html", "--force", "--no-pictures")
    assert "data:image/webp;base64," not in (tmp_path / "report.html").read_text()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["photos", "report.html", "s.md", "scores"]


def test_a_gate(command, scored):
    held = command("audit", "scores", "--fail-if", "truncated > 0", "--fail-if", "ok < 1", code=4)
    assert b"gate failed: truncated > 0 (truncated = 1)" in held.stderr
    assert b"gate passed: ok < 1 (ok = 6)" in held.stderr
    told = command.json("audit", "scores", "--fail-if", "exact_duplicates > 1")
    assert told["figures"]["exact_duplicates"] == 1
    assert told["gates"] == [
        {"expression": "exact_duplicates > 1", "failed": False, "why": "exact_duplicates = 1"}
    ]
    shown = command("audit", "scores", "--markdown", "-", "--fail-if", "images > 1", code=4)
    assert b"| images \\> 1 | \xe2\x9d\x8c failed | images = 7 |" in shown.stdout
    command("audit", "scores", "--fail-if", "nothing > 1", code=2)


def test_the_page_goes_with_the_cutoffs_of_the_command(command, scored, tmp_path):
    command("cutoff", "scores", "--set", "lapm=12", "-o", "c.json")
    truth = command.json("curate", "scores", "--cutoffs", "c.json", "--dry-run")
    told = command.json("audit", "scores", "--cutoffs", "c.json", "-o", "r.html")
    assert told["figures"]["kept"] == truth["kept"]
    data = (tmp_path / "r.html").read_text().split('id="data">')[1].split("</script>")[0]
    assert json.loads(data)["policy"]["vote"] == "majority"
