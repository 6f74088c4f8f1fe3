"""Tables for other programs."""

from __future__ import annotations

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqcurate.errors import UsageError
from iqcurate.tabular import guard, read_table, unguard, write_table

NAMES = ["=1+1", "+x", "-y", "@z", "'=quoted", "a,b", 'say "x"', "new\nline", "plain", "\tx",
         "car\rr", "\r", " space ", "NULL", "nan", "'", "\ufeffm", "<b>"]  # fmt: skip


@given(st.text())
def test_the_guard_can_be_taken_away(text):
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_any_text_comes_back_from_csv_and_json_lines(tmp_path_factory, texts):
    names = [f"{i}{text}" if i % 2 else text or "-" for i, text in enumerate(texts)]
    given = pa.table({"id": names, "n": range(len(names))})
    for ending in ("csv", "jsonl"):
        path = tmp_path_factory.mktemp("texts") / f"t.{ending}"
        write_table(given.to_batches(), given.schema, path)
        assert read_table(path, ["id"])["id"].to_pylist() == names


def test_a_text_that_looks_like_a_time_stays_a_text(tmp_path):
    days = pa.table({"id": ["2024-01-01", "2024-01-02 10:00:00"], "n": [1, 2]})
    write_table(days.to_batches(), days.schema, tmp_path / "t.jsonl")
    assert read_table(tmp_path / "t.jsonl", ["id", "label"]).equals(days)


def table() -> pa.Table:
    n = len(NAMES)
    return pa.table(
        {"id": NAMES, "score": [0.1 + i for i in range(n - 1)] + [None], "hash": [b"\x01\xff"] * n}
    )


def write(tmp_path, ending: str):
    path = tmp_path / f"out.{ending}"
    assert write_table(table().to_batches(max_chunksize=3), table().schema, path) == len(NAMES)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    return path


def test_csv_is_safe_to_open_and_reads_back(tmp_path):
    with write(tmp_path, "csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [unguard(r["id"]) for r in rows] == NAMES
    assert rows[0]["id"] == "'=1+1"
    assert [r["score"] for r in rows][-2:] == ["16.1", ""]


def test_json_lines_and_parquet_hold_the_truth(tmp_path):
    lines = write(tmp_path, "jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["id"] for line in lines] == NAMES
    (tmp_path / "out.jsonl").unlink()
    assert pq.read_table(write(tmp_path, "parquet")).equals(table())


def test_excel_runs_no_formula(tmp_path):
    import openpyxl

    book = openpyxl.load_workbook(write(tmp_path, "xlsx"))
    cells = [row[0] for row in book.active.iter_rows(min_row=2)]
    assert [c.value for c in cells] == [n.replace("\r", r"\x0d") for n in NAMES]
    assert {c.data_type for c in cells} == {"s"}


def test_a_failure_leaves_no_file(tmp_path):
    def failing():
        yield from table().to_batches()
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        write_table(failing(), table().schema, tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_ending_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"\.csv"):
        write_table([], table().schema, tmp_path / "out.txt")
