"""Figures of each category in one metric, and what they are worth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import rankdata, spearmanr
from scipy.stats import t as student

from iqcurate.analysis.categories.rarefy import Grouped, rarefied_range
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

LEAST = 10
"""Categories with fewer scores are described, not ranked."""
MOST_DRAWN = 50
"""More than so many images are not drawn for a range by default: beyond, a few outliers decide."""
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Described:
    """The categories in one metric.

    Parameters
    ----------
    metric, direction
        Name, and which scores are better.
    frame
        One row a category, in the order of their names; columns see `describe`.
    drawn
        Images that are drawn for the rarefied range; None where no two categories allow it.
    between
        Share of the variance of the scores that lies between the categories (intraclass
        correlation, one-way, unbalanced), from below 0 (no more than chance) to 1; None where it
        cannot be told.
    reliability
        Share of the variance of the categories' means that is not chance, 0 to 1: 1 - 1/F of the
        one-way analysis of variance; None where it cannot be told.
    """

    metric: str
    direction: Direction
    frame: pd.DataFrame
    drawn: int | None
    between: float | None
    reliability: float | None

    @property
    def ranked(self) -> int:
        """Number of categories that are ranked by their mean."""
        return int(self.frame["mean_place"].notna().sum())

    def correlation(self, one: str, other: str) -> float | None:
        """Spearman's correlation of two columns over the ranked categories; None below three."""
        both = self.frame.loc[self.frame["mean_place"].notna(), [one, other]].dropna()
        if len(both) < 3 or (both.nunique() < 2).any():
            return None
        return float(spearmanr(both[one], both[other]).statistic)


def describe(
    metric: str,
    direction: Direction,
    values: Floats,
    codes: npt.NDArray[np.int32],
    names: Sequence[str],
    *,
    least: int = LEAST,
    drawn: int | None = None,
) -> Described:
    """Describe categories in one metric.

    Parameters
    ----------
    metric, direction
        Name, and which scores are better.
    values
        float64 (N,), NaN where there is none.
    codes, names
        As `iqcurate.analysis.effect.encode` gives them; -1 for no category.
    least
        Scores that a category needs to be ranked.
    drawn
        Images drawn for the rarefied range; default: half as many as the smallest ranked category
        has, at least 2, at most `MOST_DRAWN`.

    Returns
    -------
    With a frame of ``category``, ``metric``, ``n`` (scores), ``mean`` with its 95% interval
    ``mean_low``, ``mean_high`` (Student's), ``sd`` (N - 1), ``min``, ``max``, ``range``,
    ``rarefied_range`` with ``rarefied_low``, ``rarefied_high`` (95%, jackknife, on a logarithmic
    scale), ``spread`` (95% minus 5% quantile), and the places ``mean_place`` (1 the best) and
    ``range_place`` (1 the widest); all but the places in units of the scores. NaN where there are
    too few scores.
    """
    grouped = Grouped.of(values, codes, len(names))
    made = _moments(grouped)
    ranked = grouped.n >= max(least, 1)
    drawn = _drawn(grouped.n[ranked]) if drawn is None else drawn
    if drawn is None:
        nothing = np.full(len(names), np.nan)
        made |= dict.fromkeys(("rarefied_range", "rarefied_low", "rarefied_high"), nothing)
    else:
        made |= _rarefied(grouped, drawn)
    frame = pd.DataFrame({"category": list(names), "metric": metric, **made})
    best_first = -1 if direction is Direction.HIGHER else 1
    frame["mean_place"] = _places(best_first * frame["mean"].to_numpy(), ranked)
    frame["range_place"] = _places(-frame["rarefied_range"].to_numpy(float), ranked)
    return Described(metric, direction, frame, drawn, *_between(grouped, made["mean"]))


def _drawn(sizes: npt.NDArray[np.int64]) -> int | None:
    sizes = sizes[sizes > 1]
    return min(max(int(sizes.min()) // 2, 2), MOST_DRAWN) if len(sizes) else None


def _moments(grouped: Grouped) -> dict[str, Floats]:
    n = grouped.n
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = grouped.sums(grouped.values) / n
        squares = grouped.sums((grouped.values - mean[grouped.codes]) ** 2)
        sd = np.sqrt(squares / np.where(n > 1, n - 1, np.nan))
        half = student.ppf((1 + _LEVEL) / 2, n - 1) * sd / np.sqrt(n)
    low, high = _quantile(grouped, 0.0), _quantile(grouped, 1.0)
    spread = _quantile(grouped, 0.95) - _quantile(grouped, 0.05)
    return {
        "n": n, "mean": mean, "mean_low": mean - half, "mean_high": mean + half, "sd": sd,
        "min": low, "max": high, "range": np.where(n > 1, high - low, np.nan),
        "spread": np.where(n > 1, spread, np.nan),
    }  # fmt: skip


def _quantile(grouped: Grouped, share: float) -> Floats:
    """Quantile of each category, linear between its values, as numpy's default."""
    found = np.full(len(grouped.n), np.nan)
    some = grouped.n > 0
    place = share * (grouped.n[some] - 1)
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, grouped.n[some] - 1)
    start = grouped.start[some]
    left, right = grouped.values[start + below], grouped.values[start + above]
    found[some] = left + (place - below) * (right - left)
    return found


def _rarefied(grouped: Grouped, drawn: int) -> dict[str, Floats]:
    expected, error = rarefied_range(grouped, drawn)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.exp(student.ppf((1 + _LEVEL) / 2, grouped.n - 1) * error / expected)
    return {
        "rarefied_range": expected,
        "rarefied_low": expected / factor,
        "rarefied_high": expected * factor,
    }


def _places(values: Floats, ranked: npt.NDArray[np.bool_]) -> Floats:
    """Place of each value among the ranked, 1 for the least; equal ones in the order of names."""
    places = np.full(len(values), np.nan)
    at = ranked & np.isfinite(values)
    places[at] = rankdata(values[at], "ordinal")
    return places


def _between(grouped: Grouped, mean: Floats) -> tuple[float | None, float | None]:
    """Intraclass correlation of a one-way layout of unequal sizes (Donner 1986), and 1 - 1/F."""
    some = grouped.n > 0
    n, total = grouped.n[some], len(grouped.values)
    k = len(n)
    if k < 2 or total <= k:
        return None, None
    within = float(((grouped.values - mean[grouped.codes]) ** 2).sum()) / (total - k)
    around = mean[some] - grouped.values.mean()
    among = float((n * around**2).sum()) / (k - 1)
    size = (total - (n**2).sum() / total) / (k - 1)
    whole = among + (size - 1) * within
    if whole <= 0 or among <= 0:
        return None, None
    return float((among - within) / whole), max(1 - within / among, 0.0)
