"""Kernel density estimates from bins, by Fourier transform.

Silverman 1982, Applied Statistics 31(1):93, with the linear binning of Wand 1994. The kernel is
Gaussian, the bandwidth Scott's: standard deviation times n to the power -1/5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST_BANDWIDTH = 1.5
"""In bins; less would show the bins (a class whose scores are all equal has no spread)."""


def bandwidth(counts: Floats, positions: Floats, shrink: float = 1.0) -> Floats:
    """Scott's bandwidth, as `scipy.stats.gaussian_kde` has it for one dimension.

    Parameters
    ----------
    counts
        Images at each position, (..., M).
    positions
        float64 (M,).
    shrink
        Factor; 0.5 is "half Scott".

    Returns
    -------
    float64 (...), 0 where there are fewer than two images.
    """
    n = counts.sum(axis=-1)
    safe = np.maximum(n, 2.0)
    centre = np.average(positions, weights=counts) if counts.ndim == 1 and n else positions.mean()
    around = positions - centre  # against cancellation
    mean, square = counts @ around / safe, counts @ around**2 / safe
    variance = np.maximum(square - mean**2, 0.0) * safe / (safe - 1)
    return np.asarray(np.where(n >= 2, shrink * np.sqrt(variance) * safe**-0.2, 0.0))


def densities(counts: Floats, step: float, width: Floats) -> Floats:
    """Densities at the bins, each of area 1.

    Parameters
    ----------
    counts
        (..., M), not all 0, with empty bins at both ends: the transform is circular.
    step
        Distance of two bins.
    width
        Bandwidths, (...).
    """
    smooth = np.fft.irfft(spectrum(counts, step, width), counts.shape[-1], axis=-1)
    return np.asarray(smooth / step)


def spectrum(counts: Floats, step: float, width: Floats) -> npt.NDArray[np.complex128]:
    """Fourier transform of the smoothed shares of each bin, complex (..., M // 2 + 1)."""
    frequency = 2 * np.pi * np.fft.rfftfreq(counts.shape[-1])
    bins = np.maximum(np.asarray(width) / step, LEAST_BANDWIDTH)
    kernel = np.exp(-0.5 * (bins[..., None] * frequency) ** 2)
    shares = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1)
    return np.asarray(np.fft.rfft(shares, axis=-1) * kernel)
