"""A store at a glance: how many of what status, each metric's quantiles, the worst images."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.spec import OTHER_FORMAT, Direction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, slots=True)
class MetricSummary:
    """One metric over all images that have a value.

    Parameters
    ----------
    name, direction
        Of the column.
    n
        Images with a value.
    undefined
        Readable images without a value: the metric is undefined, or was not scored yet. Those
        of a format that it is not about are left out.
    quantiles
        5%, 25%, 50%, 75%, 95%; empty without values, and of a binary column.
    """

    name: str
    direction: Direction
    n: int
    undefined: int
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A score table at a glance."""

    rows: int
    statuses: dict[str, int]
    metrics: tuple[MetricSummary, ...]
    worst: pd.DataFrame
    failures: pd.DataFrame


def summarise(
    frame: pd.DataFrame, directions: Mapping[str, Direction], worst_n: int = 5
) -> Summary:
    """Summarise rows of a score table.

    Parameters
    ----------
    frame
        Columns ``id``, ``status``, ``error``, ``metric_errors`` and those of the metrics.
    directions
        Direction of each metric column.
    worst_n
        How many of the worst images, and of the failures, to show.
    """
    failed = frame.loc[frame["status"] != "ok", ["id", "status", "error"]]
    return Summary(
        rows=len(frame),
        statuses={str(k): int(v) for k, v in frame["status"].value_counts().items()},
        metrics=tuple(_metric(frame, name, way) for name, way in directions.items()),
        worst=worst(frame, directions, worst_n),
        failures=failed.head(worst_n),
    )


def worst(
    frame: pd.DataFrame,
    directions: Mapping[str, Direction],
    n: int,
    metrics: Sequence[str] | None = None,
) -> pd.DataFrame:
    """Return the rows of the `n` worst images, worst first.

    By one metric: in its direction. By several: by the mean of their percentile ranks, where
    0 is the worst image of the table; images without any value are left out.

    Raises
    ------
    UsageError
        Where a metric is not in the table or has no direction.
    """
    chosen = list(metrics) if metrics else [m for m, d in directions.items() if d != Direction.NONE]
    for name in chosen:
        if directions.get(name, Direction.NONE) == Direction.NONE:
            have = ", ".join(m for m, d in directions.items() if d != Direction.NONE)
            raise UsageError(f"cannot rank by {name!r}: choose among {have or 'nothing'}")
    if not chosen:
        return frame.head(0)
    scored = frame.loc[frame["status"] == "ok"]
    ranks = np.column_stack([_goodness(scored[name], directions[name]) for name in chosen])
    have = ~np.isnan(ranks).all(axis=1)
    mean = np.nansum(ranks[have], axis=1) / (~np.isnan(ranks[have])).sum(axis=1)
    order = np.argsort(mean, kind="stable")[:n]
    chosen_rows: pd.DataFrame = scored.loc[have].iloc[order]
    return chosen_rows


def _other_format(reasons: str, name: str) -> bool:
    return str(json.loads(reasons).get(name, "")).startswith(OTHER_FORMAT)


def _goodness(scores: pd.Series[float], direction: Direction) -> np.ndarray:
    """Percentile rank in (0, 1], 1 the best, NaN where there is no score."""
    return scores.rank(pct=True, ascending=direction == Direction.HIGHER).to_numpy(float)


def _metric(frame: pd.DataFrame, name: str, direction: Direction) -> MetricSummary:
    values = frame[name].dropna()
    lacking = frame.loc[frame[name].isna() & (frame["status"] == "ok")]
    reasons = lacking["metric_errors"].dropna() if "metric_errors" in lacking else ()
    undefined = len(lacking) - sum(_other_format(text, name) for text in reasons)
    counts = len(values) and not isinstance(values.iloc[0], bytes)
    cuts = np.quantile(values.to_numpy(float), QUANTILES) if counts else ()
    return MetricSummary(name, direction, len(values), undefined, tuple(map(float, cuts)))
