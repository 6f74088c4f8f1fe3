"""How far scores move, in percentile points of the clean scores, draw by draw.

Each function takes scores of N images and weights (B, N) of the draws, and returns (B, ...).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.robustness.scale import Scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


def size_response(whole: Floats, tiles: Floats, weights: Floats) -> Floats:
    """Mean over images of what the mean over the tiles (N, T) stands above the whole (N,): (B,)."""
    scale = Scale(whole, weights)
    return _mean(scale.points(tiles.mean(axis=1)) - scale.points(whole), weights)


def content_spread(whole: Floats, tiles: Floats, weights: Floats) -> Floats:
    """Mean over images of the standard deviation between tiles: (B,)."""
    scale = Scale(whole, weights)
    stands = np.stack([scale.points(tile) for tile in tiles.T], axis=2)
    return _mean(stands.std(axis=2, ddof=1), weights)


def angle_response(
    still: Floats, turned: Floats, shifted: Floats, weights: Floats
) -> tuple[Floats, Floats]:
    """Mean absolute change by each angle above that under the shifts (B, A), and the latter (B,).

    Parameters
    ----------
    still, turned, shifted
        Scores of the squares: (N, S) hardly turned, (N, A), (N, T).
    weights
        (B, N).
    """
    scale = Scale(still, weights)
    before = np.mean([scale.points(s) for s in still.T], axis=0)

    def change(squares: Floats) -> Floats:
        return _mean(np.abs(scale.points(squares) - before), weights)

    content = np.mean([change(squares) for squares in shifted.T], axis=0)
    return np.stack([change(s) - content for s in turned.T], axis=1), content


def resampling_response(square: Floats, still: Floats, weights: Floats) -> Floats:
    """Mean over images of how far resampling alone moves the untouched square (N,): (B,)."""
    scale = Scale(square, weights)
    moved = np.mean([scale.points(s) for s in still.T], axis=0)
    return _mean(moved - scale.points(square), weights)


def blur_response(clean: Floats, blurred: Floats, way: float, weights: Floats) -> Floats:
    """Mean over images of what each blur (N, K) takes in the declared direction: (B, K).

    `way` is 1 where a higher score is better, -1 where a lower one is.
    """
    scale = Scale(clean, weights)
    before = scale.points(clean)
    falls = [way * _mean(before - scale.points(scores), weights) for scores in blurred.T]
    return np.stack(falls, axis=1)


def equivalent_blur(
    response: float, falls: Sequence[float], sigmas: Sequence[float]
) -> float | None:
    """Standard deviation of the Gaussian blur that moves scores as far, whichever way.

    The smallest on the curve of falls, which starts at 0 for no blur, straight between the blurs
    that were tried; None where none of them moves scores so far.
    """
    size = abs(response)
    x, y = (0.0, *sigmas), (0.0, *falls)
    for i in range(1, len(x)):
        if abs(y[i]) >= size:
            end = math.copysign(size, y[i])
            part = (end - y[i - 1]) / (y[i] - y[i - 1]) if y[i] != y[i - 1] else 0.0
            return x[i - 1] + part * (x[i] - x[i - 1])
    return None


def _mean(values: Floats, weights: Floats) -> Floats:
    """Weighted mean over the images of values (B, N)."""
    means: Floats = (values * weights).sum(axis=1)
    return means
