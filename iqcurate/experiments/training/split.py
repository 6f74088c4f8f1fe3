"""Which images can take part, and which are held out before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.models.probe_choice import link

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

LEAST = 4
"""Images that a class needs: one to test, one to choose by, two to train."""


@dataclass(frozen=True, slots=True)
class Taking:
    """Images that take part, and why the others do not.

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
    grouped
        Whether any group was named.
    left_out
        Reason -> number of images.
    """

    rows: Ints
    classes: tuple[str, ...]
    labels: Ints
    units: Ints
    grouped: bool
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True)
class Split:
    """Parts that never overlap, int rows of `Taking`, each sorted.

    Parameters
    ----------
    pool
        Training sets are drawn from these.
    validation
        The share to remove is chosen on these.
    test
        Everything is judged on these.
    """

    pool: Ints
    validation: Ints
    test: Ints


def take(
    labels: Sequence[str | None],
    groups: Sequence[str | None],
    contents: Sequence[str | None],
    usable: Mask,
) -> Taking:
    """Choose the images that can take part.

    Parameters
    ----------
    labels, groups
        Of each image; None where not known (then an image is a group of its own).
    contents
        Hash of each file: images with the same content stay together like a group.
    usable
        bool (N,): which could be read.

    Raises
    ------
    UsageError
        Where fewer than two classes are left.
    """
    there = np.flatnonzero(usable).tolist()
    rows = np.array([i for i in there if labels[i] is not None], np.int64)
    known = [str(labels[i]) for i in rows]
    names = sorted(set(known))
    number = {name: k for k, name in enumerate(names)}
    of = np.array([number[name] for name in known], np.int64)
    units = link([groups[i] for i in rows], [contents[i] for i in rows])
    images = np.bincount(of, minlength=len(names))
    apart = np.bincount(np.unique(np.stack([of, units]), axis=1)[0], minlength=len(names))
    few = (images < LEAST) | (apart < 2)
    keep = ~few[of]
    left_out = {
        "could not be read": int((~usable).sum()),
        "have no label": int(usable.sum()) - len(rows),
        f"are of {int(few.sum())} classes with fewer than {LEAST} images or 2 groups": int(
            (~keep).sum()
        ),
    }
    classes = tuple(name for name, gone in zip(names, few, strict=True) if not gone)
    if len(classes) < 2:
        raise UsageError(_too_few(names, classes, images, apart))
    of = (np.cumsum(~few) - 1)[of[keep]]
    units = np.unique(units[keep], return_inverse=True)[1].astype(np.int64)
    grouped = any(groups[i] is not None for i in rows[keep])
    told = {reason: n for reason, n in left_out.items() if n}
    return Taking(rows[keep], classes, of, units, grouped, told)


def _too_few(names: Sequence[str], classes: Sequence[str], images: Any, apart: Any) -> str:
    if not names:
        return "no image has a label: labels come from folders, a list, or --labels of 'score'"
    sizes = ", ".join(
        f"{name!r} {int(n)} in {int(g)} groups"
        for name, n, g in list(zip(names, images, apart, strict=True))[:5]
    )
    return (
        f"an experiment takes two classes with {LEAST} images each, in 2 groups at least; there "
        f"are {len(classes)} such (images: {sizes})"
    )


def hold_out(
    taking: Taking,
    test: float,
    validation: float,
    seed: int,
    given: Mask | None = None,
) -> Split:
    """Hold out images to test and to choose on, by units, close to the same share of each class.

    Parameters
    ----------
    taking
        The images.
    test, validation
        Shares, above 0, together below 1.
    seed
        Of the draw.
    given
        bool (n,): the test images, where the user names them; images that belong to one of them
        then go to neither the pool nor the validation.

    Raises
    ------
    UsageError
        Where a part comes out empty, or the pool has fewer than two classes.
    """
    rng = np.random.default_rng([seed, 0])
    if given is None:
        tested = _drawn(taking, np.ones(len(taking.labels), bool), test, rng)
        bound, validation = tested, validation / (1 - test)  # of those that are left
    else:
        tested = given
        bound = np.isin(taking.units, taking.units[given])
    chosen = _drawn(taking, ~bound, validation, rng)
    pool = ~bound & ~chosen
    split = Split(*(np.flatnonzero(part) for part in (pool, chosen, tested)))
    _check(taking, split)
    return split


def _drawn(taking: Taking, among: Mask, share: float, rng: np.random.Generator) -> Mask:
    """Whole units, as long as each brings the counts of the classes nearer to the share."""
    order = rng.permutation(np.unique(taking.units[among]))
    rows = np.flatnonzero(among)
    rows = rows[np.argsort(taking.units[rows], kind="stable")]
    starts = np.searchsorted(taking.units[rows], order)
    ends = np.searchsorted(taking.units[rows], order, side="right")
    lacking = share * np.bincount(taking.labels[among], minlength=len(taking.classes))
    drawn = np.zeros(len(among), bool)
    for start, end in zip(starts, ends, strict=True):
        unit = rows[start:end]
        of, count = np.unique(taking.labels[unit], return_counts=True)
        if np.abs(lacking[of] - count).sum() < np.abs(lacking[of]).sum():
            lacking[of] -= count
            drawn[unit] = True
    return drawn


def _check(taking: Taking, split: Split) -> None:
    for name, rows in (("test", split.test), ("validation", split.validation)):
        if not len(rows):
            raise UsageError(
                f"no images are left for {name}: the groups are too few or too large for its "
                "share; give a larger share, or smaller groups with --group"
            )
    if len(np.unique(taking.labels[split.pool])) < 2:
        raise UsageError(
            "after test and validation are held out, fewer than two classes are left to train on: "
            "smaller shares (--test, --validation), or smaller groups with --group"
        )
