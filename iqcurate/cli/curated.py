"""What a filter does to a data set, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from iqcurate.cli.output import console, number, printable, records, table

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from iqcurate.analysis.effect import Effect
    from iqcurate.api.curated import CurateResult

_MOST = 12


def print_result(result: CurateResult) -> None:
    """Print counts, votes by metric, and what is kept of each class and split."""
    out = console()
    out.print(_headline(result))
    if result.metrics["cutoff"].notna().any():
        out.print(_metrics(result.metrics))
    found = result.effect
    for parts, name, many in (
        (found.classes, "class", "classes"),
        (found.splits, "split", "splits"),
    ):
        if len(parts):
            out.print(_parts(parts, name, many))
    for line in _balance(found):
        out.print(line)


def as_json(result: CurateResult) -> dict[str, Any]:
    """The same for machines, with all classes."""
    found = result.effect
    return {
        **result.counts,
        "metrics": records(result.metrics),
        "classes": records(found.classes),
        "splits": records(found.splits),
        "vanished": found.vanished,
        "association": found.association and asdict(found.association),
        "balance_before": found.balance_before and asdict(found.balance_before),
        "balance_after": found.balance_after and asdict(found.balance_after),
        "warnings": list(result.warnings),
    }


def _headline(result: CurateResult) -> str:
    counts = dict(result.counts)
    images, kept = counts.pop("images"), counts.pop("kept")
    text = f"{images} images: {kept} kept ({_percent(kept, images)})"
    words = {"brought_back": "brought back for their class", "undecided": "undecided"}
    rest = [f"{n} {words.get(name, name)}" for name, n in counts.items() if n]
    return ", ".join([text, *rest])


def _metrics(metrics: pd.DataFrame) -> Table:
    text = ("metric", "low is", "verdict")
    made = table(["metric", "low is", "cut-off", "verdict", "low", "pass", "abstain"], left=text)
    for row in records(metrics):
        way = "below" if row["direction"] == "higher" else "above"
        counts = [str(row[n]) for n in ("low", "pass", "abstain")]
        made.add_row(printable(row["metric"]), way, number(row["cutoff"]), row["verdict"], *counts)
    return made


def _parts(parts: pd.DataFrame, name: str, many: str) -> Table:
    title = f"What is kept of the {many}"
    if len(parts) > _MOST:
        title = f"The {_MOST} of {len(parts)} {many} that lose most (all: --json)"
    made = table(
        [name, "images", "kept", "share kept", "of all before", "of all after"], title, left=(name,)
    )
    for row in records(parts.head(_MOST)):
        before, after = (_percent(row[n], 1) for n in ("share_before", "share_after"))
        share = _percent(row["kept_share"], 1)
        shown = printable(row["name"]) or "(none)"
        made.add_row(shown, str(row["images"]), str(row["kept"]), share, before, after)
    return made


def _balance(found: Effect) -> list[str]:
    if found.balance_before is None or found.balance_after is None or found.association is None:
        return []
    before, after, link = found.balance_before, found.balance_after, found.association
    lines = [
        f"balance of the classes: evenness {before.evenness:.3f} -> {after.evenness:.3f}, largest "
        f"to smallest {before.largest_to_smallest:.3g} -> {after.largest_to_smallest:.3g}"
    ]
    if link.cramers_v is None:
        lines.append(f"class and rejection: {link.why}")
    else:
        p = f"no p: {link.why}" if link.p is None else _p(link.p)
        lines.append(f"class and rejection: Cramer's V {link.cramers_v:.2f} ({p})")
    return lines


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"


def _percent(part: float | None, whole: float) -> str:
    return "-" if part is None or not whole else f"{100 * part / whole:.1f}%"
