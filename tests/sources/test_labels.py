from __future__ import annotations

import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iqcurate.errors import SourceError, UsageError
from iqcurate.sources import SourceOptions, open_source
from iqcurate.sources.label_table import as_label

from .conftest import Listed


def one(tree, name: str, field: str = "label", **options) -> str | None:
    tree.add("root.jpg", "train/cat/1.jpg")
    return Listed(tree.path(), **options).labels(field)[name]


@pytest.mark.parametrize(
    ("rule", "deep", "top"),
    [
        (None, "cat", None),
        ("folder", "cat", None),
        ("folder:1", "train", None),
        ("folder:2", "cat", None),
        ("folder:3", None, None),
        ("regex:c.t", "cat", None),
        (r"regex:(\w+)\.jpg$", "1", "root"),
        (r"regex:(x)?root", None, None),
        ("regex:^", None, None),
        ("none", None, None),
    ],
)
def test_rules_on_a_folder(tree, rule, deep, top):
    assert one(tree, "train/cat/1.jpg", label_from=rule) == deep
    assert one(tree, "root.jpg", label_from=rule) == top


@pytest.mark.parametrize("field", ["split", "group"])
def test_split_and_group_have_the_same_rules_and_no_default(tree, field):
    assert one(tree, "train/cat/1.jpg", field) is None
    assert one(tree, "train/cat/1.jpg", field, **{f"{field}_from": "folder:1"}) == "train"


def test_files_and_lists_have_no_default_label_but_take_rules(tree):
    tree.add("cat/1.jpg")
    tree.add("l.txt", content=f"cat/1.jpg\n{tree.path('dog/2.jpg')}\n../up.jpg\n/x.jpg".encode())
    assert Listed("cat/1.jpg").refs[0].label is None
    assert Listed("cat/1.jpg", label_from="folder").refs[0].label == "cat"
    assert [ref.label for ref in Listed("l.txt").refs] == [None] * 4
    folders = [ref.label for ref in Listed("l.txt", label_from="folder").refs]
    assert folders == ["cat", "dog", None, None]
    assert [ref.label for ref in Listed("l.txt", label_from="folder:1").refs][:2] == ["cat", "dog"]


def test_folder_names_become_labels_as_people_write_them(tree):
    tree.add("50% off/1.jpg", b"caf\xe9/1.jpg")
    assert set(Listed(".").labels().values()) == {"50% off", "caf%E9"}


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "nonsense",
        "folder:",
        "folder:0",
        "folder:-1",
        "folder:x",
        "regex:",
        "regex:(",
        "column:",
        "column:label",
        "none:1",
    ],
)
@pytest.mark.parametrize("option", ["label_from", "split_from", "group_from"])
def test_bad_rules_are_usage_errors(tree, rule, option):
    tree.add("a.jpg")
    with pytest.raises(UsageError, match=option.removesuffix("_from")):
        open_source(["."], SourceOptions(**{option: rule}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x", "x"),
        ("", None),
        (None, None),
        (3, "3"),
        (3.0, "3"),
        (2.5, "2.5"),
        (float("nan"), None),
        ("3.0", "3.0"),
        (0, "0"),
        (b"x", "x"),
        (1e300, str(int(1e300))),
    ],
)
def test_values_become_text(value, text):
    assert as_label(value) == text


FILES = {
    "l.csv": b"path,label,split\n./a//1.jpg,cat,train\n2.jpg,,val\n",
    "l.tsv": b"Path\tlabel\tsplit\na/1.jpg\tcat\ttrain\n2.jpg\t\tval\n",
    "l.jsonl": b'{"id": "a/1.jpg", "label": "cat", "split": "train"}\n'
    b'{"id": "2.jpg", "split": "val"}',
}


@pytest.mark.parametrize("name", [*FILES, "l.parquet"])
def test_label_file_is_joined_and_wins(tree, tmp_path, name):
    tree.add("a/1.jpg", "2.jpg", "b/3.jpg")
    file = tmp_path / name
    if name in FILES:
        file.write_bytes(FILES[name])
    else:
        paths = [tree.path("a/1.jpg"), "2.jpg"]
        pq.write_table(
            pa.table({"uri": paths, "label": ["cat", None], "split": ["train", "val"]}), file
        )
    listed = Listed(".", labels=str(file), label_from="folder", group_from="folder:1")
    assert listed.labels() == {"a/1.jpg": "cat", "2.jpg": None, "b/3.jpg": None}
    assert listed.labels("split") == {"a/1.jpg": "train", "2.jpg": "val", "b/3.jpg": None}
    assert listed.labels("group") == {"a/1.jpg": "a", "2.jpg": None, "b/3.jpg": "b"}
    assert listed.source.unmatched_labels == 0
    assert listed.source.unmatched_example is None


def test_fields_that_the_file_lacks_keep_their_rule(tree, tmp_path):
    tree.add("a/1.jpg")
    (tmp_path / "l.csv").write_text("path,split\na/1.jpg,train\n")
    listed = Listed(".", labels=str(tmp_path / "l.csv"))
    assert listed.labels() == {"a/1.jpg": "a"}
    assert listed.labels("split") == {"a/1.jpg": "train"}


def test_rows_that_match_nothing_are_counted(tree, tmp_path):
    tree.add("1.jpg", b"\xff%.jpg")
    lines = b"path,label\n1.jpg,x\n\xff%.jpg,y\ngone.jpg,z\n/elsewhere/1.jpg,z\n"
    (tmp_path / "l.csv").write_bytes(lines)
    listed = Listed(".", labels=str(tmp_path / "l.csv"))
    assert listed.labels() == {"1.jpg": "x", "%FF%25.jpg": "y"}
    assert listed.source.unmatched_labels == 2
    assert listed.source.unmatched_example == "gone.jpg"


def test_label_file_by_escaped_id(tree, tmp_path):
    tree.add("100%.jpg")
    (tmp_path / "l.csv").write_text("id,uri,label\n100%25.jpg,/moved/100%25.jpg,x\n")
    assert Listed(".", labels=str(tmp_path / "l.csv")).labels() == {"100%25.jpg": "x"}


def test_label_file_goes_with_lists_files_and_stdin(tree):
    import io

    tree.add("1.jpg", "2.jpg")
    tree.add("l.csv", content=b"file,label\n1.jpg,x\n2.jpg,y\n")
    tree.add("l.txt", content=tree.path("2.jpg").encode())
    for listed in (
        Listed("2.jpg", labels="l.csv"),
        Listed("l.txt", labels="l.csv"),
        Listed("-", stdin=io.BytesIO(b"2.jpg\n"), labels="l.csv"),
    ):
        assert [ref.label for ref in listed.refs] == ["y"]


def test_a_column_of_the_label_file_can_be_named(tree, tmp_path):
    tree.add("1.jpg")
    (tmp_path / "l.csv").write_text("file,fine,label\n1.jpg,28,x\n")
    listed = Listed(".", labels=str(tmp_path / "l.csv"), label_from="column:fine")
    assert listed.labels() == {"1.jpg": "28"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,fine\n1.jpg,28\n", "no column label, split or group; it has path, fine"),
        ("photo,label\n1.jpg,28\n", "no column of paths; it has photo, label"),
        ("path,label\n1.jpg,a\n./1.jpg,b\n", "line 3: 1.jpg has other labels"),
        ("path,label\n1.jpg\n", "line 2"),
    ],
)
def test_bad_label_files(tree, tmp_path, text, message):
    tree.add("1.jpg")
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(SourceError, match=message):
        open_source(["."], SourceOptions(labels=str(tmp_path / "l.csv")))


@pytest.mark.parametrize("name", ["gone.csv", "labels.xlsx", "folder.csv"])
def test_label_files_that_cannot_be_read(tree, name):
    tree.add("1.jpg", "labels.xlsx")
    os.mkdir("folder.csv")
    with pytest.raises(SourceError, match=name):
        open_source(["."], SourceOptions(labels=name))


def test_the_same_row_twice_is_fine(tree, tmp_path):
    tree.add("1.jpg")
    (tmp_path / "l.csv").write_text("path,label\n1.jpg,a\n./1.jpg,a\n")
    assert Listed(".", labels=str(tmp_path / "l.csv")).labels() == {"1.jpg": "a"}


def test_real_labels(data):
    folder = data / "grocery_packages"
    options = {"labels": str(folder / "train.csv"), "label_from": "column:fine"}
    listed = Listed(str(folder), **options)
    labelled = [ref for ref in listed.refs if ref.label is not None]
    assert {ref.id.split("/")[0] for ref in labelled} == {"train"}
    assert listed.source.unmatched_labels == 0
