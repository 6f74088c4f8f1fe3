"""What a run did, in lines on standard error, and the exit code that says how it ended."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from iqcurate.cli.output import console, printable
from iqcurate.cli.progress import span

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.api.run import RunReport

_REASONS = {
    "new": "new",
    "changed": "changed",
    "added": "with added metrics",
    "retried": "tried again",
    "compared": "compared",
    "updated": "with new labels or status",
    "unchanged": "unchanged",
}
_NOTHING: Mapping[str, str] = {}


def print_run(report: RunReport, verb: str, reasons: Mapping[str, str] = _NOTHING) -> None:
    """Say how many images were worked on, why, what was skipped, and what else is to be known.

    Parameters
    ----------
    report
        Of the run.
    verb
        What was done to an image, such as ``scored``.
    reasons
        Other words for why an image was worked on.
    """
    say = console(stderr=True)
    for line in _lines(report, verb, {**_REASONS, **reasons}):
        say.print(line)


def exit_code(report: RunReport, verb: str, max_failures: int | None) -> int:
    """130 after an interruption, 3 where too many images failed, else 0; says why."""
    failed = report.counts["failed"]
    if report.interrupted:
        sys.stderr.write(
            f"interrupted; what was {verb} is saved. To go on: the same command again\n"
        )
        return 130
    if max_failures is not None and failed > max_failures:
        sys.stderr.write(f"iqcurate: {failed} images failed, --max-failures is {max_failures}\n")
        return 3
    return 0


def _lines(report: RunReport, verb: str, reasons: Mapping[str, str]) -> list[str]:
    counts = report.counts
    failed = f", {counts['failed']} failed" if counts["failed"] else ""
    parts = [f"{counts[k]} {words}" for k, words in reasons.items() if counts[k]]
    why = "interrupted" if report.interrupted else ", ".join(parts) or "nothing to do"
    lines = [f"{counts['scored']} images {verb}{failed}, in {span(report.seconds)} ({why})"]
    for reason, n in report.skips.items():
        lines.append(f"skipped {n}: {reason} (such as {printable(report.skip_examples[reason])})")
    for key, words in (
        ("missing", "no longer in the source: marked missing"),
        ("pruned", "missing images: rows removed"),
    ):
        if counts[key]:
            lines.append(f"{counts[key]} {words}")
    if report.listing_errors:
        lines.append("the listing is incomplete, so nothing was marked missing")
    return lines + report.notes
