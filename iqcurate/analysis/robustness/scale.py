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
        each = np.zeros((len(weights), len(self._knots)))
        for column in self._own.T:
            np.add.at(each.T, column, weights.T / several.shape[1])
        self._at = np.cumsum(each, axis=1) - each / 2

    def points(self, scores: Floats) -> Floats:
        """Stand of a score (N,) of each image in each draw: float64 (B, N), 0 to 100."""
        knots, last = self._knots, len(self._knots) - 1
        right = np.clip(np.searchsorted(knots, scores), min(1, last), last)
        left = np.maximum(right - 1, 0)
        width = knots[right] - knots[left]
        part = np.divide(scores - knots[left], width, out=np.zeros(len(scores)), where=width > 0)
        below, above = scores < knots[0], scores > knots[-1]

        def between(at_left: Floats, at_right: Floats) -> Floats:
            return np.where(
                below, 0.0, np.where(above, 1.0, at_left * (1 - part) + at_right * part)
            )

        every = between(self._at[:, left], self._at[:, right])
        own = between(self._share_of_own(left), self._share_of_own(right))
        others = 1 - self._weights
        alone = others <= 0
        stand = (every - own * self._weights) / np.where(alone, 1, others)
        return 100 * np.where(alone, 0.5, stand)

    def _share_of_own(self, knot: np.ndarray) -> Floats:
        """Of the scores of an image itself, the share below a knot (N,), and half at it."""
        at = knot[:, None]
        share: Floats = ((self._own < at) + 0.5 * (self._own == at)).mean(axis=1)
        return share
