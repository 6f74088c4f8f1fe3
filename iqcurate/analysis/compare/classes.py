"""How far the scores of two sets are apart within each class, thousands of them at once.

The p value is that of Kolmogorov and Smirnov for large samples with Stephens' correction (1970,
JRSS B 32(1):115). Where images come in groups it counts groups instead of images, which is as if
all images of a group were one: careful, never too bold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.special import kolmogorov
from scipy.stats import false_discovery_control

from iqcurate.analysis.compare.shift import LEAST

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.compare.pair import Pair

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Codes = npt.NDArray[np.int32]

COLUMNS = (
    "class", "metric", "n_a", "n_b", "median_a", "median_b", "ks", "better", "p", "q", "verdict",
)  # fmt: skip


def by_class(pairs: Mapping[str, Pair], names: Sequence[str], matters: float) -> pd.DataFrame:
    """Compare two sets within each class.

    Parameters
    ----------
    pairs
        By metric, with classes.
    names
        Of the classes.
    matters
        Smallest distance that matters.

    Returns
    -------
    One row a class and metric, the largest distances first: images with a score in A and B,
    medians, ``ks`` (distance, 0 to 1), ``better`` (probability that an image of A is better than
    one of B), ``p``, ``q`` (in view of all classes and metrics: Benjamini and Hochberg), and
    ``verdict``: ``shifted`` (q below 5% and a distance that matters), ``not_shown`` or
    ``too_few`` (under 5 images, or groups, of a set).
    """
    parts = [_one(pair, len(names)).assign(metric=name) for name, pair in pairs.items()]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    found["class"] = [names[code] for code in found["code"]] if parts else []
    found["q"] = np.nan
    tested = found["p"].notna()
    if tested.any():
        found.loc[tested, "q"] = false_discovery_control(found.loc[tested, "p"])
    shifted = (found["q"] < 0.05) & (found["ks"] >= matters)
    found["verdict"] = np.where(tested, np.where(shifted, "shifted", "not_shown"), "too_few")
    order = found.assign(told=~tested).sort_values(
        ["told", "ks", "class", "metric"], ascending=[True, False, True, True], kind="stable"
    )
    return order[list(COLUMNS)].reset_index(drop=True)


def _one(pair: Pair, classes: int) -> pd.DataFrame:
    """One metric; classes of which no image has a score in either set are left out."""
    if pair.classes is None:
        raise ValueError("no classes")
    there = pair.classes >= 0
    code, in_b, level = pair.classes[there], pair.in_b[there], pair.ranked.ranks.level[there]
    values = np.concatenate([pair.a, pair.b])[there]
    units = None if pair.units is None else pair.units[there]
    n_a, n_b = (np.bincount(code[k], minlength=classes) for k in (~in_b, in_b))
    ks, better = _apart(code, in_b, level, n_a, n_b)
    independent = [_independent(code[k], units[k], classes) if units is not None else n
                   for k, n in ((~in_b, n_a), (in_b, n_b))]  # fmt: skip
    made = pd.DataFrame({
        "code": np.arange(classes), "n_a": n_a, "n_b": n_b,
        "median_a": _medians(code[~in_b], values[~in_b], classes),
        "median_b": _medians(code[in_b], values[in_b], classes),
        "ks": ks, "better": better, "p": _p(ks, *independent),
    })  # fmt: skip
    return made[(n_a > 0) | (n_b > 0)]


def _apart(
    code: Codes, in_b: npt.NDArray[np.bool_], level: Codes, n_a: Ints, n_b: Ints
) -> tuple[Floats, Floats]:
    """Distance in each class, and probability that A is better; NaN without images of both."""
    key = code.astype(np.int64) << 32 | level
    order = np.argsort(key)
    code, in_b, key = code[order], in_b[order], key[order]
    ends = np.flatnonzero(np.append(key[1:] != key[:-1], True))
    of = code[ends]
    upto = np.stack([np.cumsum(~in_b)[ends], np.cumsum(in_b)[ends]])
    start = np.stack([np.cumsum(n) - n for n in (n_a, n_b)])[:, of]
    below: Ints = upto - start
    with np.errstate(divide="ignore", invalid="ignore"):
        share_a, share_b = below[0] / n_a[of], below[1] / n_b[of]
        ks = _by_class(np.maximum, np.abs(share_a - share_b), of, len(n_a))
        here = np.diff(upto, axis=1, prepend=0)
        wins = here[1] * (n_a[of] - below[0] + here[0] / 2)
        better = np.bincount(of, wins, len(n_a)) / (n_a * n_b)
    none = (n_a == 0) | (n_b == 0)
    ks[none] = np.nan
    better[none] = np.nan
    return ks, better


def _by_class(function: np.ufunc, values: Floats, of: Codes, n: int) -> Floats:
    found = np.full(n, np.nan)
    if len(of):
        first = np.flatnonzero(np.append(True, np.diff(of) > 0))
        found[of[first]] = function.reduceat(values, first)
    return found


def _medians(code: Codes, values: Floats, classes: int) -> Floats:
    medians = pd.Series(values).groupby(code).median()
    return np.asarray(medians.reindex(range(classes)), float)


def _independent(code: Codes, units: Codes, classes: int) -> Ints:
    """Units in each class."""
    pairs = np.unique(code.astype(np.int64) * (int(units.max(initial=0)) + 1) + units)
    return np.bincount(pairs // (int(units.max(initial=0)) + 1), minlength=classes)


def _p(ks: Floats, n_a: Ints, n_b: Ints) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        root = np.sqrt(n_a * n_b / (n_a + n_b))
        found = kolmogorov((root + 0.12 + 0.11 / root) * ks)
    return np.where((np.minimum(n_a, n_b) >= LEAST) & ~np.isnan(ks), found, np.nan)
