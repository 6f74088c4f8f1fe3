"""Natural scene statistics: what BRISQUE and NIQE share.

Local normalisation (MSCN), products of neighbours, and fits of generalised Gaussians by
moment matching, as in Mittal, Moorthy and Bovik, "No-reference image quality assessment in the
spatial domain", IEEE TIP 21(12), 2012.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from iqcurate.metrics.planes import as_plane, blocks, padded_block

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.metrics.planes import Floats

Border = Literal["zero", "replicate"]

FLAT = 1e-9
"""Below this distance from its window's mean a pixel counts as equal to it."""

# importing scipy's takes a fifth of a run's start-up
_gamma = np.vectorize(math.gamma, otypes=[float])

_RADIUS = 3
_WEIGHTS = np.exp(-np.square(np.arange(-3.0, 4.0)) / (2 * (7 / 6) ** 2))
WINDOW: Floats = _WEIGHTS / _WEIGHTS.sum()
"""The Gaussian window along one direction."""

_HALVING = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256


def mscn(grey: npt.ArrayLike, border: Border) -> Floats:
    """Mean-subtracted, contrast-normalised coefficients, (I - mu) / (sigma + 1).

    mu is the mean and sigma the standard deviation under a 7x7 Gaussian window of sigma 7/6
    (Mittal et al. 2012, equations 1-3). Where I and mu differ by less than 1e-9 (flat and
    point-symmetric windows) the coefficient is exactly 0: the sign of rounding errors would
    otherwise be counted as signal.

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale.
    border
        What lies outside the image: ``zero`` (BRISQUE) or ``replicate`` (NIQE).

    Returns
    -------
    float64 (H, W).

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    """
    plane = as_plane(grey)
    return np.concatenate([mscn_block(plane, block, border) for block in blocks(len(plane))])


def mscn_block(plane: Floats, block: tuple[int, int], border: Border) -> Floats:
    """Return the rows of `mscn` from block[0] up to block[1]."""
    rows = padded_block(plane, block, (_RADIUS, 0), "constant" if border == "zero" else "edge")
    mu = _local_mean(rows, border)
    deviation = _local_mean(rows * rows, border)
    deviation -= mu * mu
    np.sqrt(np.abs(deviation, out=deviation), out=deviation)
    difference = rows[_RADIUS:-_RADIUS] - mu
    flat = np.abs(difference) < FLAT
    difference /= deviation + 1
    difference[flat] = 0
    return difference


def _local_mean(rows: Floats, border: Border) -> Floats:
    from scipy.ndimage import correlate1d

    down = correlate1d(rows, WINDOW, axis=0, mode="constant")[_RADIUS:-_RADIUS]
    return correlate1d(down, WINDOW, axis=1, mode="constant" if border == "zero" else "nearest")


def half_size(grey: npt.ArrayLike) -> Floats:
    """Halve an image like MATLAB's ``imresize(grey, 0.5)``.

    Bicubic (a = -0.5), antialiased, symmetric edges, not rounded. Exact for whole numbers.

    Parameters
    ----------
    grey
        Real (H, W).

    Returns
    -------
    float64 (ceil(H / 2), ceil(W / 2)).

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    """
    plane = as_plane(grey)
    return np.concatenate([_half_block(plane, block) for block in blocks(len(plane))])


def _half_block(plane: Floats, block: tuple[int, int]) -> Floats:
    padded = padded_block(plane, block, (4, 4), "symmetric")
    rows, columns = (block[1] - block[0] + 1) // 2, (plane.shape[1] + 1) // 2
    down = sum(w * padded[1 + i :: 2][:rows] for i, w in enumerate(_HALVING))
    half: Floats = sum(w * down[:, 1 + i :: 2][:, :columns] for i, w in enumerate(_HALVING))
    return half


class SignSums(NamedTuple):
    """Sums over the last two axes, enough to fit both kinds of generalised Gaussian."""

    negatives: Floats
    positives: Floats
    negative_squares: Floats
    positive_squares: Floats
    absolutes: Floats

    @classmethod
    def of(cls, values: Floats) -> SignSums:
        """Sum `values` (..., h, w); zeros count on neither side."""
        left, right = np.minimum(values, 0), np.maximum(values, 0)
        return cls(
            np.asarray(np.count_nonzero(left, axis=(-2, -1)), dtype=np.float64),
            np.asarray(np.count_nonzero(right, axis=(-2, -1)), dtype=np.float64),
            np.einsum("...ij,...ij->...", left, left),
            np.einsum("...ij,...ij->...", right, right),
            right.sum(axis=(-2, -1)) - left.sum(axis=(-2, -1)),
        )


def pair_sums(framed: Floats) -> Floats:
    """Sum coefficients and the products of neighbours.

    Parameters
    ----------
    framed
        (..., h + 1, w + 2): MSCN coefficients with the row before and a column on either side.

    Returns
    -------
    (5 sums of `SignSums`, 5 maps, ...): the maps are the coefficients, then their products with
    the neighbour to the left, above, above left and above right.
    """
    values = np.ascontiguousarray(framed[..., 1:, 1:-1])
    left, above = framed[..., 1:, :-2], framed[..., :-1, 1:-1]
    above_left, above_right = framed[..., :-1, :-2], framed[..., :-1, 2:]
    products = (values * other for other in (left, above, above_left, above_right))
    sums = [SignSums.of(values), *(SignSums.of(product) for product in products)]
    return np.stack([np.stack(each) for each in zip(*sums, strict=True)])


@cache
def shapes() -> tuple[Floats, Floats]:
    """Return the grid of shape parameters and E|x|^2 / E x^2 of each, which rises with it."""
    shape = np.round(0.2 + 0.001 * np.arange(9801), 3)
    return shape, _gamma(2 / shape) ** 2 / (_gamma(1 / shape) * _gamma(3 / shape))


def nearest(table: Floats, values: Floats) -> npt.NDArray[np.intp]:
    """Index of the entry of a rising `table` next to each value; of two equally near, the first.

    What is not finite gives 0, as MATLAB's ``min`` does.
    """
    above = np.clip(np.searchsorted(table, values), 1, len(table) - 1)
    index = np.where(table[above] - values < values - table[above - 1], above, above - 1)
    return np.where(np.isfinite(values), index, 0)


def fit_ggd(sums: SignSums, count: int) -> tuple[Floats, Floats]:
    """Fit a generalised Gaussian of mean 0.

    Parameters
    ----------
    sums
        Of the values.
    count
        How many values.

    Returns
    -------
    Shape, on the grid 0.2:0.001:10, and variance.
    """
    shape, ratio = shapes()
    variance = (sums.negative_squares + sums.positive_squares) / count
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted = variance / (sums.absolutes / count) ** 2
    return shape[nearest(-1 / ratio, -wanted)], variance


def fit_aggd(sums: SignSums, count: int) -> tuple[Floats, Floats, Floats]:
    """Fit an asymmetric generalised Gaussian (Lasmar, Stitou and Berthoumieu, ICIP 2009).

    Parameters
    ----------
    sums
        Of the values.
    count
        How many values.

    Returns
    -------
    Shape, on the grid 0.2:0.001:10, and the standard deviations of the negative and of the
    positive values: NaN for a side without values, where the shape is the first of the grid.
    """
    shape, ratio = shapes()
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.sqrt(sums.negative_squares / sums.negatives)
        right = np.sqrt(sums.positive_squares / sums.positives)
        skew = left / right
        square = (sums.negative_squares + sums.positive_squares) / count
        wanted = (sums.absolutes / count) ** 2 / square
        wanted *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    return shape[nearest(ratio, wanted)], left, right


def aggd_scales(shape: Floats) -> tuple[Floats, Floats]:
    """Return what turns a standard deviation into beta, and a difference of betas into a mean."""
    return np.sqrt(_gamma(1 / shape) / _gamma(3 / shape)), _gamma(2 / shape) / _gamma(1 / shape)
