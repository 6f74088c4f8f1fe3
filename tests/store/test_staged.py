"""Updates of a large store wait until they are complete, and are applied once."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from iqcurate.store.staged import Staged
from iqcurate.store.table import Reader


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", 10)


@pytest.fixture
def filled(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 20), {})
    return store


def _named(number: int) -> str:
    return f"photos/é {number}.jpg"


def _values(store, column):
    return {row["id"]: row[column] for row in Reader(store).to_table().to_pylist()}


def test_staged_updates_are_not_seen_until_applied(filled, tables):
    before = tables.content(filled)
    with tables.open(filled) as writer:
        writer.update(pa.table({"id": [_named(1)], "niqe": [3.0]}), {})
    assert tables.at_rest(filled) == before
    with tables.open(filled) as writer:
        staged = list(writer.staged())
        assert [table.to_pylist() for table in staged] == [[{"id": _named(1), "niqe": 3.0}]]
        writer.update(pa.table({"id": [_named(2)], "niqe": [4.0]}), {})
        writer.apply_staged({"action": "score", "metric": "niqe"})
        assert list(writer.staged()) == []
        version = writer.reader().version
        writer.apply_staged({})
        assert writer.reader().version == version
    rows = tables.at_rest(filled)
    assert {r["id"]: r["niqe"] for r in rows if r["niqe"]} == {_named(1): 3.0, _named(2): 4.0}
    assert {"action": "score", "metric": "niqe"} in [e["note"] for e in Reader(filled).history()]


def test_later_updates_win_column_by_column(filled, tables):
    with tables.open(filled) as writer:
        writer.update(pa.table({"id": [_named(1), "new"], "x": [1.0, 1.0], "n": [1, 1]}), {})
        writer.update(pa.table({"id": ["new", _named(2)], "x": [2.0, 2.0]}), {})
        writer.update(pa.table({"id": [_named(1)], "n": pa.array([None], pa.int64())}), {})
        writer.apply_staged({})
    rows = {row["id"]: row for row in tables.at_rest(filled)}
    assert (rows[_named(1)]["x"], rows[_named(1)]["n"]) == (1.0, None)
    assert (rows["new"]["x"], rows["new"]["n"], rows["new"]["good"]) == (2.0, 1, None)
    assert (rows[_named(2)]["x"], rows[_named(2)]["n"]) == (2.0, 2)
    assert len(rows) == 21


def test_order_holds_when_the_store_shrinks_below_the_limit(filled, tables, monkeypatch):
    with tables.open(filled) as writer:
        writer.update(pa.table({"id": [_named(1)], "x": [1.0]}), {})
        monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", 1000)
        writer.update(pa.table({"id": [_named(1)], "x": [2.0]}), {})
        writer.apply_staged({})
    assert _values(filled, "x")[_named(1)] == 2.0


def test_delete_and_rewrite_apply_what_is_staged_first(filled, tables):
    with tables.open(filled) as writer:
        writer.update(pa.table({"id": [_named(1), _named(2)], "x": [1.0, 2.0]}), {})
        assert writer.delete(pc.field("x") == 1.0, {}) == 1
        writer.update(pa.table({"id": [_named(2)], "x": [5.0]}), {})
        writer.rewrite(lambda b: b.set_column(1, "x", pc.add(b["x"], 1)), {})
        writer.apply_staged({})
    values = _values(filled, "x")
    assert _named(1) not in values
    assert values[_named(2)] == 6.0


class _KilledError(Exception):
    pass


def _kill(*_args, **_kwargs):
    raise _KilledError


def test_a_kill_between_applying_and_removing_applies_once(filled, tables, monkeypatch):
    writer = tables.open(filled)
    writer.update(pa.table({"id": [_named(1)], "x": [1.0]}), {})
    with monkeypatch.context() as patch:
        patch.setattr(Staged, "forget", _kill)
        with pytest.raises(_KilledError):
            writer.apply_staged({})
    writer._lock.release()
    assert _values(filled, "x")[_named(1)] == 1.0
    assert list((filled / "_iqcurate" / "staged").glob("*.parquet"))

    with tables.open(filled) as writer:
        assert writer.recovered
        assert list(writer.staged()) == []
        writer.rewrite(lambda b: b.set_column(1, "x", pc.multiply(b["x"], 10)), {})
    with tables.open(filled) as writer:
        writer.apply_staged({})
        writer.update(pa.table({"id": [_named(2)], "x": [2.0]}), {})
        writer.apply_staged({})
    values = {row["id"]: row["x"] for row in tables.at_rest(filled)}
    assert (values[_named(1)], values[_named(2)]) == (10.0, 2.0)


def test_a_kill_before_the_commit_leaves_all_staged(filled, tables, monkeypatch):
    writer = tables.open(filled)
    before = tables.content(filled)
    writer.update(pa.table({"id": [_named(1)], "x": [1.0]}), {})
    with monkeypatch.context() as patch:
        patch.setattr("iqcurate.store.log.Log.commit", _kill)
        with pytest.raises(_KilledError):
            writer.apply_staged({})
    writer._lock.release()
    with tables.open(filled) as writer:
        assert tables.content(filled) == before
        assert len(list(writer.staged())) == 1
        writer.apply_staged({})
    assert _values(filled, "x")[_named(1)] == 1.0
