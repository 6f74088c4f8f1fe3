from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from iqcurate.sources import escape, local_path, unescape
from iqcurate.sources.escape import plain

tricky = st.lists(
    st.sampled_from([b"%", b"25", b"F", b"f", b"\xff", b"\xc3", b"\xa9", b"\xed\xa0\x80", b"a/b"])
).map(b"".join)
paths = st.binary(max_size=40) | tricky | st.text().map(lambda text: text.encode("utf-8", "ignore"))


@given(paths)
@example(b"\xed\xb3\xbf")  # a surrogate in bytes is no UTF-8
def test_every_path_becomes_valid_utf8_and_turns_back(path):
    text = escape(path)
    text.encode("utf-8", "strict")
    assert unescape(text) == path
    assert local_path(text) == path


@given(paths, paths)
@example(b"\xff", b"%FF")
@example(b"%", b"%25")
def test_two_paths_never_get_one_id(one, other):
    assert (escape(one) == escape(other)) == (one == other)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"a/b c.jpg", "a/b c.jpg"),
        ("naïve/😀\n.png".encode(), "naïve/😀\n.png"),
        (b"100%.jpg", "100%25.jpg"),
        (b"caf\xe9.jpg", "caf%E9.jpg"),
        (b"caf\xe9%\xc3\xa9", "caf%E9%25é"),
    ],
)
def test_only_percent_and_bad_bytes_are_escaped(path, text):
    assert escape(path) == text


def test_plain_gives_text_back_where_it_is_text():
    assert plain(escape(b"50%")) == "50%"
    assert plain(escape(b"caf\xe9")) == "caf%E9"
