"""NIQE: Natural Image Quality Evaluator.

Mittal, Soundararajan and Bovik, "Making a 'completely blind' image quality analyzer", IEEE
Signal Processing Letters 20(3), 2013, with the model of natural images of the LIVE release.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UndefinedScoreError
from iqcurate.metrics.nss import SignSums, aggd_scales, fit_aggd, half_size, mscn_block, pair_sums
from iqcurate.metrics.parameters import load_parameters
from iqcurate.metrics.planes import as_plane, blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.metrics.planes import Floats

MIN_SIZE = (96, 96)
_PATCH = 96


def niqe(grey: npt.ArrayLike) -> float:
    """NIQE: lower is better.

    The distance between the Gaussians fitted to `niqe_features` of this image and to those of
    pristine photographs: sqrt(d' pinv((S1 + S2) / 2) d), d the difference of the means (Mittal
    et al. 2013, equation 10). Patches that are partly undefined count where they are defined
    for the mean, and not at all for the covariance.

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, with at least two patches of 96x96; for the release's
        values whole numbers, as `iqcurate.types.rgb_to_grey` gives.

    Returns
    -------
    The distance, >= 0; nine in ten photographs lie between 2.5 and 8.7.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small`` or ``too_few_patches``.
    """
    features = niqe_features(grey)
    whole = features[np.isfinite(features).all(axis=1)]
    if len(whole) < 2:
        raise too_few(len(whole), np.shape(grey))
    return _distance(np.nanmean(features, axis=0), _covariance(whole))


def too_few(whole: int, shape: tuple[int, ...]) -> UndefinedScoreError:
    """Return why an image of `shape` (H, W) with less than 2 whole patches has no score."""
    patches = (shape[0] // _PATCH) * (shape[1] // _PATCH)
    text = f"needs 2 patches of 96x96 that are not flat, has {whole} of {patches}"
    return UndefinedScoreError("too_few_patches", text)


def niqe_features(grey: npt.ArrayLike) -> Floats:
    """Compute the 36 features of NIQE for each patch.

    The image is cropped to whole patches of 96x96, which become 48x48 at half size. Each patch
    gives 18 features a scale: shape and mean scale of an asymmetric generalised Gaussian fitted
    to the MSCN coefficients (replicated borders), then shape, mean, left and right scale of
    those fitted to the products of neighbours in four directions, the patch taken as circular.

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, at least 96x96.

    Returns
    -------
    float64 (patches, 36), in rows from the top left; NaN where a fit is undefined because a
    patch has no negative or no positive values.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small``.
    """
    plane = as_plane(grey, MIN_SIZE)
    height, width = (side // _PATCH * _PATCH for side in plane.shape)
    plane = np.ascontiguousarray(plane[:height, :width])
    scales = (_scale_features(plane, _PATCH), _scale_features(half_size(plane), _PATCH // 2))
    return np.concatenate(scales, axis=1)


def _scale_features(plane: Floats, side: int) -> Floats:
    rows = [_patch_sums(plane, block, side) for block in blocks(len(plane), side)]
    sums = np.concatenate(rows, axis=-1)
    alpha, left, right = fit_aggd(SignSums(*sums), side * side)
    to_beta, to_mean = aggd_scales(alpha)
    left, right = left * to_beta, right * to_beta
    mean = (right - left) * to_mean
    coefficients = np.stack([alpha[0], (left[0] + right[0]) / 2])
    products = np.stack([alpha[1:], mean[1:], left[1:], right[1:]], axis=1)
    return np.concatenate([coefficients, products.reshape(16, -1)]).T


def _patch_sums(plane: Floats, block: tuple[int, int], side: int) -> Floats:
    rows = mscn_block(plane, block, "replicate")
    patches = rows.reshape(side, -1, side).swapaxes(0, 1)
    return pair_sums(np.pad(patches, ((0, 0), (1, 0), (1, 1)), mode="wrap"))


def _covariance(features: Floats) -> Floats:
    # einsum rather than a matrix product: the same bits for any number of BLAS threads.
    centred = features - features.mean(axis=0)
    products: Floats = np.einsum("ni,nj->ij", centred, centred)
    return products / (len(features) - 1)


@cache
def _model() -> dict[str, Floats]:
    return load_parameters("niqe_live")


def _distance(mean: Floats, covariance: Floats) -> float:
    model = _model()
    difference = model["mu"] - mean
    inverse = np.linalg.pinv((model["cov"] + covariance) / 2, hermitian=True)
    return float(np.sqrt((inverse * np.outer(difference, difference)).sum()))
