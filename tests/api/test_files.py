"""Files that results are written to."""

from __future__ import annotations

import json

import pytest

from iqcurate.api.files import remove_former, written_before


def test_only_files_that_an_earlier_run_wrote_are_removed(tmp_path):
    folder = tmp_path / "result"
    (folder / "kept.store").mkdir(parents=True)
    for name in ("old.png", "new.png", "mine.png", "../outside.png"):
        (folder / name).touch()
    files = ["old.png", "new.png", "gone.png", "kept.store", "..", "../outside.png", 3]
    document = folder / "result.json"
    document.write_text(json.dumps({"files": files}))
    remove_former(folder, written_before(document), [folder / "new.png"])
    left = {path.name for path in folder.iterdir()}
    assert left == {"new.png", "mine.png", "kept.store", "result.json"}
    assert (tmp_path / "outside.png").exists()


@pytest.mark.parametrize("text", [None, "{", "[]", '{"files": 3}', "{}", "null"])
def test_a_document_that_names_no_files_had_none(tmp_path, text):
    if text is not None:
        (tmp_path / "result.json").write_text(text)
    assert written_before(tmp_path / "result.json") == []
