"""A store at a glance, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.cli.image_rows import print_images
from iqcurate.cli.output import console, number, ordinary, printable, records, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rich.console import Console
    from rich.table import Table

    from iqcurate.analysis.summary import Summary
    from iqcurate.spec import MetricSpec

_BETTER = {"higher": "higher", "lower": "lower", "none": "neither"}


def print_summary(summary: Summary, specs: Mapping[str, MetricSpec], store: str | None) -> None:
    """Print counts, quantiles beside what ordinary photos score, worst images, failures."""
    out = console()
    counts = ", ".join(f"{n} {status}" for status, n in summary.statuses.items())
    out.print(f"{summary.rows} images: {counts}" if summary.rows else "no images")
    if any(m.n for m in summary.metrics):
        out.print(_quantiles(summary, specs))
    if len(summary.worst):
        _print_worst(out, summary)
    if len(summary.failures):
        _print_failures(out, summary)
    if store and len(summary.worst):
        out.print(f"worst by one metric: iqcurate show {store} --worst 10 -m NAME")
    if store and len(summary.failures):
        out.print(f"all that failed:     iqcurate show {store} --where \"status != 'ok'\"")


def _quantiles(summary: Summary, specs: Mapping[str, MetricSpec]) -> Table:
    columns = ["metric", "better is", "5%", "median", "95%", "ordinary photos", "no value"]
    made = table(columns, "Scores of these images", left=("metric", "better is"))
    made.columns[0].no_wrap = True
    for metric in summary.metrics:
        if metric.n and not metric.quantiles:
            continue  # a hash has none
        cuts = [number(q) for q in metric.quantiles[::2]] or ["-"] * 3
        better = _BETTER[metric.direction]
        usual = ordinary(specs.get(metric.name))
        made.add_row(metric.name, better, *cuts, usual, str(metric.undefined or ""))
    made.caption = "ordinary photos: the middle 90% of them, and their median in brackets"
    made.caption_justify = "left"
    return made


def _print_worst(out: Console, summary: Summary) -> None:
    found = records(summary.worst)
    names = [m.name for m in summary.metrics if m.direction != "none"]
    by = names[0] if len(names) == 1 else "the mean of their ranks in all metrics"
    title = f"The {len(found)} worst, by {by}"
    scores = {name: [number(record[name]) for record in found] for name in names}
    print_images(out, [record["id"] for record in found], scores, title=title)


def _print_failures(out: Console, summary: Summary) -> None:
    found = records(summary.failures)
    total = summary.rows - summary.statuses.get("ok", 0)
    title = f"Not scored: {total}" + (f", the first {len(found)}" if len(found) < total else "")
    why = {
        "status": [record["status"] for record in found],
        "why": [printable(record["error"]) for record in found],
    }
    print_images(out, [record["id"] for record in found], {}, why, title)


def as_json(summary: Summary) -> dict[str, Any]:
    """The summary for machines."""
    names = [m.name for m in summary.metrics]
    return {
        "images": summary.rows,
        "statuses": summary.statuses,
        "metrics": {
            m.name: {
                "direction": str(m.direction),
                "images": m.n,
                "undefined": m.undefined,
                "quantiles": dict(
                    zip(("p5", "p25", "p50", "p75", "p95"), m.quantiles, strict=False)
                ),
            }
            for m in summary.metrics
        },
        "worst": records(summary.worst[["id", *names]]),
        "failures": records(summary.failures),
    }
