"""Sharpness from the detail sub-bands of a wavelet: WAVS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from iqcurate.metrics.planes import as_plane, blocks, padded_block

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.metrics.planes import Floats

MIN_SIZE = (12, 12)
"""The length of the db6 filters."""

_ROWS = 256
_HALO = 24
"""Taking apart and putting together reach 11 rows each; even, as the transform halves."""


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
    plane = as_plane(grey, MIN_SIZE)
    total = 0.0
    for block in blocks(len(plane), _ROWS):
        padded = padded_block(plane, block, (_HALO, 0), "symmetric")
        total += _details(padded, plane.shape[1])
    return total / plane.size


def _details(padded: Floats, width: int) -> float:
    import pywt

    # Details do not depend on the level: without it a constant image scores 0, not 1e-15.
    details = pywt.dwt2(padded - padded[0, 0], "db6", mode="symmetric")[1]
    total = 0.0
    for band in range(3):
        alone = tuple(details[i] if i == band else None for i in range(3))
        whole = pywt.idwt2((None, alone), "db6", mode="symmetric")
        total += float(np.abs(whole[_HALO : len(padded) - _HALO, :width]).sum())
    return total
