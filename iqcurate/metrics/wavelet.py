"""Sharpness from the detail sub-bands of a wavelet: WAVS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from iqcurate.metrics.planes import as_plane

if TYPE_CHECKING:
    import numpy.typing as npt

MIN_SIZE = (12, 12)
"""The length of the db6 filters."""


def wavs(grey: npt.ArrayLike) -> float:
    """Sum of wavelet details: higher is sharper.

    One level of the decimated transform with db6 and symmetric extension; each of the
    horizontal, vertical and diagonal sub-bands is reconstructed on its own to the size of the
    image, and the mean of the sum of their absolute values is the score (Yang and Nelson,
    "Wavelet-based autofocusing and unsupervised segmentation of microscopic images", IROS 2003;
    in the form of Pertuz, Puig and Garcia, 2013).

    Parameters
    ----------
    grey
        Real (H, W) on the 0-255 scale, at least 12x12.

    Returns
    -------
    The mean, >= 0, in grey levels; 0 for a constant image.

    Raises
    ------
    UsageError
        If `grey` is no finite (H, W) array of real numbers.
    UndefinedScoreError
        ``too_small``.
    """
    import pywt

    plane = as_plane(grey, MIN_SIZE)
    # Details do not depend on the level: without it a constant image scores 0, not 1e-15.
    details = pywt.dwt2(plane - plane[0, 0], "db6", mode="symmetric")[1]
    total = 0.0
    for band in range(3):
        alone = tuple(details[i] if i == band else None for i in range(3))
        whole = pywt.idwt2((None, alone), "db6", mode="symmetric")
        total += float(np.abs(whole[: plane.shape[0], : plane.shape[1]]).sum())
    return total / plane.size
