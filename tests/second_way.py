"""The metrics computed a second way: slow, dense, nothing shared with the package."""

from __future__ import annotations

import numpy as np
import pywt
from scipy.signal import convolve2d
from scipy.special import gamma

SHAPES = np.round(0.2 + 0.001 * np.arange(9801), 3)
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))
KERNEL = np.array([[1, 4, 1], [4, -20, 4], [1, 4, 1]]) / 6


def lapv(grey):
    padded = np.pad(grey, 1, mode="edge")
    rows, columns = grey.shape
    responses = [
        sum(KERNEL[i, j] * padded[y + i, x + j] for i in range(3) for j in range(3))
        for y in range(rows)
        for x in range(columns)
    ]
    return np.var(responses, ddof=1)


def lapm(grey):
    padded = np.pad(grey, 1, mode="edge")
    total = 0.0
    for y in range(1, grey.shape[0] + 1):
        for x in range(1, grey.shape[1] + 1):
            total += abs(2 * padded[y, x] - padded[y, x - 1] - padded[y, x + 1])
            total += abs(2 * padded[y, x] - padded[y - 1, x] - padded[y + 1, x])
    return total / grey.size


def wavs(grey):
    coefficients = pywt.wavedec2(grey, "db6", mode="symmetric", level=1)
    total = np.zeros_like(grey)
    for band in range(3):
        details = [c if i == band else np.zeros_like(c) for i, c in enumerate(coefficients[1])]
        alone = [np.zeros_like(coefficients[0]), tuple(details)]
        whole = pywt.waverec2(alone, "db6", mode="symmetric")
        total += np.abs(whole[: grey.shape[0], : grey.shape[1]])
    return total.mean()


def mscn(grey, border):
    y, x = np.mgrid[-3:4, -3:4]
    window = np.exp(-(y * y + x * x) / (2 * (7 / 6) ** 2))
    window /= window.sum()
    padded = np.pad(grey, 3, mode="constant" if border == "zero" else "edge")
    mu = convolve2d(padded, window, mode="valid")
    sigma = np.sqrt(np.abs(convolve2d(padded * padded, window, mode="valid") - mu * mu))
    return np.where(np.abs(grey - mu) < 1e-9, 0, (grey - mu) / (sigma + 1))


def half_size(grey):
    return _halving(grey.shape[0]) @ grey @ _halving(grey.shape[1]).T


def _halving(length):
    """MATLAB's rule for one dimension: a cubic of twice the width around each output pixel."""
    matrix = np.zeros(((length + 1) // 2, length))
    for output in range(len(matrix)):
        centre = (output + 1) * 2 - 0.5
        places = np.arange(np.floor(centre - 4), np.floor(centre - 4) + 10)
        weights = np.array([_cubic((centre - place) / 2) for place in places])
        for place, weight in zip(places, weights / weights.sum(), strict=True):
            around = int(place - 1) % (2 * length)
            matrix[output, around if around < length else 2 * length - 1 - around] += weight
    return matrix


def _cubic(x):
    x = abs(x)
    if x <= 1:
        return 1.5 * x**3 - 2.5 * x**2 + 1
    return -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2 if x <= 2 else 0.0


def ggd(values):
    variance = np.mean(values**2)
    wanted = variance / np.mean(np.abs(values)) ** 2
    return SHAPES[np.argmin(np.abs(wanted - 1 / RATIOS))], variance


def aggd(values):
    left = np.sqrt(np.mean(values[values < 0] ** 2))
    right = np.sqrt(np.mean(values[values > 0] ** 2))
    skew = left / right
    wanted = np.mean(np.abs(values)) ** 2 / np.mean(values**2)
    wanted *= (skew**3 + 1) * (skew + 1) / (skew**2 + 1) ** 2
    return SHAPES[np.argmin((RATIOS - wanted) ** 2)], left, right


def brisque_features(grey):
    features = []
    for scale in (grey, half_size(grey)):
        values = mscn(scale, "zero")
        features += ggd(values)
        for shift in ((0, 1), (1, 0), (1, 1), (-1, 1)):
            alpha, left, right = aggd(values * np.roll(values, shift, axis=(0, 1)))
            mean = (right - left) * gamma(2 / alpha) / gamma(1 / alpha)
            mean *= np.sqrt(gamma(1 / alpha) / gamma(3 / alpha))
            features += [alpha, mean, left**2, right**2]
    return np.array(features)


def niqe_features(grey):
    height, width = (side // 96 * 96 for side in grey.shape)
    grey = grey[:height, :width]
    scales = ((mscn(grey, "replicate"), 96), (mscn(half_size(grey), "replicate"), 48))
    return np.concatenate([_niqe_scale(values, side) for values, side in scales], axis=1)


def _niqe_scale(values, side):
    corners = [
        (y, x) for y in range(0, values.shape[0], side) for x in range(0, values.shape[1], side)
    ]
    return np.array([_niqe_patch(values[y : y + side, x : x + side]) for y, x in corners])


def _niqe_patch(values):
    alpha, left, right = _betas(values)
    features = [alpha, (left + right) / 2]
    for shift in ((0, 1), (1, 0), (1, 1), (1, -1)):
        alpha, left, right = _betas(values * np.roll(values, shift, axis=(0, 1)))
        features += [alpha, (right - left) * gamma(2 / alpha) / gamma(1 / alpha), left, right]
    return features


def _betas(values):
    alpha, left, right = aggd(values)
    scale = np.sqrt(gamma(1 / alpha) / gamma(3 / alpha))
    return alpha, left * scale, right * scale
