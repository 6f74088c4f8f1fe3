"""Percentile points: where a score stands among the scores of the other images as they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


class Scale:
    """The distribution of clean scores, each image with a weight.

    A score stands at the share of images below it and half of those equal; between two of them it
    is interpolated, so that the smallest change of a score counts. An image is not compared with
    itself: of few images that would make every change larger.

    Parameters
    ----------
    clean
        Scores of N images, finite: (N,), or (N, S) where each image has several.
    weights
        (B, N): each row is one draw of the images, and sums to 1.
    """

    def __init__(self, clean: Floats, weights: Floats) -> None:
        several = clean.reshape(len(clean), -1)
        self._weights = weights
        self._knots, number = np.unique(several, return_inverse=True)
        self._own = number.reshape(several.shape)
        order = np.argsort(number, axis=None, kind="stable")
        first = np.searchsorted(number.ravel()[order], np.arange(len(self._knots)))
        image = order // several.shape[1]
        each = np.add.reduceat(weights[:, image], first, axis=1) / several.shape[1]
        self._at = np.cumsum(each, axis=1) - each / 2

    def points(self, scores: Floats) -> Floats:
        """Stand of a score (N,) of each image in each draw: float64 (B, N), 0 to 100."""
        knots, last = self._knots, len(self._knots) - 1
        right = np.clip(np.searchsorted(knots, scores), min(1, last), last)
        left = np.maximum(right - 1, 0)
        width = knots[right] - knots[left]
        part = np.divide(scores - knots[left], width, out=np.zeros(len(scores)), where=width > 0)
        out = np.where(scores < knots[0], 0.0, np.where(scores > knots[-1], 1.0, np.nan))
        inside = np.isnan(out)

        def between(at_left: Floats, at_right: Floats) -> Floats:
            return np.where(inside, at_left + (at_right - at_left) * part, out)

        own = between(self._share_of_own(left), self._share_of_own(right))
        stand = between(self._at[:, left], self._at[:, right])
        stand -= own * self._weights
        others = 1 - self._weights
        np.divide(stand, others, out=stand, where=others > 0)
        stand[others <= 0] = 0.5
        stand *= 100
        return stand

    def _share_of_own(self, knot: np.ndarray) -> Floats:
        """Of the scores of an image itself, the share below a knot (N,), and half at it."""
        at = knot[:, None]
        share: Floats = ((self._own < at) + 0.5 * (self._own == at)).mean(axis=1)
        return share
