"""Which images of labelled classes can be learned from and tested on, and what belongs together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Small:
    """A class with too few images, or all of them in one unit.

    Parameters
    ----------
    name
        Of the class.
    rows
        int: positions of its images.
    units
        Groups that they are in.
    """

    name: str
    rows: Ints
    units: int

    def __str__(self) -> str:
        """Such as ``7 images in 1 group``."""
        images = counted(len(self.rows), "image")
        alone = self.units == len(self.rows)
        return images if alone else f"{images} in {counted(self.units, 'group')}"


@dataclass(frozen=True, slots=True)
class Labelled:
    """Images of classes that are large enough, and which others there are.

    Parameters
    ----------
    rows
        int (n,): positions of the images.
    classes
        Names, sorted.
    labels
        int (n,): class of each.
    units
        int (n,): what must not be parted: a group, and images with the same content.
    unlabelled
        int: positions of usable images without a label.
    small
        Classes that were left out.
    """

    rows: Ints
    classes: tuple[str, ...]
    labels: Ints
    units: Ints
    unlabelled: Ints
    small: tuple[Small, ...]


def choose(
    labels: Sequence[str | None],
    groups: Sequence[str | None],
    contents: Sequence[str | None],
    usable: npt.NDArray[np.bool_],
    least: int,
) -> Labelled:
    """Choose the images of classes with at least `least` images, in two units or more.

    Parameters
    ----------
    labels, groups
        Of each image; None where not known (then an image is a group of its own).
    contents
        Hash of each file: images with the same content stay together like a group.
    usable
        bool (N,): which could be read.
    least
        Images that a class needs.
    """
    there = np.flatnonzero(usable).tolist()
    named = [i for i in there if labels[i] is not None]
    names, of = np.unique(np.array([labels[i] for i in named], object), return_inverse=True)
    units = link([groups[i] for i in named], [contents[i] for i in named])
    rows = np.array(named, np.int64)
    images = np.bincount(of, minlength=len(names))
    apart = np.bincount(np.unique(np.stack([of, units]), axis=1)[0], minlength=len(names))
    few = (images < least) | (apart < 2)
    keep = ~few[of]
    return Labelled(
        rows[keep],
        tuple(names[~few]),
        (np.cumsum(~few) - 1)[of[keep]],
        np.unique(units[keep], return_inverse=True)[1].astype(np.int64),
        np.array([i for i in there if labels[i] is None], np.int64),
        tuple(Small(names[k], rows[of == k], int(apart[k])) for k in np.flatnonzero(few)),
    )


def link(groups: Sequence[str | None], contents: Sequence[str | None]) -> Ints:
    """Number what must stay together: linked by a group or by the same content.

    Parameters
    ----------
    groups, contents
        Of each of n images; None where not known.

    Returns
    -------
    int64 (n,): the same number for images that are linked, also through others.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(groups)
    numbers: dict[tuple[str, str], int] = {}
    links = [
        (i, numbers.setdefault((kind, name), n + len(numbers)))
        for kind, names in (("group", groups), ("content", contents))
        for i, name in enumerate(names)
        if name is not None
    ]
    if not links:
        return np.arange(n, dtype=np.int64)
    one, other = np.array(links).T
    size = n + len(numbers)
    graph = coo_array((np.ones(len(links), np.int8), (one, other)), shape=(size, size))
    return connected_components(graph, directed=False)[1][:n].astype(np.int64)
