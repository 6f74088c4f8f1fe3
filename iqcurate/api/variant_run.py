"""A run into a store that has several rows an image: one for each version of it.

All versions of an image are saved together; what a kill leaves out is done again.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.api.columns import read_document
from iqcurate.api.options import Progress
from iqcurate.batches import Costs
from iqcurate.errors import StoreError
from iqcurate.executors.local import LocalExecutor
from iqcurate.store.in_work import InWork
from iqcurate.store.schema import SCORE_SCHEMA
from iqcurate.store.scores import full_row
from iqcurate.store.signals import signals_wait
from iqcurate.store.table import Reader, Writer
from iqcurate.tasks import Row, Task
from iqcurate.types import RETRYABLE, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from iqcurate.api.fill import Fill
    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.run import RunReport
    from iqcurate.engine import Engine
    from iqcurate.tasks import Variant
    from iqcurate.types import Image, ImageRef

KEY = ("id", "variant", "level")
SCHEMA = pa.schema(
    [
        SCORE_SCHEMA.field("id"),
        pa.field("variant", pa.string()),
        pa.field("level", pa.float64()),
        *(SCORE_SCHEMA.field(n) for n in SCORE_SCHEMA.names if n != "id"),
    ]
)
_COMMIT_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Versions:
    """An image, and which versions of it are wanted; of what, see `Task.canvas`."""

    ref: ImageRef
    variants: tuple[Variant, ...]
    canvas: Callable[[Image], Image] | None = None


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store holds of one version of one image.

    Parameters
    ----------
    of
        Fingerprint of the image, and details of it on which columns depend.
    final
        Nothing more is to be found out.
    failed
        The image could not be read.
    settled
        Metrics with a score, or a reason for having none.
    reasons
        Those reasons.
    """

    of: tuple[str | None, ...]
    final: bool
    failed: bool
    settled: frozenset[str]
    reasons: Mapping[str, str]


class VariantRun:
    """One run.

    Parameters
    ----------
    wanted
        Images and their versions; no version of an image twice.
    output
        Folder of the store.
    options
        Limits, workers, progress.
    fill
        Metrics, as for a run of one row an image.
    kind
        Of the store.
    made_by
        What else must be the same for rows to be comparable; remembered by the store.
    engine
        Made of the operators of `fill`.
    report
        Is told what is done.
    """

    def __init__(
        self,
        wanted: Sequence[Versions],
        output: Path,
        options: ScoreOptions,
        fill: Fill,
        kind: str,
        made_by: Mapping[str, Any],
        engine: Engine,
        report: RunReport,
    ) -> None:
        self.wanted = wanted
        self.output = output
        self.options = options
        self.fill = fill
        self.kind = kind
        self.made_by = dict(made_by)
        self.engine = engine
        self.report = report
        self._done: list[list[Row]] = []
        self._known: dict[tuple[str, str, float], _Known] = {}

    def run(self) -> RunReport:
        """Do what is left to do; what was finished is saved however this ends."""
        with Writer(self.output, SCHEMA, KEY) as writer:
            self._prepare(writer)
            details = ("fingerprint", *self.fill.judged_by)
            self._known = dict(_read(writer.reader(), self.fill.records, details))
            tasks = [task for each in self.wanted if (task := self._task(each)) is not None]
            self.report.counts["new"] = len(tasks)
            self.report.counts["unchanged"] = len(self.wanted) - len(tasks)
            try:
                self._work_off(tasks, writer)
            finally:
                self._commit(writer)
        return self.report

    def _prepare(self, writer: Writer) -> None:
        document = read_document(self.output, self.kind)
        records = {name: dict(record) for name, record in self.fill.records.items()}
        for name, record in records.items():
            before = document["columns"].get(name)
            if before is not None and before["scorer"] != record["scorer"]:
                raise self._refused(f"{name} was scored by another version, or other settings")
        before = document.setdefault("made_by", self.made_by)
        differ = [n for n in {**before, **self.made_by} if before.get(n) != self.made_by.get(n)]
        if differ:
            what = "; ".join(f"{n}: {before.get(n)}, today {self.made_by.get(n)}" for n in differ)
            raise self._refused(
                f"its versions of the images were made otherwise than today ({what})"
            )
        document["columns"].update(records)
        document["decode"] = self.options.decode.fingerprint()
        document["libraries"] = {name: version(name) for name in self.fill.libraries}
        writer.save_provenance(document)
        lacking = [f for f in self.fill.fields if f.name not in writer.schema.names]
        if lacking:
            note = {"action": "add metrics", "metrics": [f.name for f in lacking]}
            writer.add_columns(lacking, note)

    def _refused(self, why: str) -> StoreError:
        return StoreError(f"{self.output}: {why}: name another output, or remove that folder")

    def _task(self, each: Versions) -> Task | None:
        """What is left to do of an image; nothing where it is unchanged and has every score."""
        known = {v: self._known.get((each.ref.id, v.name, v.level)) for v in each.variants}
        changed = {v for v, k in known.items() if k is None or k.of != self._details(each.ref)}
        left = tuple(v for v, k in known.items() if v in changed or (k and not k.final))
        if not left:
            return None
        here = [k for v in left if (k := known[v]) is not None and v not in changed]
        columns = frozenset(self.fill.records)
        if not changed and not any(k.failed for k in here):
            columns = frozenset(n for n in columns if any(n not in k.settled for k in here))
        return Task(each.ref, columns, left, canvas=each.canvas)

    def _details(self, ref: ImageRef) -> tuple[str | None, ...]:
        return (ref.fingerprint, *(getattr(ref, name) for name in self.fill.judged_by))

    def _work_off(self, tasks: Sequence[Task], writer: Writer) -> None:
        costs, journal = Costs(), InWork(self.output)
        executor = LocalExecutor(
            self.options.workers, self.options.timeout, journal, self.fill.alone, costs
        )
        unfinished: defaultdict[int, list[Row]] = defaultdict(list)
        due = time.monotonic() + _COMMIT_EVERY_S / 5
        todo = (replace(task, alone=task.ref.id in journal) for task in tasks)
        whole = False
        try:
            with closing(self.fill.alone):
                for row in executor.run(self.engine, todo, self.options.stop):
                    if row is not None:
                        rows = unfinished[id(row.task)]
                        rows.append(self.fill.finish(row))
                        if len(rows) == len(row.task.variants):
                            self._finished(unfinished.pop(id(row.task)), len(tasks))
                    if time.monotonic() >= due:
                        self._commit(writer)
                        due = time.monotonic() + _COMMIT_EVERY_S
            self.report.interrupted = self.options.stop()
            whole = not self.report.interrupted
        finally:
            self.report.seconds_an_image = costs.an_image()
            journal.close(whole)

    def _finished(self, rows: list[Row], of: int) -> None:
        self._done.append(rows)
        self.report.row(rows[0])
        if self.options.progress is not None:
            counts = self.report.counts
            done = counts["scored"] + counts["failed"]
            self.options.progress(Progress(done, failed=counts["failed"], total=of))

    def _commit(self, writer: Writer) -> None:
        """Write the images that are finished; a signal waits until that is done."""
        done, self._done = self._done, []
        note = {"action": "score versions", "images": len(done)}
        by_columns: defaultdict[frozenset[str] | None, list[dict[str, Any]]] = defaultdict(list)
        metrics = [n for n in writer.schema.names if n not in SCHEMA.names]
        for row in (row for rows in done for row in rows):
            columns, values = self._values(row, metrics)
            by_columns[columns].append(values)
        with signals_wait():
            for columns, rows in by_columns.items():
                names = writer.schema.names
                if columns is not None:
                    names = [*KEY, "metric_errors", *sorted(columns)]
                table = pa.Table.from_pylist(
                    rows, schema=pa.schema([writer.schema.field(n) for n in names])
                )
                (writer.append if columns is None else writer.update)(table, note)

    def _values(
        self, row: Row, metrics: Sequence[str]
    ) -> tuple[frozenset[str] | None, dict[str, Any]]:
        """Cells of a row, and which metric columns they set; None for a row that is new."""
        key = {"variant": row.variant.name, "level": row.variant.level}
        whole = full_row(row, metrics) | key
        before = self._known.get((row.task.ref.id, row.variant.name, row.variant.level))
        if before is None:
            return None, whole
        same = before.of == self._details(row.task.ref) and not before.failed
        if not same:
            return frozenset({*metrics, *SCHEMA.names} - {*KEY, "metric_errors"}), whole
        kept = {n: text for n, text in before.reasons.items() if n not in row.task.columns}
        reasons = kept | json.loads(whole["metric_errors"] or "{}")
        errors = json.dumps(reasons, ensure_ascii=False, sort_keys=True) if reasons else None
        return frozenset({*row.task.columns, *row.values}), {**whole, "metric_errors": errors}


def _read(
    reader: Reader, columns: Mapping[str, Any], details: Sequence[str]
) -> Iterator[tuple[tuple[str, str, float], _Known]]:
    names = [n for n in columns if n in reader.schema.names]
    wanted = [*KEY, *details, "status", "error", "metric_errors"]
    for row in reader.to_table([*wanted, *names]).to_pylist():
        reasons = json.loads(row["metric_errors"] or "{}")
        settled = frozenset(n for n in names if row[n] is not None or n in reasons)
        failed = row["status"] != Status.OK
        again = failed and (row["error"] or "").partition(":")[0] in RETRYABLE
        final = not again if failed else len(settled) == len(columns)
        of = tuple(row[name] for name in details)
        known = _Known(of, final, failed, settled, reasons)
        yield (row["id"], row["variant"], row["level"]), known


def read_scores_of(store: Path, ids: Sequence[str], columns: Sequence[str]) -> pa.Table:
    """Rows of some images: key, status, metric_errors and the columns."""
    among = pc.field("id").isin(pa.array(list(ids), pa.string()))
    return Reader(store).to_table([*KEY, "status", "error", "metric_errors", *columns], among)
