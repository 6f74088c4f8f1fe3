"""A comparison of two sets, for people and as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from iqcurate.cli.output import console, number, print_json, printable, records, table

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

    from iqcurate.api.compared import CompareResult
    from iqcurate.api.matched import MatchResult

_MOST = 12


def print_result(result: CompareResult, json_out: bool, as_markdown: bool) -> None:
    """Print figures and words, on standard error what to know of them."""
    if json_out:
        print_json(_as_json(result))
    elif as_markdown:
        typer.echo(result.markdown, nl=False)
    else:
        _print(result)
    matched = () if result.matched is None else result.matched.warnings
    for warning in (*result.warnings, *matched):
        typer.echo(f"warning: {printable(warning)}", err=True)
    for gate in result.gates:
        word = "failed" if gate.failed else "passed"
        typer.echo(f"gate {word}: {printable(gate.expression)} ({gate.why})", err=True)


def _as_json(result: CompareResult) -> dict[str, Any]:
    made = result.as_data() | {"classes": records(result.classes), "match": None}
    if (found := result.matched) is not None:
        made["match"] = {
            **found.counts,
            "margins": records(found.margins),
            "parts": records(found.parts),
            "splits": records(found.effect.splits),
            "balance_before": found.effect.balance_before and asdict(found.effect.balance_before),
            "balance_after": found.effect.balance_after and asdict(found.effect.balance_after),
            "warnings": list(found.warnings),
        }
    return made


def _print(result: CompareResult) -> None:
    out = console()
    for letter, part, readable in zip(
        "AB", (result.sets.a, result.sets.b), result.sets.readable, strict=True
    ):
        images, there = part.table.num_rows, int(readable.sum())
        lost = "" if there == images else f", {images - there} of them not readable"
        out.print(f"{letter}: {printable(part.name)}, {images} images{lost}")
    out.print(_metrics(result.frame))
    for row in records(result.frame):
        out.print(f"{printable(row['metric'])}: {row['words']}")
    if len(result.classes):
        out.print(_classes(result.classes))
    out.print(result.sentence)
    if result.matched is not None:
        _print_match(result.matched)


def _metrics(frame: pd.DataFrame) -> Table:
    made = table(
        ["metric", "better is", "median A", "median B", "KS distance (95%)", "moved by",
         "in sd of B", "A is better (95%)", "p (Holm)", "verdict"],
        left=("metric", "better is", "verdict"),
    )  # fmt: skip
    from iqcurate.report.compared import interval, p_value

    for row in records(frame):
        verdict = row["way"] or row["verdict"].replace("_", " ")
        verdict = {"other": "shifted", "better": "A is better", "worse": "A is worse"}.get(
            verdict, verdict
        )
        made.add_row(
            printable(row["metric"]),
            row["direction"],
            number(row["median_a"]),
            number(row["median_b"]),
            interval(row["ks"], row["ks_low"], row["ks_high"]),
            number(row["wasserstein"], 3),
            number(row["wasserstein_sd"], 2),
            interval(row["better"], row["better_low"], row["better_high"]),
            p_value(row["p_adjusted"]),
            verdict,
        )
    return made


def _classes(classes: pd.DataFrame) -> Table | str:
    shifted = classes[classes["verdict"] == "shifted"]
    tested = classes[classes["p"].notna()]
    title = (
        f"Shifted in {len(shifted)} of {len(tested)} tests of a class and a metric "
        f"({classes['class'].nunique()} classes)"
    )
    if not len(tested):
        return "no class has enough independent images in both sets to be told by itself"
    if not len(shifted):
        return title
    if len(shifted) > _MOST:
        title += f"; the {_MOST} largest (all: --json)"
    made = table(
        ["class", "metric", "images A", "B", "median A", "median B", "KS distance", "A is better"],
        title,
        left=("class", "metric"),
    )
    for row in records(shifted.head(_MOST)):
        figures = [number(row[n], 3) for n in ("median_a", "median_b", "ks", "better")]
        counts = [str(row[n]) for n in ("n_a", "n_b")]
        made.add_row(printable(row["class"]), printable(row["metric"]), *counts, *figures)
    return made


def _print_match(found: MatchResult) -> None:
    out = console()
    counts = found.counts
    share = 100 * counts["kept"] / max(counts["images"], 1)
    out.print(f"\nLike B: {counts['kept']} of the {counts['images']} images of A ({share:.1f}%)")
    made = table(["metric", "distance before", "after", "allowed"], left=("metric",))
    for row in records(found.margins):
        figures = [number(row[n], 3) for n in ("ks_before", "ks_after", "eps")]
        made.add_row(printable(row["metric"]), *figures)
    out.print(made)
    if found.effect.balance_before is not None and found.effect.balance_after is not None:
        before, after = found.effect.balance_before, found.effect.balance_after
        out.print(
            f"balance of the classes: evenness {before.evenness:.3f} -> {after.evenness:.3f}; "
            f"{len(found.effect.vanished)} of {len(found.effect.classes)} classes vanish"
        )
