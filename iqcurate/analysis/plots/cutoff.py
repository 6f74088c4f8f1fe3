"""A cut-off at a glance: confidence against score above, the curves of right and wrong below.

After Figure 3 of Smith, Zuo, Stonehouse, Obara 2024.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from iqcurate.analysis.cutoffs.find import axis_of, oriented
from iqcurate.analysis.cutoffs.methods import Method, curves
from iqcurate.analysis.cutoffs.sample import Sample, ranked
from iqcurate.analysis.plots.names import plain
from iqcurate.cutoffs import Verdict
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt
    from matplotlib.axes import Axes

    from iqcurate.analysis.cutoffs.axis import Axis
    from iqcurate.analysis.cutoffs.sample import Ranked
    from iqcurate.cutoffs import Cutoff

    Floats = npt.NDArray[np.float64]

RIGHT, WRONG, LINE = "#3a76af", "#d95f02", "#222222"
MOST_POINTS = 5000
_TICKS, _NEAR, _LETTER = 9, 0.3, 0.013
_WIDTH = 126
_TITLES = {
    Verdict.NONE: "none (no cut-off to use)",
    Verdict.REFUSED: "refused (too few predictions)",
    Verdict.SET_BY_HAND: "set by hand",
}


@dataclass(frozen=True, slots=True)
class _Scale:
    """Where a score stands on the x axis: by its rank (normal scores), or as it is."""

    axis: Axis | None
    way: Direction

    def x(self, scores: npt.ArrayLike) -> Floats:
        scores = np.asarray(scores, dtype=float)
        if self.axis is None:
            return scores
        goodness = oriented(scores, self.way)
        x = np.interp(goodness, self.axis.values, self.axis.positions)
        return oriented(x, self.way)

    def ends(self) -> tuple[float, float] | None:
        if self.axis is None:
            return None
        first, last = sorted(oriented(self.axis.positions[[0, -1]], self.way))
        return float(first), float(last)

    def ticks(self) -> list[tuple[float, str]]:
        """Round scores, about evenly spaced on the axis."""
        ends = self.ends()
        if self.axis is None or ends is None:
            return []
        width = ends[1] - ends[0]
        space = width / (_TICKS - 1)
        found: dict[str, float] = {}
        filled = -np.inf
        for x in np.linspace(*ends, _TICKS):
            goodness = np.interp(oriented(x, self.way), self.axis.positions, self.axis.values)
            for text in self._rounded(float(oriented(goodness, self.way))):
                at, half = float(self.x(float(text))), len(text) * _LETTER * width / 2
                if abs(at - x) < _NEAR * space and at - half > filled:
                    found[text] = at
                    filled = at + half
                    break
        return [(at, text) for text, at in found.items()]

    def _rounded(self, score: float) -> Iterator[str]:
        """A score rounded ever more finely, as long as that stays among the scores."""
        low, high = sorted(oriented(self.axis.values[[0, -1]], self.way)) if self.axis else (0, 0)
        largest = int(np.floor(np.log10(high - low)))
        for power in range(largest, largest - 4, -1):
            for step in (10.0**power, 5 * 10.0 ** (power - 1), 2 * 10.0 ** (power - 1)):
                near = round(score / step) * step
                if low <= near <= high:
                    yield np.format_float_positional(near, max(0, 1 - power), trim="-")


def plot_cutoff(
    metric: str,
    cutoff: Cutoff,
    scores: Floats,
    wrong: npt.NDArray[np.bool_] | None = None,
    p_true: Floats | None = None,
    confidence: Floats | None = None,
    method: Method | None = None,
) -> Figure:
    """Draw a cut-off.

    Parameters
    ----------
    metric, cutoff
        Name, and what was found; on the scale of `scores`.
    scores
        Finite, float64 (N,).
    wrong
        bool (N,); None where nothing was predicted: only the scores are drawn then.
    p_true, confidence
        Probability of the true class, and of the predicted one, float64 (N,).
    method
        How the curves are made; default: KDE.
    """
    figure = Figure(figsize=(9, 6.5), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    if wrong is None or not len(scores):
        axes = figure.subplots()
        _histogram(axes, scores, cutoff)
        scale, drawn = _Scale(None, cutoff.direction), [axes]
    else:
        data = ranked(Sample(oriented(scores, cutoff.direction), wrong))
        axis = axis_of(data, method or Method()) if len(data.ranks.values) > 1 else None
        scale = _Scale(axis, cutoff.direction)
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        _scatter(upper, scale.x(scores), wrong, p_true, confidence)
        if axis is not None and min(data.n_right, data.n_wrong) > 1:
            _curves(lower, data, axis, cutoff.direction, method or Method())
        drawn = [upper, lower]
    _headline(figure, drawn[0], metric, cutoff)
    _axis(drawn[-1], scale, metric, cutoff.direction, method)
    _mark(drawn, scale, cutoff)
    return figure


def _headline(figure: Figure, axes: Axes, metric: str, cutoff: Cutoff) -> None:
    name, verdict = plain(metric), cutoff.verdict.replace("_", " ")
    figure.suptitle(
        f"{name}: {_TITLES.get(cutoff.verdict, f'{verdict} cut-off')}",
        x=0.01,
        ha="left",
        fontsize=12,
        fontweight="bold",
    )
    words = f"{cutoff.reason[:1].upper()}{cutoff.reason[1:]}."
    lines = textwrap.wrap(plain(words), _WIDTH)
    if cutoff.cutoff is not None and cutoff.verdict is not Verdict.NONE:
        lines = [*textwrap.wrap(_effect_words(cutoff), _WIDTH), *lines]
    axes.set_title("\n".join(lines), loc="left", fontsize=9, linespacing=1.4, pad=24)


def _effect_words(cutoff: Cutoff) -> str:
    side = "below" if cutoff.direction is Direction.HIGHER else "above"
    digits = cutoff.digits
    words = f"Cut-off {cutoff.cutoff:.{digits}g}"
    if cutoff.interval is not None:
        low, high = cutoff.interval
        words += f" (95% interval {low:.{digits}g} to {high:.{digits}g})"
    effect = cutoff.effect
    if effect.get("rejected_wrong") is not None and effect.get("rejected_right") is not None:
        words += (
            f". {side.capitalize()} it: {effect['rejected_right']:.0%} of the right and "
            f"{effect['rejected_wrong']:.0%} of the wrong"
        )
        if effect.get("error_kept") is not None:
            before, after = effect["error_before"], effect["error_kept"]
            words += f"; error {before:.1%}, of the kept {after:.1%}"
    elif effect.get("rejected") is not None:
        words += f". {side.capitalize()} it: {effect['rejected']:.1%} of the images"
    return f"{words}."


def _histogram(axes: Axes, scores: Floats, cutoff: Cutoff) -> None:
    """How many images have which score, those that the cut-off rejects in another colour."""
    worse = np.zeros(len(scores), bool)
    if cutoff.cutoff is not None:
        lower = cutoff.direction is Direction.HIGHER
        worse = scores < cutoff.cutoff if lower else scores > cutoff.cutoff
    bins = min(100, max(20, int(np.sqrt(len(scores)))))
    counts, _, _ = axes.hist(
        [scores[~worse], scores[worse]], bins=bins, stacked=True, color=[RIGHT, WRONG], alpha=0.6,
        label=[f"kept ({np.count_nonzero(~worse)})", f"rejected ({np.count_nonzero(worse)})"],
    )  # fmt: skip
    axes.set_ylim(0, 1.15 * max(np.max(counts), 1))
    axes.set_ylabel("images")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))


def _scatter(
    axes: Axes,
    x: Floats,
    wrong: npt.NDArray[np.bool_],
    p_true: Floats | None,
    confidence: Floats | None,
) -> None:
    y = p_true if p_true is not None else confidence
    if y is None:
        y = np.where(wrong, 0.0, 1.0) + np.random.default_rng(0).uniform(-0.3, 0.3, len(wrong))
        axes.set_yticks([0, 1], ["wrong", "right"])
        axes.set_ylabel("prediction")
    else:
        axes.set_ylabel("probability of the true class" if y is p_true else "confidence")
        axes.set_ylim(-0.03, 1.03)
    for kind, colour, name, size in ((~wrong, RIGHT, "right", 8), (wrong, WRONG, "wrong", 14)):
        there = np.flatnonzero(kind & np.isfinite(y))
        chosen = there[:: max(1, -(-len(there) // MOST_POINTS))]
        of = f", {len(chosen)} of them drawn" if len(chosen) < len(there) else ""
        axes.scatter(
            x[chosen], y[chosen], s=size, color=colour, alpha=0.5, linewidths=0, rasterized=True,
            label=f"predicted {name} ({np.count_nonzero(kind)}{of})",
        )  # fmt: skip


def _curves(axes: Axes, data: Ranked, axis: Axis, way: Direction, method: Method) -> None:
    found = curves(axis.spread(data.right), axis.spread(data.wrong), axis, method.by_count)
    x = oriented(axis.centres, way)
    for y, colour, name in ((found.right, RIGHT, "right"), (found.wrong, WRONG, "wrong")):
        axes.plot(x, y, color=colour, label=name)
        axes.fill_between(x, y, color=colour, alpha=0.15, linewidth=0)
    axes.set_ylim(0, 1.2 * max(found.right.max(), found.wrong.max()))
    axes.set_yticks([])
    axes.legend(loc="center right", fontsize=8, frameon=False)
    axes.set_ylabel("density" + (", by count" if method.by_count else "\n(each of area 1)"))


def _axis(axes: Axes, scale: _Scale, metric: str, way: Direction, method: Method | None) -> None:
    words = f"{metric} ({way} is better)"
    warped = scale.axis is not None and (method is None or method.name != "plain")
    if warped:
        ticks = scale.ticks()
        axes.set_xticks([at for at, _ in ticks], [text for _, text in ticks])
        words += ", spaced by rank"
    if ends := scale.ends():
        margin = 0.03 * (ends[1] - ends[0])
        axes.set_xlim(ends[0] - margin, ends[1] + margin)
    axes.set_xlabel(words)


def _mark(drawn: list[Axes], scale: _Scale, cutoff: Cutoff) -> None:
    """Line and interval of the cut-off, and which side is rejected."""
    if cutoff.cutoff is not None:
        worth = cutoff.verdict is not Verdict.NONE
        at = float(scale.x(cutoff.cutoff))
        for axes in drawn:
            axes.axvline(
                at, color=LINE, linewidth=1.4, linestyle="-" if worth else ":",
                label="cut-off" if worth else "found place, worth nothing as a cut-off",
            )  # fmt: skip
            if cutoff.interval is not None:
                axes.axvspan(
                    *scale.x(cutoff.interval), color=LINE, alpha=0.12, linewidth=0,
                    label="its 95% interval",
                )  # fmt: skip
        if worth:
            _sides(drawn[-1], at, cutoff.direction)
    handles, names = drawn[0].get_legend_handles_labels()
    if handles:
        drawn[0].legend(
            handles, names, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, fontsize=8,
            frameon=False, markerscale=2,
        )  # fmt: skip


def _sides(axes: Axes, at: float, way: Direction) -> None:
    left, right = ("rejected", "kept") if way is Direction.HIGHER else ("kept", "rejected")
    sides = ((f"$\\leftarrow$ {left}", "right", -6), (f"{right} $\\rightarrow$", "left", 6))
    for word, align, offset in sides:
        axes.annotate(
            word, (at, 0.97), xycoords=("data", "axes fraction"), xytext=(offset, 0),
            textcoords="offset points", ha=align, va="top", fontsize=9,
        )  # fmt: skip
