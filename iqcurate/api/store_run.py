"""A run of `score` into a store."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from iqcurate.api.columns import read_document, wanted_columns
from iqcurate.api.run import Meter, RunReport, listed
from iqcurate.engine import Engine
from iqcurate.errors import StoreError
from iqcurate.executors.local import LocalExecutor
from iqcurate.metrics.registry import load_operators
from iqcurate.sources import open_source
from iqcurate.sources.base import Skip, SourceOptions
from iqcurate.store import table
from iqcurate.store.columns import (
    check_scorers,
    choose_source,
    column_record,
)
from iqcurate.store.ledger import Ledger
from iqcurate.store.missing import mark_missing
from iqcurate.store.rescore import forget_scores
from iqcurate.store.resume import Patch, Planner
from iqcurate.store.schema import SCORE_SCHEMA, metric_fields
from iqcurate.store.scores import ScoreWriter
from iqcurate.store.table import Writer
from iqcurate.tasks import Row
from iqcurate.types import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from iqcurate.api.options import ScoreOptions
    from iqcurate.sources.base import Source
    from iqcurate.tasks import Task

_TELL_EVERY = 500
_LIBRARIES = ("iqcurate", "numpy", "scipy", "pywavelets", "pillow", "simplejpeg", "deltalake")


def score_into_store(sources: Sequence[str], output: Path, options: ScoreOptions) -> RunReport:
    """Score `sources` into the store at `output`; see `iqcurate.score`."""
    run = StoreRun(sources, output, options)
    return run.run()


class StoreRun:
    """One run: what is checked before it, what it does, what it leaves."""

    def __init__(self, sources: Sequence[str], output: Path, options: ScoreOptions) -> None:
        self.options = options
        self.sources = sources
        self.output = output
        self.report = RunReport()
        self.document = read_document(output)
        self.columns = wanted_columns(options.metrics, options.rename, self.document)
        self.fields = metric_fields({c: s.dtype for c, s in self.columns.items()})
        self.engine = Engine(load_operators(self.columns), options.decode)
        self.source_options = options.source
        self.source = self._open(sources)

    def run(self) -> RunReport:
        """Do everything; what was finished is saved however this ends."""
        with Writer(self.output, SCORE_SCHEMA) as writer:
            self.document = read_document(self.output)
            self._say_recovered(writer)
            name = self._prepare(writer)
            ledger = self._ledger(writer)
            scores = ScoreWriter(writer, ledger, self.fields)
            planner = Planner(ledger, self.options.resume)
            try:
                self._score(planner, scores, f"{name}/" if name else "")
            except StoreError:
                raise
            except BaseException:
                scores.commit()
                raise
            scores.commit()
            self._complete(writer, ledger, name)
        return self.report

    def _open(self, sources: Sequence[str]) -> Source:
        """Open the source with what the store remembers of how it was listed before."""
        source = open_source(sources, self.source_options)
        known = self.document["sources"].get(self._name(source), {})
        if known.get("kind") != source.kind or not known["options"]:
            return source
        given = {k: v for k, v in asdict(self.source_options).items() if v}
        self.source_options = SourceOptions(**(known["options"] | given))
        return open_source(sources, self.source_options)

    def _name(self, source: Source) -> str:
        moved = self.options.source.root is not None
        return choose_source(self.document["sources"], source.root, self.options.append, moved)

    def _prepare(self, writer: Writer) -> str:
        """Check and record columns and source; return the name of the source."""
        decode = self.options.decode.fingerprint()
        wanted = {c: column_record(s, decode) for c, s in self.columns.items()}
        recorded = self.document["columns"]
        check_scorers(recorded, wanted, self.options.rescore)
        name = self._name(self.source)
        self._check_new_name(writer, name)
        forget_scores(writer, [c for c in self.options.rescore if c in writer.schema.names])
        recorded.update(wanted)
        self.document["decode"] = decode
        self.document["sources"][name] = self._source_record()
        self.document["libraries"] = {n: version(n) for n in _LIBRARIES}
        writer.save_provenance(self.document)
        self._add_columns(writer)
        return name

    def _add_columns(self, writer: Writer) -> None:
        """Add the columns to a small table; in a large one they appear when they are whole."""
        lacking = [f for f in self.fields if f.name not in writer.schema.names]
        if lacking and writer.rows < table.STREAM_FROM:
            note = {"action": "add metrics", "metrics": [f.name for f in lacking]}
            writer.add_columns(lacking, note)

    def _source_record(self) -> dict[str, Any]:
        options = {k: v for k, v in asdict(self.source_options).items() if v and k != "root"}
        if labels := options.get("labels"):
            options["labels"] = os.path.realpath(labels)
        return {"kind": self.source.kind, "root": self.source.root, "options": options}

    def _check_new_name(self, writer: Writer, name: str) -> None:
        """Refuse a name under which another source already has ids."""
        if not name or name in self.document["sources"]:
            return
        for batch in writer.reader().batches(["id"]):
            for image_id in batch.column("id").to_pylist():
                if image_id.startswith(f"{name}/"):
                    raise StoreError(
                        f"--append {name}: the store already has {image_id!r} from another "
                        "source: choose another name"
                    )

    def _ledger(self, writer: Writer) -> Ledger:
        reader = writer.reader()

        def read(names: Sequence[str]) -> Iterator[Any]:
            yield from reader.batches([n for n in names if n in reader.schema.names])
            for staged in writer.staged():
                yield staged.select([n for n in names if n in staged.schema.names])

        return Ledger(read, list(self.columns))

    def _score(self, planner: Planner, scores: ScoreWriter, prefix: str) -> None:
        meter = Meter(self.sources, self.options, self.report, planner.counts)
        executor = LocalExecutor(self.options.workers)
        for item in executor.run(self.engine, self._work(planner, prefix)):
            if isinstance(item, Row):
                self.report.row(item)
                scores.add(item)
            elif isinstance(item, Patch):
                scores.patch(item)
            elif isinstance(item, Skip):
                self.report.skip(item)
            meter.tell()
        self.report.counts.update(planner.counts)

    def _work(self, planner: Planner, prefix: str) -> Iterator[Task | Patch | Skip | None]:
        """What is to be done, listed as it is asked for; None now and then for progress."""
        for item in listed(self.source, self.options, prefix, self.report):
            work = item if isinstance(item, Skip) else planner.plan(item)
            if work is not None:
                yield work
            elif planner.counts["unchanged"] % _TELL_EVERY == 0:
                yield None

    def _complete(self, writer: Writer, ledger: Ledger, name: str) -> None:
        """After the listing ended: mark what is gone, prune, apply what was staged."""
        self._note_unmatched_labels()
        if not self.report.interrupted:
            self._mark_missing(writer, ledger, name)
            writer.apply_staged({"action": "apply staged rows"})
        if self.options.prune:
            gone = pc.field("status") == str(Status.MISSING)
            self.report.counts["pruned"] = writer.delete(gone, {"action": "prune"})

    def _mark_missing(self, writer: Writer, ledger: Ledger, name: str) -> None:
        """Only a complete listing without errors says that an image is gone."""
        prefixes = tuple(f"{name}/{p}" if name else p for p in self.source.complete_prefixes())
        if prefixes and not self.report.listing_errors and self.options.limit is None:
            names = self.document["sources"].keys()
            gone = mark_missing(writer, ledger, prefixes, names, name, self.options.yes)
            self.report.counts["missing"] = gone

    def _note_unmatched_labels(self) -> None:
        if n := self.source.unmatched_labels:
            self.report.notes.append(
                f"{n} rows of the label file matched no image, such as "
                f"{self.source.unmatched_example!r}"
            )

    def _say_recovered(self, writer: Writer) -> None:
        if writer.recovered:
            self.report.notes.append("the last run was killed; what it had saved is kept")
