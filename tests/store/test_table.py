"""Rows go in, are changed, and come out the same through every reader."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from deltalake import DeltaTable

from iqcurate.errors import StoreBusyError, StoreError
from iqcurate.store import table
from iqcurate.store.table import Reader, Writer, is_store

HOSTILE = ["pyiqa:musiq-spaq", "a.b", "x-y", "Ω 1", 'say "x"', "it's", "a`b", "select"]


def test_rows_come_back_with_their_types(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 30), {})
        writer.append(tables.rows(30, 12), {})
        assert writer.rows == 42
    reader = Reader(store)
    assert reader.schema.equals(tables.schema)
    assert reader.rows == 42
    expected = pa.concat_tables([tables.rows(0, 30), tables.rows(30, 12)]).to_pylist()
    assert tables.at_rest(store) == sorted(expected, key=lambda row: row["id"])


def test_a_store_without_rows_can_be_read_by_all(store, tables):
    tables.open(store).finish()
    assert tables.at_rest(store) == []


def test_appended_rows_may_leave_columns_out(store, tables):
    with tables.open(store) as writer:
        writer.append(pa.table({"id": ["a"], "n": pa.array([1], pa.int32())}), {})
    assert tables.at_rest(store)[0] == {
        "id": "a", "x": None, "n": 1, "good": None, "hash": None, "vector": None
    }  # fmt: skip


def test_update_sets_its_columns_and_adds_new_rows(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 10, x=1.0), {})
        before = {row["id"]: row for row in tables.content(store)}
        changed = list(before)[3]
        writer.update(
            pa.table({"id": [changed, "new"], "x": [None, 7.0], "vector": [[1.0], None]}), {}
        )
    after = {row["id"]: row for row in tables.at_rest(store)}
    assert after.pop("new")["x"] == 7.0
    assert after.pop(changed) == {**before.pop(changed), "x": None, "vector": [1.0]}
    assert after == before


def test_added_columns_are_seen_by_all(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 10), {})
    fields = [pa.field("niqe", pa.float64()), pa.field("phash", pa.binary())]
    with tables.open(store) as writer:
        writer.add_columns(fields, {})
        writer.add_columns(fields, {})
        assert writer.schema.names == [*tables.schema.names, "niqe", "phash"]
    assert {row["niqe"] for row in tables.at_rest(store)} == {None}
    with tables.open(store) as writer:
        writer.append(tables.rows(10, 5), {})
        writer.update(pa.table({"id": ["photos/é 3.jpg"], "niqe": [3.5]}), {})
        with pytest.raises(StoreError, match="column niqe is double, not int64"):
            writer.add_columns([pa.field("niqe", pa.int64())], {})
    rows = tables.at_rest(store)
    assert len(rows) == 15
    assert [row["niqe"] for row in rows if row["niqe"]] == [3.5]


@pytest.mark.parametrize("name", HOSTILE)
def test_columns_may_have_any_name(store, tables, name):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 4), {})
        writer.add_columns([pa.field(name, pa.float64())], {})
        writer.update(pa.table({"id": ["photos/é 1.jpg"], name: [2.5]}), {})
        writer.delete(pc.field(name) > 3, {})
    assert [row[name] for row in tables.at_rest(store)] == [None, 2.5, None, None]


def test_delete_leaves_rows_where_the_expression_is_null(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 10), {})
        assert writer.delete(pc.field("good"), {"pruned": 5}) == 5
        version = writer.reader().version
        assert writer.delete(pc.field("n") > 100, {}) == 0
        assert writer.reader().version == version
    assert {row["good"] for row in tables.at_rest(store)} == {None}


def test_rewrite_changes_every_row(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 10, x=2.0), {})
        writer.rewrite(lambda b: b.set_column(1, "x", pc.multiply(b["x"], 3)), {})
        with pytest.raises(KeyError):
            writer.rewrite(lambda b: b.drop_columns(["nothing"]), {})
    assert {row["x"] for row in tables.at_rest(store)} == {6.0}


def test_several_key_columns(store):
    schema = pa.schema([("id", pa.string()), ("level", pa.int64()), ("x", pa.float64())])
    key = ("id", "level")
    with Writer(store, schema, key) as writer:
        writer.append(pa.table({"id": ["a", "a", "b"], "level": [0, 1, 0]}), {})
        writer.update(pa.table({"id": ["a", "b"], "level": [1, 1], "x": [1.0, 2.0]}), {})
    found = {(r["id"], r["level"]): r["x"] for r in Reader(store).to_table().to_pylist()}
    assert found == {("a", 0): None, ("a", 1): 1.0, ("b", 0): None, ("b", 1): 2.0}
    with pytest.raises(StoreError, match="rows by id, level, not by id"):
        Writer(store, schema)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ({"id": ["a", "a"]}, "two rows have the same id"),
        ({"id": ["a", None]}, "a row has no id"),
        ({"x": [1.0]}, "need the key column id"),
        ({"id": ["a"], "y": [1.0]}, "no column y"),
        ({"id": ["a"], "n": ["many"]}, "column n"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_harm_nothing(store, tables, rows, words):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 3), {})
        with pytest.raises(StoreError, match=words):
            writer.append(pa.table(rows), {})
        writer.append(tables.rows(3, 3), {})
    assert len(tables.at_rest(store)) == 6


def test_update_refuses_values_of_another_type(store, tables):
    with tables.open(store) as writer, pytest.raises(StoreError, match="do not fit"):
        writer.update(pa.table({"id": ["a"], "n": ["many"]}), {})


def test_history_says_what_each_commit_did(store, tables):
    note = {"action": "score", "metrics": ["lapv", "niqe"], "scored": 3, "who": "日本"}
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 3), note)
        writer.add_columns([pa.field("y", pa.float64())], {"action": "add"})
    told = Reader(store).history()
    assert [entry["version"] for entry in told] == list(range(len(told)))[::-1]
    noted = [entry for entry in told if entry["note"] == note]
    assert len(noted) == 1
    assert noted[0]["iqcurate"]
    assert noted[0]["time"].tzinfo
    # The same words for everyone who reads Delta tables.
    assert json.loads(DeltaTable(store).history()[-2]["iqcurate.note"]) == note


def test_history_outlives_checkpoints(store, tables):
    with tables.open(store) as writer:
        for i in range(105):
            writer.append(tables.rows(i, 1), {"i": i})
            for entry in (store / "_delta_log").iterdir():
                os.utime(entry, (0, 0))  # long past Delta's retention
    assert list((store / "_delta_log").glob("*.checkpoint.parquet"))
    assert [e["note"]["i"] for e in Reader(store).history() if "i" in e["note"]][::-1] == list(
        range(105)
    )
    assert len(tables.at_rest(store)) == 105


def test_provenance_is_kept_as_it_was_given(store, tables):
    document = {"metrics": {"pyiqa:x": {"version": 1}}, "source": "写真/ü", "odd": "\udcff"}
    with tables.open(store) as writer:
        assert writer.reader().provenance() == {}
        writer.save_provenance({"old": True})
        writer.save_provenance(document)
        writer.append(tables.rows(0, 3), {})
        writer.update(tables.rows(0, 3, x=2.0), {})
    assert Reader(store).provenance() == document
    text = (store / "_iqcurate" / "provenance.json").read_bytes().decode("utf-8")
    assert "写真/ü" in text
    assert json.loads(text) == document


def test_columns_and_filter_choose_what_is_read(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 10), {})
        reader = writer.reader()
    some = reader.to_table(["n"], pc.field("id") == "photos/é 4.jpg")
    assert some.to_pylist() == [{"n": 4}]
    batches = list(reader.batches(["x", "n"], pc.field("n") >= 8))
    assert sum(batch.num_rows for batch in batches) == 2
    assert reader.to_table([]).num_rows == 10
    with pytest.raises(StoreError, match="no column y; it has id, x"):
        reader.to_table(["y"])


def test_a_second_writer_is_refused_at_once(store, tables):
    with tables.open(store) as writer:
        with pytest.raises(StoreBusyError, match=r"process \d+ on \S+, since 20\d\d-"):
            tables.open(store)
        writer.append(tables.rows(0, 3), {})
    tables.open(store).finish()


def test_an_undisturbed_store_needs_no_recovery(store, tables):
    with tables.open(store) as writer:
        assert not writer.recovered
    with tables.open(store) as writer:
        version = writer.reader().version
        assert not writer.recovered
    assert Reader(store).version == version  # nothing to do, nothing committed


def test_a_finished_writer_refuses_to_write(store, tables):
    writer = tables.open(store)
    writer.finish()
    writer.finish()
    with pytest.raises(StoreError, match="finished"):
        writer.append(tables.rows(0, 3), {})


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_a_store_at_rest(store, tables, error):
    def run():
        with tables.open(store) as writer:
            writer.append(tables.rows(0, 3), {})
            writer.append(tables.rows(3, 3), {})
            raise error

    with pytest.raises(error):
        run()
    assert len(tables.at_rest(store)) == 6
    with tables.open(store) as writer:
        assert not writer.recovered


def test_large_stores_stay_a_few_large_files(store, tables, monkeypatch):
    monkeypatch.setattr("iqcurate.store.parts.FILE_ROWS", 50)
    monkeypatch.setattr("iqcurate.store.tidy.FILE_ROWS", 50)
    for i in range(8):
        with tables.open(store) as writer:
            for k in range(3):
                writer.append(tables.rows(100 * i + 10 * k, 10), {})
    files = list(store.glob("*.parquet"))
    assert len(files) <= 240 / 25 + 1  # all but one hold half of what a file may
    assert len(tables.content(store)) == 240


def test_updating_a_store_does_not_fill_the_disk(store, tables, monkeypatch):
    monkeypatch.setattr("iqcurate.store.table.GRACE_S", 0.0)
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 10), {})
        for i in range(10):
            writer.update(tables.rows(0, 5, x=float(i)), {})
        assert len(list(store.glob("*.parquet"))) == 1


def test_other_files_in_the_folder_are_left_alone(store, tables):
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 3), {})
    for name in ("_notes.txt", ".hidden", "part-of-my-talk.txt"):
        (store / name).write_text("mine")
    (store / "_plots").mkdir()
    (store / "_plots" / "a.png").write_text("mine")
    with tables.open(store) as writer:
        writer.update(tables.rows(0, 3, x=5.0), {})
    for name in ("_notes.txt", ".hidden", "part-of-my-talk.txt", "_plots/a.png"):
        assert (store / name).read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["100% #1", "a b?c:d", "日本 \"x\" 'y'", "~", "x[1]*", "ümläut\u0301"]
)
def test_folders_may_have_odd_names(tmp_path, tables, name):
    store = tmp_path / name / "scores"
    with tables.open(store) as writer:
        writer.append(tables.rows(0, 3), {"a": 1})
        writer.update(tables.rows(0, 4, x=2.0), {"a": 2})
    assert {row["x"] for row in tables.content(store)} == {2.0}
    assert [e["note"].get("a") for e in Reader(store).history()][-3:] == [2, 1, None]


@pytest.mark.parametrize("name", ["a%41b", "a\nb", "a\\b", "\udcff"])
def test_folders_that_the_engine_cannot_open_are_refused(tmp_path, tables, name):
    with pytest.raises(StoreError, match="choose another folder"):
        tables.open(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_refused(tmp_path, tables):
    (tmp_path / "photo.jpg").write_bytes(b"x")
    with pytest.raises(StoreError, match=r"no store \(it has 'photo.jpg'\)"):
        tables.open(tmp_path)
    with pytest.raises(StoreError, match="is a file"):
        tables.open(tmp_path / "photo.jpg")
    assert [path.name for path in tmp_path.iterdir()] == ["photo.jpg"]


def test_a_delta_table_of_someone_else_can_be_read_only(tmp_path, tables):
    DeltaTable.create(tmp_path, tables.schema)
    assert Reader(tmp_path).rows == 0
    assert Reader(tmp_path).to_table().num_rows == 0
    with pytest.raises(StoreError, match="did not make"):
        tables.open(tmp_path)


def test_no_store_and_a_broken_one_are_told_apart(store, tables):
    assert not is_store(store)
    with pytest.raises(StoreError, match="no store there; make one with"):
        Reader(store)
    tables.open(store).finish()
    assert is_store(store)
    (store / "_delta_log" / f"{0:020}.json").write_text("{broken")
    with pytest.raises(StoreError, match="transaction log"):
        Reader(store)
    with pytest.raises(StoreError):
        tables.open(store)


def test_importing_the_package_is_light():
    code = "import sys, iqcurate.store; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert not {"pyarrow", "deltalake", "pandas", "filelock"} & set(found.stdout.split())


def test_a_million_rows_is_where_updates_are_staged():
    assert table.STREAM_FROM == 1_000_000
