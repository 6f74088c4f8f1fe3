"""Choosing rows by an expression, and nothing else by one."""

from __future__ import annotations

import pandas as pd
import pytest

from iqcurate.analysis.where import select
from iqcurate.errors import UsageError

FRAME = pd.DataFrame(
    {
        "id": ["a", "b", "c", "d"],
        "status": ["ok", "ok", "truncated", "ok"],
        "group": ["g", None, "g", "h"],
        "niqe": [3.0, 7.0, None, 5.0],
        "pyiqa:x": [1, 2, 3, 4],
    }
)


@pytest.mark.parametrize(
    ("expression", "ids"),
    [
        ("status != 'ok'", "c"),
        ("niqe > 4", "bd"),
        ("niqe > 4 and group == 'h'", "d"),
        ("not (niqe > 4)", "ac"),
        ("`pyiqa:x` >= 3 or id == 'a'", "acd"),
        ("id in ['a', 'd']", "ad"),
        ("niqe != niqe", "c"),
        ("niqe * 2 - 1 > -niqe + 13", "bd"),
        ("group == 'none'", ""),
    ],
)
def test_rows_are_chosen(expression, ids):
    assert "".join(select(FRAME, expression)["id"]) == ids


@pytest.mark.parametrize(
    "expression",
    [
        "open('x')",
        "id.str.len() > 0",
        "@frame",
        "__import__('os')",
        "niqe ** 9 > 0",
        "[x for x in id]",
        "niqe if niqe else id",
        "lambda: 0",
        "id[0]",
        "niqe >",
        "",
        "niqe := 3",
        "nonsense > 1",
        "`no such` > 1",
        "niqe",
        "'text'",
        "1",
        "niqe > 'text'",
    ],
)
def test_everything_else_is_refused(expression):
    with pytest.raises(UsageError):
        select(FRAME, expression)
