"""The rows of a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from iqcurate.analysis.votes import WORDS
from iqcurate.errors import UsageError
from iqcurate.manifest.decision import Ballot
from iqcurate.manifest.packed import PIECE, Packed
from iqcurate.manifest.reasons import reasons
from iqcurate.tabular import guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeAlias

    from iqcurate.manifest.decision import Decision

    Told: TypeAlias = Callable[[int, int], None]

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
_WORDS = pa.array([WORDS[v] for v in sorted(WORDS)])
_OFFSET = -min(WORDS)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The rows of a manifest, made when they are read.

    Parameters
    ----------
    table
        Of N images: ``id``, ``label``, ``split``, ``status``, and one float64 column of scores a
        metric.
    texts
        The other text columns of the manifest, and ``error``.
    metrics
        Names of the metrics that judged them.
    decision
        What came out.
    """

    table: pa.Table
    texts: Packed
    metrics: tuple[str, ...]
    decision: Decision

    @property
    def schema(self) -> pa.Schema:
        """Columns and their types."""
        fields = dict(FIRST)
        for name in self.metrics:
            fields |= {name: pa.float64(), f"{name}{VOTE}": pa.string()}
        return pa.schema(fields | LAST)

    def batches(self, told: Told | None = None) -> Iterator[pa.RecordBatch]:
        """The rows, 65,536 at a time: ten million reasons at once would take gigabytes."""
        for start in self._starts(told):
            some = self.table.slice(start, PIECE)
            for name, values in self.texts.piece(start).items():
                some = some.append_column(name, values)
            yield from self._rows(some.combine_chunks(), start).to_batches()

    def kept(self, told: Told | None = None) -> Iterator[tuple[str, str | None]]:
        """Id and uri of each image that is kept."""
        for start in self._starts(told):
            keep = pa.array(self.decision.keep[start : start + PIECE])
            ids = self.table["id"].slice(start, PIECE).filter(keep)
            uris = self.texts.piece(start)["uri"].filter(keep)
            yield from zip(ids.to_pylist(), uris.to_pylist(), strict=True)

    def _starts(self, told: Told | None) -> Iterator[int]:
        """First rows of the pieces; `told` is called with the rows that are done, and all."""
        for start in range(0, self.table.num_rows, PIECE):
            yield start
            if told is not None:
                told(min(start + PIECE, self.table.num_rows), self.table.num_rows)

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
