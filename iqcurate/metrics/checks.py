"""Plain properties of the pixels: brightness, contrast, colour, blur, noise, a perceptual hash.

Brightness is the grey of the quality metrics, to the last level. All sums are of whole numbers,
so that no order of summation can show.
"""

from __future__ import annotations

import math
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UndefinedScoreError
from iqcurate.operators import Column, ImageOperator, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import numpy.typing as npt

    from iqcurate.operators import Setup, Value
    from iqcurate.types import Image

    Pixels = npt.NDArray[np.uint8]
    Counts = npt.NDArray[np.int64]
    Levels = npt.NDArray[np.int16]

_BLOCK = 1 << 15
"""Pixels worked on at a time: what is made of them stays in the cache."""
_BITS = 22
_WEIGHTS = (1253829, 2462237, 478238)
"""BT.601 in fixed point: equal to `iqcurate.types.rgb_to_grey` for each of the 2^24 colours."""
_LEVELS = np.arange(256)
_BOX = 9
"""Pixels of the mean that `blur_effect` blurs with."""
_MOST_RESPONSE = 8 * 255
_MASK_NORM = 6.0
"""Root of the sum of squares of Immerkaer's mask."""
_MAD = 0.6744897501960817
"""Median of the absolute value of a standard normal variable."""
_SIDE, _FREQUENCIES = 32, 8
_LEAST_COEFFICIENT = 1e-6


class Picture:
    """What several checks need of one image, computed when first asked for.

    Parameters
    ----------
    pixels
        uint8, (H, W) or (H, W, 3).
    """

    def __init__(self, pixels: Pixels) -> None:
        self._pixels = np.ascontiguousarray(pixels)
        self.size: int = pixels.shape[0] * pixels.shape[1]

    @property
    def grey(self) -> Pixels:
        """uint8 (H, W)."""
        return self._seen[0]

    @property
    def opponents(self) -> tuple[int, int, int, int]:
        """Sums over the pixels of R - G, its square, R + G - 2B and its square."""
        return self._seen[1]

    @cached_property
    def histogram(self) -> Counts:
        """int64 (256,): how many pixels have each level of grey."""
        flat, counts = self.grey.reshape(-1), np.zeros(256, np.int64)
        for start in range(0, self.size, _BLOCK):
            counts += np.bincount(flat[start : start + _BLOCK], minlength=256)
        return counts

    @cached_property
    def moments(self) -> tuple[int, int]:
        """Sums of grey and of its square."""
        return int(self.histogram @ _LEVELS), int(self.histogram @ (_LEVELS * _LEVELS))

    @cached_property
    def _seen(self) -> tuple[Pixels, tuple[int, int, int, int]]:
        if self._pixels.ndim == 2:
            return self._pixels, (0, 0, 0, 0)
        grey, flat = np.empty(self.size, np.uint8), self._pixels.reshape(-1, 3)
        sums = np.zeros(4, np.int64)
        for start in range(0, self.size, _BLOCK):
            red, green, blue = np.ascontiguousarray(flat[start : start + _BLOCK].T)
            grey[start : start + _BLOCK] = _grey(red, green, blue)
            sums += _opponents(red, green, blue)
        rg, rg_squares, yb, yb_squares = sums.tolist()
        return grey.reshape(self._pixels.shape[:2]), (rg, rg_squares, yb, yb_squares)


def _grey(red: Pixels, green: Pixels, blue: Pixels) -> npt.NDArray[np.uint32]:
    levels: npt.NDArray[np.uint32] = red * np.uint32(_WEIGHTS[0])
    levels += green * np.uint32(_WEIGHTS[1])
    levels += blue * np.uint32(_WEIGHTS[2])
    levels += np.uint32(1 << (_BITS - 1))
    levels >>= np.uint32(_BITS)
    return levels


def _opponents(red: Pixels, green: Pixels, blue: Pixels) -> Counts:
    """Sums over a block, as in `Picture.opponents`."""
    rg = np.subtract(red, green, dtype=np.int16)
    yb = np.add(red, green, dtype=np.int16)
    yb -= np.left_shift(blue, 1, dtype=np.int16)
    return np.array([*_sum_and_squares(rg), *_sum_and_squares(yb)], np.int64)


def _sum_and_squares(values: Levels) -> tuple[float, float]:
    numbers = values.astype(np.float64)  # faster than int64, and as exact: far below 2^53
    total = float(numbers.sum())
    return total, float(np.square(numbers, out=numbers).sum())


def brightness(picture: Picture) -> float:
    """Mean level of grey, 0 to 255."""
    return picture.moments[0] / picture.size


def percentile(percent: int, picture: Picture) -> float:
    """Least level of grey that at least `percent` of 100 pixels do not exceed, 0 to 255."""
    upto = np.cumsum(picture.histogram)
    return float(np.searchsorted(upto * 100, percent * picture.size))


def clipped(level: int, picture: Picture) -> float:
    """Share of pixels at one end of the grey scale, 0 to 1."""
    return int(picture.histogram[level]) / picture.size


def contrast(picture: Picture) -> float:
    """Standard deviation of grey (divisor N), 0 to 127.5 (Peli, JOSA A 7(10), 1990)."""
    total, squares = picture.moments
    return math.sqrt(picture.size * squares - total * total) / picture.size


def entropy(picture: Picture) -> float:
    """Entropy of the histogram of grey, 0 to 8 bits (Shannon 1948)."""
    shares = picture.histogram[picture.histogram > 0] / picture.size
    return max(0.0, -float((shares * np.log2(shares)).sum()))


def colourfulness(picture: Picture) -> float:
    """Spread and strength of the opponent colours; 0 where all is grey.

    sqrt(var(rg) + var(yb)) + 0.3 sqrt(mean(rg)^2 + mean(yb)^2), rg = R - G,
    yb = (R + G)/2 - B, on the 0-255 scale (Hasler and Suesstrunk, Measuring colourfulness in
    natural images, SPIE 5007, 2003).
    """
    n = picture.size
    rg, rg_squares, yb, yb_squares = picture.opponents
    spread = 4 * (n * rg_squares - rg * rg) + n * yb_squares - yb * yb
    return (math.sqrt(spread) + 0.3 * math.hypot(2 * rg, yb)) / (2 * n)


def blur_effect(picture: Picture) -> float:
    """Share of the neighbour differences that is left by a mean of 9 pixels, 0 to 1.

    The larger of the vertical and the horizontal one: an image that blurring hardly changes was
    blurred before. As it is a share, contrast and plain areas do not count (Crete, Dolmiere,
    Ladret and Nicolas, The blur effect, SPIE 6492, 2007), inside the border of 5 pixels.

    Raises
    ------
    UndefinedScoreError
        ``flat``, where no neighbours differ.
    """
    down = [_differences(strip) for strip in _strips(picture.grey, _BOX)]
    across = [_differences(strip.T) for strip in _strips(picture.grey, 0)]
    sums = np.array([np.sum(down, axis=0), np.sum(across, axis=0)])
    shares: list[float] = [1 - lost / (_BOX * sharp) for sharp, lost in sums.tolist() if sharp]
    if not shares:
        raise UndefinedScoreError("flat", "no neighbouring pixels differ")
    return max(shares)


def _differences(levels: Levels) -> tuple[int, int]:
    """Sum of |f(i) - f(i-1)|, and 9 times the sum of what the mean of 9 takes of it.

    The difference of two neighbouring means of 9 is that of the pixels at their ends.
    """
    before, after = (_BOX + 1) // 2, _BOX // 2
    sharp = np.abs(levels[before:-after] - levels[before - 1 : -after - 1])
    lost = _BOX * sharp
    lost -= np.abs(levels[_BOX:] - levels[:-_BOX])
    np.maximum(lost, 0, out=lost)
    return int(sharp.sum(dtype=np.int64)), int(lost.sum(dtype=np.int64))


def noise(picture: Picture) -> float:
    """Standard deviation of the noise, in levels of grey, >= 0.

    The response to [1 -2 1; -2 4 -2; 1 -2 1] is blind to planes and edges along the axes
    (Immerkaer, Fast noise variance estimation, CVIU 64(2), 1996). Of its absolute value the
    median is taken, not the mean, so that texture counts less (as Donoho and Johnstone, Ideal
    spatial adaptation by wavelet shrinkage, Biometrika 81(3), 1994), interpolated between whole
    numbers. Clipped pixels have no noise left: windows around them are left out.

    Raises
    ------
    UndefinedScoreError
        ``clipped``, where all are.
    """
    counts = np.zeros(_MOST_RESPONSE + 2, np.int64)
    for strip in _strips(picture.grey, 2):
        response = np.abs(_second(_second(strip).T))
        inner = strip[1:-1, 1:-1].T
        response[(inner == 0) | (inner == 255)] = _MOST_RESPONSE + 1
        counts += np.bincount(response.reshape(-1), minlength=len(counts))
    counts = counts[:-1]
    if not counts.any():
        raise UndefinedScoreError("clipped", "no pixel lies between black and white")
    return _median(counts) / (_MAD * _MASK_NORM)


def _second(levels: Levels) -> Levels:
    """Second difference along the first axis."""
    found = levels[:-2] + levels[2:]
    found -= 2 * levels[1:-1]
    return found


def _median(counts: Counts) -> float:
    """Median of absolute values of which whole numbers are known: k was k - 1/2 to k + 1/2."""
    upto, half = np.cumsum(counts), int(counts.sum()) / 2
    k = int(np.searchsorted(upto, half))
    within = (half - int(upto[k] - counts[k])) / int(counts[k])
    return k - 0.5 + within if k else within / 2


def _strips(grey: Pixels, halo: int) -> Iterator[Levels]:
    """Yield rows as int16, each strip with the first `halo` rows of the next."""
    rows = max(16, 2 * _BLOCK // grey.shape[1])
    for top in range(0, len(grey) - halo, rows):
        yield grey[top : top + rows + halo].astype(np.int16)


def phash(picture: Picture) -> bytes:
    """Perceptual hash: 64 bits that small changes of an image hardly change.

    Grey is averaged down to 32x32; the bits are the signs of the 8x8 lowest frequencies of its
    cosine transform but the mean (of which the lowest frequency of row 8 takes the place), row
    by row, the first in the highest bit of the first byte. After Zauner, Implementation and
    benchmarking of perceptual image hash functions, 2010.

    Raises
    ------
    UndefinedScoreError
        ``flat``, where the 32x32 levels are one.
    """
    import PIL.Image
    from scipy.fft import dctn

    whole = PIL.Image.fromarray(picture.grey)
    small = np.asarray(whole.resize((_SIDE, _SIDE), PIL.Image.Resampling.BOX))
    if small.min() == small.max():
        raise UndefinedScoreError("flat", "there is nothing in it to recognise")
    frequencies = dctn(small.astype(np.float64), norm="ortho")
    lowest = frequencies[:_FREQUENCIES, :_FREQUENCIES].ravel()
    lowest[0] = frequencies[_FREQUENCIES, 0]
    return np.packbits(lowest > _LEAST_COEFFICIENT).tobytes()


_CHECKS: Mapping[str, Callable[[Picture], float | bytes]] = {
    "brightness": brightness,
    "brightness_p5": partial(percentile, 5),
    "brightness_p95": partial(percentile, 95),
    "clipped_dark": partial(clipped, 0),
    "clipped_light": partial(clipped, 255),
    "contrast": contrast,
    "entropy": entropy,
    "colourfulness": colourfulness,
    "blur_effect": blur_effect,
    "noise": noise,
    "phash": phash,
}


class Checks:
    """Computes any of the checks of one image, what they share once."""

    columns = tuple(Column(name, "binary" if name == "phash" else "float64") for name in _CHECKS)

    def __call__(self, image: Image, wanted: frozenset[str]) -> Mapping[str, Value]:
        """Return a value, or why there is none, for each wanted check."""
        picture = Picture(image.pixels)
        return {name: _value(_CHECKS[name], picture) for name in wanted}


def _value(check: Callable[[Picture], float | bytes], picture: Picture) -> Value:
    try:
        return check(picture)
    except UndefinedScoreError as reason:
        return Undefined(reason.code, reason.text)


def make(setup: Setup) -> ImageOperator:  # noqa: ARG001 - they have no choice
    """Return the operator."""
    return Checks()
