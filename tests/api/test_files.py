"""Files that results are written to."""

from __future__ import annotations

import json

import pytest

from iqcurate.api.files import remove_former, written_before


def test_only_files_that_an_earlier_run_wrote_are_removed(tmp_path):
    folder = tmp_path / "result"
    (folder / "kept.store").mkdir(parents=True)
    outside = tmp_path / "outside.png"
    for name in ("old.png", "old.csv", "new.png", "mine.png", "notes.txt", "report.md"):
        (folder / name).touch()
    outside.touch()
    (folder / "link.png").symlink_to(outside)
    files = ["old.png", "old.csv", "new.png", "gone.png", "n" * 300 + ".png", "kept.store", "..",
             "../outside.png", str(outside), "notes.txt", "report.md", "link.png", 3]  # fmt: skip
    document = folder / "result.json"
    document.write_text(json.dumps({"files": files}))
    remove_former(folder, written_before(document), [folder / "new.png"])
    left = {path.name for path in folder.iterdir()}
    untouched = {"mine.png", "notes.txt", "report.md", "link.png", "kept.store"}
    assert left == {"new.png", "result.json", *untouched}
    assert outside.exists()


@pytest.mark.parametrize("text", [None, "{", "[]", '{"files": 3}', "{}", "null"])
def test_a_document_that_names_no_files_had_none(tmp_path, text):
    if text is not None:
        (tmp_path / "result.json").write_text(text)
    assert written_before(tmp_path / "result.json") == []
