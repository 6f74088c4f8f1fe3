"""Which images can take part, and which are held out before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.models.labelled import choose
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from iqcurate.models.labelled import Labelled

    Ints = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

LEAST = 4
"""Images that a class needs: one to test, one to choose by, two to train."""


@dataclass(frozen=True, slots=True)
class Split:
    """Parts that never overlap, int places in `Labelled.rows`, each sorted.

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
) -> Labelled:
    """Choose the images that can take part; see `iqcurate.models.labelled.choose`.

    Raises
    ------
    UsageError
        Where fewer than two classes are left.
    """
    taking = choose(labels, groups, contents, usable, LEAST)
    if len(taking.classes) < 2:
        raise UsageError(_too_few(taking))
    return taking


def left_out(taking: Labelled) -> list[str]:
    """Which readable images cannot take part, and why."""
    found = []
    if n := len(taking.unlabelled):
        found.append(f"{counted(n, 'image')} without a label")
    if small := taking.small:
        images = counted(sum(len(one.rows) for one in small), "image")
        classes = counted(len(small), "class", "classes")
        found.append(f"{images} of {classes} with fewer than {LEAST} images or 2 groups")
    return found


def _too_few(taking: Labelled) -> str:
    if not taking.classes and not taking.small:
        return "no image has a label: labels come from folders, a list, or --labels of 'score'"
    sizes = [f"{name!r} has enough" for name in taking.classes]
    sizes += [f"{small.name!r} has {small}" for small in taking.small[:5]]
    return (
        f"an experiment takes two classes with {LEAST} images each, in 2 groups at least: "
        f"{', '.join(sizes)}"
    )


def hold_out(
    taking: Labelled,
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


def _drawn(taking: Labelled, among: Mask, share: float, rng: np.random.Generator) -> Mask:
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


def _check(taking: Labelled, split: Split) -> None:
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
