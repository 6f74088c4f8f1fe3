"""Sharpness from second differences: LAPV and LAPM.

Both follow the collection of focus measures of Pertuz, Puig and Garcia, "Analysis of focus
measure operators for shape-from-focus", Pattern Recognition 46(5), 2013. They measure high
frequencies: they rise with noise too, and depend on content and resolution.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from iqcurate.metrics.planes import as_plane, blocks, padded_block

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.metrics.planes import Floats

MIN_SIZE = (3, 3)


def lapv(grey: npt.ArrayLike) -> float:
    """Variance of the Laplacian: higher is sharper.

    The 3x3 kernel [1 4 1; 4 -20 4; 1 4 1] / 6 with replicated borders, then the variance with
    N - 1 (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000).

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, at least 3x3.

    Returns
    -------
    The variance, >= 0, in squared grey levels; 0 for a constant image.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small``.
    """
    plane = as_plane(grey, MIN_SIZE)
    total = squares = 0.0
    for block in blocks(len(plane)):
        response = _laplacian(padded_block(plane, block, (1, 1), "edge"))
        total += float(response.sum())
        squares += float(np.square(response, out=response).sum())
    # Replicated borders make the sum 0 but for rounding, so nothing cancels here.
    return max(squares - total * total / plane.size, 0.0) / (plane.size - 1)


def _laplacian(padded: Floats) -> Floats:
    beside = padded[1:-1, :-2] + padded[1:-1, 2:]
    beside += padded[:-2, 1:-1] + padded[2:, 1:-1]
    corners = padded[:-2, :-2] + padded[:-2, 2:]
    corners += padded[2:, :-2] + padded[2:, 2:]
    response: Floats = (4 * beside + corners - 20 * padded[1:-1, 1:-1]) / 6
    return response


def lapm(grey: npt.ArrayLike) -> float:
    """Mean modified Laplacian: higher is sharper.

    Mean of abs(I * M) + abs(I * M') with M = [-1 2 -1] and replicated borders (Nayar and
    Nakagawa, "Shape from focus", IEEE TPAMI 16(8), 1994).

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, at least 3x3.

    Returns
    -------
    The mean, 0 to 1020 grey levels; 0 for a constant image.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small``.
    """
    plane = as_plane(grey, MIN_SIZE)
    total = 0.0
    for block in blocks(len(plane)):
        padded = padded_block(plane, block, (1, 1), "edge")
        twice = 2 * padded[1:-1, 1:-1]
        total += float(np.abs(twice - padded[1:-1, :-2] - padded[1:-1, 2:]).sum())
        total += float(np.abs(twice - padded[:-2, 1:-1] - padded[2:, 1:-1]).sum())
    return total / plane.size
