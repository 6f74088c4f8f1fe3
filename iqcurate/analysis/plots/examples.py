"""Damaged images with the confidence of the models, and what layers make of them.

After Figures 3 and 4 of Dodge and Karam 2016.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from iqcurate.analysis.plots.sensitivity import COLOURS
from iqcurate.analysis.sensitivity.protocol import CLEAN, DISTORTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes

    from iqcurate.analysis.sensitivity.protocol import Key

_MOST = 8
_RIGHT, _WRONG = "#1b7837", "#b2182b"
_LIKELY = 0.5


def plot_examples(
    name: str,
    levels: Sequence[float],
    titles: Sequence[str],
    pictures: Sequence[Mapping[Key, npt.NDArray[np.uint8]]],
    p_true: Sequence[Mapping[str, Mapping[Key, float]]],
) -> Figure:
    """Images across the levels of a distortion, with the probability of the true class.

    Parameters
    ----------
    name, levels
        Of the distortion.
    titles
        One an image.
    pictures
        Of each image, by version.
    p_true
        Of each image, by model and version.
    """
    keys: list[Key] = [CLEAN, *((name, levels[i]) for i in _some(len(levels)))]
    models = len(p_true[0]) if p_true else 1
    height = (1.25 + 0.26 * models) * len(pictures) + 0.7
    figure = Figure(figsize=(1.3 * len(keys) + 0.3, height), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(pictures), len(keys), squeeze=False)
    for row, title, shown, likely in zip(grid, titles, pictures, p_true, strict=True):
        for axes, key in zip(row, keys, strict=True):
            _picture(axes, shown.get(key), {m: values.get(key) for m, values in likely.items()})
        row[0].set_title(title.replace("$", "\\$")[:26], fontsize=7, loc="left")
    for axes, key in zip(grid[0][1:], keys[1:], strict=True):
        axes.set_title(f"{key[1]:g}", fontsize=8)
    what = DISTORTIONS[name]
    figure.suptitle(
        f"{what.title} ({what.unit}): probability of the true class", fontsize=9, x=0.01, ha="left"
    )
    return figure


def _some(count: int) -> list[int]:
    """Which of many levels there is room for."""
    return sorted(set(np.linspace(0, count - 1, min(count, _MOST)).round().astype(int).tolist()))


def _picture(
    axes: Axes, picture: npt.NDArray[np.uint8] | None, likely: Mapping[str, float | None]
) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    if picture is None:
        axes.text(0.5, 0.5, "cannot\nbe made", ha="center", va="center", fontsize=7)
        return
    axes.imshow(picture)
    for line, (model, p) in enumerate(likely.items()):
        if p is not None and np.isfinite(p):
            axes.text(
                0.5, -0.04 - 0.14 * line, f"{model.replace('$', '')[:12]} {p:.2f}", fontsize=6.5,
                transform=axes.transAxes, ha="center", va="top",
                color=_RIGHT if p >= _LIKELY else _WRONG,
            )  # fmt: skip


def plot_layers(model: str, changes: Mapping[str, Mapping[str, list[float]]],
                levels: Mapping[str, float]) -> Figure:  # fmt: skip
    """Relative change of each convolution's responses, from the first to the last."""
    figure = Figure(figsize=(7.5, 4.4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    for number, (name, layers) in enumerate(changes.items()):
        means = [float(np.mean(each)) for each in layers.values()]
        axes.plot(
            range(1, len(means) + 1), means, color=COLOURS[number % len(COLOURS)], linewidth=1.4,
            label=f"{DISTORTIONS[name].title}, {levels[name]:g}",
        )  # fmt: skip
    images = max((len(v) for layers in changes.values() for v in layers.values()), default=0)
    axes.set_title(
        f"{model}: how far each layer answers otherwise ({images} images)".replace("$", "\\$"),
        fontsize=9, loc="left",
    )  # fmt: skip
    axes.set_xlabel("convolution, from the first to the last", fontsize=8)
    axes.set_ylabel("change of the response, of its norm", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.legend(fontsize=8, frameon=False)
    return figure


def plot_responses(
    model: str,
    first: Mapping[Key, npt.NDArray[np.float32]],
    last: Mapping[Key, npt.NDArray[np.float32]],
) -> Figure:
    """Strength of the first and last responses, of one image and its damaged versions."""
    keys = [CLEAN, *(key for key in first if key != CLEAN)]
    figure = Figure(figsize=(1.7 * len(keys), 3.9), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, len(keys), squeeze=False)
    for row, maps, title in zip(grid, (first, last), ("first", "last"), strict=True):
        most = float(np.quantile(maps[CLEAN], 0.995))
        for axes, key in zip(row, keys, strict=True):
            axes.imshow(maps[key], cmap="magma", vmin=0, vmax=most)
            axes.set_xticks([])
            axes.set_yticks([])
        row[0].set_ylabel(f"{title} convolution", fontsize=8)
    for axes, key in zip(grid[0], keys, strict=True):
        what = "clean" if key == CLEAN else f"{DISTORTIONS[key[0]].title}, {key[1]:g}"
        axes.set_title(what, fontsize=7)
    figure.suptitle(
        f"{model}: mean absolute response, brightness as for the clean image".replace("$", "\\$"),
        fontsize=9, x=0.01, ha="left",
    )  # fmt: skip
    return figure
