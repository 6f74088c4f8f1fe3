"""What else the scores go with: a quality filter that is really a size filter is a trap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

STRONG = 0.5
"""Rank correlation from which a score is said to go with a property ("large": Cohen 1988)."""
LEAST = 20
"""Images that a correlation needs."""


def confounds(
    scores: Mapping[str, Floats], properties: Mapping[str, Floats], rows: npt.NDArray[np.int64]
) -> pd.DataFrame:
    """Spearman correlation of each score with each property of the image.

    Parameters
    ----------
    scores, properties
        float64 (N,), NaN where there is none.
    rows
        The images that are looked at, int64 (K,).

    Returns
    -------
    One row a metric, one column a property; NaN with fewer than `LEAST` common images, or
    where one of the two does not vary or both are one.
    """
    table = pd.concat(
        {
            kind: pd.DataFrame({name: values[rows] for name, values in columns.items()})
            for kind, columns in (("score", scores), ("property", properties))
        },
        axis=1,
    )
    found = table.corr(method="spearman", min_periods=LEAST)
    found = found.reindex(index=[("score", n) for n in scores])
    found = found.reindex(columns=[("property", n) for n in properties])
    found.index, found.columns = pd.Index(list(scores)), pd.Index(list(properties))
    for name in scores.keys() & properties.keys():
        found.loc[name, name] = float("nan")
    return found
