"""Label, split and group of an image: from its folder, its list, its id, or a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from iqcurate.errors import UsageError
from iqcurate.sources.escape import plain
from iqcurate.sources.label_table import FIELDS, Labels, LabelTable, as_label, relative

if TYPE_CHECKING:
    from iqcurate.sources.base import SourceOptions
    from iqcurate.sources.table import Table

Rule = Callable[[str, Mapping[str, Any]], str | None]
"""From the id and the values of the list's columns to a label."""

_NOTHING: Mapping[str, Any] = {}
_GRAMMAR = "use folder, folder:N, column:NAME, regex:PATTERN or none"


class Labeller:
    """Finds label, split and group of one image after the other.

    Parameters
    ----------
    rules
        One for each of label, split, group; None where `table` or nothing gives it.
    columns
        Columns of the list that the rules read.
    table
        Joined by id.
    """

    def __init__(
        self, rules: Sequence[Rule | None], columns: tuple[str, ...], table: LabelTable | None
    ) -> None:
        self._label, self._split, self._group = rules
        self._table = table
        self.columns = columns

    def of(self, name: str, record: Mapping[str, Any] = _NOTHING) -> Labels:
        """Label, split and group of the image whose id is `name`; asked for once an image."""
        label, split, group = self._table.take(name) if self._table else (None, None, None)
        return (
            self._label(name, record) if self._label else label,
            self._split(name, record) if self._split else split,
            self._group(name, record) if self._group else group,
        )

    @property
    def unmatched(self) -> int:
        """Rows of the table that no image has asked for."""
        return len(self._table.rows) if self._table else 0

    @property
    def unmatched_example(self) -> str | None:
        """Path of one of them."""
        return next(iter(self._table.rows), None) if self._table else None


def make_labeller(
    options: SourceOptions,
    root: str,
    listed: Table | None = None,
    joined: Table | None = None,
    label_default: str = "none",
) -> Labeller:
    """Work out where label, split and group come from.

    Parameters
    ----------
    options
        What the user asked for.
    root
        Of the source, escaped.
    listed
        The list, where the source is one.
    joined
        The table of labels, which wins over rules.
    label_default
        Rule of the label where neither user nor list says one.

    Raises
    ------
    UsageError
        A rule is none, or names a column that is not there.
    """
    asked = {field: getattr(options, f"{field}_from") for field in FIELDS}
    table = None if joined is None else LabelTable(joined, _joined_columns(joined, asked), root)
    defaults = {"label": label_default, "split": "none", "group": "none"}
    columns: dict[str, None] = {}
    rules: list[Rule | None] = []
    for field in FIELDS:
        if table and field in table.columns:
            rules.append(None)
            continue
        text = asked[field]
        if text is None:
            text = _column_default(listed, field) or defaults[field]
        kind, _, argument = text.partition(":")
        if kind == "column" and argument:
            column = _find_column(listed, argument, field)
            columns[column] = None
            rules.append(_column_rule(column))
        else:
            rules.append(_rule(kind, argument, text, field, root))
    return Labeller(rules, tuple(columns), table)


def _joined_columns(table: Table, asked: Mapping[str, str | None]) -> dict[str, str]:
    """Column of the table for each field that it gives: the one asked for, or its namesake."""
    found = {}
    for field in FIELDS:
        kind, _, name = (asked[field] or "").partition(":")
        names = [name, field] if kind == "column" else [field]
        column = table.find(names)
        if column is not None:
            found[field] = column
    return found


def _column_default(listed: Table | None, field: str) -> str | None:
    column = listed.find([field]) if listed else None
    return f"column:{column}" if column else None


def _find_column(listed: Table | None, name: str, field: str) -> str:
    if listed is None:
        raise UsageError(f"{field} from column {name!r}: only lists and label files have columns")
    column = listed.find([name])
    if column is None:
        found = ", ".join(listed.columns)
        raise UsageError(f"{field} from column {name!r}: {listed.shown} has only {found}")
    return column


def _column_rule(column: str) -> Rule:
    return lambda _, record: as_label(record[column])


def _rule(kind: str, argument: str, text: str, field: str, root: str) -> Rule | None:
    if text == "none":
        return None
    if text == "folder":
        return _folder_rule(-1, root)
    if kind == "folder" and argument.isdecimal() and int(argument) > 0:
        return _folder_rule(int(argument) - 1, root)
    if kind == "regex" and argument:
        return _regex_rule(argument, field)
    raise UsageError(f"{field} from {text!r}: {_GRAMMAR}")


def _folder_rule(position: int, root: str) -> Rule:
    def rule(name: str, _: Mapping[str, Any]) -> str | None:
        folders = [part for part in relative(name, root).split("/")[:-1] if part not in ("", "..")]
        return plain(folders[position]) if folders and position < len(folders) else None

    return rule


def _regex_rule(pattern: str, field: str) -> Rule:
    try:
        search = re.compile(pattern).search
    except re.error as error:
        raise UsageError(f"{field} from regex {pattern!r}: {error}") from error

    def rule(name: str, _: Mapping[str, Any]) -> str | None:
        match = search(name)
        return (match[1 if match.re.groups else 0] or None) if match else None

    return rule
