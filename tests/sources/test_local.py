from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iqcurate.sources import escape
from iqcurate.sources.local import absolute, normalise, open_file

from .conftest import Listed


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"))


def test_fingerprint_is_size_and_time_and_uri_is_absolute(tree):
    tree.add("a.jpg", content=b"12345")
    os.utime("a.jpg", ns=(1, 1_700_000_000_123_456_789))
    (ref,) = Listed(tree.path()).refs
    assert ref.fingerprint == "5-1700000000123456789"
    assert ref.uri == tree.path("a.jpg")
    assert ref.failure is None


def test_opener_reads_the_bytes_survives_pickling_and_holds_no_file(tree):
    tree.add(b"\xff%.jpg", content=b"pixels")
    before = open_descriptors()
    (ref,) = Listed(tree.path()).refs
    copy = pickle.loads(pickle.dumps(ref))
    assert open_descriptors() == before
    with copy.opener() as stream:
        assert stream.read() == b"pixels"
        assert not os.get_inheritable(stream.fileno())
    assert open_descriptors() == before


@pytest.mark.timeout(20)
def test_opener_does_not_wait_for_a_pipe_that_took_the_place(tree):
    tree.add("a.jpg")
    (ref,) = Listed(tree.path()).refs
    os.remove("a.jpg")
    os.mkfifo("a.jpg")
    before = open_descriptors()
    with pytest.raises(OSError, match="not a regular file"):
        ref.opener()
    assert open_descriptors() == before


def test_open_file_refuses_folders_and_devices(tree):
    for path in (os.fsencode(tree.root), b"/dev/zero"):
        with pytest.raises(OSError, match=r"not a regular file|Is a directory"):
            open_file(path)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        (b"./a//b/./c.jpg", b"a/b/c.jpg"),
        (b"//x/y/", b"/x/y"),
        (b"../a/../b", b"../a/../b"),
        (b".", b""),
        (b"/", b"/"),
        (b"..a/...", b"..a/..."),
    ],
)
def test_normalise(path, clean):
    assert normalise(path) == clean


names = st.lists(st.sampled_from([b"a", b"b", b".", b"..", b"", b"%61"]), max_size=5).map(b"/".join)


@given(names, names)
@example(b"/a", b"a")
@example(b"a", b"%61")
def test_one_id_is_one_file(one, other):
    same_id = escape(normalise(one)) == escape(normalise(other))
    assert not same_id or absolute(one, b"/base/in") == absolute(other, b"/base/in")


def test_absolute_follows_links_only_before_dots(tree):
    tree.add("real/deep/x.jpg", "real/y.jpg", "z.jpg")
    os.symlink("real/deep", "link")
    base = os.fsencode(tree.root)
    assert absolute(b"link/x.jpg", base) == base + b"/link/x.jpg"
    assert absolute(b"link/../y.jpg", base) == base + b"/real/y.jpg"  # as the system sees it
    assert absolute(b"real/../z.jpg", base) == base + b"/z.jpg"
    assert absolute(b"/", base) == b"/"
    assert absolute(b"/../..", base) == b"/"
    assert absolute(b"/../x", base) == b"/x"
