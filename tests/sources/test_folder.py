from __future__ import annotations

import inspect
import os
import socket
import sys

import pytest

from iqcurate.errors import SourceError, UsageError
from iqcurate.sources import Skip, SourceOptions, local_path, open_source

from .conftest import PNG, Listed


def test_lists_all_levels_in_the_order_of_bytes(tree):
    tree.add("b/2.jpg", "b/10.jpg", "a.jpg", "B.PNG", "b/deep/er/x.webp", "ä.jpg")
    listed = Listed(tree.path())
    assert listed.ids == ["B.PNG", "a.jpg", "b/10.jpg", "b/2.jpg", "b/deep/er/x.webp", "ä.jpg"]
    assert listed.source.root == tree.path()
    assert listed.source.kind == "folder"
    assert listed.source.complete_prefixes() == ("",)
    assert listed.entries == listed.refs


@pytest.mark.parametrize("name", [".", "./", "../root", "//{}/"])
def test_root_is_absolute_however_it_is_named(tree, name):
    tree.add("a.jpg")
    listed = Listed(name.format(tree.path()))
    assert listed.source.root == tree.path()
    assert listed.refs[0].uri == tree.path("a.jpg")


def test_first_image_comes_before_the_rest_is_listed(tree, monkeypatch):
    for number in range(20):
        tree.add(f"{number:02}/a.jpg")
    opened = []
    listdir = os.listdir
    monkeypatch.setattr(os, "listdir", lambda path: opened.append(path) or listdir(path))
    assert next(iter(open_source([tree.path()]))).id == "00/a.jpg"
    assert len(opened) == 2


def test_can_be_iterated_once(tree):
    tree.add("a.jpg")
    source = open_source([tree.path()])
    list(source)
    with pytest.raises(UsageError, match="once"):
        iter(source)


NAMES = [b"new\nline.jpg", "😀.jpg".encode(), b"bad\xff\xfe.jpg", b"100%.jpg", b"%FF.jpg", b" .jpg"]


def test_any_name_gets_an_id_and_opens(tree):
    long = b"n" * 246 + b".jpg"
    names = sorted([*NAMES, long])
    tree.add(*names)
    tree.add(b"d\xff%/x.jpg")
    listed = Listed(tree.path())
    assert sorted(local_path(ref.id) for ref in listed.refs) == sorted([*names, b"d\xff%/x.jpg"])
    for ref in listed.refs:
        ref.id.encode()
        assert local_path(ref.uri) == os.fsencode(tree.root) + b"/" + local_path(ref.id)
        with ref.opener() as stream:
            assert stream.read() == b"x"


def test_extension_in_any_case_or_magic_makes_an_image(tree):
    tree.add("a.JpEg", "b.tiff", "notes.txt", "empty", content=b"hello")
    tree.add("photo", "odd.dat", content=PNG)
    tree.add("jpg", "x.jpg/README", content=b"words")
    listed = Listed(tree.path())
    assert listed.ids == ["a.JpEg", "b.tiff", "odd.dat", "photo"]
    assert listed.skips == dict.fromkeys(
        ["empty", "jpg", "notes.txt", "x.jpg/README"], "not an image"
    )
    assert not listed.errors


def test_all_files_gives_the_others_rows_but_hidden_ones(tree):
    tree.add("a.jpg", "notes.txt", ".hidden.jpg", ".git/x.jpg")
    listed = Listed(tree.path(), all_files=True)
    assert listed.ids == ["a.jpg", "notes.txt"]
    assert listed.skips == {".hidden.jpg": "hidden", ".git": "hidden"}


def test_stores_are_left_out(tree):
    tree.add("a.jpg", "scores/_delta_log/0.json", "scores/x.jpg", "deep/_delta_log/0.json")
    listed = Listed(tree.path(), all_files=True)
    assert listed.ids == ["a.jpg"]
    assert listed.skips == {"deep": "a score store", "scores": "a score store"}
    with pytest.raises(SourceError, match="score store"):
        open_source([tree.path("scores")])


@pytest.mark.timeout(20)
def test_pipes_sockets_and_devices_are_skipped_unopened(tree, monkeypatch):
    tree.add("a.jpg")
    os.mkfifo("pipe.jpg")
    os.mkfifo("pipe")
    os.symlink("/dev/zero", "zero.jpg")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.jpg")
        monkeypatch.setattr(os, "open", None)
        listed = Listed(tree.path(), all_files=True)
    assert listed.ids == ["a.jpg"]
    names = ["pipe", "pipe.jpg", "s.jpg", "zero.jpg"]
    assert listed.skips == dict.fromkeys(names, "not a regular file")


def test_links_to_files_and_folders_are_followed(tree, tmp_path):
    tree.add("real/a.jpg")
    (tmp_path / "outside.jpg").write_bytes(b"out")
    os.symlink(tmp_path / "outside.jpg", "b.jpg")
    os.symlink("real", "second")
    listed = Listed(tree.path())
    assert listed.ids == ["b.jpg", "real/a.jpg", "second/a.jpg"]
    assert listed.refs[0].fingerprint.startswith("3-")
    assert listed.refs[2].uri == tree.path("second/a.jpg")


@pytest.mark.timeout(20)
def test_loops_of_links_end(tree):
    tree.add("a/x.jpg", "b/y.jpg")
    os.symlink("..", "a/up")
    os.symlink(".", "a/self")
    os.symlink("../b", "a/b")
    os.symlink("../a", "b/a")
    listed = Listed(tree.path())
    assert set(listed.ids) == {"a/x.jpg", "b/y.jpg", "a/b/y.jpg", "b/a/x.jpg"}
    assert set(listed.skips.values()) == {"a link to a folder that it lies in"}
    assert not listed.errors


def test_broken_links_are_skipped(tree):
    tree.add("a.jpg")
    os.symlink("nowhere", "b.jpg")
    os.symlink("c.jpg", "c.jpg")
    listed = Listed(tree.path())
    assert listed.skips == {"b.jpg": "a broken link", "c.jpg": "a broken link"}
    assert not listed.errors


def test_what_goes_while_it_is_listed_makes_the_listing_incomplete(tree):
    tree.add("a.jpg", "b.jpg", "c/d.jpg", "e.jpg")
    entries = iter(open_source([tree.path()]))
    assert next(entries).id == "a.jpg"
    os.remove("b.jpg")
    skip, *rest = entries
    assert skip == Skip("b.jpg", "gone while it was listed", is_error=True)
    assert [ref.id for ref in rest] == ["c/d.jpg", "e.jpg"]


def test_a_folder_too_deep_for_the_system_is_an_error_not_a_crash(tree):
    tree.add("a.jpg")
    here = os.open(".", os.O_RDONLY)
    for _ in range(25):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
    os.fchdir(here)
    os.close(here)
    listed = Listed(tree.path())
    assert listed.ids == ["a.jpg"]
    assert len(listed.errors) == 1
    assert "too long" in next(iter(listed.skips.values()))


def test_many_levels_do_not_exhaust_the_stack(tree):
    tree.add("/".join("d" * 400) + "/a.jpg")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        assert len(Listed(tree.path()).ids) == 1
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize("name", ["gone", "gone/", "empty", "file.jpg/x"])
def test_root_that_cannot_be_right_is_an_error(tree, name):
    tree.add("file.jpg")
    os.mkdir("empty")
    with pytest.raises(SourceError) as caught:
        open_source([name])
    assert name.rstrip("/") in str(caught.value)


def test_empty_root_asks_whether_it_is_mounted(tree):
    with pytest.raises(SourceError, match="mounted"):
        open_source([tree.path()])


def test_root_that_empties_before_it_is_listed_is_an_error(tree):
    tree.add("a.jpg")
    source = open_source([tree.path()])
    os.remove("a.jpg")
    with pytest.raises(SourceError, match="mounted"):
        list(source)


def test_root_option_must_be_the_same_folder(tree, tmp_path):
    tree.add("a.jpg", "sub/b.jpg")
    os.symlink(tree.root, tmp_path / "link")
    assert Listed(".", root=str(tmp_path / "link")).ids == ["a.jpg", "sub/b.jpg"]
    for root in ("sub", "gone"):
        with pytest.raises(UsageError, match="another folder"):
            open_source(["."], SourceOptions(root=root))
    with pytest.raises(UsageError, match="another folder"):
        open_source(["sub"], SourceOptions(root=str(tree.root)))


def test_real_photos(data):
    listed = Listed(str(data / "grocery_packages"))
    assert len(listed.refs) == 964
    assert listed.ids == sorted(listed.ids)
    label = listed.by_id["train/Packages/Juice/Bravo-Apple-Juice/Bravo-Apple-Juice_001.jpg"].label
    assert label == "Bravo-Apple-Juice"
    assert set(listed.skips.values()) == {"not an image"}
