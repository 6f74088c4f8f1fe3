"""Which subset comes first, over models and metrics, as in Figure 3 of Lee et al. 2024."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

MEASURES = ("mean_distance", "top1", "top5")


def rank_subsets(found: pd.DataFrame, measures: Sequence[str] = MEASURES) -> pd.DataFrame:
    """Rank the subsets of each model and metric.

    Parameters
    ----------
    found
        One row a ``model``, ``metric`` and ``subset``, with the columns of `measures`.

    Returns
    -------
    One row a model, metric, subset and measure that is known of all of its subsets: ``measure``,
    ``value``, ``rank`` (1 the largest; equal values share the mean of their ranks), ``of`` (number
    of subsets).
    """
    long = found.melt(["model", "metric", "subset"], list(measures), "measure", "value")
    long["value"] = pd.to_numeric(long["value"])
    groups = long.groupby(["model", "metric", "measure"], sort=False)["value"]
    long = long.assign(
        known=groups.transform("count"),
        of=groups.transform("size"),
        rank=groups.rank(ascending=False),
    )
    whole = long[(long["known"] == long["of"]) & (long["of"] > 1)]
    return whole.drop(columns="known").reset_index(drop=True)


def first_places(ranks: pd.DataFrame) -> pd.DataFrame:
    """Count how often each subset has each place.

    Returns
    -------
    One row a measure and subset: ``first`` (times it has rank 1), ``last``, ``mean_rank``,
    ``times`` (models x metrics), ``by_chance`` (times that it would be first by chance alone).
    """
    made = ranks.assign(
        first=ranks["rank"] == 1, last=ranks["rank"] == ranks["of"], chance=1 / ranks["of"]
    )
    return (
        made.groupby(["measure", "subset"], sort=False)
        .agg(
            first=("first", "sum"),
            last=("last", "sum"),
            mean_rank=("rank", "mean"),
            times=("rank", "size"),
            by_chance=("chance", "sum"),
        )
        .reset_index()
    )
