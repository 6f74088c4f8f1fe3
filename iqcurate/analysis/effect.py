"""What a filter does to a data set: what is kept of each class and split, and how evenly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes: TypeAlias = npt.NDArray[np.int32]
    Mask: TypeAlias = npt.NDArray[np.bool_]

_TOO_SMALL = "too few images in some classes"


@dataclass(frozen=True, slots=True)
class Association:
    """How strongly class and rejection go together, among readable images with a label.

    Parameters
    ----------
    cramers_v
        Bias-corrected Cramer's V: 0 for none, 1 where the class decides; None where there is
        no telling.
    p
        Of the chi-square test; None where expected counts are too small for it (under 1, or
        under 5 in more than a fifth of the cells).
    why
        Why a figure is missing.
    """

    cramers_v: float | None
    p: float | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Balance:
    """How evenly images are spread over the classes.

    Parameters
    ----------
    evenness
        Entropy of the shares over its maximum: 1 where all classes have the same size; a class
        that vanished counts with 0 images.
    largest_to_smallest
        Ratio of sizes; infinite where a class vanished.
    """

    evenness: float
    largest_to_smallest: float


@dataclass(frozen=True, slots=True)
class Effect:
    """What a filter does to a data set.

    Parameters
    ----------
    images, kept
        Counts.
    classes, splits
        One row a class or split, the hardest hit first: ``name`` (null: none), ``images``,
        ``kept``, ``kept_share`` (of its images), ``share_before``, ``share_after`` (of all
        images with a name); empty where the table has no labels or splits.
    association
        Of class and rejection; None without two labelled classes.
    balance_before, balance_after
        Over the classes; None without two labelled classes.
    """

    images: int
    kept: int
    classes: pd.DataFrame
    splits: pd.DataFrame
    association: Association | None
    balance_before: Balance | None
    balance_after: Balance | None

    @property
    def vanished(self) -> list[str]:
        """Classes of which no image is left."""
        gone = (self.classes["kept"] == 0) & self.classes["name"].notna()
        return self.classes.loc[gone, "name"].tolist()


def encode(column: pa.ChunkedArray) -> tuple[Codes, list[str]]:
    """Number the values of a text column: int32 (N,), -1 for null, and the values, sorted."""
    values = pc.unique(column).drop_null()
    values = values.take(pc.sort_indices(values))
    codes = pc.fill_null(pc.index_in(column, value_set=values), -1)
    return codes.to_numpy(), values.to_pylist()


def effect(keep: Mask, readable: Mask, label: pa.ChunkedArray, split: pa.ChunkedArray) -> Effect:
    """Work out what is kept, by class and split.

    Parameters
    ----------
    keep, readable
        bool (N,).
    label, split
        Text (N,), null where there is none.
    """
    codes, names = encode(label)
    classes = _parts(codes, names, keep)
    named = classes[classes["name"].notna()]
    several = len(named) > 1
    counts = _contingency(codes, len(names), keep, readable)
    return Effect(
        len(keep),
        int(keep.sum()),
        classes,
        _parts(*encode(split), keep),
        association(counts) if several else None,
        _balance(named["images"].to_numpy()) if several else None,
        _balance(named["kept"].to_numpy()) if several else None,
    )


def association(counts: npt.NDArray[np.int64]) -> Association:
    """Bias-corrected Cramer's V (Bergsma 2013) and the chi-square test without correction.

    Parameters
    ----------
    counts
        int64 (classes, outcomes).
    """
    from scipy.stats import chi2_contingency

    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    rows, columns = counts.shape
    if columns < 2:
        return Association(None, None, "all readable images have one outcome")
    if rows < 2:
        return Association(None, None, "all readable images are of one class")
    chi2, p, _, expected = chi2_contingency(counts, correction=False)
    trusted = (expected >= 1).all() and (expected < 5).mean() <= 0.2
    v = _corrected_v(chi2 / counts.sum(), rows, columns, int(counts.sum()))
    return Association(v, float(p) if trusted else None, "" if trusted else _TOO_SMALL)


def _corrected_v(phi2: float, rows: int, columns: int, n: int) -> float | None:
    r = rows - (rows - 1) ** 2 / (n - 1)
    c = columns - (columns - 1) ** 2 / (n - 1)
    most = min(r, c) - 1
    if most <= 0:
        return None
    excess = max(0.0, phi2 - (rows - 1) * (columns - 1) / (n - 1))
    return float(np.sqrt(excess / most))


def _contingency(codes: Codes, classes: int, keep: Mask, readable: Mask) -> npt.NDArray[np.int64]:
    used = readable & (codes >= 0)
    cells = np.bincount(codes[used] * 2 + keep[used], minlength=2 * classes)
    return cells.reshape(classes, 2)


def _parts(codes: Codes, names: list[str], keep: Mask) -> pd.DataFrame:
    images = np.bincount(codes + 1, minlength=len(names) + 1)
    kept = np.bincount(codes[keep] + 1, minlength=len(names) + 1)
    made = pd.DataFrame({"name": [None, *names], "images": images, "kept": kept})
    made["kept_share"] = made["kept"] / made["images"]
    for column, counts in (("share_before", "images"), ("share_after", "kept")):
        made[column] = made[counts] / max(made.loc[1:, counts].sum(), 1)
    made.loc[0, ["share_before", "share_after"]] = np.nan
    shown = made[made["images"] > 0] if names else made.head(0)
    return shown.sort_values(["kept_share", "images"], kind="stable", ignore_index=True)


def _balance(sizes: npt.NDArray[np.int64]) -> Balance:
    total = sizes.sum()
    shares = sizes[sizes > 0] / max(total, 1)
    evenness = float(-(shares * np.log(shares)).sum() / np.log(len(sizes))) + 0.0
    smallest = sizes.min()
    return Balance(evenness, float(sizes.max() / smallest) if smallest else float("inf"))
