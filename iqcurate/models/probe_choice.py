"""Which images a linear probe can be trained and tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import ModelError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ProbeOptions:
    """How the probe is tested.

    Parameters
    ----------
    folds
        Parts of a partition; each image is predicted by a probe trained on the other parts.
    partitions
        How often the images are parted anew.
    seed
        Of the partitions.
    """

    folds: int = 5
    partitions: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        if self.folds < 2 or self.partitions < 1 or self.seed < 0:
            raise UsageError("--folds is 2 or more, --partitions 1 or more, --seed 0 or more")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Images that the probe is trained and tested on, and why the others are not.

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
    reasons
        Position -> ``code: text`` of the others.
    """

    rows: Ints
    classes: tuple[str, ...]
    labels: Ints
    units: Ints
    reasons: dict[int, str]


def choose(
    labels: Sequence[str | None],
    groups: Sequence[str | None],
    contents: Sequence[str | None],
    usable: npt.NDArray[np.bool_],
    options: ProbeOptions,
) -> Chosen:
    """Choose what the probe can work on.

    Parameters
    ----------
    labels, groups
        Of each image; None where not known (then an image is a group of its own).
    contents
        Hash of each file: images with the same content stay together like a group.
    usable
        Which have features.
    options
        A class needs as many images as there are folds, in two units at least.

    Raises
    ------
    ModelError
        Where fewer than two classes, or fewer units than folds, are left.
    """
    there = np.flatnonzero(usable).tolist()
    reasons = {i: "no_label: needs a label" for i in there if labels[i] is None}
    rows = np.array([i for i in there if labels[i] is not None], np.int64)
    known = [str(labels[i]) for i in rows]
    names = sorted(set(known))
    number = {name: k for k, name in enumerate(names)}
    of = np.array([number[name] for name in known], np.int64)
    units = link([groups[i] for i in rows], [contents[i] for i in rows])
    images = np.bincount(of, minlength=len(names))
    apart = np.bincount(np.unique(np.stack([of, units]), axis=1)[0], minlength=len(names))
    few = (images < options.folds) | (apart < 2)
    for k in np.flatnonzero(few).tolist():
        text = f"too_few: class {names[k]!r} has {_numbers(images[k], apart[k])}; {_need(options)}"
        reasons |= dict.fromkeys(rows[of == k].tolist(), text)
    keep = ~few[of]
    classes = tuple(name for name, gone in zip(names, few, strict=True) if not gone)
    _check(classes, len(rows), len(np.unique(units[keep])), options)
    of = (np.cumsum(~few) - 1)[of[keep]]
    return Chosen(rows[keep], classes, of, units[keep], reasons)


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


def _check(classes: Sequence[str], labelled: int, units: int, options: ProbeOptions) -> None:
    if not labelled:
        raise ModelError(
            "no image has a label: the probe needs them, from folders, a list or --labels"
        )
    if len(classes) < 2:
        names = f" ({classes[0]!r})" if classes else ""
        raise ModelError(
            f"{len(classes)} classes{names} can be probed, it takes two: {_need(options)}"
        )
    if units < options.folds:
        raise ModelError(
            f"there are only {units} groups for {options.folds} folds: --folds {units} or "
            "--group-from with smaller groups"
        )


def _need(options: ProbeOptions) -> str:
    return f"{options.folds} folds need {options.folds} images of a class, in 2 groups at least"


def _numbers(images: int, units: int) -> str:
    if units == images:
        return f"{images} images"
    return f"{images} images in {units} group{'' if units == 1 else 's'}"
