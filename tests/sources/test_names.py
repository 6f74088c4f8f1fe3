from __future__ import annotations

import io
import os

import pytest

from iqcurate.errors import SourceError
from iqcurate.sources import open_source
from iqcurate.sources.names import read_names

from .conftest import Listed


def names(content: bytes) -> list[bytes]:
    return [name for _, name in read_names(io.BytesIO(content), "list")]


def test_lines_and_nul_separated_names():
    assert names(b"a\nb c\r\n\n\xff") == [b"a", b"b c", b"\xff"]
    assert names(b"a\nb\0c\r\0\0d") == [b"a\nb", b"c\r", b"d"]
    assert names(b"") == []
    assert names(b"only") == [b"only"]


def test_names_across_chunks():
    many = [b"%d/" % n + b"x" * 50 for n in range(5000)]
    assert names(b"\n".join(many)) == many
    assert names(b"\0".join(many)) == many


def test_both_separators_are_refused():
    with pytest.raises(SourceError, match="both"):
        names(b"a\n" + b"b\n" * 40_000 + b"c\0d\0")


def test_stdin_lists_what_is_named(tree):
    tree.add("a.jpg", "new\nline.jpg")
    listed = Listed("-", stdin=io.BytesIO(b"a.jpg\0./new\nline.jpg\0gone.jpg\0a.jpg\0"))
    assert listed.ids == ["a.jpg", "new\nline.jpg", "gone.jpg"]
    assert listed.failures() == {"gone.jpg": "gone"}
    assert listed.skips == {"a.jpg": "listed twice"}
    assert (listed.source.kind, listed.source.root) == ("stdin", tree.path())
    assert listed.source.complete_prefixes() == ()


def test_stdin_starts_at_the_root_option(tree, tmp_path, monkeypatch):
    tree.add("a.jpg")
    monkeypatch.chdir(tmp_path)
    listed = Listed("-", stdin=io.BytesIO(b"a.jpg\n"), root=tree.path())
    assert listed.refs[0].uri == tree.path("a.jpg")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("mark", [b"\n", b"\0"])
def test_stdin_gives_a_name_before_the_stream_ends(tree, mark):
    tree.add("a.jpg", "b.jpg")
    read, write = os.pipe()
    with open(read, "rb") as stream, open(write, "wb", buffering=0) as sender:
        entries = iter(open_source(["-"], stdin=stream))
        sender.write(b"a.jpg" + mark)
        assert next(entries).id == "a.jpg"
        sender.write(b"b.j")
        sender.write(b"pg" + mark)
        assert next(entries).id == "b.jpg"


def test_stdin_is_the_process_own_by_default(tree, monkeypatch):
    tree.add("a.jpg")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"a.jpg\n")))
    assert Listed("-").ids == ["a.jpg"]


def test_addresses_on_stdin_are_refused(tree):
    with pytest.raises(SourceError, match=r"name 2.*addresses"):
        Listed("-", stdin=io.BytesIO(b"a.jpg\nhttp://x.org/b.jpg\n"))
