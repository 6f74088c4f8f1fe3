"""From engine rows to commits of a score store."""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from iqcurate.operators import Undefined
from iqcurate.spec import FIXED_COLUMNS
from iqcurate.store.schema import NO_KEY
from iqcurate.store.signals import signals_wait
from iqcurate.types import RETRYABLE, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iqcurate.store.ledger import Known, Ledger
    from iqcurate.store.resume import Patch
    from iqcurate.store.table import Writer
    from iqcurate.tasks import Row

COMMIT_EVERY_S = 10.0
"""Least time between commits; longer where commits are slow."""
_MOST_S = 30.0  # that a row waits, from the start of one commit to the end of the next
_SHARE = 20.0
_MOST_ROWS = 20_000


class ScoreWriter:
    """Collects rows and commits them; a kill loses at most what came since the last commit.

    Parameters
    ----------
    writer
        The open table.
    ledger
        What the table held when the run began.
    fields
        Metric columns that this run fills. Those that a large table lacks are staged, so that
        they come into it all at once.
    key
        Key columns beside the id, with the value that they have in every row of this run.
    """

    def __init__(
        self,
        writer: Writer,
        ledger: Ledger,
        fields: Sequence[pa.Field],
        key: Mapping[str, object] = NO_KEY,
    ) -> None:
        self._writer = writer
        self._ledger = ledger
        self._key = dict(key)
        staged = [table.schema for table in writer.staged()]  # a changed image loses these, too
        self._schema = pa.unify_schemas([writer.schema, pa.schema(fields), *staged])
        self._metrics = [n for n in self._schema.names if n not in (*FIXED_COLUMNS, *key)]
        self._new: list[dict[str, Any]] = []
        self._updates: defaultdict[frozenset[str], list[dict[str, Any]]] = defaultdict(list)
        self._counts: Counter[str] = Counter()
        self._due = time.monotonic() + COMMIT_EVERY_S / 5

    def add(self, row: Row) -> None:
        """Take the row of an image, new or known."""
        known = self._ledger.find(row.task.ref.id)
        if known is None:
            self._new.append(full_row(row, self._metrics) | self._key)
        else:
            self._update(row.task.ref.id, self._changes(row, known))
        self._counts["failed" if row.failure else "scored"] += 1

    def patch(self, patch: Patch) -> None:
        """Take columns to set in a known row."""
        self._update(patch.id, patch.values)
        self._counts["updated"] += 1

    def commit_if_due(self) -> None:
        """Commit when it is time to; to be called often."""
        waiting = len(self._new) + sum(map(len, self._updates.values()))
        if time.monotonic() >= self._due or waiting >= _MOST_ROWS:
            self.commit()

    def commit(self) -> None:
        """Write everything collected; a signal waits until that is done."""
        began = time.monotonic()
        with signals_wait():
            self._write()
        took = time.monotonic() - began
        wait = max(COMMIT_EVERY_S, min(_SHARE * took, _MOST_S - 2 * took))
        self._due = time.monotonic() + wait

    def _write(self) -> None:
        note = {"action": "score", **self._counts}
        new, self._new = self._new, []
        updates, self._updates = self._updates, defaultdict(list)
        if new:
            self._writer.append(self._table(new, self._writer.schema.names), note)
            if lacking := [n for n in self._metrics if n not in self._writer.schema.names]:
                self._writer.update(self._table(new, ["id", *self._key, *lacking]), note)
        for names, rows in updates.items():
            self._writer.update(self._table(rows, ["id", *self._key, *sorted(names)]), note)
        self._counts.clear()

    def _update(self, image_id: str, values: dict[str, Any]) -> None:
        if not values:
            return
        self._updates[frozenset(values)].append({"id": image_id, **self._key, **values})

    def _table(self, rows: list[dict[str, Any]], names: Sequence[str]) -> pa.Table:
        schema = pa.schema([self._schema.field(n) for n in names])
        return pa.Table.from_pylist(rows, schema=schema)

    def _changes(self, row: Row, known: Known) -> dict[str, Any]:
        """Columns to set in a known row; a failure that may pass leaves its scores alone."""
        details: dict[str, Any] = self._ledger.changed_details(row.task.ref, known.position)
        failure = row.failure
        if failure and (failure.status is Status.MISSING or failure.code in RETRYABLE):
            return {**details, "status": failure.status, "error": failure.error}
        if row.unchanged:
            return {**details, **self._added(row, known)}
        whole = full_row(row, self._metrics)
        for name in ("id", "label", "split", "group"):
            if name == "id" or whole[name] is None:
                del whole[name]
        return whole

    def _added(self, row: Row, known: Known) -> dict[str, Any]:
        """What is new about content that was scored before."""
        values, reasons = split_values(row)
        kept = self._ledger.metric_errors(known.position)
        merged = {k: v for k, v in kept.items() if k not in row.values} | reasons
        status, error = _status(row)
        fingerprint = row.task.ref.fingerprint
        if not self._ledger.same(known.position, "fingerprint", fingerprint):
            values["fingerprint"] = fingerprint
        if status != known.status:
            values |= {"status": status, "error": error}
        if merged != kept:
            values["metric_errors"] = _as_json(merged)
        return values


def full_row(row: Row, metrics: Sequence[str]) -> dict[str, Any]:
    """All columns of a row, null where nothing is known."""
    ref, header = row.task.ref, row.header
    values, reasons = split_values(row)
    status, error = _status(row)
    return {
        "id": ref.id,
        "uri": ref.uri,
        "label": ref.label,
        "split": ref.split,
        "group": ref.group,
        "width": header.width if header else None,
        "height": header.height if header else None,
        "mode": header.mode if header else None,
        "format": header.format if header else None,
        "bytes": row.nbytes,
        "fingerprint": ref.fingerprint or None,
        "sha256": row.sha256,
        "status": status,
        "error": error,
        "metric_errors": _as_json(reasons),
        **{name: values.get(name) for name in metrics},
    }


def split_values(row: Row) -> tuple[dict[str, Any], dict[str, str]]:
    """Separate the values of a row (null where undefined) from the reasons for having none."""
    reasons = {n: v.error for n, v in row.values.items() if isinstance(v, Undefined)}
    values = {n: None if isinstance(v, Undefined) else v for n, v in row.values.items()}
    return values, reasons


def _status(row: Row) -> tuple[str, str | None]:
    return (row.failure.status, row.failure.error) if row.failure else (Status.OK, None)


def _as_json(reasons: dict[str, str]) -> str | None:
    return json.dumps(reasons, ensure_ascii=False, sort_keys=True) if reasons else None
