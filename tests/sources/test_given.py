from __future__ import annotations

import os

import pytest

from iqcurate.errors import SourceError, UsageError
from iqcurate.sources import Skip, SourceOptions, open_source

from .conftest import Listed


def test_one_file(tree):
    tree.add("a/b.jpg")
    listed = Listed("./a//b.jpg")
    assert listed.ids == ["a/b.jpg"]
    assert listed.refs[0].uri == tree.path("a/b.jpg")
    assert (listed.source.kind, listed.source.root) == ("files", tree.path())
    assert listed.source.complete_prefixes() == ()
    assert listed.refs[0].label is None


def test_several_files_keep_their_order_and_absolute_names(tree):
    tree.add("b.jpg", "a.jpg")
    listed = Listed("b.jpg", tree.path("a.jpg"), "../root/a.jpg")
    assert listed.ids == ["b.jpg", tree.path("a.jpg")]
    assert listed.skips == {"../root/a.jpg": "listed twice"}
    assert (listed.source.kind, listed.source.root) == ("files", tree.path())


def test_given_files_are_images_whatever_they_are_called(tree):
    tree.add("notes.md", ".hidden", "labels.csv", content=b"hello")
    listed = Listed("notes.md", ".hidden", "labels.csv")
    assert listed.ids == ["notes.md", ".hidden", "labels.csv"]
    assert not listed.failures()


@pytest.mark.timeout(20)
def test_given_pipe_is_a_failure_and_never_opened(tree, monkeypatch):
    os.mkfifo("p")
    monkeypatch.setattr(os, "open", None)
    listed = Listed("p")
    assert listed.failures() == {"p": "not_an_image"}
    assert str(listed.refs[0].failure.status) == "unsupported"


def test_given_bytes_names(tree):
    tree.add(b"\xff.jpg")
    listed = Listed(os.fsdecode(b"\xff.jpg"))
    assert listed.ids == ["%FF.jpg"]
    assert listed.refs[0].failure is None


def test_a_missing_file_alone_is_an_error_among_others_a_row(tree):
    tree.add("a.jpg")
    with pytest.raises(SourceError, match=r"gone\.jpg: there is no such file"):
        open_source(["gone.jpg"])
    listed = Listed("a.jpg", "gone.jpg")
    assert listed.failures() == {"gone.jpg": "gone"}
    assert str(listed.by_id["gone.jpg"].failure.status) == "missing"


@pytest.mark.parametrize("names", [["*.jpg"], ["a.jpg", "b/*.png"]])
def test_a_pattern_that_the_shell_left_is_explained(tree, names):
    tree.add("a.jpg")
    with pytest.raises(SourceError, match="shell found no file"):
        open_source(names)


def test_a_file_with_a_star_in_its_name_is_a_file(tree):
    tree.add("a*.jpg")
    assert Listed("a*.jpg").ids == ["a*.jpg"]


def test_folders_among_several_prefix_their_ids(tree):
    tree.add("train/cat/1.jpg", "train/2.jpg", "val/dog/1.jpg", "extra.jpg")
    listed = Listed("./train/", "extra.jpg", "val")
    assert listed.ids == ["train/2.jpg", "train/cat/1.jpg", "extra.jpg", "val/dog/1.jpg"]
    assert (listed.source.kind, listed.source.root) == ("several", tree.path())
    assert listed.source.complete_prefixes() == ("train/", "val/")
    assert listed.labels() == {
        "train/2.jpg": "train",
        "train/cat/1.jpg": "cat",
        "extra.jpg": None,
        "val/dog/1.jpg": "dog",
    }
    assert Listed("train", "val", split_from="folder:1").labels("split") == {
        "train/2.jpg": "train",
        "train/cat/1.jpg": "train",
        "val/dog/1.jpg": "val",
    }


def test_overlapping_folders_list_a_file_once(tree):
    tree.add("a/b/x.jpg", "c.jpg")
    listed = Listed("a", "a/b", ".")
    assert listed.ids == ["a/b/x.jpg", "c.jpg"]
    assert listed.skips == {"a/b/x.jpg": "listed twice"}
    assert [entry for entry in listed.entries if isinstance(entry, Skip)] == [
        Skip("a/b/x.jpg", "listed twice")
    ] * 2
    assert listed.source.complete_prefixes() == ("a/", "a/b/", "")


def test_a_store_among_several_is_skipped(tree):
    tree.add("a/x.jpg", "scores/_delta_log/0.json")
    listed = Listed("a", "scores")
    assert listed.skips == {"scores/": "a score store"}
    assert listed.source.complete_prefixes() == ("a/",)


@pytest.mark.parametrize("bad", ["empty", "gone/"])
def test_a_folder_among_several_that_may_be_unmounted_is_an_error(tree, bad):
    tree.add("a/x.jpg")
    os.mkdir("empty")
    with pytest.raises(SourceError, match="mounted"):
        open_source(["a", bad])


def test_root_option_is_where_relative_names_start(tree, tmp_path, monkeypatch):
    tree.add("a.jpg", "b/c.jpg")
    monkeypatch.chdir(tmp_path)
    listed = Listed("a.jpg", "b", root=tree.path())
    assert listed.ids == ["a.jpg", "b/c.jpg"]
    assert listed.source.root == tree.path()
    for root in ("gone", "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(SourceError, match="mounted"):
            open_source(["a.jpg"], SourceOptions(root=root))
    with pytest.raises(UsageError, match="another folder"):
        open_source(["b"], SourceOptions(root=tree.path()))


@pytest.mark.parametrize("given", [["http://x.org/a.jpg"], ["a.jpg", "s3://bucket/key"]])
def test_addresses_are_refused(tree, given):
    tree.add("a.jpg")
    with pytest.raises(SourceError, match="addresses are not supported yet"):
        open_source(given)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.tar", b"x"),
        ("x.ZIP", b"x"),
        ("x.tar.gz", b"x"),
        ("list.csv.gz", b"x"),
        ("unnamed", b"PK\x03\x04rest"),
        ("unnamed", bytes(257) + b"ustar\x0000"),
        ("unnamed", b"\x1f\x8b\x08"),
    ],
)
def test_archives_are_refused_by_name_and_content(tree, name, content):
    tree.add(name, content=content)
    tree.add("a.jpg")
    for given in ([name], ["a.jpg", name]):
        with pytest.raises(SourceError, match="unpack it"):
            open_source(given)


@pytest.mark.parametrize("given", [[], [""], ["-", "a.jpg"], ["a.csv", "b.txt"]])
def test_calls_that_cannot_be_right(tree, given):
    tree.add("a.jpg", "a.csv", "b.txt")
    with pytest.raises(UsageError):
        open_source(given)


def test_path_column_is_for_lists(tree):
    tree.add("a.jpg")
    for given in (["."], ["a.jpg"], ["-"]):
        with pytest.raises(UsageError, match="only lists"):
            open_source(given, SourceOptions(path_column="file"))


def test_a_removed_current_folder_is_explained(tree):
    os.mkdir("here")
    os.chdir("here")
    os.rmdir(tree.path("here"))
    with pytest.raises(SourceError, match="current folder is gone"):
        open_source(["a.jpg", "b.jpg"])
