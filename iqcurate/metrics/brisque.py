"""BRISQUE: Blind/Referenceless Image Spatial Quality Evaluator.

Mittal, Moorthy and Bovik, "No-reference image quality assessment in the spatial domain",
IEEE Transactions on Image Processing 21(12), 2012, with the model of the LIVE release.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UndefinedScoreError
from iqcurate.metrics.nss import (
    SignSums,
    aggd_scales,
    fit_aggd,
    fit_ggd,
    half_size,
    mscn_block,
    pair_sums,
)
from iqcurate.metrics.parameters import load_parameters
from iqcurate.metrics.planes import as_plane, blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.metrics.planes import Floats

MIN_SIZE = (13, 13)
"""Leaves one 7x7 window at half size."""


def brisque(grey: npt.ArrayLike) -> float:
    """BRISQUE: lower is better.

    An RBF support vector regression of `brisque_features`, trained on human opinions. Not
    clamped: photographs run from about -28 to 150.

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, at least 13x13; for the release's values whole numbers,
        as `iqcurate.types.rgb_to_grey` gives.

    Returns
    -------
    The score.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small`` or ``flat``.
    """
    return _regress(brisque_features(grey))


def brisque_features(grey: npt.ArrayLike) -> Floats:
    """Compute the 36 features of BRISQUE.

    18 at each of two scales: shape and variance of a generalised Gaussian fitted to the MSCN
    coefficients (zeros outside the image), then shape, mean, left and right variance of an
    asymmetric one fitted to the products of neighbours in four directions, the image taken as
    circular (Mittal et al. 2012, table I).

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, at least 13x13.

    Returns
    -------
    float64 (36,), all finite.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small`` or ``flat``.
    """
    plane = as_plane(grey, MIN_SIZE)
    features = np.concatenate([_scale_features(scale) for scale in (plane, half_size(plane))])
    if not np.isfinite(features).all():
        raise flat()
    return features


def flat() -> UndefinedScoreError:
    """Return why an image without positive or without negative values has no score."""
    return UndefinedScoreError("flat", "too few windows differ from their mean")


def _scale_features(plane: Floats) -> Floats:
    sums = _circular_sums(plane)
    shape, variance = fit_ggd(SignSums(*sums[:, 0]), plane.size)
    alpha, left, right = fit_aggd(SignSums(*sums[:, 1:]), plane.size)
    to_beta, to_mean = aggd_scales(alpha)
    mean = (right - left) * to_beta * to_mean
    products = np.stack([alpha, mean, left**2, right**2], axis=-1)
    return np.concatenate([[shape, variance], products.ravel()])


def _circular_sums(plane: Floats) -> Floats:
    height = len(plane)
    before = mscn_block(plane, (height - 1, height), "zero")
    total = np.zeros((5, 5))
    for block in blocks(height):
        rows = mscn_block(plane, block, "zero")
        framed = np.pad(np.concatenate([before, rows]), ((0, 0), (1, 1)), mode="wrap")
        total += pair_sums(framed)
        before = rows[-1:]
    return total


@cache
def _model() -> dict[str, Floats]:
    return load_parameters("brisque_live")


def _regress(features: Floats) -> float:
    # Plain sums rather than a matrix product: the same bits for any number of BLAS threads.
    model = _model()
    low, high = model["feature_min"], model["feature_max"]
    scaled = 2 * (features - low) / (high - low) - 1
    distances = np.square(model["support_vectors"] - scaled).sum(axis=1)
    kernel = np.exp(-model["gamma"] * distances)
    return float((model["sv_coef"] * kernel).sum() - model["rho"])
