"""A comparison of two sets as Markdown, for a build's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.report.markdown import gate_lines, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from iqcurate.analysis.audit.summary import Gate

_HEAD = "| metric | better is | median of A | of B | KS distance | A is better | p (Holm) | |"


def markdown(sentence: str, metrics: pd.DataFrame, gates: Sequence[Gate]) -> str:
    """Write the summary.

    Parameters
    ----------
    sentence
        What all metrics say.
    metrics
        As `iqcurate.api.compared.CompareResult.frame`.
    gates
        What came of the conditions.
    """
    lines = ["## Image quality of A against B", "", literal(sentence), ""]
    lines += [_HEAD, "|---|---|--:|--:|--:|--:|--:|---|"]
    for row in metrics.to_dict("records"):
        cells = [
            literal(row["metric"]),
            row["direction"],
            _number(row["median_a"]),
            _number(row["median_b"]),
            interval(row["ks"], row["ks_low"], row["ks_high"]),
            interval(row["better"], row["better_low"], row["better_high"]),
            p_value(row["p_adjusted"]),
            literal(row["words"]),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, *gate_lines(gates)]) + "\n"


def interval(value: Any, low: Any, high: Any) -> str:
    """A figure with its interval."""
    if _none(value):
        return "-"
    return f"{value:.2f}" + ("" if _none(low) else f" ({low:.2f} to {high:.2f})")


def p_value(value: Any) -> str:
    """A p value as it is read."""
    if _none(value):
        return "-"
    return f"{value:.3f}" if value >= 0.001 else "< 0.001"


def _number(value: Any) -> str:
    return "-" if _none(value) else f"{value:.4g}"


def _none(value: Any) -> bool:
    return value is None or value != value
