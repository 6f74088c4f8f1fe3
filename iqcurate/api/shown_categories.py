"""The best, worst, most and least even categories, for the page of an audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.analysis.categories.describe import LEAST, describe
from iqcurate.analysis.categories.subsets import pick
from iqcurate.report.categories import TITLES
from iqcurate.report.packing import short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from iqcurate.analysis.categories.describe import Described
    from iqcurate.spec import Direction

_OUTERMOST = 1e-9
"""A share so small that each subset is one category."""


def categories_data(
    columns: Mapping[str, npt.NDArray[np.float64]],
    directions: Mapping[str, Direction],
    codes: npt.NDArray[np.int32],
    names: Sequence[str],
) -> dict[str, Any] | None:
    """The outermost categories of each metric; None with fewer than two categories.

    Parameters
    ----------
    columns
        Scores by metric, float64 (N,), NaN where there is none.
    directions
        By metric.
    codes, names
        As `iqcurate.analysis.effect.encode` gives them.
    """
    if len(names) < 2:
        return None
    found = [describe(n, directions[n], values, codes, names) for n, values in columns.items()]
    return {"least": LEAST, "metrics": [_metric(d) for d in found]}


def _metric(found: Described) -> dict[str, Any]:
    rows = found.frame.set_index("category")
    ends = []
    for subset, name in pick(found, _OUTERMOST)[["subset", "category"]].itertuples(index=False):
        row = rows.loc[name]
        figures = ("mean", "mean_low", "mean_high", "rarefied_range", "spread")
        end = {"what": TITLES[subset], "name": name, "n": int(row["n"])}
        ends.append(end | {figure: short(float(row[figure])) for figure in figures})
    return {
        "name": found.metric,
        "ranked": found.ranked,
        "categories": len(rows),
        "drawn": found.drawn,
        "reliability": short(found.reliability),
        "ends": ends,
    }
