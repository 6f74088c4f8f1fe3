"""A small table and every way to read one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from iqcurate.store.table import Reader, Writer

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("x", pa.float64()),
        ("n", pa.int64()),
        ("good", pa.bool_()),
        ("hash", pa.binary()),
        ("vector", pa.list_(pa.float32())),
    ]
)


class Tables:
    """What the tests of the store share."""

    schema = SCHEMA

    @staticmethod
    def rows(first: int, count: int, x: float = 0.0) -> pa.Table:
        ids = [f"photos/é {i}.jpg" for i in range(first, first + count)]
        columns = {
            "id": ids,
            "x": [x] * count,
            "n": list(range(first, first + count)),
            "good": [True, None] * (count // 2) + [False] * (count % 2),
            "hash": [bytes([i % 256]) for i in range(count)],
            "vector": [[0.5, float(i)] for i in range(count)],
        }
        return pa.table(columns, schema=SCHEMA)

    @staticmethod
    def open(path: Path) -> Writer:
        return Writer(path, SCHEMA)

    @staticmethod
    def content(path: Path) -> list[dict]:
        return _sorted(Reader(path).to_table().to_pylist())

    @classmethod
    def at_rest(cls, path: Path) -> list[dict]:
        """Rows of a store at rest, after every reader of plain folders agreed on them."""
        ours = Reader(path).to_table()
        rows = _sorted(ours.to_pylist())
        for name, table in _folder_readers(path).items():
            assert table.column_names == ours.column_names, name
            assert _sorted(table.to_pylist()) == rows, name
        assert len(list(path.glob("*.parquet"))) == 1
        return rows

    @staticmethod
    def by_delta(path: Path) -> list[dict]:
        return _sorted(pl.read_delta(str(path)).to_dicts())


def _folder_readers(path: Path) -> dict[str, pa.Table]:
    pattern = f"{path}/*.parquet"
    frame = pd.read_parquet(path, dtype_backend="pyarrow")
    return {
        "pandas": pa.Table.from_pandas(frame, preserve_index=False),
        "pyarrow.parquet": pq.read_table(path),
        "pyarrow.dataset": ds.dataset(path).to_table(),
        "duckdb": duckdb.from_parquet(pattern).to_arrow_table(),
        "polars": pl.read_parquet(pattern).to_arrow(),
        "polars delta": pl.read_delta(str(path)).to_arrow(),
        "polars delta lazily": pl.scan_delta(str(path)).collect().to_arrow(),
    }


def _sorted(rows: list[dict]) -> list[dict]:
    return sorted(rows, key=lambda row: row["id"])


@pytest.fixture
def tables() -> type[Tables]:
    return Tables


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "scores"
