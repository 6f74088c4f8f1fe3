"""Labels from a table, joined by id or path."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from iqcurate.errors import SourceError
from iqcurate.sources.escape import escape
from iqcurate.sources.local import normalise
from iqcurate.sources.table import PATH_COLUMNS, as_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.sources.table import Table

FIELDS = ("label", "split", "group")
Labels = tuple[str | None, str | None, str | None]
"""Label, split and group."""

_ESCAPED = ("id", "uri")
_KEYS = (*(name for name in PATH_COLUMNS if name not in _ESCAPED), *_ESCAPED)


class LabelTable:
    """Label, split and group by id; memory grows with the table.

    Parameters
    ----------
    table
        Has a column of paths (relative to the root, or absolute) or ids.
    columns
        Field to column, for the fields that it gives.
    root
        Of the source, escaped.

    Raises
    ------
    SourceError
        A column is lacking, a row is malformed, or an image has two different labels.
    """

    def __init__(self, table: Table, columns: Mapping[str, str], root: str) -> None:
        self.columns = columns
        self.rows: dict[str, Labels] = {}
        self._root = root
        self._read(table)

    def take(self, name: str) -> Labels:
        """Labels of an image, once; nulls where the table has none."""
        return self.rows.pop(relative(name, self._root), (None, None, None))

    def _read(self, table: Table) -> None:
        key = table.find(_KEYS)
        if key is None or not self.columns:
            wanted = "of paths" if key is None else "label, split or group"
            found = ", ".join(table.columns)
            raise SourceError(f"{table.shown}: no column {wanted}; it has {found}")
        texts: dict[str, str] = {}  # each different label is kept once
        for line, (path, *values) in table.rows([key, *self.columns.values()]):
            where = f"{table.shown}, line {line}"
            name = relative(_name(path, key.lower() in _ESCAPED, where), self._root)
            given = dict(zip(self.columns, map(as_label, values), strict=True))
            label, split, group = (
                texts.setdefault(text, text) if (text := given.get(field)) else None
                for field in FIELDS
            )
            if self.rows.setdefault(name, (label, split, group)) != (label, split, group):
                raise SourceError(f"{where}: {name} has other labels in an earlier line")


def _name(value: object, escaped: bool, where: str) -> str:
    """Id that a cell stands for."""
    path = as_path(str(value) if isinstance(value, int) else value, where)
    clean = normalise(path)
    return os.fsdecode(clean) if escaped else escape(clean)


def relative(name: str, root: str) -> str:
    """Id of a file as seen from the root, where it is an absolute path below it."""
    if not name.startswith("/"):
        return name
    return name.removeprefix(root.rstrip("/") + "/")


def as_label(value: Any) -> str | None:
    """Text of a cell: whole numbers without ``.0``; None where it is empty or no number."""
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bytes):
        return escape(value) or None
    return str(value) or None
