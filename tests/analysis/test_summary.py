"""Quantiles and the worst images."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from iqcurate.analysis.summary import summarise, worst
from iqcurate.errors import UsageError
from iqcurate.spec import Direction

WAYS = {"sharp": Direction.HIGHER, "noise": Direction.LOWER, "size": Direction.NONE}


def frame(n: int = 100) -> pd.DataFrame:
    rank = np.arange(n, dtype=float)
    table = pd.DataFrame(
        {
            "id": [f"{i:03}" for i in range(n)],
            "status": "ok",
            "error": None,
            "sharp": rank,
            "noise": -rank,
            "size": 1.0,
        }
    )
    table.loc[0, ["status", "error", "sharp", "noise", "size"]] = ["truncated", "x: y", *[None] * 3]
    table.loc[1, "noise"] = None
    return table


def test_direction_is_applied():
    assert worst(frame(), WAYS, 2, ["sharp"])["id"].tolist() == ["001", "002"]
    assert worst(frame(), WAYS, 2, ["noise"])["id"].tolist() == ["002", "003"]


def test_several_metrics_rank_by_the_mean_of_those_there_are():
    assert worst(frame(), WAYS, 3)["id"].tolist() == ["001", "002", "003"]


@pytest.mark.parametrize("name", ["size", "nonsense", "id"])
def test_what_has_no_direction_cannot_rank(name):
    with pytest.raises(UsageError, match="sharp, noise"):
        worst(frame(), WAYS, 2, [name])


def test_counts_and_quantiles():
    summary = summarise(frame(), WAYS)
    assert summary.statuses == {"ok": 99, "truncated": 1}
    sharp, noise, _ = summary.metrics
    assert (sharp.n, sharp.undefined, noise.n, noise.undefined) == (99, 0, 98, 1)
    assert sharp.quantiles[2] == 50
    assert summary.failures["id"].tolist() == ["000"]


def test_an_empty_table_has_a_summary():
    summary = summarise(frame().head(0), WAYS)
    assert summary.rows == 0
    assert summary.metrics[0].quantiles == ()


def test_a_binary_column_has_no_quantiles():
    table = frame(10).assign(phash=[None] + [b"12345678"] * 9)
    (found,) = summarise(table, {"phash": Direction.NONE}).metrics
    assert (found.n, found.undefined, found.quantiles) == (9, 0, ())


def test_an_image_of_another_format_lacks_no_quality_of_a_jpeg():
    frame = pd.DataFrame({
        "id": list("abc"), "status": "ok", "error": None, "jpeg_quality": [75.0, np.nan, np.nan],
        "metric_errors": [
            None,
            '{"jpeg_quality": "other_format: needs JPEG, is PNG"}',
            '{"jpeg_quality": "no_table: the file has none"}',
        ],
    })  # fmt: skip
    (found,) = summarise(frame, {"jpeg_quality": Direction.HIGHER}).metrics
    assert (found.n, found.undefined) == (1, 1)
