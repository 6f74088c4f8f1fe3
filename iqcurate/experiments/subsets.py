"""Equally many images of equally many categories, so that subsets can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Rows = npt.NDArray[np.int64]

MOST_EACH = 20


@dataclass(frozen=True, slots=True)
class Drawn:
    """Images drawn for a subset of one metric.

    Parameters
    ----------
    metric, subset
        Whose.
    rows
        Numbers of the images, int64 (categories * images,), category after category.
    categories
        Number of categories; each has as many images as the others.
    """

    metric: str
    subset: str
    rows: Rows
    categories: int

    @property
    def units(self) -> Rows:
        """Category of each image, int64 from 0."""
        each = len(self.rows) // self.categories
        return np.repeat(np.arange(self.categories), each)


def draw(
    chosen: Mapping[tuple[str, str], Sequence[int]],
    codes: npt.NDArray[np.int32],
    usable: npt.NDArray[np.bool_],
    images: int | None,
    seed: int,
) -> list[Drawn]:
    """Draw images, the same of a category wherever it is chosen.

    Parameters
    ----------
    chosen
        Metric and subset -> numbers of its categories.
    codes
        Category of each image, int32 (N,), -1 for none.
    usable
        Which may be drawn, bool (N,).
    images
        Of each category; None for as many as the smallest chosen one has, at most `MOST_EACH`.
        Never more than the smallest has.
    seed
        Of the draw.
    """
    wanted = sorted({category for several in chosen.values() for category in several})
    rows = {category: np.flatnonzero((codes == category) & usable) for category in wanted}
    smallest = min((len(found) for found in rows.values()), default=0)
    each = min(smallest, MOST_EACH if images is None else images)
    if each == 0:
        return []
    drawn = {
        category: np.sort(np.random.default_rng([seed, category]).permutation(found)[:each])
        for category, found in rows.items()
    }
    return [
        Drawn(metric, subset, np.concatenate([drawn[c] for c in several]), len(several))
        for (metric, subset), several in chosen.items()
        if len(several)
    ]
