"""Like images: tenths of B by score, and what is kept of A in each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tenths:
    """Parts of the scores of B with about a tenth of its images each, and what lies beyond.

    Parameters
    ----------
    edges
        Ends of the parts, ascending, float64 (P + 1,) with P <= 10.
    """

    edges: Floats

    @classmethod
    def of(cls, b: Floats) -> Self:
        """Divide B, float64 (M,) with M > 0."""
        return cls(np.unique(np.quantile(b, np.linspace(0, 1, 11), method="inverted_cdf")))

    def places(self, scores: Floats) -> npt.NDArray[np.intp]:
        """Place of each score: 0 below all of B, then its parts, last above all."""
        inside = np.searchsorted(self.edges[1:-1], scores) + 1
        last = max(len(self.edges) - 1, 1) + 1
        beyond = np.where(scores > self.edges[-1], last, inside)
        return np.where(scores < self.edges[0], 0, beyond)

    def texts(self, a: Floats, b: Floats, keep: npt.NDArray[np.bool_], what: str) -> list[str]:
        """What is said of each place.

        Parameters
        ----------
        a, b
            Scores, float64 (N,) and (M,).
        keep
            What is kept of A, bool (N,).
        what
            Name of the score.
        """
        size = max(len(self.edges) - 1, 1) + 2
        in_a = np.bincount(self.places(a), minlength=size)
        kept = np.bincount(self.places(a[keep]), minlength=size)
        share = np.bincount(self.places(b), minlength=size) / len(b)
        return [
            f"{kept[i]} of {in_a[i]} images with {what} {self._range(i)} are kept "
            f"({100 * share[i]:.3g}% of B, {100 * kept[i] / max(keep.sum(), 1):.3g}% of the kept)"
            for i in range(size)
        ]

    def _range(self, place: int) -> str:
        low, high = f"{self.edges[0]:.4g}", f"{self.edges[-1]:.4g}"
        if place == 0:
            return f"below {low}, the lowest of B"
        if place == max(len(self.edges) - 1, 1) + 1:
            return f"above {high}, the highest of B"
        if len(self.edges) == 1:
            return f"of {low}"
        return f"from {self.edges[place - 1]:.4g} to {self.edges[place]:.4g}"
