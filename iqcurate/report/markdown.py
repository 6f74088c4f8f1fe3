"""The short form: what stands out and the main figures, as Markdown for a build's summary."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from iqcurate.analysis.audit.summary import Gate
    from iqcurate.report.sentences import Finding

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#|~&!$@])")
_SIGNS = {"good": "✅", "note": "▫️", "look": "⚠️"}
_QUANTILES = ("p5", "median", "p95")


def markdown(
    title: str,
    findings: Sequence[Finding],
    metrics: Mapping[str, str],
    figures: Mapping[str, float | None],
    gates: Sequence[Gate],
) -> str:
    """Write the summary.

    Parameters
    ----------
    title
        Of the data set.
    findings, figures, gates
        As in `iqcurate.api.audited.AuditResult`.
    metrics
        Direction by metric.
    """
    lines = [f"## Image quality of {literal(title)}", ""]
    lines += [f"- {_SIGNS[f.weight]} {literal(f.text)}" for f in findings]
    if metrics:
        lines += ["", *_metrics(metrics, figures)]
    return "\n".join([*lines, *gate_lines(gates)]) + "\n"


def gate_lines(gates: Sequence[Gate]) -> list[str]:
    """A table of gates; nothing where there are none."""
    rows = [
        f"| {literal(g.expression)} | {'❌ failed' if g.failed else '✅ passed'} "
        f"| {literal(g.why)} |"
        for g in gates
    ]
    return ["", "| gate: fails if | | figures |", "|---|---|---|", *rows] if rows else []


def literal(text: str) -> str:
    """Any text so that Markdown shows it as it is, on one line."""
    flat = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text)
    return _SPECIAL.sub(r"\\\1", flat)


def _metrics(metrics: Mapping[str, str], figures: Mapping[str, float | None]) -> list[str]:
    head = "| metric | better is | 5% | median | 95% | no score |"
    lines = [head, "|---|---|--:|--:|--:|--:|"]
    for name, direction in metrics.items():
        values = [_number(figures[f"{name}_{q}"]) for q in _QUANTILES]
        cells = [literal(name), direction, *values, f"{figures[f'{name}_undefined']:,.0f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
