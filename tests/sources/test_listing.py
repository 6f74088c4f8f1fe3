from __future__ import annotations

import json
import os
import tracemalloc

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from iqcurate.errors import SourceError, UsageError
from iqcurate.sources import SourceOptions, listing, open_source
from iqcurate.sources.seen import Seen

from .conftest import Listed


def write(name: str, columns: dict[str, list[object]]) -> str:
    """Write the same table in the format that the name says."""
    rows = [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]
    if name.endswith(".parquet"):
        pq.write_table(pa.table(columns), name)
    elif name.endswith("jsonl"):
        _text(name, "\n".join(map(json.dumps, rows)) + "\n")
    else:
        mark = "\t" if name.endswith(".tsv") else ","
        lines = [mark.join(columns), *(mark.join(map(str, row.values())) for row in rows)]
        _text(name, "\n".join(lines) + "\n")
    return name


def _text(name: str, text: str) -> None:
    with open(name, "w", newline="") as file:
        file.write(text)


FORMATS = ["l.csv", "l.tsv", "l.jsonl", "L.PARQUET".lower(), "l.CSV"]


@pytest.mark.parametrize("name", FORMATS)
def test_every_table_format(tree, tmp_path, monkeypatch, name):
    tree.add("a/1.jpg", "2.jpg")
    write(name, {"label": ["x", "y"], "n": [1, 2], "file": ["a/1.jpg", "./2.jpg"]})
    monkeypatch.chdir(tmp_path)
    listed = Listed(f"root/{name}")
    assert listed.ids == ["a/1.jpg", "2.jpg"]
    assert listed.labels() == {"a/1.jpg": "x", "2.jpg": "y"}
    assert [ref.uri for ref in listed.refs] == [tree.path("a/1.jpg"), tree.path("2.jpg")]
    assert (listed.source.kind, listed.source.root) == ("list", tree.path())
    assert listed.source.complete_prefixes() == ()
    assert not listed.failures()


def test_text_list_takes_any_bytes_crlf_and_blank_lines(tree):
    tree.add(b"\xff%.jpg", "b b.jpg", "c.jpg", " d.jpg")
    tree.add("list.txt", content=b"\xef\xbb\xbf\xff%.jpg\r\n\r\nb b.jpg\n\n d.jpg\nc.jpg")
    listed = Listed("list.txt")
    assert listed.ids == ["%FF%25.jpg", "b b.jpg", " d.jpg", "c.jpg"]
    assert not listed.failures()


def test_tables_take_names_that_are_no_utf8(tree):
    tree.add(b"\xff.jpg")
    tree.add("a.csv", content=b"\xef\xbb\xbfpath\r\n\xff.jpg\r\n")
    tree.add("a.jsonl", content=b'{"path": "\xff.jpg"}\n')
    tree.add("b.jsonl", content=b'{"path": "\\udcff.jpg"}\n')
    pq.write_table(pa.table({"path": [b"\xff.jpg"]}), "a.parquet")
    for name in ("a.csv", "a.jsonl", "b.jsonl", "a.parquet"):
        listed = Listed(name)
        assert listed.ids == ["%FF.jpg"]
        assert not listed.failures()


def test_csv_quotes_newlines_and_the_apostrophe_against_spreadsheets(tree):
    tree.add("a,b.jpg", "new\r\nline.jpg", "=x.jpg", "'quoted'.jpg")
    text = 'path\n"a,b.jpg"\n"new\r\nline.jpg"\n\'=x.jpg\n\'quoted\'.jpg\n'
    tree.add("l.csv", content=text.encode())
    listed = Listed("l.csv")
    assert listed.ids == ["a,b.jpg", "new\r\nline.jpg", "=x.jpg", "'quoted'.jpg"]
    assert not listed.failures()


@pytest.mark.parametrize(
    "column",
    [
        "path",
        "file",
        "filename",
        "file_name",
        "filepath",
        "file_path",
        "image",
        "image_path",
        "img",
        "uri",
        "id",
        "Path",
        "FILENAME",
    ],
)
def test_usual_names_of_the_path_column(tree, column):
    tree.add("a.jpg")
    write("l.csv", {"other": ["o"], column: ["a.jpg"]})
    assert Listed("l.csv").ids == ["a.jpg"]


def test_the_best_name_wins_and_a_named_column_beats_it(tree):
    tree.add("a.jpg", "b.jpg")
    write("l.csv", {"id": ["7"], "photo": ["b.jpg"], "image": ["a.jpg"]})
    assert Listed("l.csv").ids == ["a.jpg"]
    assert Listed("l.csv", path_column="photo").ids == ["b.jpg"]


def test_no_path_column_names_the_columns_found(tree):
    write("l.csv", {"photo": ["a.jpg"], "what": ["b"]})
    with pytest.raises(SourceError, match="photo, what"):
        open_source(["l.csv"])
    with pytest.raises(SourceError, match=r"'x'.*photo, what"):
        open_source(["l.csv"], SourceOptions(path_column="x"))


def test_ids_and_uris_of_our_own_tables_are_unescaped(tree):
    tree.add("100%.jpg", b"\xff.jpg")
    written = [Listed(".").refs[0].id, Listed(".").refs[1].id]
    assert written == ["100%25.jpg", "%FF.jpg"]
    for column, values in (("id", written), ("uri", [tree.path(name) for name in written])):
        write("l.csv", {column: values})
        listed = Listed("l.csv")
        assert listed.ids == values
        assert not listed.failures()


def test_an_id_that_is_a_plain_path_is_found_too(tree):
    tree.add("100%25.jpg")
    write("l.csv", {"id": ["100%25.jpg"]})
    assert not Listed("l.csv").failures()


def test_paths_are_relative_to_the_list_or_the_root_option(tree, tmp_path):
    tree.add("lists/l.txt", content=b"../img/a.jpg\nb.jpg\n")
    tree.add("img/a.jpg", "lists/b.jpg")
    listed = Listed("lists/l.txt")
    assert listed.ids == ["../img/a.jpg", "b.jpg"]
    assert [ref.uri for ref in listed.refs] == [tree.path("img/a.jpg"), tree.path("lists/b.jpg")]
    tree.add("moved/b.jpg")
    listed = Listed("lists/l.txt", root="moved")
    assert listed.by_id["b.jpg"].uri == tree.path("moved/b.jpg")
    assert listed.source.root == tree.path("moved")
    with pytest.raises(SourceError, match="mounted"):
        open_source(["lists/l.txt"], SourceOptions(root="gone"))


@pytest.mark.timeout(20)
def test_what_cannot_be_read_is_a_row_at_once(tree):
    tree.add("a.jpg", "d/x.jpg")
    os.mkfifo("pipe.jpg")
    tree.add(
        "l.txt", content=b"a.jpg\ngone.jpg\na.jpg/x.jpg\npipe.jpg\nd\n" + b"n" * 300 + b".jpg\n"
    )
    listed = Listed("l.txt")
    assert listed.failures() == {
        "gone.jpg": "gone",
        "a.jpg/x.jpg": "gone",
        "pipe.jpg": "not_an_image",
        "d": "not_an_image",
        "n" * 300 + ".jpg": "io",
    }
    statuses = {ref.id: str(ref.failure.status) for ref in listed.refs if ref.failure}
    assert statuses["gone.jpg"] == "missing"
    assert statuses["pipe.jpg"] == "unsupported"
    assert listed.by_id["gone.jpg"].fingerprint == ""


def test_a_path_listed_twice_is_skipped_however_it_is_written(tree):
    tree.add("a.jpg", "b.jpg")
    names = ["a.jpg", "b.jpg", "./a.jpg", tree.path("b.jpg"), "a.jpg"]
    tree.add("l.txt", content="\n".join(names).encode())
    listed = Listed("l.txt")
    assert listed.ids == ["a.jpg", "b.jpg"]
    assert len(listed.entries) == 5
    assert set(listed.skips.values()) == {"listed twice"}


BAD = [
    ("l.csv", b"path,x\na.jpg,1\nb.jpg\n", "line 3: 1 values for 2 columns"),
    ("l.csv", b'path\n"a.jpg\n', "line 2"),
    ("l.csv", b"path,x\n,1\n", "line 2: '' is no path"),
    ("l.csv", b"", "empty"),
    ("l.csv", b"\xff\xfep\0a\0t\0h\0", "UTF-16"),
    ("l.txt", b"\xff\xfea\0.\0", "UTF-16"),
    ("l.jsonl", b'{"path": "a.jpg"}\n{"path": \n', "line 2: not JSON"),
    ("l.jsonl", b'{"path": "a.jpg"}\n\n["b.jpg"]\n', "line 3: not a JSON object"),
    ("l.jsonl", b'{"path": "a.jpg"}\n{"file": "b.jpg"}\n', "line 2: None is no path"),
    ("l.jsonl", b'{"path": 7}\n', "line 1: 7 is no path"),
    ("l.jsonl", b'{"path": "\\ud800"}\n', "line 1.*no valid text"),
    ("l.jsonl", b'{"path": "a\\u0000b"}\n', "line 1.*NUL"),
    ("l.parquet", b"PAR1 not really", "not a Parquet file"),
    ("l.csv", b"path\nhttps://x.org/a.jpg\n", "line 2.*addresses"),
    ("l.txt", b"a.jpg\ns3://b/k\n", "line 2.*addresses"),
    ("l.txt", b"x" * 3_000_000, "is it a list"),
]


@pytest.mark.parametrize(("name", "content", "message"), BAD)
def test_malformed_lists_name_file_and_line(tree, name, content, message):
    tree.add("a.jpg", "b.jpg")
    tree.add(name, content=content)
    with pytest.raises(SourceError, match=f"(?s){name}.*{message}"):
        list(open_source([name]))


def test_a_null_path_in_parquet_names_its_row(tree):
    write("l.parquet", {"path": ["a.jpg", None]})
    with pytest.raises(SourceError, match="line 2"):
        list(open_source(["l.parquet"]))


def test_a_cut_parquet_file_is_an_error(tree):
    write("l.parquet", {"path": [f"{n}.jpg" for n in range(1000)]})
    with open("l.parquet", "r+b") as file:
        file.seek(4)
        file.write(bytes(200))
    with pytest.raises(SourceError, match=r"l\.parquet"):
        list(open_source(["l.parquet"]))


@pytest.mark.parametrize("name", ["l.txt", "l.csv", "l.jsonl", "l.parquet"])
def test_a_long_list_is_not_held_in_memory(tree, monkeypatch, name):
    monkeypatch.setattr(listing, "Seen", lambda: Seen(recent=1000))
    paths = [f"some/quite/long/folder/of/images/{n:08}.jpg" for n in range(10_000)]
    if name == "l.txt":
        tree.add(name, content="\n".join(paths).encode())
    else:
        write(name, {"path": paths})
    del paths
    tracemalloc.start()
    try:
        count = sum(1 for _ in open_source([name]))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert count == 10_000
    assert peak < 9e5  # the paths alone take 1 MB


def test_labels_split_and_group_come_from_columns_of_that_name(tree):
    tree.add("a.jpg", "b.jpg")
    columns = {"path": ["a.jpg", "b.jpg"], "split": ["train", ""], "Group": [3.0, 4.5]}
    for name in ("l.csv", "l.parquet", "l.jsonl"):
        write(name, columns)
        listed = Listed(name)
        assert listed.labels("split") == {"a.jpg": "train", "b.jpg": None}
        assert listed.labels("label") == {"a.jpg": None, "b.jpg": None}
    assert listed.labels("group") == {"a.jpg": "3", "b.jpg": "4.5"}


def test_a_jsonl_column_that_only_later_lines_have(tree):
    tree.add("l.jsonl", content=b'{"path": "a.jpg"}\n{"path": "b.jpg", "label": 5}\n')
    assert Listed("l.jsonl").labels() == {"a.jpg": None, "b.jpg": "5"}


def test_a_column_that_the_list_lacks_is_a_usage_error(tree):
    write("l.csv", {"path": ["a.jpg"], "fine": ["x"]})
    with pytest.raises(UsageError, match=r"'nope'.*path, fine"):
        open_source(["l.csv"], SourceOptions(label_from="column:nope"))
    assert Listed("l.csv", label_from="column:fine").labels() == {"a.jpg": "x"}


def test_real_list(data):
    folder = data / "grocery_packages"
    listed = Listed(str(folder / "train.csv"), label_from="column:fine", group_from="column:coarse")
    assert len(listed.refs) > 600
    assert not listed.failures()
    first = listed.refs[0]
    assert (first.label, first.group) == ("28", "19")
