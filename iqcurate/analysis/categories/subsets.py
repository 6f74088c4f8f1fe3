"""The ends of the orders of categories, and how far they are the same categories."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.analysis.categories.describe import Described

SUBSETS = ("average_high", "average_low", "range_high", "range_low")
"""Best mean, worst mean, widest and narrowest rarefied range: the four of Lee et al. 2024."""
_COLUMNS = ("metric", "subset", "place", "category")


def pick(described: Described, share: float) -> pd.DataFrame:
    """Pick the ends of both orders of one metric.

    Parameters
    ----------
    described
        The categories.
    share
        Of the ranked categories, above 0, at most .5; rounded, but at least one is picked.

    Returns
    -------
    One row a picked category: ``metric``, ``subset``, ``place`` (1 is the outermost), ``category``.
    A subset has no rows where fewer than two categories are ranked, or all are equal.
    """
    rows = []
    for order, column in (("mean", "mean"), ("range", "rarefied_range")):
        ranked = described.frame.dropna(subset=f"{order}_place").sort_values(f"{order}_place")
        names = ranked["category"].tolist()
        size = subset_size(len(names), share) if ranked[column].nunique() > 1 else 0
        first, last = SUBSETS[:2] if order == "mean" else SUBSETS[2:]
        for subset, chosen in ((first, names[:size]), (last, names[::-1][:size])):
            rows += [(described.metric, subset, i, name) for i, name in enumerate(chosen, 1)]
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def subset_size(ranked: int, share: float) -> int:
    """How many categories a subset has: that share of the ranked, rounded, at least one."""
    return 0 if ranked < 2 else min(max(round(share * ranked), 1), ranked // 2)


def overlaps(picked: pd.DataFrame, ranked: Mapping[str, int]) -> pd.DataFrame:
    """Say how many categories subsets share.

    Parameters
    ----------
    picked
        As `pick` gives it, of several metrics.
    ranked
        Number of ranked categories by metric.

    Returns
    -------
    One row for two subsets of one metric (mean and range; the two ends of one order never share
    any), and for one subset by two metrics: ``metric``, ``subset``, ``other_metric``,
    ``other_subset``, ``size``, ``other_size``, ``shared``, and ``expected``, the number that two
    independent orders would share.
    """
    members = {
        key: set(rows["category"]) for key, rows in picked.groupby(["metric", "subset"], sort=False)
    }
    pairs = [((m, one), (m, other)) for m in ranked for one in SUBSETS[:2] for other in SUBSETS[2:]]
    pairs += [((a, s), (b, s)) for a, b in combinations(ranked, 2) for s in SUBSETS]
    rows = []
    for one, other in pairs:
        if one in members and other in members:
            sizes = len(members[one]), len(members[other])
            expected = sizes[0] * sizes[1] / max(ranked[one[0]], ranked[other[0]])
            rows.append((*one, *other, *sizes, len(members[one] & members[other]), expected))
    names = ["metric", "subset", "other_metric", "other_subset", "size", "other_size"]
    return pd.DataFrame(rows, columns=[*names, "shared", "expected"])
