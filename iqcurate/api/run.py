"""What all runs share: listing, counting, telling how far they are."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from iqcurate.api.options import Progress, ScoreOptions
from iqcurate.sources.base import Skip
from iqcurate.sources.count import estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from iqcurate.sources.base import Source
    from iqcurate.tasks import Row
    from iqcurate.types import ImageRef


@dataclass(slots=True)
class RunReport:
    """What a run did.

    Parameters
    ----------
    counts
        Images: ``scored`` and ``failed`` are those that were worked on; ``new``, ``changed``,
        ``added`` (a metric), ``retried``, ``updated`` (labels or status alone) and
        ``unchanged`` say why; ``missing`` were marked so, ``pruned`` were removed.
    skips
        Things listed that got no row, by reason.
    skip_examples
        One path a reason.
    listing_errors
        Folders that could not be listed.
    notes
        Sentences for people.
    interrupted
        The run was stopped before its end.
    seconds
        It took.
    """

    counts: Counter[str] = field(default_factory=Counter)
    skips: Counter[str] = field(default_factory=Counter)
    skip_examples: dict[str, str] = field(default_factory=dict)
    listing_errors: int = 0
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0

    def skip(self, skip: Skip) -> None:
        """Count something that gets no row."""
        self.skips[skip.reason] += 1
        self.skip_examples.setdefault(skip.reason, skip.path)
        self.listing_errors += skip.is_error

    def row(self, row: Row) -> None:
        """Count a row."""
        self.counts["failed" if row.failure else "scored"] += 1


class Meter:
    """Tells the caller's progress function how far a run is."""

    def __init__(
        self,
        sources: Sequence[str],
        options: ScoreOptions,
        report: RunReport,
        planned: Counter[str],
    ) -> None:
        self._tell = options.progress
        self._report = report
        self._planned = planned
        self._total: int | None = None
        if self._tell is not None:
            threading.Thread(target=self._count, args=(sources, options), daemon=True).start()

    def _count(self, sources: Sequence[str], options: ScoreOptions) -> None:
        total = estimate(sources, options.stop)
        if total is not None and options.limit is not None:
            total = min(total, options.limit)
        self._total = total

    def tell(self) -> None:
        """Pass on how far the run is."""
        if self._tell is not None:
            failed = self._report.counts["failed"]
            done = self._report.counts["scored"] + failed
            skipped = self._planned["unchanged"] + self._planned["updated"]
            self._tell(Progress(done, skipped, failed, self._total))


def listed(
    source: Source, options: ScoreOptions, prefix: str, report: RunReport
) -> Iterator[ImageRef | Skip]:
    """List a source up to the limit or until the caller says stop; ids get their prefix."""
    n = 0
    if options.limit is not None and options.limit <= 0:
        return
    for item in source:
        if options.stop():
            report.interrupted = True
            return
        if isinstance(item, Skip):
            yield item
            continue
        yield replace(item, id=prefix + item.id) if prefix else item
        n += 1
        if n == options.limit:
            return
