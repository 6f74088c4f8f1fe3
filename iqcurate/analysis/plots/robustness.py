"""Response sizes at a glance, and one metric's responses to each angle and each blur."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.plots.names import plain
from iqcurate.analysis.robustness.protocol import ANGLES, JUDGED_SIGMA, SIGMAS
from iqcurate.robustness import Survival

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

    from iqcurate.robustness import Outcome, Robustness

COLOURS = {
    Survival.SURVIVES: "#3a76af",
    Survival.FAILS: "#d95f02",
    Survival.CANNOT_TELL: "#777777",
}
_BOUND, _ALLOWED = "#222222", "#3a76af"
_TITLES = {
    "crop": "Crop: a quarter against the whole",
    "rotate": "Rotation: the worst angle, above a shift",
    "blur": f"Blur of sigma {JUDGED_SIGMA:g}, as declared",
}


def plot_robustness(metrics: Mapping[str, Robustness]) -> Figure:
    """Responses with 95% intervals, one row a metric, and where they may lie (shaded)."""
    height = 1.7 + 0.38 * max(len(metrics), 1)
    figure = Figure(figsize=(10, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    names = list(metrics)[::-1]
    every = figure.subplots(1, 3, sharey=True)
    for axes, (test, title) in zip(every, _TITLES.items(), strict=True):
        outcomes = {n: metrics[n].tests[test] for n in names if test in metrics[n].tests}
        for row, name in enumerate(names):
            if name in outcomes:
                _interval(axes, row, outcomes[name])
        _allow(axes, test, list(outcomes.values()))
        axes.set_title(title, fontsize=9, loc="left")
        axes.set_xlabel("percentile points", fontsize=8)
        axes.tick_params(labelsize=8)
        axes.margins(y=0.15)
    every[0].set_yticks(range(len(names)), [plain(name) for name in names])
    for axes in every:
        axes.set_ylim(-0.6, len(names) - 0.4)
    for verdict, colour in COLOURS.items():
        every[1].plot([], [], "o", color=colour, label=str(verdict).replace("_", " "))
    figure.legend(
        *every[1].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=8,
        frameon=False,
    )  # fmt: skip
    return figure


def _interval(axes: Axes, row: int, outcome: Outcome) -> None:
    response, low, high = (outcome.figures.get(n) for n in ("response", "low", "high"))
    colour = COLOURS[outcome.verdict]
    if response is None or low is None or high is None:
        axes.annotate(
            "too few images have a score", (0.03, row), xycoords=("axes fraction", "data"),
            fontsize=7, color=colour, va="center",
        )  # fmt: skip
        return
    axes.plot([low, high], [row, row], color=colour, linewidth=2)
    axes.plot([response], [row], "o", color=colour, markersize=5)


def _allow(axes: Axes, test: str, outcomes: list[Outcome]) -> None:
    """Shade where a response survives."""
    bounds = [b for o in outcomes if (b := o.figures.get("bound")) is not None]
    if not bounds:
        return
    bound = bounds[0]
    low, high = axes.get_xlim()
    edges = {"crop": (-bound, bound), "rotate": (None, bound), "blur": (bound, None)}[test]
    lines = [edge for edge in edges if edge is not None]
    left, right = min(low, *lines, 0.0), max(high, *lines, 0.0)
    room = 0.06 * (right - left)
    left, right = left - room, right + room
    axes.set_xlim(left, right)
    start, end = (edges[0] if edges[0] is not None else left), (edges[1] or right)
    axes.axvspan(start, end, color=_ALLOWED, alpha=0.08, linewidth=0)
    for line in lines:
        axes.axvline(line, color=_BOUND, linewidth=0.8, linestyle="--")


def plot_metric(metric: str, found: Robustness) -> Figure:
    """Change by angle beside that under a shift, and fall by blur."""
    figure = Figure(figsize=(9, 3.6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2)
    word = str(found.verdict).replace("_", " ")
    figure.suptitle(plain(f"{metric}: {word}"), x=0.01, ha="left", fontsize=12, fontweight="bold")
    _angles(left, found.tests.get("rotate"))
    _blurs(right, found.tests.get("blur"), found.tests)
    return figure


def _angles(axes: Axes, outcome: Outcome | None) -> None:
    axes.set_title("Mean change of the score by turning", fontsize=9, loc="left")
    axes.set_xlabel("degrees", fontsize=8)
    axes.set_ylabel("percentile points", fontsize=8)
    axes.tick_params(labelsize=8)
    above = _levels(outcome, ANGLES)
    if outcome is None or above is None:
        _nothing(axes)
        return
    shift, bound = (outcome.figures.get(n) or 0.0 for n in ("under_shift", "bound"))
    axes.plot(ANGLES, above + shift, "o-", color=COLOURS[outcome.verdict], label="by the turn")
    axes.axhline(shift, color="#777777", linewidth=1.2, label="by a shift: content alone")
    axes.axhline(
        shift + bound, color=_BOUND, linewidth=0.8, linestyle="--", label=f"{bound:g} points above"
    )
    axes.set_ylim(bottom=0)
    axes.set_xticks(ANGLES)
    axes.legend(fontsize=8, frameon=False)


def _blurs(axes: Axes, outcome: Outcome | None, tests: Mapping[str, Outcome]) -> None:
    axes.set_title("What a blur takes, in the declared direction", fontsize=9, loc="left")
    axes.set_xlabel("sigma of the Gaussian, pixels", fontsize=8)
    axes.tick_params(labelsize=8)
    falls = _levels(outcome, SIGMAS)
    if outcome is None or falls is None:
        _nothing(axes)
        return
    axes.plot([0, *SIGMAS], [0, *falls], "o-", color=COLOURS[outcome.verdict], label="blur")
    bound = outcome.figures.get("bound") or 0.0
    axes.plot(
        [JUDGED_SIGMA], [bound], "^", color=_BOUND, label=f"at least {bound:g} at {JUDGED_SIGMA:g}"
    )
    for name, style in (("crop", ":"), ("rotate", "-.")):
        figures = tests[name].figures if name in tests else {}
        sigma, response = figures.get("equivalent_blur"), figures.get("response")
        if sigma is not None and response is not None:
            axes.axvline(
                sigma, color="#777777", linestyle=style, linewidth=1,
                label=f"moves as far as {'crop' if name == 'crop' else 'rotation'}",
            )  # fmt: skip
    axes.legend(fontsize=8, frameon=False)


def _levels(outcome: Outcome | None, levels: tuple[float, ...]) -> np.ndarray | None:
    values = [] if outcome is None else [outcome.figures.get(f"at_{x:g}") for x in levels]
    known = [value for value in values if value is not None]
    return np.array(known) if known and len(known) == len(levels) else None


def _nothing(axes: Axes) -> None:
    axes.text(0.5, 0.5, "too few images have scores", transform=axes.transAxes, ha="center")
    axes.set_xticks([])
    axes.set_yticks([])
