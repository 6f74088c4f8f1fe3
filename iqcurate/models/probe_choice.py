"""Which images a linear probe can be trained and tested on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import ModelError, UsageError
from iqcurate.models.labelled import choose
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from iqcurate.models.labelled import Labelled


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


def select_for_probe(
    labels: Sequence[str | None],
    groups: Sequence[str | None],
    contents: Sequence[str | None],
    usable: npt.NDArray[np.bool_],
    options: ProbeOptions,
) -> Labelled:
    """Choose what the probe can work on.

    Parameters
    ----------
    labels, groups, contents
        Of each image, see `iqcurate.models.labelled.choose`.
    usable
        Which have features.
    options
        A class needs as many images as there are folds, in two units at least.

    Raises
    ------
    ModelError
        Where fewer than two classes, or fewer units than folds, are left.
    """
    chosen = choose(labels, groups, contents, usable, options.folds)
    _check(chosen, options)
    return chosen


def reasons(chosen: Labelled, options: ProbeOptions) -> dict[int, str]:
    """Position -> ``code: text`` of the usable images that were left out."""
    found = dict.fromkeys(chosen.unlabelled.tolist(), "no_label: needs a label")
    for small in chosen.small:
        text = f"too_few: class {small.name!r} has {small}; {_need(options)}"
        found |= dict.fromkeys(small.rows.tolist(), text)
    return found


def _check(chosen: Labelled, options: ProbeOptions) -> None:
    classes, units = chosen.classes, len(np.unique(chosen.units))
    if not classes and not chosen.small:
        raise ModelError(
            "no image has a label: the probe needs them, from folders, a list or --labels"
        )
    if len(classes) < 2:
        names = f" ({classes[0]!r})" if classes else ""
        raise ModelError(
            f"{counted(len(classes), 'class', 'classes')}{names} can be probed, it takes two: "
            f"{_need(options)}"
        )
    if units < options.folds:
        raise ModelError(
            f"there are only {units} groups for {options.folds} folds: --folds {units} or "
            "--group-from with smaller groups"
        )


def _need(options: ProbeOptions) -> str:
    return f"{options.folds} folds need {options.folds} images of a class, in 2 groups at least"
