"""A data set beside another, for the page of an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.analysis.audit.distribution import describe
from iqcurate.report.packing import rounded, short
from iqcurate.report.sentences import Finding, Weight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iqcurate.analysis.compare.standing import Judged
    from iqcurate.api.compared import CompareResult

_BARS = 40
_CLASSES = 25
_FIGURES = (
    "n_a", "n_b", "median_a", "median_b", "ks", "ks_low", "ks_high", "wasserstein",
    "wasserstein_sd", "better", "better_low", "better_high",
)  # fmt: skip


def against_data(found: CompareResult) -> dict[str, Any]:
    """What the page shows of a comparison; its scripts read exactly these names."""
    shifted = found.classes[found.classes["verdict"] == "shifted"].head(_CLASSES)
    tested = found.classes[found.classes["p"].notna()]
    return {
        "name": found.sets.b.name,
        "images": found.sets.b.table.num_rows,
        "sentence": found.sentence,
        "matters": found.whole.matters,
        "tests": found.whole.tests,
        "warnings": list(found.warnings),
        "metrics": [_metric(found, name, judged) for name, judged in found.metrics.items()],
        "classes": {
            "tested": len(tested),
            "shifted": int((found.classes["verdict"] == "shifted").sum()),
            "rows": [
                {"class": row["class"], "metric": row["metric"], "n_a": row["n_a"],
                 "n_b": row["n_b"], "ks": short(row["ks"], 3), "better": short(row["better"], 3)}
                for row in shifted.to_dict("records")
            ],
        },
    }  # fmt: skip


def against_figures(found: CompareResult) -> dict[str, float | None]:
    """The figures of a comparison, each beginning with ``against_``."""
    return {f"against_{name}": value for name, value in found.figures.items()}


def on_against(found: CompareResult) -> Iterator[Finding]:
    """What the comparison says, in a sentence."""
    worse = found.figures["worse"]
    weight = Weight.LOOK if worse else Weight.NOTE
    yield Finding(weight, f"Against {found.sets.b.name} (B): {found.sentence}", "against")


def _metric(found: CompareResult, name: str, judged: Judged) -> dict[str, Any]:
    a, b = found.sets.columns(name)
    scale = describe(np.concatenate([a, b])).scale
    bars = []
    for values in (a, b):
        known = values[np.isfinite(values)]
        place = scale.place(known) if scale is not None and len(known) else np.zeros(0)
        counts = np.histogram(place, _BARS, (0, 1))[0]
        bars.append(rounded(counts / max(len(known), 1), 4))
    return {
        "name": name,
        "verdict": str(judged.verdict),
        "way": judged.way and str(judged.way),
        "words": found.words(name),
        "p": short(judged.p_adjusted, 3),
        **{figure: short(getattr(judged.shift, figure), 4) for figure in _FIGURES},
        "scale": scale and {"low": scale.low, "high": scale.high, "log": scale.log},
        "a": bars[0],
        "b": bars[1],
    }
