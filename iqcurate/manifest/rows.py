"""The rows of a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from iqcurate.analysis.votes import WORDS
from iqcurate.errors import UsageError
from iqcurate.manifest.decision import Ballot
from iqcurate.manifest.reasons import reasons
from iqcurate.tabular import guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from iqcurate.manifest.decision import Decision

FIRST = {
    "id": pa.string(),
    "uri": pa.string(),
    "label": pa.string(),
    "split": pa.string(),
    "group": pa.string(),
    "keep": pa.bool_(),
    "reason": pa.string(),
    "votes_low": pa.int64(),
    "votes_cast": pa.int64(),
}
LAST = {"status": pa.string(), "sha256": pa.string()}
VOTE = "_vote"
_ROWS = 1 << 16
_WORDS = pa.array([WORDS[v] for v in sorted(WORDS)])
_OFFSET = -min(WORDS)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of a manifest, made when they are read.

    Parameters
    ----------
    table
        Of N images: the text columns of the manifest, ``error``, and one float64 column of
        scores a metric.
    metrics
        Names of the metrics that judged them.
    decision
        What came out.
    """

    table: pa.Table
    metrics: tuple[str, ...]
    decision: Decision

    @property
    def schema(self) -> pa.Schema:
        """Columns and their types."""
        fields = dict(FIRST)
        for name in self.metrics:
            fields |= {name: pa.float64(), f"{name}{VOTE}": pa.string()}
        return pa.schema(fields | LAST)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, 65,536 at a time: ten million reasons at once would take gigabytes."""
        for start in range(0, self.table.num_rows, _ROWS):
            some = self.table.slice(start, _ROWS).combine_chunks()
            yield from self._rows(some, start).to_batches()

    def kept(self) -> Iterator[tuple[str, str | None]]:
        """Id and uri of each image that is kept."""
        for start in range(0, self.table.num_rows, _ROWS):
            some = self.table.slice(start, _ROWS).select(["id", "uri"])
            some = some.filter(pa.array(self.decision.keep[start : start + _ROWS]))
            yield from zip(some["id"].to_pylist(), some["uri"].to_pylist(), strict=True)

    def _rows(self, some: pa.Table, start: int) -> pa.Table:
        rows = slice(start, start + some.num_rows)
        made = {
            "keep": pa.array(self.decision.keep[rows]),
            "reason": pa.array(reasons(self.decision, some, start), pa.string()),
        }
        if isinstance(ballot := self.decision.basis, Ballot):
            made["votes_low"] = pa.array(ballot.low[rows].astype(np.int64))
            made["votes_cast"] = pa.array(ballot.cast[rows].astype(np.int64))
            for name, votes in ballot.votes.items():
                made[f"{name}{VOTE}"] = _WORDS.take(pa.array(votes[rows] + _OFFSET))
        columns = [
            made[field.name]
            if field.name in made
            else some[field.name]
            if field.name in some.schema.names
            else pa.nulls(some.num_rows, field.type)
            for field in self.schema
        ]
        return pa.table(columns, schema=self.schema)


def check_metric_names(names: Iterable[str]) -> None:
    """Raise `UsageError` where a score column cannot be a column of a manifest."""
    for name in names:
        if name in FIRST or name in LAST or name.endswith(VOTE) or guard(name) != name:
            raise UsageError(f"a manifest cannot have scores named {name!r}: rename that column")
