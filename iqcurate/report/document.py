"""Figures as plain data, for the page and for machines.

The page's scripts read exactly these names; see ``assets/*.js``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from iqcurate.analysis.audit.distribution import PROBABILITIES
from iqcurate.analysis.audit.doubles import extra
from iqcurate.report.packing import packed, rounded, short

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from iqcurate.analysis.audit.distribution import Distribution
    from iqcurate.analysis.audit.doubles import Group
    from iqcurate.analysis.audit.failures import Kind
    from iqcurate.analysis.audit.parts import Parts
    from iqcurate.cutoffs import Cutoff

    Rows = npt.NDArray[np.int64]

_MOST_GROUPS = 40
_MOST_MEMBERS = 12
_MOST_PICTURED = 12
_PICTURES_EACH = 3


def metric_data(
    found: Distribution, cutoff: Cutoff | None, start: float | None, votes: bool
) -> dict[str, Any]:
    """One metric: its distribution, and where its slider begins.

    Parameters
    ----------
    found
        The distribution.
    cutoff
        What is known of its cut-off.
    start
        Where the slider begins, None without scores.
    votes
        Whether the metric judges when the page is opened.
    """
    scale = found.scale
    return {
        "n": found.n,
        "mean": short(found.mean),
        "sd": short(found.sd),
        "quantiles": dict(zip(map(str, PROBABILITIES), found.quantiles, strict=False)),
        "scale": scale and {"low": scale.low, "high": scale.high, "log": scale.log},
        "bars": list(found.bars),
        "below": found.below,
        "above": found.above,
        "curve": rounded(found.curve),
        "start": start,
        "votes": votes,
        "cutoff": cutoff and _cutoff(cutoff),
        "reference": None
        if not found.quantiles
        else {"min": found.quantiles[0], "max": found.quantiles[-1]},
    }


def _cutoff(cutoff: Cutoff) -> dict[str, Any]:
    return {
        "value": cutoff.cutoff,
        "interval": cutoff.interval and list(cutoff.interval),
        "verdict": str(cutoff.verdict),
        "reason": cutoff.reason,
        "method": cutoff.method,
    }


def rows_data(
    rows: Rows,
    scores: Mapping[str, npt.NDArray[np.float64]],
    readable: npt.NDArray[np.bool_],
    codes: Mapping[str, npt.NDArray[np.integer[Any]] | None],
) -> dict[str, Any]:
    """The images that the page counts by itself.

    Parameters
    ----------
    rows
        Which they are.
    scores
        By metric, float64 (N,), NaN where there is none or the image is not readable.
    readable
        bool (N,).
    codes
        More whole numbers by name, (N,) each; None for what is not known of any image.
    """
    return {
        "n": len(rows),
        "scores": {name: packed(values[rows]) for name, values in scores.items()},
        "readable": packed(readable[rows]),
        **{name: None if c is None else packed(c[rows]) for name, c in codes.items()},
    }


def parts_data(parts: Parts | None) -> dict[str, Any] | None:
    """Classes or splits."""
    if parts is None:
        return None
    return {
        "names": list(parts.names),
        "images": parts.images.tolist(),
        "readable": parts.readable.tolist(),
        "metrics": {
            name: {"n": s.n.tolist(), "mean": rounded(s.mean, 4), "sd": rounded(s.sd, 4)}
            for name, s in parts.metrics.items()
        },
    }


def matrix_data(matrix: pd.DataFrame, digits: int = 3) -> dict[str, Any]:
    """A table of correlations, to so many digits; 17 are all."""
    return {
        "rows": list(matrix.index),
        "columns": list(matrix.columns),
        "values": [rounded(row, digits) for row in matrix.to_numpy(float)],
    }


def kinds_data(kinds: Sequence[Kind], texts: Mapping[int, Mapping[str, Any]]) -> list[Any]:
    """Kinds of failures, with what `texts` says of the rows that are their examples."""
    return [
        {
            "name": kind.name,
            "code": kind.code,
            "images": kind.images,
            "examples": [texts[row] for row in kind.examples],
        }
        for kind in kinds
    ]


def doubles_data(
    groups: Sequence[Group], shown: Mapping[int, Mapping[str, Any]], bits: int | None
) -> dict[str, Any]:
    """Groups of images that are one; of many only the first are listed.

    Parameters
    ----------
    groups
        The gravest first.
    shown
        What is said of the rows of `listed_rows`.
    bits
        In how many of their hashes' 64 bits near duplicates may differ.
    """
    return {
        "groups": len(groups),
        "extra": extra(groups),
        "across_splits": sum(group.across_splits for group in groups),
        "across_labels": sum(group.across_labels for group in groups),
        "bits": bits,
        "shown": [
            {
                "images": len(group.rows),
                "across_splits": group.across_splits,
                "across_labels": group.across_labels,
                "members": [shown[row] for row in group.rows[:_MOST_MEMBERS]],
            }
            for group in groups[:_MOST_GROUPS]
        ],
    }


def listed_rows(groups: Sequence[Group]) -> list[int]:
    """Rows that `doubles_data` needs."""
    return [r for group in groups[:_MOST_GROUPS] for r in group.rows[:_MOST_MEMBERS]]


def pictured_rows(groups: Sequence[Group]) -> list[int]:
    """Rows of groups to show small pictures of."""
    return [r for group in groups[:_MOST_PICTURED] for r in group.rows[:_PICTURES_EACH]]
