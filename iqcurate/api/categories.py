"""From scores to the categories with the best, worst, most and least even images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from iqcurate.analysis.categories.describe import LEAST, describe
from iqcurate.analysis.categories.subsets import overlaps, pick
from iqcurate.analysis.effect import encode
from iqcurate.analysis.ranks import mean_rank
from iqcurate.api.categorised import CategoriesResult
from iqcurate.api.inputs import read_scores
from iqcurate.api.share import read_share
from iqcurate.errors import UsageError
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.categories.describe import Described
    from iqcurate.api.inputs import Scores, ScoresLike

    Floats = npt.NDArray[np.float64]

SHARE = 0.05
BY = ("label", "group", "split")
OVERALL = "mean_rank"
"""Column of the mean percentile rank of an image in all metrics, where there are several."""
_DOUBTFUL = 0.5


def categories(
    scores: ScoresLike,
    *,
    by: str = BY[0],
    metrics: Sequence[str] | None = None,
    directions: Mapping[str, str] | None = None,
    share: str | float = SHARE,
    least: int = LEAST,
    rarefy: int | None = None,
) -> CategoriesResult:
    """Rank the categories of a data set by the mean and by the range of their scores.

    Parameters
    ----------
    scores
        Store, table file, or table in memory; see `iqcurate.api.inputs.read_scores`.
    by
        What the categories are: ``label``, ``group`` or ``split``.
    metrics
        Only these scores; default: all that have a direction. Of several, an image's mean
        percentile rank in all of them (0 worst, 1 best) is ranked by, too, as ``mean_rank``.
    directions
        Column -> ``higher`` or ``lower``, where the scores themselves do not say.
    share
        Of the ranked categories that each subset holds: ``"5%"`` or .05.
    least
        Scores that a category needs to be ranked.
    rarefy
        Images that are drawn to compare ranges; default: half as many as the smallest ranked
        category has, from 2 to 50.

    Raises
    ------
    UsageError
        Where the call cannot be right, a metric is not there, or no image has a category.
    SourceError, StoreError
        Where the scores cannot be read.

    Examples
    --------
    >>> found = iqcurate.categories("scores/")
    >>> found.subsets[found.subsets["subset"] == "average_low"]
    >>> found.save_subsets("subsets/")
    """
    part = read_share("--share", share)
    _check(by, part, least, rarefy)
    found = read_scores(scores, metrics, directions)
    codes, names = encode(found.table[by])
    if not names:
        raise UsageError(f"{found.name}: no image has a {by}: {_way_out(by)}")
    described = {
        name: describe(name, way, values, codes, names, least=least, drawn=rarefy)
        for name, way, values in _columns(found)
    }
    return _result(found, by, part, least, codes, names, described)


def _check(by: str, share: float, least: int, rarefy: int | None) -> None:
    if by not in BY:
        raise UsageError(f"--by {by}: it is one of {', '.join(BY)}")
    if not 0 < share <= 0.5:
        raise UsageError(f"--share {share:.4g}: it is above 0, and at most 50%")
    if least < 1:
        raise UsageError(f"--least {least}: it is a number from 1")
    if rarefy is not None and rarefy < 2:
        raise UsageError(f"--rarefy {rarefy}: a range needs at least 2 images")


def _way_out(by: str) -> str:
    if by == "label":
        return "label them with 'iqcurate score --label-from' or --labels FILE"
    return f"'iqcurate score --{by}-from' or --labels FILE gives them one"


def _columns(scores: Scores) -> Iterator[tuple[str, Direction, Floats]]:
    """Scores of readable images, NaN elsewhere; last the mean rank, where there are several."""
    status = scores.table["status"]
    readable = pc.fill_null(pc.equal(status, "ok"), True).to_numpy()

    def column(name: str) -> Floats:
        return np.where(readable, scores.values(name), np.nan)

    for name, way in scores.directions.items():
        yield name, way, column(name)
    if len(scores.directions) > 1 and OVERALL not in scores.directions:
        ranks = mean_rank((column(name), way) for name, way in scores.directions.items())
        yield OVERALL, Direction.HIGHER, ranks


def _result(
    scores: Scores,
    by: str,
    share: float,
    least: int,
    codes: npt.NDArray[np.int32],
    names: Sequence[str],
    described: Mapping[str, Described],
) -> CategoriesResult:
    picked = pd.concat([pick(d, share) for d in described.values()], ignore_index=True)
    frame = pd.concat([d.frame for d in described.values()], ignore_index=True)
    for order in ("mean", "range"):
        frame[f"{order}_place"] = frame[f"{order}_place"].astype("Int64")
    return CategoriesResult(
        by,
        share,
        frame,
        picked,
        overlaps(picked, {name: d.ranked for name, d in described.items()}),
        pd.DataFrame([_summary(d) for d in described.values()]),
        tuple(_warnings(scores, by, least, codes, names, described)),
        scores,
        codes,
        tuple(names),
    )


def _summary(found: Described) -> dict[str, object]:
    return {
        "metric": found.metric,
        "direction": str(found.direction),
        "categories": len(found.frame),
        "ranked": found.ranked,
        "rarefied_to": found.drawn,
        "between": found.between,
        "reliability": found.reliability,
        "mean_with_rarefied_range": _good(found, "rarefied_range"),
        "n_with_range": found.correlation("n", "range"),
        "n_with_rarefied_range": found.correlation("n", "rarefied_range"),
    }


def _good(found: Described, column: str) -> float | None:
    """Correlation of quality, high is good, with a column."""
    value = found.correlation("mean", column)
    return -value if value is not None and found.direction is Direction.LOWER else value


def _warnings(
    scores: Scores,
    by: str,
    least: int,
    codes: npt.NDArray[np.int32],
    names: Sequence[str],
    described: Mapping[str, Described],
) -> Iterator[str]:
    if without := int((codes < 0).sum()):
        yield f"{without} of {len(codes)} images have no {by} and are left out"
    if scores.unused:
        unused = ", ".join(scores.unused)
        yield f"columns without a direction are not used: {unused} (--direction NAME=higher)"
    small = {n: len(names) - d.ranked for n, d in described.items()}
    if most := max(small.values()):
        which = [n for n in small if small[n] == most]
        rest = "" if len(which) == len(small) else f" in {', '.join(which)}"
        how = "no category is ranked" if most == len(names) else f"{most} are not ranked"
        yield f"of {len(names)} categories {how}{rest}: fewer than {least} scores (--least N)"
    for found in described.values():
        yield from _doubts(found)


def _doubts(found: Described) -> Iterator[str]:
    if found.ranked and found.frame["range_place"].notna().sum() < found.ranked:
        drawn = "two scores" if found.drawn is None else f"{found.drawn} scores"
        yield f"{found.metric}: categories with fewer than {drawn} have no rarefied range"
    if found.ranked > 1 and found.frame.dropna(subset="mean_place")["mean"].nunique() == 1:
        yield f"{found.metric}: the same mean in all categories, so none is better than another"
    if found.ranked > 1 and found.reliability is not None and found.reliability < _DOUBTFUL:
        yield (
            f"{found.metric}: {1 - found.reliability:.0%} of the variance of the means is chance: "
            "their order says little"
        )
