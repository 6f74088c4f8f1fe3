"""Damaged images with the confidence of the models, and what layers make of them.

After Figures 3 and 4 of Dodge and Karam 2016.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.plots.names import plain
from iqcurate.analysis.plots.sensitivity import COLOURS, figure_of, note
from iqcurate.analysis.sensitivity.protocol import CLEAN, DISTORTIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

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
    distorted: str,
) -> Figure:
    """Images across the levels of a distortion, with the probability of the true class.

    Parameters
    ----------
    name, levels
        Of the distortion.
    titles
        One an image, which it stands beside.
    pictures
        Of each image, by version.
    p_true
        Of each image, by model and version.
    distorted
        What was distorted, in words.
    """
    keys: list[Key] = [CLEAN, *((name, levels[i]) for i in _some(len(levels)))]
    models = len(p_true[0]) if p_true else 1
    heights = [1.25 * _height(shown) + 0.19 * models for shown in pictures]
    figure = figure_of(1.3 * len(keys) + 0.3, sum(heights) + 0.95)
    grid = figure.subplots(len(pictures), len(keys), squeeze=False, height_ratios=heights)
    for row, title, shown, likely in zip(grid, titles, pictures, p_true, strict=True):
        for axes, key in zip(row, keys, strict=True):
            _picture(axes, shown.get(key), {m: values.get(key) for m, values in likely.items()})
        row[0].set_ylabel("\n".join(textwrap.wrap(plain(title), 18)[:2]), fontsize=7.5)
    for axes, key in zip(grid[0], keys, strict=True):
        axes.set_title("clean" if key == CLEAN else f"{key[1]:g}", fontsize=8)
    what = DISTORTIONS[name]
    figure.suptitle(
        f"{what.title} ({what.unit}; harsher \N{RIGHTWARDS ARROW}): how probable each model takes "
        "the true class to be",
        fontsize=9, x=0.01, ha="left",
    )  # fmt: skip
    reading = "green: one half or more; rows: from one that is lost early to one that lasts"
    note(figure, reading, distorted)
    return figure


def _height(shown: Mapping[Key, npt.NDArray[np.uint8]]) -> float:
    """Of pictures in a square cell, share of it."""
    return max((each.shape[0] / max(each.shape[:2]) for each in shown.values()), default=1.0)


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
    axes.set_anchor("N")
    for line, (model, p) in enumerate(likely.items()):
        if p is not None and np.isfinite(p):
            axes.text(
                0.5, -0.04 - 0.14 * line, f"{plain(model, 12)} {p:.2f}", fontsize=6.5,
                transform=axes.transAxes, ha="center", va="top",
                color=_RIGHT if p >= _LIKELY else _WRONG,
            )  # fmt: skip


def plot_layers(
    model: str,
    changes: Mapping[str, Mapping[str, list[float]]],
    levels: Mapping[str, float],
    distorted: str,
) -> Figure:
    """Relative change of each convolution's responses, from the first to the last."""
    figure = figure_of(7.5, 5.2)
    axes = figure.subplots()
    for number, (name, layers) in enumerate(changes.items()):
        means = [float(np.mean(each)) for each in layers.values()]
        axes.plot(
            range(1, len(means) + 1), means, color=COLOURS[number % len(COLOURS)], linewidth=1.4,
            label=_damage((name, levels[name])),
        )  # fmt: skip
    images = max((len(v) for layers in changes.values() for v in layers.values()), default=0)
    axes.set_title(
        f"{plain(model)}: how far the responses of each layer move when images are damaged "
        f"(mean of {images} images)",
        fontsize=9, loc="left",
    )  # fmt: skip
    axes.set_xlabel("convolution, from the first to the last", fontsize=8)
    axes.set_ylabel("change of the responses, share of their norm", fontsize=8)
    axes.set_ylim(bottom=0)
    axes.tick_params(labelsize=8)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    figure.legend(loc="outside upper left", ncols=2, fontsize=8, frameon=False)
    note(figure, "0: as for the clean image; 1: the change is as large as the response", distorted)
    return figure


def plot_responses(
    model: str,
    title: str,
    given: Mapping[Key, npt.NDArray[np.uint8]],
    first: Mapping[Key, npt.NDArray[np.float32]],
    last: Mapping[Key, npt.NDArray[np.float32]],
    distorted: str,
) -> Figure:
    """One image and its damaged versions, and how strongly the first and last layer respond."""
    keys = [CLEAN, *(key for key in first if key != CLEAN)]
    width = max(1.7 * len(keys), 5.2)  # its title and note stand in fewer columns, too
    figure = figure_of(width, 5.9)
    grid = figure.subplots(3, len(keys), squeeze=False)
    for axes, key in zip(grid[0], keys, strict=True):
        axes.imshow(given[key])
        axes.set_title("clean" if key == CLEAN else _damage(key, "\n"), fontsize=7)
    for row, maps in zip(grid[1:], (first, last), strict=True):
        most = float(np.quantile(maps[CLEAN], 0.995))
        for axes, key in zip(row, keys, strict=True):
            axes.imshow(maps[key], cmap="magma", vmin=0, vmax=most)
    for axes, name in zip(grid[:, 0], ("image", "first convolution", "last convolution"),
                          strict=True):  # fmt: skip
        axes.set_ylabel(name, fontsize=8)
    for axes in grid.ravel():
        axes.set_xticks([])
        axes.set_yticks([])
    figure.suptitle(
        textwrap.fill(f"{plain(model)}: where its layers respond to one image ({plain(title)}), "
                      "and how strongly", int(12 * width)),
        fontsize=9, x=0.01, ha="left",
    )  # fmt: skip
    note(figure, "mean absolute response of the channels; in a row, the same brightness is the "
         "same response", distorted)  # fmt: skip
    return figure


def _damage(key: Key, between: str = ", ") -> str:
    what = DISTORTIONS[key[0]]
    return f"{what.title}{between}{what.unit}: {key[1]:g}"
