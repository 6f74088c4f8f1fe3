"""Groups of images that are one, the gravest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    import numpy.typing as npt

    Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are one: their rows, and whether splits or labels differ."""

    rows: tuple[int, ...]
    across_splits: bool
    across_labels: bool


def ranked(
    groups: Iterable[npt.NDArray[np.int64]], split: Codes, label: Codes
) -> tuple[Group, ...]:
    """Order groups: those across splits, then those across labels, then the largest.

    Parameters
    ----------
    groups
        Rows of each.
    split, label
        int32 (N,), -1 for none.
    """
    found = [
        Group(tuple(rows.tolist()), _several(split[rows]), _several(label[rows])) for rows in groups
    ]
    found.sort(key=lambda g: (not g.across_splits, not g.across_labels, -len(g.rows), g.rows))
    return tuple(found)


def extra(groups: Iterable[Group]) -> int:
    """Images that would go if one of each group stayed."""
    return sum(len(group.rows) - 1 for group in groups)


def _several(codes: Codes) -> bool:
    known = codes[codes >= 0]
    return bool(len(known)) and bool((known != known[0]).any())
