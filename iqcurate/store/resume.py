"""What is left to do for each image that a source lists."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iqcurate.tasks import CLEAN, Task
from iqcurate.types import Status

if TYPE_CHECKING:
    from collections.abc import Collection, Container, Mapping

    from iqcurate.store.ledger import Known, Ledger
    from iqcurate.types import Failure, ImageRef


@dataclass(frozen=True, slots=True)
class Patch:
    """Columns of a known row to set without reading the image."""

    id: str
    values: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class ResumeOptions:
    """How sceptical a run is of what the store holds.

    Parameters
    ----------
    retry_failed
        Try again what may have failed for a passing reason.
    hash_contents
        Read every image and compare its content, not only its fingerprint.
    """

    retry_failed: bool = False
    hash_contents: bool = False


class Planner:
    """Turns listed images into work; what is done and unchanged needs none.

    Parameters
    ----------
    ledger
        Of the store.
    options
        See `ResumeOptions`.
    header_columns
        Wanted columns that need no pixels.
    limits
        The most bytes and pixels of an image that is decoded now.
    suspects
        Ids of images that may have killed the last run.
    judged_by
        Details of an image, such as its label, that the columns depend on: where one changes,
        they are computed again.
    """

    def __init__(
        self,
        ledger: Ledger,
        options: ResumeOptions | None = None,
        header_columns: Collection[str] = (),
        limits: tuple[int, int] = (0, 0),
        suspects: Container[str] = (),
        judged_by: Collection[str] = (),
    ) -> None:
        self.ledger = ledger
        self.options = options or ResumeOptions()
        self.columns = frozenset(ledger.columns)
        self.counts: Counter[str] = Counter()
        self._header_columns = frozenset(header_columns)
        self._limits = limits
        self._suspects = suspects
        self._trusting = self.options == ResumeOptions()
        self._judged_by = frozenset(judged_by)

    def plan(self, ref: ImageRef) -> Task | Patch | None:
        """Decide about one image, and count what was decided."""
        position = self.ledger.position(ref.id)
        if position is None:
            self.counts["new"] += 1
            return Task(ref, self.columns, alone=ref.id in self._suspects)
        self.ledger.seen[position] = True
        if self._trusting and ref.failure is None and self.ledger.is_settled(ref, position):
            self.counts["unchanged"] += 1
            return None
        return self._plan_known(ref, self.ledger.known(position))

    def _plan_known(self, ref: ImageRef, known: Known) -> Task | Patch | None:
        if ref.failure is not None:
            return self._fail(ref, known, ref.failure)
        if not self.ledger.same(known.position, "fingerprint", ref.fingerprint):
            self.counts["changed"] += 1
            return self._task(ref, known, self._pending(ref, known))
        return self._plan_same(ref, known)

    def _pending(self, ref: ImageRef, known: Known) -> frozenset[str]:
        """Columns to compute even if the content is what it was."""
        judged_anew = self._judged_by & self.ledger.changed_details(ref, known.position).keys()
        return self.columns if judged_anew else known.pending

    def _task(self, ref: ImageRef, known: Known, pending: frozenset[str]) -> Task:
        """Read an image; if its pixels were scored once and are the same, only what is missing."""
        alone = known.crashed or ref.id in self._suspects
        if not known.was_ok:
            return Task(ref, self.columns, alone=alone)
        return Task(ref, self.columns, (CLEAN,), known.sha256, pending, alone)

    def _plan_same(self, ref: ImageRef, known: Known) -> Task | Patch | None:
        pending = self._pending(ref, known)
        if self.options.retry_failed:
            pending |= known.retryable_columns
        if self._needs_reading(known, pending):
            self.counts[self._why(known, pending)] += 1
            return self._task(ref, known, pending)
        back = {"status": Status.OK, "error": None} if known.status is Status.MISSING else {}
        return self._patch(ref, known, back)

    def _why(self, known: Known, pending: frozenset[str]) -> str:
        if known.status is not Status.OK:
            return "retried"
        return "added" if pending else "compared"

    def _needs_reading(self, known: Known, pending: frozenset[str]) -> bool:
        if self.options.hash_contents:
            return True
        if known.status is Status.OK:
            return bool(pending)
        if known.status is Status.MISSING:
            return bool(pending) or not known.was_ok
        if known.retryable:
            return self.options.retry_failed
        if known.size is not None:
            return self._fits(known.size)
        return known.has_header and bool(pending & self._header_columns)

    def _fits(self, size: tuple[int | None, int | None]) -> bool:
        """Whether an image that was too large is within today's limits."""
        if None in size:
            return self.options.retry_failed
        return all(have <= most for have, most in zip(size, self._limits, strict=True) if have)

    def _fail(self, ref: ImageRef, known: Known, failure: Failure) -> Patch | None:
        """Note what listing found out; the fingerprint goes, so that the image is read again."""
        if failure.status is known.status:
            return self._patch(ref, known, {})
        values: dict[str, str | None] = {"status": failure.status, "error": failure.error}
        if failure.status is not Status.MISSING:
            values["fingerprint"] = None
        return self._patch(ref, known, values)

    def _patch(self, ref: ImageRef, known: Known, status: Mapping[str, str | None]) -> Patch | None:
        values = {**self.ledger.changed_details(ref, known.position), **status}
        self.counts["updated" if values else "unchanged"] += 1
        return Patch(ref.id, values) if values else None
