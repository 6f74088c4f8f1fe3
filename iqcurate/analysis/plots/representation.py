"""Subsets of categories in a network's representation, after the figures of Lee et al. 2024."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.categories.subsets import SUBSETS
from iqcurate.analysis.plots.categories import COLOURS
from iqcurate.analysis.plots.names import plain

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

_COLUMNS = {
    "mean_distance": ("Mean pairwise distance", "distance_low", "distance_high"),
    "top1": ("Top-1", "top1_low", "top1_high"),
    "top5": ("Top-5", "top5_low", "top5_high"),
}
_MARKS = dict(zip(SUBSETS, "os^D", strict=True))


def plot_picture(points: pd.DataFrame, title: str) -> Figure:
    """Images of the subsets in the plane; the same scale both ways.

    Parameters
    ----------
    points
        ``subset``, ``x``, ``y``, ``stress``.
    title
        Of the picture.
    """
    subsets = [name for name in SUBSETS if name in set(points["subset"])]
    figure = Figure(figsize=(3.1 * len(subsets) + 0.6, 3.9), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    every = np.atleast_1d(figure.subplots(1, len(subsets), sharex=True, sharey=True))
    for axes, subset in zip(every, subsets, strict=True):
        some = points[points["subset"] == subset]
        axes.scatter(points["x"], points["y"], 6, "#d5d5d5", lw=0)
        axes.scatter(some["x"], some["y"], 14, COLOURS[subset], marker=_MARKS[subset], lw=0)
        axes.set_title(f"{subset.replace('_', ' ')} ({len(some)})", fontsize=9, loc="left")
        axes.set_aspect("equal")
        axes.set_xticks([])
        axes.set_yticks([])
    stress = float(points["stress"].iloc[0])
    figure.suptitle(
        plain(f"{title}: distances in the plane, stress {stress:.2f}"),
        x=0.01, ha="left", fontsize=10, fontweight="bold",
    )  # fmt: skip
    return figure


def plot_subsets(frame: pd.DataFrame) -> Figure:
    """Each measure of each subset with its 95% interval, by model and metric.

    Parameters
    ----------
    frame
        See `iqcurate.experiments.representation.measure`, with ``model``.
    """
    measures = [m for m in _COLUMNS if m in frame and frame[m].notna().any()]
    models = list(dict.fromkeys(frame["model"]))
    metrics = list(dict.fromkeys(frame["metric"]))
    size = (1.6 + 4.2 * len(measures), 1.0 + len(models) * (0.7 + 0.62 * len(metrics)))
    figure = Figure(figsize=size, dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(models), len(measures), squeeze=False, sharey=True)
    for row, model in zip(grid, models, strict=True):
        for axes, measure in zip(row, measures, strict=True):
            _intervals(axes, frame[frame["model"] == model], metrics, measure)
            axes.set_title(
                plain(f"{model}: {_COLUMNS[measure][0].lower()}"),
                fontsize=9, loc="left",
            )  # fmt: skip
    handles, names = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=4, fontsize=8, frameon=False)
    return figure


def _intervals(axes: Axes, rows: pd.DataFrame, metrics: list[str], measure: str) -> None:
    _, low, high = _COLUMNS[measure]
    for number, subset in enumerate(SUBSETS):
        some = rows[rows["subset"] == subset]
        if some.empty:
            continue
        y = some["metric"].map(metrics.index).to_numpy(float) + 0.17 * (number - 1.5)
        values, ends = some[measure].to_numpy(float), some[[low, high]].to_numpy(float)
        axes.hlines(y, ends[:, 0], ends[:, 1], COLOURS[subset], linewidth=1.6)
        axes.plot(
            values, y, _MARKS[subset], color=COLOURS[subset], markersize=4,
            label=subset.replace("_", " "),
        )  # fmt: skip
    axes.set_yticks(range(len(metrics)), [plain(name) for name in metrics])
    axes.set_ylim(len(metrics) - 0.4, -0.6)
    axes.tick_params(labelsize=8)


def plot_ranks(ranks: pd.DataFrame) -> Figure:
    """Place of each subset (1 the largest) over models and metrics, one panel a measure.

    Parameters
    ----------
    ranks
        See `iqcurate.experiments.ranks.rank_subsets`.
    """
    measures = [m for m in _COLUMNS if m in set(ranks["measure"])]
    columns = list(dict.fromkeys(zip(ranks["model"], ranks["metric"], strict=True)))
    subsets = [name for name in SUBSETS if name in set(ranks["subset"])]
    size = (2.2 + 0.42 * len(columns), 1.4 + 1.5 * len(measures))
    figure = Figure(figsize=(max(size[0], 5), size[1]), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    every = figure.subplots(len(measures), 1, squeeze=False, sharex=True)[:, 0]
    for axes, measure in zip(every, measures, strict=True):
        rows = ranks[ranks["measure"] == measure]
        grid = np.full((len(subsets), len(columns)), np.nan)
        for _, row in rows.iterrows():
            at = subsets.index(row["subset"]), columns.index((row["model"], row["metric"]))
            grid[at] = row["rank"]
        axes.imshow(grid, cmap="Blues_r", vmin=0.5, vmax=len(subsets) + 1, aspect="auto")
        for (y, x), value in np.ndenumerate(grid):
            if np.isfinite(value):
                dark = value < 2
                axes.text(x, y, f"{value:g}", ha="center", va="center", fontsize=8,
                          color="white" if dark else "black")  # fmt: skip
        axes.set_title(_COLUMNS[measure][0], fontsize=9, loc="left")
        axes.set_yticks(range(len(subsets)), [s.replace("_", " ") for s in subsets], fontsize=8)
    names = [f"{plain(model)}\n{plain(metric)}" for model, metric in columns]
    every[-1].set_xticks(range(len(columns)), names, fontsize=7, rotation=90)
    return figure
