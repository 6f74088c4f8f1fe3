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
    facts = pd.DataFrame({name: values[rows] for name, values in properties.items()})
    found = {}
    for name, values in scores.items():
        score = pd.Series(values[rows])
        found[name] = {
            column: _srcc(score, facts[column]) if column != name else float("nan")
            for column in facts
        }
    return pd.DataFrame.from_dict(found, orient="index", columns=list(facts))


def _srcc(one: pd.Series[float], other: pd.Series[float]) -> float:
    both = one.notna() & other.notna()
    one, other = one[both], other[both]
    if len(one) < LEAST or one.nunique() < 2 or other.nunique() < 2:
        return float("nan")
    return float(one.rank().corr(other.rank()))
