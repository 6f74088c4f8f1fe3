"""Correlation of scores with the number of a step, as in Table 1 of Smith et al. 2024."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Correlation:
    """Of some sequences.

    Parameters
    ----------
    pcc, srcc
        Mean over the sequences of the absolute value; None where none is defined.
    pcc_signed, srcc_signed
        Mean of the values, positive where the metric says that quality falls from step to step.
    sequences
        That went in: whole ones whose scores are not all equal.
    left_out
        The others.
    """

    pcc: float | None
    srcc: float | None
    pcc_signed: float | None
    srcc_signed: float | None
    sequences: int
    left_out: int

    @property
    def figures(self) -> dict[str, float | None]:
        """As a file holds it."""
        return {
            "pcc": self.pcc, "srcc": self.srcc, "pcc_signed": self.pcc_signed,
            "srcc_signed": self.srcc_signed, "sequences": self.sequences,
            "left_out": self.left_out,
        }  # fmt: skip


def pcc(scores: Floats, steps: Floats) -> Floats:
    """Pearson's correlation of each row of `scores` (..., K) with `steps` (K,) or (..., K).

    NaN where a row is constant, as far as floating point can tell, or has a NaN.
    """
    one = scores - scores.mean(axis=-1, keepdims=True)
    other = steps - steps.mean(axis=-1, keepdims=True)
    spread = np.sqrt((one**2).sum(axis=-1) * (other**2).sum(axis=-1))
    least = 1e-13 * np.abs(scores).max(axis=-1) * np.sqrt((other**2).sum(axis=-1))
    with np.errstate(invalid="ignore", divide="ignore"):
        found = (one * other).sum(axis=-1) / spread
    return np.where(spread > least, np.clip(found, -1, 1), np.nan)


def srcc(scores: Floats, steps: Floats) -> Floats:
    """Spearman's correlation of each row, ties sharing the mean of their ranks."""
    ranks = rankdata(scores, axis=-1)
    ranks[np.isnan(scores).any(axis=-1)] = np.nan
    return pcc(ranks, rankdata(steps, axis=-1))


def correlate(sequences: Sequence[tuple[Floats, Floats]], way: float) -> Correlation:
    """Mean correlations of sequences.

    Parameters
    ----------
    sequences
        Scores and numbers of the steps of each, both (K,), or of many alike (N, K) and (K,).
    way
        1 where a higher score is better, -1 where a lower one is.
    """
    pairs = [(np.atleast_2d(scores), steps) for scores, steps in sequences]
    both = [np.stack([f(s, steps) for f in (pcc, srcc)]) for s, steps in pairs if s.shape[1] > 1]
    values = np.concatenate(both, axis=1) if both else np.empty((2, 0))
    defined = values[:, np.isfinite(values).all(axis=0)]
    total = sum(len(scores) for scores, _ in pairs)
    n = defined.shape[1]
    if n == 0:
        return Correlation(None, None, None, None, 0, total)
    mean = np.abs(defined).mean(axis=1)
    signed = -way * defined.mean(axis=1)
    numbers = (float(mean[0]), float(mean[1]), float(signed[0]), float(signed[1]))
    return Correlation(*numbers, n, total - n)
