"""Choosing rows by an expression that cannot do anything else."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_QUOTED = re.compile(r"`([^`]+)`")
_ALLOWED = (
    ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.Invert,
    ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn,
    ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.BitAnd, ast.BitOr,
    ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple,
)  # fmt: skip


def select(frame: pd.DataFrame, expression: str) -> pd.DataFrame:
    """Return the rows for which a pandas query expression holds.

    Parameters
    ----------
    frame
        A table.
    expression
        Comparisons of columns and constants joined by ``and``, ``or``, ``not``; names such as
        ``pyiqa:x`` in backticks. No functions, no attributes.

    Raises
    ------
    UsageError
        Where it is anything else, or names a column that is not there.
    """
    text, aliases = _unquoted(expression)
    for name in names_of(expression):
        if name not in frame.columns:
            have = ", ".join(map(str, frame.columns))
            raise UsageError(f"there is no column {name!r}; there are: {have}")
    names = {name: alias for alias, name in aliases.items()}
    try:
        mask: Any = frame.rename(columns=names).eval(text, engine="python")
    except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError, MemoryError,
            NotImplementedError) as error:  # fmt: skip
        raise UsageError(f"cannot evaluate {expression!r}: {error}") from None
    if getattr(mask, "dtype", None) not in (bool, "boolean"):
        raise UsageError(f"{expression!r} is neither true nor false for a row")
    chosen: pd.DataFrame = frame.loc[mask.fillna(False).astype(bool)]
    return chosen


def names_of(expression: str) -> list[str]:
    """Columns that an expression names; `UsageError` where `select` could not take it."""
    text, aliases = _unquoted(expression)
    return [aliases.get(name, name) for name in _names(text, expression)]


def _unquoted(expression: str) -> tuple[str, dict[str, str]]:
    """An expression in which plain names stand for those in backticks, and what they stand for."""
    names: dict[str, str] = {}
    text = _QUOTED.sub(lambda m: names.setdefault(m[1], f"quoted_{len(names)}_"), expression)
    return text, {alias: name for name, alias in names.items()}


def _names(text: str, expression: str) -> Iterator[str]:
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        raise UsageError(
            f'cannot read {expression!r}; write for example "status != \'ok\'" or "niqe > 6"'
        ) from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            kind = type(node).__name__
            raise UsageError(
                f"{expression!r}: only comparisons and and/or/not work here, no {kind}"
            )
        if isinstance(node, ast.Name):
            yield node.id
