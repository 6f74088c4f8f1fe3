"""Figures of a whole data set under one name each, and gates that are set on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.audit.distribution import PROBABILITIES
from iqcurate.analysis.where import names_of, select
from iqcurate.errors import UsageError
from iqcurate.types import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt

    from iqcurate.analysis.audit.distribution import Distribution

    Figures = Mapping[str, float | None]

_PERCENTS = {0.0: "min", 0.5: "median", 1.0: "max"}


@dataclass(frozen=True, slots=True)
class Gate:
    """What came of a condition that must not hold.

    Parameters
    ----------
    expression
        As it was given.
    failed
        It holds, or cannot be told because a figure has no value.
    why
        The figures in it.
    """

    expression: str
    failed: bool
    why: str


def status_counts(status: npt.NDArray[np.object_]) -> dict[str, float | None]:
    """Number of images of each status; null counts as ok, and all that are not as ``failed``."""
    names, counts = np.unique(status, return_counts=True)
    found: dict[str, float | None] = {str(s): 0 for s in Status}
    found |= {str(n): int(c) for n, c in zip(names, counts, strict=True)}
    return {"images": len(status), **found, "failed": len(status) - int(found["ok"] or 0)}


def metric_figures(name: str, found: Distribution, undefined: int) -> dict[str, float | None]:
    """Figures of one metric: ``niqe_n``, ``_undefined``, ``_mean``, ``_sd``, ``_p95`` ..."""
    made: dict[str, float | None] = {
        f"{name}_n": found.n,
        f"{name}_undefined": undefined,
        f"{name}_mean": found.mean,
        f"{name}_sd": found.sd,
    }
    quantiles = found.quantiles or (None,) * len(PROBABILITIES)
    for share, value in zip(PROBABILITIES, quantiles, strict=True):
        made[f"{name}_{_PERCENTS.get(share, f'p{100 * share:g}')}"] = value
    return made


def check_gates(figures: Figures, expressions: Iterable[str]) -> tuple[Gate, ...]:
    """Evaluate conditions that must not hold.

    Parameters
    ----------
    figures
        By name; None for what has no value.
    expressions
        See `iqcurate.analysis.where.select`.

    Raises
    ------
    UsageError
        Where an expression cannot be read, or names what is not there.
    """
    return tuple(_gate(figures, text) for text in expressions)


def _gate(figures: Figures, expression: str) -> Gate:
    import pandas as pd

    names = list(dict.fromkeys(names_of(expression)))
    if unknown := [n for n in names if n not in figures]:
        raise UsageError(f"--fail-if {expression!r}: {_unknown(unknown[0], figures)}")
    values = {n: figures[n] for n in names}
    if lacking := [n for n, v in values.items() if v is None or math.isnan(v)]:
        return Gate(expression, True, f"{', '.join(lacking)} has no value")
    row = pd.DataFrame([values])
    failed = len(select(row, expression)) == 1
    return Gate(expression, failed, ", ".join(f"{n} = {v:.6g}" for n, v in values.items()))


def _unknown(name: str, figures: Figures) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, figures, 3)
    hint = f"did you mean {' or '.join(close)}?" if close else "--json shows all"
    return f"there is no figure {name!r}; {hint}"
