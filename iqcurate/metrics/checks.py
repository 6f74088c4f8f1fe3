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
from iqcurate.kernels import count
from iqcurate.operators import Column, ImageOperator, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import numpy.typing as npt

    from iqcurate.operators import Setup, Value
    from iqcurate.types import Image

    Pixels = npt.NDArray[np.uint8]
    Counts = npt.NDArray[np.int64]

_LEVELS = np.arange(256)
_BOX = 9
"""Pixels of the mean that `blur_effect` blurs with."""
_MASK_NORM = 6.0
"""Root of the sum of squares of Immerkaer's mask."""
_MAD = 0.6744897501960817
"""Median of the absolute value of a standard normal variable."""
_SIDE, _FREQUENCIES = 32, 8
_LEAST_COEFFICIENT = 1e-6
_COUNTED = {"colourfulness": "colour", "blur_effect": "blur", "noise": "noise"}
"""Checks that need more than the histogram of grey, and what is counted for them."""


class Picture:
    """What several checks need of one image, counted in one pass.

    Parameters
    ----------
    pixels
        uint8, (H, W) or (H, W, 3).
    wanted
        Names of checks.
    """

    def __init__(self, pixels: Pixels, wanted: Collection[str] = tuple(_COUNTED)) -> None:
        self.counts = count(pixels, {_COUNTED[name] for name in wanted if name in _COUNTED})
        self.size: int = pixels.shape[0] * pixels.shape[1]

    @property
    def grey(self) -> Pixels:
        """uint8 (H, W)."""
        return self.counts.grey

    @property
    def histogram(self) -> Counts:
        """int64 (256,): how many pixels have each level of grey."""
        return self.counts.levels

    @cached_property
    def moments(self) -> tuple[int, int]:
        """Sums of grey and of its square."""
        return int(self.histogram @ _LEVELS), int(self.histogram @ (_LEVELS * _LEVELS))


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
    rg, rg_squares, yb, yb_squares = picture.counts.opponents
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
    both = picture.counts.differences
    shares = [1 - lost / (_BOX * sharp) for sharp, lost in both if sharp]
    if not shares:
        raise UndefinedScoreError("flat", "no neighbouring pixels differ")
    return max(shares)


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
    counts = picture.counts.responses
    if not counts.any():
        raise UndefinedScoreError("clipped", "no pixel lies between black and white")
    return _median(counts) / (_MAD * _MASK_NORM)


def _median(counts: Counts) -> float:
    """Median of absolute values of which whole numbers are known: k was k - 1/2 to k + 1/2."""
    upto, half = np.cumsum(counts), int(counts.sum()) / 2
    k = int(np.searchsorted(upto, half))
    within = (half - int(upto[k] - counts[k])) / int(counts[k])
    return k - 0.5 + within if k else within / 2


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
        picture = Picture(image.pixels, wanted)
        return {name: _value(_CHECKS[name], picture) for name in wanted}


def _value(check: Callable[[Picture], float | bytes], picture: Picture) -> Value:
    try:
        return check(picture)
    except UndefinedScoreError as reason:
        return Undefined(reason.code, reason.text)


def make(setup: Setup) -> ImageOperator:  # noqa: ARG001 - they have no choice
    """Return the operator."""
    return Checks()
