"""Score images: into a store, into memory, or a single one."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import pyarrow as pa

from iqcurate.api.chosen import listing_options
from iqcurate.api.columns import read_document, wanted_columns
from iqcurate.api.fill import column_records, scores
from iqcurate.api.options import make_options
from iqcurate.api.run import Meter, RunReport, listed
from iqcurate.api.store_run import StoreRun
from iqcurate.api.tables import load_scores, summarise_frame, to_frame
from iqcurate.batches import Costs
from iqcurate.engine import Engine
from iqcurate.errors import UsageError
from iqcurate.executors.local import LocalExecutor
from iqcurate.metrics.registry import load_operators
from iqcurate.sources import open_source
from iqcurate.sources.base import Skip
from iqcurate.sources.table import is_table
from iqcurate.store.columns import new_document
from iqcurate.store.schema import SCORE_SCHEMA, metric_fields
from iqcurate.store.scores import full_row
from iqcurate.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

    from iqcurate.analysis.summary import Summary
    from iqcurate.api.options import Options, ScoreOptions
    from iqcurate.spec import MetricSpec

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class ScoreResult:
    """What `score` gives back.

    Parameters
    ----------
    path
        Of the store; None where the rows are only in memory.
    report
        What the run did.
    """

    path: Path | None
    report: RunReport
    _frame: Callable[[], pd.DataFrame]
    _document: Callable[[], Mapping[str, Any]]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """All rows of the table, one an image."""
        return self._frame()

    def summary(self, worst: int = 5) -> Summary:
        """Counts, quantiles, worst images of the whole table."""
        return summarise_frame(self.frame, self._document(), worst)


def score(
    source: PathLike | Sequence[PathLike],
    output: PathLike | None = None,
    **options: Unpack[Options],
) -> ScoreResult:
    """Score images.

    Parameters
    ----------
    source
        A folder, an image, a list of paths (txt, csv, tsv, jsonl, parquet), or several of them.
    output
        Folder of the store. An existing one is continued: images that are there and did not
        change are not scored again. None keeps the rows in memory.
    metrics
        Names or groups; default: those of the store, or lapv, lapm, wavs, brisque, niqe.
    workers
        Threads; default: one a core. The scores do not depend on it.
    limit
        Only the first images of the source.
    append
        Name for another source in the same store; its ids begin with ``append/``.
    root
        Folder that relative paths are taken from, or where a source that moved is now.
    path_column
        Column of a list that holds the paths.
    label_from, split_from, group_from
        ``folder``, ``folder:N``, ``column:NAME``, ``regex:PATTERN`` or ``none``.
    labels
        Table that joins label, split and group by id or path; ``none`` ends a remembered one.
    all_files
        Rows also for files that are no images.
    device
        Where deep metrics run: ``auto`` (a GPU where there is one), ``cpu``, ``cuda``, ``cuda:N``
        or ``mps``. Others run on the CPU.
    precision
        Of deep metrics: ``fp32``, or ``bf16``, faster on many GPUs and a little different.
    max_side
        Deep metrics see images whose longer side has more pixels made smaller to it; ``none`` for
        no cap; default: each metric's own.
    weights
        Metric -> file of trained parameters of your own.
    weights_dir
        Folder of those that were fetched; default: ``IQCURATE_WEIGHTS``, or the cache.
    max_pixels, max_bytes
        Larger images are not decoded; default 200 million, 1 GiB.
    timeout
        Seconds after which an image that cannot be read is given up; default 60.
    retry_failed
        Try again what failed for a reason that may have passed.
    hash_contents
        Compare contents, not only size and time of files.
    rescore
        Columns to forget and score anew.
    rename
        Metric -> column, for a second column of a metric.
    prune
        Remove the rows of missing images.
    yes
        Mark images missing even if they are more than half, and believe that a source moved.
    progress
        Called with a `Progress` after each image.
    stop
        Asked before each image; true ends the run, saving what was done.

    Returns
    -------
    ScoreResult, whose ``frame`` is a pandas table with one row an image.

    Raises
    ------
    SourceError, StoreError, MetricError, UsageError
        Where the call cannot be carried out; images that cannot be scored are rows.

    Examples
    --------
    >>> scores = iqcurate.score("photos/", "scores/", metrics=["lapv", "niqe"]).frame
    """
    names: list[PathLike] = [source] if isinstance(source, str | os.PathLike) else list(source)
    target = Path(output) if output is not None else None
    return run([os.fspath(n) for n in names], target, make_options(**options))


def run(sources: Sequence[str], output: Path | None, options: ScoreOptions) -> ScoreResult:
    """Do what `score` says, from options that are put together already."""
    began = time.monotonic()
    if output is None:
        result = _score_into_memory(sources, options)
    else:
        report = StoreRun(sources, output, options, *scores(options)).run()
        result = ScoreResult(
            output, report, lambda: load_scores(output), lambda: read_document(output)
        )
    result.report.seconds = time.monotonic() - began
    return result


def is_single_image(source: str) -> bool:
    """Whether a source is one file, and no list of others."""
    return os.path.isfile(source) and not is_table(os.fsencode(source))  # noqa: PTH113 - any bytes


def _score_into_memory(sources: Sequence[str], options: ScoreOptions) -> ScoreResult:
    if options.append or options.rescore or options.prune:
        raise UsageError("append, rescore and prune need a store: name an output")
    columns = wanted_columns(options.metrics, options.rename, new_document())
    document = {"columns": column_records(columns, options)}
    engine = Engine(load_operators(columns, options.setup), options.decode)
    report = RunReport()
    source = open_source(sources, listing_options({}, options.source))
    wanted = frozenset(columns)

    def work() -> Iterator[Task | Skip]:
        for item in listed(source, options, "", {}, report):
            yield item if isinstance(item, Skip) else Task(item, wanted)

    rows = []
    costs = Costs()
    executor = LocalExecutor(options.workers, options.timeout, costs=costs)
    with Meter(sources, options, report, report.counts, costs) as meter:
        for item in executor.run(engine, work(), options.stop):
            if isinstance(item, Skip):
                report.skip(item)
            elif item is not None:
                report.row(item)
                rows.append(full_row(item, list(columns)))
                meter.tell()
    report.interrupted |= options.stop()
    return ScoreResult(None, report, lambda: _frame(rows, columns), lambda: document)


def _frame(rows: list[dict[str, Any]], columns: Mapping[str, MetricSpec]) -> pd.DataFrame:
    schema = pa.schema([*SCORE_SCHEMA, *metric_fields({c: s.dtype for c, s in columns.items()})])
    return to_frame(pa.Table.from_pylist(rows, schema=schema).sort_by("id"))
