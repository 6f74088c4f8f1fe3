"""What a cut-off is found on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.ranks import Ranks, rank

if TYPE_CHECKING:
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Sample:
    """Scores of images that were predicted rightly or wrongly.

    Parameters
    ----------
    goodness
        float64 (N,), finite, higher is better.
    wrong
        bool (N,).
    units
        int32 (N,), 0 to U - 1, each there: images of one unit (group) are drawn together; None
        where every image is one of its own. See `compact`.
    classes
        int32 (N,), -1 where unknown; None where no label is known.
    """

    goodness: npt.NDArray[np.float64]
    wrong: npt.NDArray[np.bool_]
    units: npt.NDArray[np.int32] | None = None
    classes: npt.NDArray[np.int32] | None = None

    def only(self, chosen: npt.NDArray[np.bool_]) -> Sample:
        """The images for which `chosen`, bool (N,), holds."""
        return replace(
            self,
            goodness=self.goodness[chosen],
            wrong=self.wrong[chosen],
            units=None if self.units is None else compact(self.units[chosen]),
            classes=None if self.classes is None else self.classes[chosen],
        )


def compact(units: npt.NDArray[np.int32]) -> npt.NDArray[np.int32] | None:
    """Number units without gaps; None where each has one image."""
    sizes = np.bincount(units)
    if sizes.max(initial=0) <= 1:
        return None
    numbers = np.cumsum(sizes > 0, dtype=np.int32) - np.int32(1)
    return numbers[units]


@dataclass(frozen=True, slots=True)
class Ranked:
    """A sample in order.

    Parameters
    ----------
    sample, ranks
        The images, and the order of their goodness.
    right, wrong
        Images at each of the K distinct values, float64 (K,).
    """

    sample: Sample
    ranks: Ranks
    right: npt.NDArray[np.float64]
    wrong: npt.NDArray[np.float64]

    @property
    def n_right(self) -> int:
        """Images that were predicted rightly."""
        return len(self.sample.wrong) - self.n_wrong

    @property
    def n_wrong(self) -> int:
        """Images that were predicted wrongly."""
        return int(np.count_nonzero(self.sample.wrong))


def ranked(sample: Sample) -> Ranked:
    """Put a sample in order."""
    ranks = rank(sample.goodness)
    all_ = np.bincount(ranks.level, minlength=len(ranks.values)).astype(float)
    wrong = np.bincount(ranks.level[sample.wrong], minlength=len(ranks.values)).astype(float)
    return Ranked(sample, ranks, all_ - wrong, wrong)
