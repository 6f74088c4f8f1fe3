"""Two sets of scores at a glance: their densities above, the shares that are worse below."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.audit.distribution import Scale, describe
from iqcurate.analysis.plots.names import plain
from iqcurate.spec import Direction

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

    from iqcurate.analysis.compare.standing import Judged

    Floats = npt.NDArray[np.float64]

A, B, LINE = "#3a76af", "#d95f02", "#222222"
_WIDTH = 110
_BARS = 40
_STEPS = 600
_LETTERS = 40


def plot_shift(
    metric: str, found: Judged, names: tuple[str, str], a: Floats, b: Floats, words: str
) -> Figure:
    """Draw two sets in one metric.

    Parameters
    ----------
    metric, found, words
        Name, what was found, and what that means.
    names
        Of the two sets; a long one is cut.
    a, b
        Scores, float64 (N,) and (M,), NaN where there is none.
    """
    figure = Figure(figsize=(9, 6), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True)
    a, b = a[np.isfinite(a)], b[np.isfinite(b)]
    scale = describe(np.concatenate([a, b])).scale
    for letter, name, scores, colour in zip("AB", names, (a, b), (A, B), strict=True):
        label = f"{letter}: {plain(name, _LETTERS)} ({len(scores):,} images)"
        if scale is not None and len(scores):
            _density(upper, scores, scale, colour, label)
            _worse(lower, scores, scale, colour, found.shift.direction)
    if scale is not None:
        _mark(lower, found)
        lower.set_xscale("log" if scale.log else "linear")
        lower.set_xlim(scale.low, scale.high)
    _words(figure, upper, lower, metric, found, words)
    return figure


def _density(axes: Axes, scores: Floats, scale: Scale, colour: str, name: str) -> None:
    """Share of the images in equal parts of the axis, and the smoothed curve."""
    ends = _places(scale, np.linspace(0, 1, _BARS + 1))
    shares = np.histogram(scores, ends)[0] / len(scores)
    axes.stairs(shares, ends, color=colour, alpha=0.25, fill=True)
    axes.stairs(shares, ends, color=colour, label=name, linewidth=1.4)


def _worse(axes: Axes, scores: Floats, scale: Scale, colour: str, way: Direction) -> None:
    """Share of the images that score so or worse."""
    at = _places(scale, np.linspace(0, 1, _STEPS))
    upto = np.searchsorted(np.sort(scores), at, "right") / len(scores)
    axes.plot(at, upto if way is Direction.HIGHER else 1 - upto, color=colour)


def _places(scale: Scale, places: Floats) -> Floats:
    if scale.log:
        return np.geomspace(scale.low, scale.high, len(places))
    return np.asarray(scale.low + places * (scale.high - scale.low))


def _mark(axes: Axes, found: Judged) -> None:
    """Where the two are furthest apart."""
    shift = found.shift
    if shift.at is None or shift.worse_a is None or shift.worse_b is None:
        return
    axes.plot(
        [shift.at] * 2, [shift.worse_a, shift.worse_b], color=LINE, linewidth=1.6,
        label=f"furthest apart: {abs(shift.worse_a - shift.worse_b):.2f} at {shift.at:.4g}",
    )  # fmt: skip
    axes.legend(loc="best", fontsize=8, frameon=False)


def _words(
    figure: Figure, upper: Axes, lower: Axes, metric: str, found: Judged, words: str
) -> None:
    verdict = str(found.verdict).replace("_", " ")
    name = plain(metric)
    figure.suptitle(f"{name}: {verdict}", x=0.01, ha="left", fontsize=12, fontweight="bold")
    text = f"{words[:1].upper()}{words[1:]}."
    upper.set_title("\n".join(textwrap.wrap(plain(text), _WIDTH)), loc="left", fontsize=9)
    upper.set_ylabel("share of the images")
    if upper.get_legend_handles_labels()[0]:
        upper.legend(loc="best", fontsize=8, frameon=False)
    lower.set_ylabel("share that scores so or worse")
    lower.set_ylim(-0.02, 1.02)
    lower.set_xlabel(f"{name} ({found.shift.direction} is better)")
