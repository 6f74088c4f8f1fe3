"""Which images to look at: the worst, the best, a ladder by each metric, and disagreements."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from iqcurate.analysis.ranks import mean_rank
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

EXTREMES = 24
DISAGREE = 16
_LADDER = (0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
_MOST = 240
_AROUND = 4


@dataclass(frozen=True, slots=True)
class Choice:
    """Rows of images to look at, each tuple in the order to show them.

    Parameters
    ----------
    worst, best
        By the mean of their ranks in all metrics.
    disagree
        Those that one metric puts among the best and another among the worst.
    ladders
        Of each metric: from its worst image to its best, more of them where the worst are and
        around the cut-off.
    """

    worst: tuple[int, ...]
    best: tuple[int, ...]
    disagree: tuple[int, ...]
    ladders: Mapping[str, tuple[int, ...]]

    @property
    def rows(self) -> list[int]:
        """All of them, each once, ascending."""
        lists = (self.worst, self.best, self.disagree, *self.ladders.values())
        return sorted({row for rows in lists for row in rows})


def choose(
    scores: Mapping[str, Floats],
    directions: Mapping[str, Direction],
    cutoffs: Mapping[str, float],
) -> Choice:
    """Pick images.

    Parameters
    ----------
    scores
        By metric, float64 (N,), NaN where there is none.
    directions
        By metric.
    cutoffs
        By metric, where there is one.
    """
    goodness = {n: v if directions[n] is Direction.HIGHER else -v for n, v in scores.items()}
    order = _order(mean_rank((v, Direction.HIGHER) for v in goodness.values()))
    half = min(EXTREMES, -(-len(order) // 2))
    each = max(6, _MOST // max(len(goodness), 1) - 2 * _AROUND)
    ladders = {}
    for name, values in goodness.items():
        cutoff = cutoffs.get(name)
        if cutoff is not None and directions[name] is Direction.LOWER:
            cutoff = -cutoff
        ladders[name] = _ladder(_order(values), values, cutoff, each)
    return Choice(
        worst=tuple(order[:half].tolist()),
        best=tuple(order[len(order) - min(half, len(order) - half) :][::-1].tolist()),
        disagree=_disagree(goodness),
        ladders=ladders,
    )


def _order(values: Floats) -> npt.NDArray[np.int64]:
    """Rows that have a value, the smallest first; of equal ones the first."""
    order = np.argsort(values, kind="stable")
    return order[: len(order) - int(np.isnan(values).sum())]


def _ladder(
    order: npt.NDArray[np.int64], goodness: Floats, cutoff: float | None, most: int
) -> tuple[int, ...]:
    if not len(order):
        return ()
    steps = _LADDER if most >= len(_LADDER) else np.array(_LADDER)[:: -(-len(_LADDER) // most)]
    places = {round(share * (len(order) - 1)) for share in steps}
    if cutoff is not None:
        at = int(np.searchsorted(goodness[order], cutoff))
        places |= set(range(max(at - _AROUND, 0), min(at + _AROUND, len(order))))
    return tuple(order[sorted(places)].tolist())


def _disagree(goodness: Mapping[str, Floats]) -> tuple[int, ...]:
    """Images whose percentile ranks in the metrics are furthest apart."""
    if len(goodness) < 2:
        return ()
    highest: Floats | None = None
    lowest: Floats | None = None
    for values in goodness.values():
        rank = _percentile(values)
        highest = rank if highest is None else np.fmax(highest, rank)
        lowest = rank if lowest is None else np.fmin(lowest, rank)
    gap = np.asarray(highest) - np.asarray(lowest)
    order = _order(-gap)[:DISAGREE]
    return tuple(order[gap[order] > 0].tolist())


def _percentile(values: Floats) -> Floats:
    rank = np.full(len(values), np.nan)
    have = ~np.isnan(values)
    rank[have] = (rankdata(values[have]) - 0.5) / max(have.sum(), 1)
    return rank
