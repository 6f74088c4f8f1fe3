"""Metrics that rank images almost alike: their votes are hardly two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt
    import pandas as pd

ALIKE = 0.9
"""Rank correlation (Spearman) above which two metrics are one family."""
_SAMPLE = 50_000
_LEAST = 20


def rank_correlations(
    scores: Iterable[tuple[str, npt.NDArray[np.float64]]], directions: Mapping[str, Direction]
) -> pd.DataFrame:
    """Spearman correlation of each two metrics, on 50,000 images where there are more.

    Each metric counts in its own direction: 1 means that two metrics put the images in the
    same order from worst to best. Pairs with fewer than 20 common images, and constant
    metrics, have no value.

    Parameters
    ----------
    scores
        Of each metric, float64 (N,), NaN where there is none.
    directions
        Of each metric.
    """
    import pandas as pd

    columns = {n: v[_sample(len(v))] * _sign(directions[n]) for n, v in scores}
    return pd.DataFrame(columns).corr(method="spearman", min_periods=_LEAST)


def families(correlations: pd.DataFrame) -> tuple[tuple[str, ...], ...]:
    """Groups of two or more metrics, every two of which correlate above `ALIKE`."""
    names = list(correlations.columns)
    if len(names) < 2:
        return ()
    distance = 1 - correlations.fillna(0).to_numpy()
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(np.maximum(distance, 0), checks=False), "complete")
    labels = fcluster(tree, np.nextafter(1 - ALIKE, 0), "distance")
    groups = (tuple(np.compress(labels == label, names).tolist()) for label in np.unique(labels))
    return tuple(group for group in groups if len(group) > 1)


def opposites(correlations: pd.DataFrame) -> list[tuple[str, str]]:
    """Pairs of metrics that rank the images in opposite order: one direction may be wrong."""
    names, values = list(correlations.columns), correlations.to_numpy(float)
    return [(names[i], names[j]) for i, j in np.argwhere(np.triu(values < -ALIKE))]


def _sample(length: int) -> npt.NDArray[np.int64] | slice:
    if length <= _SAMPLE:
        return slice(None)
    chosen = np.random.default_rng(0).choice(length, _SAMPLE, replace=False, shuffle=False)
    return np.sort(chosen)


def _sign(direction: Direction) -> int:
    return 1 if direction is Direction.HIGHER else -1
