"""Cut-offs that no prediction was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.find import effect, oriented, reference
from iqcurate.analysis.cutoffs.sample import Sample
from iqcurate.cutoffs import Cutoff, Verdict
from iqcurate.errors import UsageError
from iqcurate.spec import Direction

if TYPE_CHECKING:
    import numpy.typing as npt


def quantile_cutoff(
    scores: npt.NDArray[np.float64], direction: Direction, share: float
) -> float | None:
    """Score that leaves about this share of the images strictly worse; None without scores."""
    if not 0 <= share <= 1:
        raise UsageError(f"quantile:{share:g}: the share of images to reject is between 0 and 1")
    if not len(scores):
        return None
    return float(np.quantile(scores, share if direction is Direction.HIGHER else 1 - share))


def set_cutoff(
    cutoff: float,
    reason: str,
    method: str,
    scores: npt.NDArray[np.float64],
    direction: Direction,
    wrong: npt.NDArray[np.bool_] | None,
) -> Cutoff:
    """A cut-off that was chosen, with what it would do.

    Parameters
    ----------
    cutoff, reason, method
        As in `Cutoff`.
    scores
        Finite, float64 (N,).
    direction
        Of the scores.
    wrong
        bool (N,), or None where nothing was predicted.
    """
    goodness = oriented(scores, direction)
    known = np.zeros(len(scores), dtype=bool) if wrong is None else wrong
    does = effect(
        Sample(goodness, known), cutoff if direction is Direction.HIGHER else -cutoff, None
    )
    n_wrong = None if wrong is None else int(np.count_nonzero(wrong))
    return Cutoff(
        cutoff=cutoff,
        direction=direction,
        interval=None,
        verdict=Verdict.SET_BY_HAND,
        reason=reason,
        method=method,
        n_right=None if n_wrong is None else len(scores) - n_wrong,
        n_wrong=n_wrong,
        effect={"rejected": does["rejected"]} if wrong is None else does,
        reference=reference(scores),
    )
