"""Files with the same bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt
    import pyarrow as pa

    Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Group:
    """Images that are the same file: their rows, and whether splits or labels differ."""

    rows: tuple[int, ...]
    across_splits: bool
    across_labels: bool


@dataclass(frozen=True, slots=True)
class Duplicates:
    """All such groups.

    Parameters
    ----------
    groups
        Those across splits first, then those across labels, then the largest.
    known
        Images whose hash is known.
    """

    groups: tuple[Group, ...]
    known: int

    @property
    def extra(self) -> int:
        """Images that would go if one of each group stayed."""
        return sum(len(group.rows) - 1 for group in self.groups)

    @property
    def across_splits(self) -> int:
        """Groups with images in more than one split: what is tested was trained on."""
        return sum(group.across_splits for group in self.groups)

    @property
    def across_labels(self) -> int:
        """Groups with images of more than one label: some labels are wrong."""
        return sum(group.across_labels for group in self.groups)


def find_duplicates(sha256: pa.ChunkedArray, split: Codes, label: Codes) -> Duplicates:
    """Find images with the same hash.

    Parameters
    ----------
    sha256
        Text (N,), null where it is not known.
    split, label
        int32 (N,), -1 for none.
    """
    codes = pc.fill_null(sha256.combine_chunks().dictionary_encode().indices, -1).to_numpy()
    rows = np.flatnonzero(codes >= 0)
    counts = np.bincount(codes[rows]) if len(rows) else np.zeros(0, np.int64)
    rows = rows[counts[codes[rows]] > 1]
    rows = rows[np.argsort(codes[rows], kind="stable")]
    ends = np.flatnonzero(np.diff(codes[rows])) + 1
    found = [_group(part, split, label) for part in np.split(rows, ends) if len(part)]
    found.sort(key=lambda g: (not g.across_splits, not g.across_labels, -len(g.rows), g.rows))
    return Duplicates(tuple(found), int(counts.sum()))


def _group(rows: npt.NDArray[np.int64], split: Codes, label: Codes) -> Group:
    return Group(tuple(rows.tolist()), _several(split[rows]), _several(label[rows]))


def _several(codes: Codes) -> bool:
    known = codes[codes >= 0]
    return bool(len(known)) and bool((known != known[0]).any())
