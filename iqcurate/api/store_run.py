"""A run into a store: of `score`, and of what else fills a row an image."""

from __future__ import annotations

from contextlib import closing, suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from iqcurate.api.chosen import choose
from iqcurate.api.columns import read_document
from iqcurate.api.run import Meter, RunReport, listed
from iqcurate.batches import Costs
from iqcurate.engine import Engine
from iqcurate.errors import StoreError, UsageError
from iqcurate.executors.local import LocalExecutor
from iqcurate.sources.base import Skip
from iqcurate.spec import Input
from iqcurate.store import table
from iqcurate.store.columns import check_scorers
from iqcurate.store.files import absolute
from iqcurate.store.in_work import InWork
from iqcurate.store.ledger import Ledger
from iqcurate.store.missing import mark_missing
from iqcurate.store.rescore import forget_scores
from iqcurate.store.resume import Patch, Planner
from iqcurate.store.scores import ScoreWriter
from iqcurate.store.table import Writer
from iqcurate.tasks import Row
from iqcurate.types import Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from iqcurate.api.fill import MakeFill
    from iqcurate.api.options import ScoreOptions
    from iqcurate.executors.base import Executor
    from iqcurate.tasks import Task

_TELL_EVERY = 500


class StoreRun:
    """One run: what is checked before it, what it does, what it leaves.

    Parameters
    ----------
    sources, output, options
        What to list, folder of the store, how.
    kind, make_fill
        Of the store, and what is filled in.
    """

    def __init__(
        self,
        sources: Sequence[str],
        output: Path,
        options: ScoreOptions,
        kind: str,
        make_fill: MakeFill,
    ) -> None:
        self.options = options
        self.sources = sources
        self.output = absolute(output)
        self.report = RunReport()
        self.kind = kind
        self.document = read_document(output, kind)
        self.fill = make_fill(self.document)
        self.columns = tuple(self.fill.records)
        self.engine = Engine(self.fill.operators, options.decode)
        given, append = options.source, options.append
        self.chosen = choose(sources, given, append, output, self.document, options.yes)
        self.source = self.chosen.source

    def run(self) -> RunReport:
        """Do everything; what was finished is saved however this ends."""
        with Writer(self.output, self.fill.schema, ("id", *self.fill.key)) as writer:
            if read_document(self.output, self.kind) != self.document:
                raise StoreError(f"{self.output}: another run was just ending: run again")
            self._say_recovered(writer)
            self._prepare(writer)
            ledger = self._ledger(writer)
            self._score(ledger, ScoreWriter(writer, ledger, self.fill.fields, self.fill.key))
            self._complete(writer, ledger)
        return self.report

    def _score(self, ledger: Ledger, scores: ScoreWriter) -> None:
        """Save what is scored, also where something else than the saving goes wrong."""
        in_work = InWork(self.output)
        try:
            self._work_off(self._planner(ledger, in_work), scores, in_work)
            scores.commit()
        except StoreError:
            with suppress(StoreError):
                in_work.close()
            raise
        except BaseException:
            scores.commit()
            in_work.close()
            raise
        in_work.close(self._came_across_all)
        if in_work.cleared:
            self.report.note(
                "scored in a process of their own, because an earlier run ended while working on "
                f"them: {in_work.cleared}"
            )

    def _planner(self, ledger: Ledger, in_work: InWork) -> Planner:
        limits = (self.options.decode.max_bytes, self.options.decode.max_pixels)
        fill, resume = self.fill, self.options.resume
        return Planner(ledger, resume, fill.header_columns, limits, in_work, fill.judged_by)

    def _prepare(self, writer: Writer) -> None:
        """Check and record columns and source."""
        wanted = {c: dict(record) for c, record in self.fill.records.items()}
        recorded = self.document["columns"]
        check_scorers(recorded, wanted, self.options.rescore)
        self._check_new_name(writer)
        self._forget(writer, recorded, wanted)
        recorded.update(wanted)
        self.document["decode"] = self.options.decode.fingerprint()
        self.document["sources"][self.chosen.name] = self.chosen.record
        self.document["libraries"] = {n: version(n) for n in self.fill.libraries}
        writer.save_provenance(self.document)
        self._add_columns(writer)

    def _forget(
        self, writer: Writer, recorded: Mapping[str, Any], wanted: Mapping[str, dict[str, Any]]
    ) -> None:
        """Empty the columns to rescore, but not one whose rescoring was interrupted."""
        if self.options.rescore and self.options.limit is not None:
            raise UsageError("--rescore forgets a whole column: it does not go with --limit")
        for name in wanted:
            if recorded.get(name, {}).get("rescoring") == wanted[name]["scorer"]:
                wanted[name]["rescoring"] = wanted[name]["scorer"]
        fresh = [n for n in self.options.rescore if "rescoring" not in wanted[n]]
        if fresh:
            writer.apply_staged({"action": "apply staged rows"})
            forget_scores(writer, [n for n in fresh if n in writer.schema.names])
        for name in fresh:
            wanted[name]["rescoring"] = wanted[name]["scorer"]

    def _add_columns(self, writer: Writer) -> None:
        """Add the columns to a small table; in a large one they appear when they are whole."""
        lacking = [f for f in self.fill.fields if f.name not in writer.schema.names]
        if lacking and writer.rows < table.STREAM_FROM:
            note = {"action": "add metrics", "metrics": [f.name for f in lacking]}
            writer.add_columns(lacking, note)

    def _check_new_name(self, writer: Writer) -> None:
        """Refuse a name under which another source already has ids."""
        name = self.chosen.name
        if not name or name in self.document["sources"]:
            return
        for batch in writer.reader().batches(["id", "uri"]):
            for image_id, uri in zip(*(c.to_pylist() for c in batch.columns), strict=True):
                if image_id.startswith(f"{name}/"):
                    raise StoreError(
                        f"--append {name}: ids of {self.source.root} would begin like "
                        f"{image_id!r}, which is {uri}: choose another name"
                    )

    def _ledger(self, writer: Writer) -> Ledger:
        reader = writer.reader()

        def read(names: Sequence[str]) -> Iterator[Any]:
            yield from reader.batches([n for n in names if n in reader.schema.names])
            for staged in writer.staged():
                yield staged.select([n for n in names if n in staged.schema.names])

        records = self.document["columns"]
        evidence = [c for c, r in records.items() if r["input"] != Input.HEADER]
        return Ledger(read, list(self.columns), evidence)

    def _work_off(self, planner: Planner, scores: ScoreWriter, in_work: InWork) -> None:
        costs, alone = Costs(), self.fill.alone
        executor: Executor = LocalExecutor(
            self.options.workers, self.options.timeout, in_work, alone, costs
        )
        with (
            closing(alone),
            Meter(self.sources, self.options, self.report, planner.counts, costs) as meter,
        ):
            for item in executor.run(self.engine, self._work(planner), self.options.stop):
                if isinstance(item, Row):
                    self.report.row(item)
                    scores.add(self.fill.finish(item))
                elif isinstance(item, Patch):
                    scores.patch(item)
                elif isinstance(item, Skip):
                    self.report.skip(item)
                scores.commit_if_due()
                meter.tell()
        self.report.interrupted |= self.options.stop()
        self.report.counts.update(planner.counts)

    def _work(self, planner: Planner) -> Iterator[Task | Patch | Skip | None]:
        """What is to be done, listed as it is asked for; None now and then for progress."""
        others = {n: s["root"] for n, s in self.document["sources"].items() if n}
        for item in listed(self.source, self.options, self.chosen.name, others, self.report):
            work = item if isinstance(item, Skip) else planner.plan(item)
            if work is not None:
                yield work
            elif planner.counts["unchanged"] % _TELL_EVERY == 0:
                yield None

    @property
    def _listed_whole(self) -> bool:
        whole = not self.report.interrupted and self.options.limit is None
        return whole and not self.report.listing_errors

    @property
    def _came_across_all(self) -> bool:
        """Whether every image that any run on this store could score was listed in this one."""
        one_folder = "" in self.source.complete_prefixes() and len(self.document["sources"]) == 1
        return one_folder and self._listed_whole

    def _complete(self, writer: Writer, ledger: Ledger) -> None:
        """After the listing ended: show what is whole now, mark what is gone, prune."""
        if self._listed_whole:
            self._note_unmatched_labels()
        self._settle(writer)
        if self._listed_whole:
            self._mark_missing(writer, ledger)
            self._settle(writer)
        if self.options.prune and not self.report.interrupted:
            self._prune(writer)

    def _settle(self, writer: Writer) -> None:
        """Apply what was staged, once every column in it is whole."""
        staged = any(True for _ in writer.staged())
        lacking = {n for t in writer.staged() for n in t.schema.names} - set(writer.schema.names)
        rescoring = [c for c in self.columns if "rescoring" in self.document["columns"][c]]
        left = self._ledger(writer).unfinished() if lacking or rescoring else 0
        if left == 0 and rescoring:
            for name in rescoring:
                del self.document["columns"][name]["rescoring"]
            writer.save_provenance(self.document)
        if staged and (not lacking or (left == 0 and lacking <= set(self.columns))):
            writer.apply_staged({"action": "apply staged rows"})
        elif staged and not self.report.interrupted:
            names = ", ".join(sorted(lacking))
            self.report.note(f"{names}: not in the table until every image has it")

    def _mark_missing(self, writer: Writer, ledger: Ledger) -> None:
        """Only a complete listing without errors says that an image is gone."""
        name = self.chosen.name
        prefixes = tuple(f"{name}/{p}" if name else p for p in self.source.complete_prefixes())
        if prefixes:
            names = self.document["sources"].keys()
            gone = mark_missing(
                writer, ledger, prefixes, names, name, self.options.yes, self.fill.key
            )
            self.report.counts["missing"] = gone

    def _prune(self, writer: Writer) -> None:
        if any(True for _ in writer.staged()):
            self.report.note("nothing was pruned: first let the added metric be finished")
            return
        gone = pc.field("status") == str(Status.MISSING)
        self.report.counts["pruned"] = writer.delete(gone, {"action": "prune"})

    def _note_unmatched_labels(self) -> None:
        if n := self.source.unmatched_labels:
            self.report.note(
                f"{n} rows of the label file matched no image, such as "
                f"{self.source.unmatched_example!r}"
            )

    def _say_recovered(self, writer: Writer) -> None:
        if writer.recovered:
            self.report.note("the last run was killed; what it had saved is kept")
