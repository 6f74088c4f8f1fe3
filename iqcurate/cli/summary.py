"""A store at a glance, for people and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.cli.output import console, number, ordinary, printable, records, table

if TYPE_CHECKING:
    from collections.abc import Mapping

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
        out.print(_worst(summary))
    if len(summary.failures):
        out.print(_failures(summary))
    if store and len(summary.worst):
        out.print(f"worst by one metric: iqcurate show {store} --worst 10 -m NAME")
    if store and len(summary.failures):
        out.print(f"all that failed:     iqcurate show {store} --where \"status != 'ok'\"")


def _quantiles(summary: Summary, specs: Mapping[str, MetricSpec]) -> Table:
    columns = ["metric", "better is", "5%", "median", "95%", "ordinary photos", "no value"]
    made = table(columns, "Scores of these images", left=("metric", "better is"))
    for metric in summary.metrics:
        cuts = [number(q) for q in metric.quantiles[::2]] or ["-"] * 3
        better = _BETTER[metric.direction]
        usual = ordinary(specs.get(metric.name))
        made.add_row(metric.name, better, *cuts, usual, str(metric.undefined or ""))
    made.caption = "ordinary photos: the middle 90% of them, and their median in brackets"
    made.caption_justify = "left"
    return made


def _worst(summary: Summary) -> Table:
    names = [m.name for m in summary.metrics if m.direction != "none"]
    title = f"The {len(summary.worst)} worst, by the mean of their ranks in all metrics"
    made = table(["image", *names], title, left=("image",))
    for record in records(summary.worst):
        made.add_row(printable(record["id"]), *(number(record[n]) for n in names))
    return made


def _failures(summary: Summary) -> Table:
    shown = len(summary.failures)
    total = summary.rows - summary.statuses.get("ok", 0)
    title = f"Not scored: {total}" + (f", the first {shown}" if shown < total else "")
    made = table(["image", "status", "why"], title, left=("image", "status", "why"))
    for record in records(summary.failures):
        made.add_row(printable(record["id"]), record["status"], printable(record["error"]))
    return made


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
