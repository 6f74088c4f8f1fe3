"""Accuracy against the level of damage, and against a quality score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.sensitivity.link import ALL
from iqcurate.analysis.sensitivity.protocol import DISTORTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes

    from iqcurate.analysis.sensitivity.curves import Curve
    from iqcurate.analysis.sensitivity.link import Link

COLOURS = (
    "#3a76af", "#d95f02", "#1b9e77", "#7b3294", "#a6761d", "#e7298a", "#666666", "#0a9ec4",
)  # fmt: skip
_GREY = "#777777"
_MARKS = "osD^v<>P"
_ACROSS = 3
_WIDE = 30  # times the least score, from which a scale of scores is logarithmic


def plot_curves(curves: Mapping[str, Curve], distorted: str) -> Figure:
    """Top-1 (with 95% intervals) and top-5 accuracy of all models under one distortion.

    Parameters
    ----------
    curves
        By model.
    distorted
        What was distorted, in words.
    """
    figure = _figure(7.5, 4.6)
    axes = figure.subplots()
    _draw(axes, curves, top5=True)
    axes.legend(fontsize=8, frameon=False)
    figure.supxlabel(_note(distorted), fontsize=7, color=_GREY)
    return figure


def plot_overview(curves: Sequence[Mapping[str, Curve]], distorted: str) -> Figure:
    """Top-1 accuracy of all models under every distortion, a panel each."""
    rows = math.ceil(len(curves) / _ACROSS)
    across = min(_ACROSS, len(curves))
    figure = _figure(4.3 * across, 3.3 * rows + 0.5)
    panels = figure.subplots(rows, across, squeeze=False, sharey=True).ravel()
    for axes, each in zip(panels, curves, strict=False):
        _draw(axes, each, top5=False)
    for axes in panels[len(curves) :]:
        axes.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper left", ncols=4, fontsize=9, frameon=False)
    figure.supxlabel(_note(distorted), fontsize=8, color=_GREY)
    return figure


def plot_links(model: str, metric: str, links: Sequence[Link]) -> Figure:
    """Accuracy at each level against the median score there, a line a distortion."""
    figure = _figure(7.5, 4.8)
    axes = figure.subplots()
    for number, link in enumerate(each for each in links if each.distortion != ALL):
        known = [(s.score, s.accuracy) for s in link.steps if math.isfinite(s.score)]
        if not known:
            continue
        scores, accuracy = zip(*known, strict=True)
        colour, mark = COLOURS[number % len(COLOURS)], _MARKS[number % len(_MARKS)]
        title = DISTORTIONS[link.distortion].title
        axes.plot(scores, accuracy, color=colour, marker=mark, markersize=5, label=title)
    pooled = next((each for each in links if each.distortion == ALL), None)
    half = None if pooled is None else pooled.thresholds[-1]
    if half is not None and half.score is not None:
        axes.axvline(
            half.score, color="#222222", linestyle="--", linewidth=1,
            label="half of the accuracy lost, all damage together",
        )  # fmt: skip
        if half.interval is not None:
            axes.axvspan(*half.interval, color="#222222", alpha=0.07, linewidth=0)
    _axes(axes, f"{_plain(model)}: accuracy against {_plain(metric)}")
    axes.set_xlabel(f"median {_plain(metric)} of the images at a level (a point each)", fontsize=8)
    if 0 < _least(links) * _WIDE < axes.get_xlim()[1]:
        axes.set_xscale("log")
    if axes.get_lines():
        axes.legend(fontsize=8, frameon=False)
    else:
        axes.text(0.5, 0.5, "no version has a score", transform=axes.transAxes, ha="center")
    return figure


def _least(links: Sequence[Link]) -> float:
    scores = [s.score for link in links for s in link.steps if math.isfinite(s.score)]
    return min(scores, default=0.0)


def _draw(axes: Axes, curves: Mapping[str, Curve], top5: bool) -> None:
    first = next(iter(curves.values()))
    what = DISTORTIONS[first.distortion]
    levels = max(([p.level for p in c.points] for c in curves.values()), key=len)
    place = {level: n for n, level in enumerate(levels, 1)}
    for number, (model, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [curve.clean, *(p.accuracy for p in curve.points)]
        x = [0, *(place[p.level] for p in curve.points)]
        low, high = ([getattr(e, end) for e in points] for end in ("low", "high"))
        axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        axes.plot(
            x, [e.mean for e in points], color=colour, marker=_MARKS[number % len(_MARKS)],
            markersize=4, label=_plain(model),
        )  # fmt: skip
        if top5 and curve.clean_top5 is not None:
            fives = [curve.clean_top5, *(p.top5 for p in curve.points)]
            values = [np.nan if e is None else e.mean for e in fives]
            axes.plot(
                x, values, color=colour, linestyle=":", linewidth=1.2,
                label=f"{_plain(model)}, among its first five",
            )  # fmt: skip
        if curve.sensitive_from is not None:
            at = place[curve.sensitive_from]
            value = points[x.index(at)].mean
            axes.plot(at, value, "o", markersize=10, markerfacecolor="none", color=colour)
    axes.set_xticks(range(len(levels) + 1), ["clean", *(f"{level:g}" for level in levels)])
    axes.set_xlabel(what.unit, fontsize=8)
    images = first.clean.images
    _axes(axes, f"{what.title} ({images} images)")


def _axes(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_ylabel("accuracy", fontsize=8)
    axes.set_ylim(0, 1)
    axes.tick_params(labelsize=8)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)


def _note(distorted: str) -> str:
    return (
        f"bands: 95% intervals; ring: more than a tenth is lost from here on\n"
        f"distorted: {distorted}"
    )


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _plain(name: str) -> str:
    return name.replace("$", "\\$")
