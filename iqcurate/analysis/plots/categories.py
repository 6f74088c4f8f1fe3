"""Categories by mean and range, after the two orders of Lee et al. 2024."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.categories.subsets import SUBSETS
from iqcurate.analysis.plots.names import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

COLOURS = dict(zip(SUBSETS, ("#3a76af", "#d95f02", "#7b4fa3", "#2e8b57"), strict=True))
_OTHER = "#b5b5b5"
_MOST = 8
_LETTERS = 26


def plot_categories(
    frame: pd.DataFrame, subsets: pd.DataFrame, *, lower_is_better: bool, drawn: int | None
) -> Figure:
    """Mean against rarefied range of the categories, and the ends of both orders with intervals.

    Parameters
    ----------
    frame
        Rows of one metric, as `iqcurate.analysis.categories.describe.describe` gives them.
    subsets
        As `iqcurate.analysis.categories.subsets.pick` gives them.
    lower_is_better
        Turns the axis of means, so that the right side is good.
    drawn
        Images drawn for the range.
    """
    figure = Figure(figsize=(13, 4.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    metric = plain(str(frame["metric"].iloc[0]))
    all_of_them, means, ranges = figure.subplots(1, 3, width_ratios=(1.2, 1, 1))
    better = "lower is better: the axis is turned" if lower_is_better else "higher is better"
    figure.suptitle(f"{metric} by category ({better})", x=0.01, ha="left", fontweight="bold")
    rows = frame.set_index("category")
    of = f"expected range of {drawn} images" if drawn else "range"
    _scatter(all_of_them, rows, subsets)
    all_of_them.set_xlabel(f"mean {metric}", fontsize=9)
    all_of_them.set_ylabel(of, fontsize=9)
    _ends(means, rows, subsets, SUBSETS[:2], ("mean", "mean_low", "mean_high"))
    means.set_title("Best and worst mean", fontsize=10, loc="left")
    means.set_xlabel(f"mean {metric}, 95% interval", fontsize=9)
    _ends(ranges, rows, subsets, SUBSETS[2:], ("rarefied_range", "rarefied_low", "rarefied_high"))
    ranges.set_title("Widest and narrowest range", fontsize=10, loc="left")
    ranges.set_xlabel(f"{of}, 95% interval", fontsize=9)
    if lower_is_better:
        all_of_them.invert_xaxis()
        means.invert_xaxis()
    return figure


def _scatter(axes: Axes, rows: pd.DataFrame, subsets: pd.DataFrame) -> None:
    ranked = rows[rows["range_place"].notna()]
    axes.set_title(f"{len(ranked):,} categories", fontsize=10, loc="left")
    axes.tick_params(labelsize=8)
    if ranked.empty:
        _nothing(axes)
        return
    small = len(ranked) > 500
    axes.scatter(ranked["mean"], ranked["rarefied_range"], 5 if small else 16, _OTHER, lw=0)
    for subset, colour in COLOURS.items():
        some = ranked.loc[ranked.index.isin(subsets.loc[subsets["subset"] == subset, "category"])]
        inner = subset.startswith("range")  # a ring: a category may be of two subsets
        axes.scatter(
            some["mean"], some["rarefied_range"], 60 if inner else 24,
            facecolors="none" if inner else colour, edgecolors=colour, linewidths=1.4,
            label=subset.replace("_", " "),
        )  # fmt: skip
    axes.legend(fontsize=8, frameon=False)


def _ends(
    axes: Axes,
    rows: pd.DataFrame,
    subsets: pd.DataFrame,
    both: tuple[str, ...],
    columns: tuple[str, str, str],
) -> None:
    names: list[str | None] = []
    colours: list[str] = []
    for subset in both:
        of = subsets[subsets["subset"] == subset].sort_values("place")["category"].head(_MOST)
        ends = of.tolist() if subset == both[0] else of.tolist()[::-1]
        names += ([None] if names and ends else []) + ends
        colours += ([_OTHER] if colours and ends else []) + [COLOURS[subset]] * len(ends)
    axes.tick_params(labelsize=8)
    if not names:
        _nothing(axes)
        return
    for y, (name, colour) in enumerate(zip(names, colours, strict=True)):
        if name is not None:
            value, low, high = rows.loc[name, list(columns)].to_numpy(float)
            if np.isfinite([low, high]).all():
                axes.plot([low, high], [y, y], color=colour, linewidth=1.6)
            axes.plot([value], [y], "o", color=colour, markersize=5)
    axes.set_yticks(range(len(names)), [_short(name) for name in names])
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(len(names) - 0.4, -0.6)


def _short(name: str | None) -> str:
    if name is None:
        return "⋯"
    return plain(name, _LETTERS)


def _nothing(axes: Axes) -> None:
    axes.text(0.5, 0.5, "too few scores to rank", transform=axes.transAxes, ha="center")
    axes.set_xticks([])
    axes.set_yticks([])
