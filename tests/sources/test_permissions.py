from __future__ import annotations

import json

import pytest

from .conftest import PNG

LIST = """
import json
from iqcurate.errors import IqcurateError
from iqcurate.sources import Skip, SourceOptions, open_source
rows = {{}}
try:
    for entry in open_source({sources!r}, SourceOptions(all_files={all_files!r})):
        if isinstance(entry, Skip):
            rows[entry.path] = [entry.reason, entry.is_error]
        else:
            rows[entry.id] = entry.failure and entry.failure.error
            if entry.failure:
                continue
            try:
                entry.opener().close()
            except OSError as error:
                rows[entry.id] = type(error).__name__
except IqcurateError as error:
    rows = str(error)
print(json.dumps(rows))
"""


@pytest.fixture
def listing(as_nobody):
    """List as a user without rights: ``listing(sources) -> id or path: what was found``."""

    def run(*sources: str, all_files: bool = False):
        return json.loads(as_nobody(LIST.format(sources=list(sources), all_files=all_files)))

    return run


def test_an_unreadable_folder_makes_the_listing_incomplete(tree, listing):
    tree.add("a.jpg", "closed/b.jpg", "z.jpg")
    (tree.root / "closed").chmod(0)
    assert listing(tree.path()) == {
        "a.jpg": None,
        "closed": ["folder cannot be read: Permission denied", True],
        "z.jpg": None,
    }


def test_an_unreadable_root_is_an_error(tree, listing):
    tree.add("closed/a.jpg", "b.jpg")
    (tree.root / "closed").chmod(0)
    assert "closed: the folder cannot be read" in listing(tree.path("closed"))
    assert "closed: the folder cannot be read" in listing(tree.path("closed"), tree.path("b.jpg"))


def test_an_unreadable_file_is_an_image_only_by_its_extension(tree, listing):
    tree.add("a.jpg", "b", content=PNG)
    for name in ("a.jpg", "b"):
        (tree.root / name).chmod(0)
    reason = "no image extension, and cannot be read: Permission denied"
    assert listing(tree.path()) == {"a.jpg": "PermissionError", "b": [reason, False]}
    found = listing(tree.path(), all_files=True)
    assert found == {"a.jpg": "PermissionError", "b": "PermissionError"}


def test_a_folder_whose_files_cannot_be_seen(tree, listing):
    tree.add("d/a.jpg", "d/b")
    (tree.root / "d").chmod(0o644)
    assert listing(tree.path()) == {
        "d/a.jpg": "permission: Permission denied",
        "d/b": ["cannot be read: Permission denied", True],
    }


def test_a_listed_file_that_cannot_be_seen(tree, listing):
    tree.add("l.txt", content=b"d/a.jpg\nb.jpg\n")
    tree.add("d/a.jpg", "b.jpg")
    (tree.root / "d").chmod(0)
    assert listing(tree.path("l.txt")) == {
        "d/a.jpg": "permission: Permission denied",
        "b.jpg": None,
    }


def test_an_unreadable_list_is_an_error(tree, listing):
    for name in ("l.txt", "l.csv", "l.jsonl", "l.parquet"):
        tree.add(name, content=b"path\n")
        (tree.root / name).chmod(0)
        assert f"{name}: cannot be read: Permission denied" in listing(tree.path(name))
