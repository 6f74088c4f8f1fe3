from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from iqcurate.sources.seen import Seen


@given(st.lists(st.integers(0, 60).map(lambda number: b"%d" % number)), st.integers(1, 9))
def test_agrees_with_a_set_whatever_was_moved_to_the_sorted_arrays(paths, recent):
    seen, known = Seen(recent), set()
    for path in paths:
        assert seen.add(path) == (path not in known)
        known.add(path)


def test_takes_eight_bytes_a_path_once_settled():
    seen = Seen(recent=1024)
    assert all(seen.add(b"%d" % number) for number in range(50_000))
    assert not any(seen.add(b"%d" % number) for number in range(50_000))
    settled = sum(len(run) * run.itemsize for run in seen._runs)
    assert settled <= 8 * 50_000
    assert len(seen._recent) < 1024
    assert len(seen._runs) < 8
