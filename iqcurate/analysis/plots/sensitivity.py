"""Accuracy against the level of damage, and against a quality score."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.plots.names import plain
from iqcurate.analysis.sensitivity.link import ALL
from iqcurate.analysis.sensitivity.protocol import DISTORTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes

    from iqcurate.analysis.sensitivity.curves import Curve
    from iqcurate.analysis.sensitivity.link import Link

COLOURS = (
    "#3a76af", "#d95f02", "#1b9e77", "#7b3294", "#a6761d", "#e7298a", "#666666", "#0a9ec4",
)  # fmt: skip
_GREY, _LINE = "#666666", "#222222"
_MARKS = "osD^v<>P"
_ENDS = ("low", "mean", "high")
_ACCURACY = "accuracy: share of images that are right"
_ACROSS = 3
_APART = 0.09  # between the bars of two models, in levels
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
    figure = figure_of(7.5, 5.0)
    axes = figure.subplots()
    _draw(axes, curves, top5=True)
    _models(figure, axes)
    axes.set_ylabel(_ACCURACY, fontsize=8)
    note(figure, _reading(curves, top5=True), distorted)
    return figure


def plot_overview(curves: Sequence[Mapping[str, Curve]], distorted: str) -> Figure:
    """Top-1 accuracy of all models under every distortion, a panel each."""
    rows = math.ceil(len(curves) / _ACROSS)
    across = min(_ACROSS, len(curves))
    figure = figure_of(4.3 * across, 3.3 * rows + 0.7)
    panels = figure.subplots(rows, across, squeeze=False, sharey=True)
    for axes, each in zip(panels.ravel(), curves, strict=False):
        _draw(axes, each, top5=False)
    for axes in panels.ravel()[len(curves) :]:
        axes.set_visible(False)
    for axes in panels[:, 0]:
        axes.set_ylabel(_ACCURACY, fontsize=8)
    _models(figure, panels[0, 0])
    note(figure, _reading(*curves), distorted)
    return figure


def plot_links(
    model: str, metric: str, links: Sequence[Link], lower_is_better: bool, distorted: str
) -> Figure:
    """Accuracy at each level against the median score there, a line a distortion."""
    figure = figure_of(7.5, 5.2)
    axes = figure.subplots()
    known = {
        link.distortion: [(s.score, s.accuracy) for s in link.steps if math.isfinite(s.score)]
        for link in links
    }
    for number, name in enumerate(each for each in known if each != ALL):
        colour, mark = COLOURS[number % len(COLOURS)], _MARKS[number % len(_MARKS)]
        title = DISTORTIONS[name].title
        if known[name]:
            scores, accuracy = zip(*known[name], strict=True)
            axes.plot(scores, accuracy, color=colour, marker=mark, markersize=4.5, label=title)
    clean = [(s.score, s.accuracy) for link in links for s in link.steps if s.level is None]
    if clean and math.isfinite(clean[0][0]):
        axes.plot(
            *clean[0], "*", color=_LINE, markersize=13, linestyle="none", label="images as they are"
        )
    _half(axes, links)
    _axes(axes, f"{plain(model)}: how often it is right, against {plain(metric)}")
    axes.set_ylabel(_ACCURACY, fontsize=8)
    way = "worse" if lower_is_better else "better"
    axes.set_xlabel(
        f"{plain(metric)}, median of the images at a level ({way} \N{RIGHTWARDS ARROW})", fontsize=8
    )
    _scale(axes, np.array([score for points in known.values() for score, _ in points]))
    if axes.get_lines():
        figure.legend(loc="outside upper left", ncols=3, fontsize=8, frameon=False)
    else:
        axes.text(0.5, 0.5, "no version has a score", transform=axes.transAxes, ha="center")
    note(figure, "each point: all images at one level", distorted)
    return figure


def _half(axes: Axes, links: Sequence[Link]) -> None:
    """The score at which half of the accuracy is lost, with its interval."""
    pooled = next((each for each in links if each.distortion == ALL), None)
    half = None if pooled is None else pooled.thresholds[-1]
    if half is None or half.score is None:
        return
    label = "half of the accuracy lost, all damage together"
    if half.interval is not None:
        axes.axvspan(*half.interval, color=_LINE, alpha=0.09, linewidth=0)
        label += " (95%)"
    axes.axvline(half.score, color=_LINE, linestyle="--", linewidth=1, label=label)


def _scale(axes: Axes, scores: npt.NDArray[np.floating]) -> None:
    """Logarithmic where scores differ by much; a plain grey scores 0."""
    above = scores[scores > 0]
    if not len(above) or scores.min() < 0 or above.max() < _WIDE * above.min():
        return
    if scores.min() > 0:
        axes.set_xscale("log")
    else:
        axes.set_xscale("symlog", linthresh=above.min(), linscale=0.3)
        axes.set_xlim(left=0)
    axes.xaxis.set_major_formatter("{x:g}")


def _draw(axes: Axes, curves: Mapping[str, Curve], top5: bool) -> None:
    first = next(iter(curves.values()))
    what = DISTORTIONS[first.distortion]
    levels = max(([p.level for p in c.points] for c in curves.values()), key=len)
    place = {level: n for n, level in enumerate(levels, 1)}
    for number, (model, curve) in enumerate(curves.items()):
        colour = COLOURS[number % len(COLOURS)]
        points = [curve.clean, *(p.accuracy for p in curve.points)]
        aside = _APART * (number - (len(curves) - 1) / 2)
        x = [aside, *(place[p.level] + aside for p in curve.points)]
        low, mean, high = (np.array([getattr(e, n) for e in points]) for n in _ENDS)
        axes.plot(
            x, mean, color=colour, marker=_MARKS[number % len(_MARKS)], markersize=4,
            label=plain(model), linewidth=1.3,
        )  # fmt: skip
        if len(curves) == 1:
            axes.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        else:
            axes.vlines(x, low, high, color=colour, alpha=0.55, linewidth=1.2)
        if top5 and curve.clean_top5 is not None:
            fives = [curve.clean_top5, *(p.top5 for p in curve.points)]
            values = [np.nan if e is None else e.mean for e in fives]
            axes.plot(x, values, color=colour, linestyle=":", linewidth=1.2)
        if curve.sensitive_from is not None:
            at = levels.index(curve.sensitive_from) + 1
            where = [p.level for p in curve.points].index(curve.sensitive_from) + 1
            axes.plot(
                at + aside, mean[where], "o", markersize=9, markerfacecolor="none", color=colour
            )
    axes.set_xticks(range(len(levels) + 1), ["clean", *(f"{level:g}" for level in levels)])
    axes.set_xlabel(f"{what.unit} (harsher \N{RIGHTWARDS ARROW})", fontsize=8)
    _axes(axes, f"{what.title} ({first.clean.images} images)")


def _models(figure: Figure, axes: Axes) -> None:
    figure.legend(
        *axes.get_legend_handles_labels(), loc="outside upper left", ncols=4, fontsize=9,
        frameon=False,
    )  # fmt: skip


def _reading(*panels: Mapping[str, Curve], top5: bool = False) -> str:
    """How the curves are to be read."""
    every = [curve for panel in panels for curve in panel.values()]
    words = ["band: 95% interval" if len(panels[0]) == 1 else "bars: 95% intervals"]
    if any(c.sensitive_from is not None for c in every):
        words.append("ring: more than a tenth of the accuracy is lost from here on")
    if top5 and any(c.clean_top5 is not None for c in every):
        words.append("dotted: right among its first five")
    return "; ".join(words)


def _axes(axes: Axes, title: str) -> None:
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_ylim(0, 1)
    axes.tick_params(labelsize=8)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)


def note(figure: Figure, reading: str, distorted: str) -> None:
    """Say below a figure how it is to be read, and what was damaged."""
    words = f"what was damaged: {distorted}"
    figure.supxlabel(f"{reading}\n{words}" if reading else words, fontsize=7.5, color=_GREY)


def figure_of(width: float, height: float) -> Figure:
    """Make an empty figure, in inches, that needs no display."""
    figure = Figure(figsize=(width, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    return figure
