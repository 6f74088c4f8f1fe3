"""What all runs share: listing, counting, telling how far they are."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Self

from iqcurate.api.options import Progress, ScoreOptions
from iqcurate.errors import SourceError
from iqcurate.sources.base import Skip
from iqcurate.sources.count import estimate

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from iqcurate.batches import Costs
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
        ``added`` (a metric), ``retried``, ``compared`` (by content), ``updated`` (labels or
        status alone) and ``unchanged`` say why; ``same`` were read and had not changed;
        ``missing`` were marked so, ``pruned`` were removed.
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
    seconds_an_image
        That those metrics took that run in batches, by column.
    """

    counts: Counter[str] = field(default_factory=Counter)
    skips: Counter[str] = field(default_factory=Counter)
    skip_examples: dict[str, str] = field(default_factory=dict)
    listing_errors: int = 0
    notes: list[str] = field(default_factory=list)
    interrupted: bool = False
    seconds: float = 0.0
    seconds_an_image: dict[str, float] = field(default_factory=dict)

    def skip(self, skip: Skip) -> None:
        """Count something that gets no row."""
        self.skips[skip.reason] += 1
        self.skip_examples.setdefault(skip.reason, skip.path)
        self.listing_errors += skip.is_error

    def note(self, text: str) -> None:
        """Say something to people, once."""
        if text not in self.notes:
            self.notes.append(text)

    def row(self, row: Row) -> None:
        """Count a row; one that was only compared is neither scored nor failed."""
        if row.failure:
            self.counts["failed"] += 1
        elif row.values or not row.unchanged:
            self.counts["scored"] += 1
        else:
            self.counts["same"] += 1


class Meter:
    """Tells the caller's progress function how far a run is."""

    def __init__(
        self,
        sources: Sequence[str],
        options: ScoreOptions,
        report: RunReport,
        planned: Counter[str],
        costs: Costs,
    ) -> None:
        self._tell = options.progress
        self._costs = costs
        self._report = report
        self._planned = planned
        self._total: int | None = None
        self._over = threading.Event()
        if self._tell is not None:
            threading.Thread(target=self._count, args=(sources, options), daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._report.seconds_an_image = self._costs.an_image()

    def _count(self, sources: Sequence[str], options: ScoreOptions) -> None:
        total = estimate(sources, self._over.is_set)
        if total is not None and options.limit is not None:
            total = min(total, options.limit)
        self._total = total

    def tell(self) -> None:
        """Pass on how far the run is."""
        if self._tell is not None:
            failed = self._report.counts["failed"]
            done = self._report.counts["scored"] + self._report.counts["same"] + failed
            skipped = self._planned["unchanged"] + self._planned["updated"]
            costs = self._costs.an_image()
            self._tell(Progress(done, skipped, failed, self._total, costs=costs))


def listed(
    source: Source,
    options: ScoreOptions,
    name: str,
    others: Mapping[str, str],
    report: RunReport,
) -> Iterator[ImageRef | Skip]:
    """List a source up to the limit or until the caller says stop; ids get their prefix.

    Parameters
    ----------
    source, options
        What to list, and how much of it.
    name
        Of the source, "" for the one whose ids have no prefix.
    others
        Roots of the sources that have a name.
    report
        Is told of an interruption.

    Raises
    ------
    SourceError
        Where two images would have one id.
    """
    left = options.limit
    for item in source:
        if options.stop():
            report.interrupted = True
            return
        if isinstance(item, Skip):
            yield item
            continue
        if not name:
            _check_id(item, others)
        yield replace(item, id=f"{name}/{item.id}") if name else item
        left = None if left is None else left - 1
        if left == 0:
            return


def _check_id(ref: ImageRef, others: Mapping[str, str]) -> None:
    head, slash, rest = ref.id.partition("/")
    if slash and head in others:
        raise SourceError(
            f"two images would have the id {ref.id!r}: {ref.uri}, and {rest!r} of the source "
            f"{head!r} ({others[head]}). Score them into another store, or rename the folder"
        )
