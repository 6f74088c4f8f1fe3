"""Ranges of categories of different sizes on one footing.

The more images, the wider their range. Rarefying, as ecologists do with numbers of species, asks
what range a random `m` of the images would have. Over all subsets of that size the mean has a
closed form, because the i-th smallest of n values is the largest of binom(i - 1, m - 1) of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Scores, sorted within their categories.

    Parameters
    ----------
    values
        float64 (N,), ascending within each category.
    codes
        Category of each value, int64 (N,), ascending.
    n
        Values of each category, int64 (C,).
    start
        Place of its first one, int64 (C,).
    """

    values: Floats
    codes: Counts
    n: Counts
    start: Counts

    @classmethod
    def of(cls, values: Floats, codes: npt.NDArray[np.int32], categories: int) -> Grouped:
        """Sort scores; those that are NaN, or have no category (-1), are left out.

        Parameters
        ----------
        values
            float64 (N,).
        codes
            int32 (N,).
        categories
            Their number.
        """
        have = np.isfinite(values) & (codes >= 0)
        values, codes = values[have], codes[have]
        order = np.argsort(values)
        few = codes.astype(np.min_scalar_type(categories))  # small numbers sort by radix
        order = order[np.argsort(few[order], kind="stable")]
        n = np.bincount(codes, minlength=categories)
        return cls(values[order], codes[order].astype(np.int64), n, np.cumsum(n) - n)

    def sums(self, per_value: Floats) -> Floats:
        """Sum of something over the values of each category, float64 (C,)."""
        return np.bincount(self.codes, per_value, len(self.n)).astype(float)


def rarefied_range(grouped: Grouped, m: int) -> tuple[Floats, Floats]:
    """Expected range of `m` random images of each category, and its standard error.

    Parameters
    ----------
    grouped
        The scores.
    m
        How many images are drawn, without replacement; at least 2.

    Returns
    -------
    float64 (C,) each, in units of the scores. The expectation is exact, and NaN for categories
    with fewer than `m` scores. The error is the jackknife's, in closed form; NaN with fewer than
    m + 1.
    """
    with np.errstate(invalid="ignore"):
        centre = grouped.sums(grouped.values) / grouped.n
    around = grouped.values - centre[grouped.codes]  # so that sums of many lose no digits
    weights = _Weights.of(grouped, m)
    expected = grouped.sums(weights.all_of_them * around)
    expected[grouped.n < m] = np.nan
    return expected, _jackknife(grouped, around, weights, m)


@dataclass(frozen=True, slots=True)
class _Weights:
    """Weight of each value in the expected range: of all, and with one value left out.

    A value below the one left out keeps its place, one above it moves down by one.
    """

    all_of_them: Floats
    below: Floats
    above: Floats

    @classmethod
    def of(cls, grouped: Grouped, m: int) -> _Weights:
        """Work out weights once for each size of category, and hand them to its values."""
        sizes, which = np.unique(grouped.n, return_inverse=True)
        start = np.cumsum(sizes) - sizes
        size = np.repeat(sizes, sizes)
        place = np.arange(len(size)) - np.repeat(start, sizes)
        shift = (start[which] - grouped.start)[grouped.codes]
        at = np.arange(len(grouped.values)) + shift
        log = gammaln(np.arange(max(size.max(initial=0), m) + 2) + 1.0)
        return cls(
            _weights(log, place, size, m)[at],
            _weights(log, place, size - 1, m)[at],
            _weights(log, place - 1, size - 1, m)[at],
        )


def _weights(log: Floats, place: Counts, size: Counts, m: int) -> Floats:
    """Weight of the value at `place` (from 0) of `size` sorted ones; `log`: of the factorials."""
    return _share(log, place, size, m) - _share(log, size - 1 - place, size, m)


def _share(log: Floats, place: Counts, size: Counts, m: int) -> Floats:
    """Share of the subsets of `m` in which the value at `place` is the largest."""
    found = np.zeros(len(place))
    at = (place >= m - 1) & (place < size)
    i, n = place[at], size[at]
    chosen = log[i] - log[m - 1] - log[i - m + 1]
    found[at] = np.exp(chosen - (log[n] - log[m] - log[n - m]))
    return found


def _jackknife(grouped: Grouped, around: Floats, weights: _Weights, m: int) -> Floats:
    """Standard error from the expectations with each one value left out."""
    before, after = weights.below * around, weights.above * around
    below = _running(grouped, before) - before
    above = grouped.sums(after)[grouped.codes] - _running(grouped, after)
    left_out = below + above
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = grouped.sums(left_out) / grouped.n
        squares = grouped.sums((left_out - mean[grouped.codes]) ** 2)
        error = np.sqrt(squares * (grouped.n - 1) / grouped.n)
    error[grouped.n < m + 1] = np.nan
    return error


def _running(grouped: Grouped, per_value: Floats) -> Floats:
    """Sums from the start of each category, each value included."""
    total = np.concatenate([[0.0], np.cumsum(per_value)])
    return np.asarray(total[1:] - total[grouped.start[grouped.codes]])
