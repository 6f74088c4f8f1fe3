"""Categories in Markdown: which are best, worst, widest and narrowest in each metric."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pandas import isna

from iqcurate.report.markdown import literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

TITLES = {
    "average_high": "best mean",
    "average_low": "worst mean",
    "range_high": "widest range",
    "range_low": "narrowest range",
}
_MOST = 5


def markdown(
    by: str,
    metrics: pd.DataFrame,
    frame: pd.DataFrame,
    subsets: pd.DataFrame,
    warnings: Sequence[str],
) -> str:
    """Write the report.

    Parameters
    ----------
    by, metrics, frame, subsets, warnings
        As in `iqcurate.api.categorised.CategoriesResult`.
    """
    lines = [f"## Quality by {by}", ""]
    if warnings:
        lines += [*(f"- ⚠️ {literal(text)}" for text in warnings), ""]
    lines += _overview(metrics)
    rows = frame.set_index(["metric", "category"])
    for metric in metrics["metric"]:
        lines += ["", *_of_metric(metric, subsets[subsets["metric"] == metric], rows)]
    return "\n".join(lines) + "\n"


def _overview(metrics: pd.DataFrame) -> list[str]:
    lines = [
        "| metric | better is | categories ranked | range of | between | reliable |",
        "|---|---|--:|--:|--:|--:|",
    ]
    for row in metrics.to_dict("records"):
        drawn = row["rarefied_to"]
        cells = [
            literal(row["metric"]),
            row["direction"],
            f"{row['ranked']:,} of {row['categories']:,}",
            "-" if isna(drawn) else f"{drawn:.0f} images",
            *("-" if isna(row[n]) else f"{row[n]:.1%}" for n in ("between", "reliability")),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    lines += ["", "Between: share of the variance of the scores that lies between the categories; "]
    lines[-1] += "reliable: share of the variance of their means that is not chance."
    return lines


def _of_metric(metric: str, subsets: pd.DataFrame, rows: pd.DataFrame) -> Iterator[str]:
    """The outermost categories of each subset."""
    if subsets.empty:
        return
    yield f"### {literal(metric)}"
    yield ""
    yield "| | category | images | mean (95% interval) | rarefied range | 5% to 95% |"
    yield "|---|---|--:|--:|--:|--:|"
    for subset, title in TITLES.items():
        for name in subsets.loc[subsets["subset"] == subset, "category"].head(_MOST):
            row = rows.loc[(metric, name)]
            cells = [title, literal(name), f"{row['n']:,.0f}", mean_words(row)]
            cells += [short(row["rarefied_range"]), short(row["spread"])]
            yield f"| {' | '.join(cells)} |"


def mean_words(row: pd.Series) -> str:
    """A mean and its interval, where there is one."""
    ends = row["mean_low"], row["mean_high"]
    if isna(ends[0]):
        return short(row["mean"])
    return f"{short(row['mean'])} ({short(ends[0])} to {short(ends[1])})"


def short(value: float) -> str:
    """A score with as many digits as people read."""
    return "-" if isna(value) else f"{value:.4g}"
