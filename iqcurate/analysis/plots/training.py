"""What training sets of different quality give: measures, and differences with intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLOURS = {"all": "#222222", "removed": "#3a76af", "random": "#d95f02", "weighted": "#6a9f3a"}
_LABELS = {
    "all": "all",
    "removed": "without the worst",
    "random": "without as many at random",
    "weighted": "all, weighted by quality",
}
_QUESTIONS = {
    "quality": ("#d95f02", "without the worst, against random"),
    "removal": ("#3a76af", "without the worst, against all"),
    "weighting": ("#6a9f3a", "weighted, against all"),
}
_PARTS = {"test": "all qualities", "high": "high quality"}
_APART = 0.012


def plot_training(
    curves: pd.DataFrame, differences: pd.DataFrame, margin: float, measure: str
) -> Figure:
    """Draw measures above and differences below, on both kinds of test images.

    Parameters
    ----------
    curves
        One row an arm, share and kind of test images: ``arm, share, tested_on, mean, low, high``.
    differences
        One row a question, share and kind of test images: ``question, share, tested_on,
        difference, low, high, chosen``.
    margin
        Differences within it do not matter; shaded.
    measure
        What is drawn.
    """
    parts = list(dict.fromkeys(curves["tested_on"]))
    figure = Figure(figsize=(5.2 * len(parts), 7), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, len(parts), squeeze=False, sharex="col", sharey="row")
    for column, part in enumerate(parts):
        _measures(axes[0, column], curves[curves["tested_on"] == part])
        _differences(axes[1, column], differences[differences["tested_on"] == part], margin)
        axes[0, column].set_title(f"tested on {_PARTS[part]}", fontsize=10, loc="left")
        several = bool((curves["share"] > 0).any())
        axes[1, column].set_xlabel("removed, %" if several else "", fontsize=9)
        axes[1, column].set_xticks(100 * curves["share"].unique() if several else [])
    axes[0, 0].set_ylabel(f"{measure.replace('_', ' ')}, %", fontsize=9)
    axes[1, 0].set_ylabel("difference, points (above 0: better)", fontsize=9)
    for row in axes:
        row[0].legend(fontsize=8, frameon=False, ncols=2, loc="lower left")
        low, high = row[0].get_ylim()
        row[0].set_ylim(low - 0.25 * (high - low), high)  # room for the legend
    return figure


def _measures(axes: Axes, rows: pd.DataFrame) -> None:
    width = 100 * _APART * max(float(rows["share"].max()), 0.1)
    for place, (arm, colour) in enumerate(_COLOURS.items()):
        some = rows[rows["arm"] == arm].sort_values("share")
        x = 100 * some["share"] + (place - 1.5) * width
        _bars(axes, x, some["mean"], some, colour, _LABELS[arm])
    axes.tick_params(labelsize=8)


def _differences(axes: Axes, rows: pd.DataFrame, margin: float) -> None:
    width = 100 * _APART * max(float(rows["share"].max()), 0.1)
    axes.axhspan(-100 * margin, 100 * margin, color="#777777", alpha=0.12, linewidth=0)
    axes.axhline(0, color="#222222", linewidth=0.8)
    for place, (question, (colour, label)) in enumerate(_QUESTIONS.items()):
        some = rows[rows["question"] == question].sort_values("share")
        x = 100 * some["share"] + (place - 1) * width
        _bars(axes, x, some["difference"], some, colour, label)
        chosen = some["chosen"].to_numpy(bool)
        axes.plot(
            x[chosen], 100 * some["difference"][chosen], "o", markersize=10, fillstyle="none",
            color=colour,
        )  # fmt: skip
    axes.tick_params(labelsize=8)


def _bars(
    axes: Axes, x: pd.Series, middle: pd.Series, rows: pd.DataFrame, colour: str, label: str
) -> None:
    below, above = 100 * (middle - rows["low"]), 100 * (rows["high"] - middle)
    axes.errorbar(
        x, 100 * middle, yerr=[below.to_numpy(), above.to_numpy()], fmt="o-", markersize=4,
        linewidth=1, capsize=2, color=colour, label=label,
    )  # fmt: skip
