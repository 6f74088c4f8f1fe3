"""How far the scores of two sets are apart in one metric, and which way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import ks_2samp, kstwo

from iqcurate.analysis.compare.resample import resampled
from iqcurate.analysis.cutoffs.separation import separation

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.analysis.compare.pair import Pair
    from iqcurate.spec import Direction

    Floats = npt.NDArray[np.float64]

LEAST = 5
"""Independent images (or groups) of each set, so that anything can be told."""
_EXACT = 1_000


@dataclass(frozen=True, slots=True)
class Shift:
    """What separates the scores of A from those of B in one metric.

    Parameters
    ----------
    direction
        Which scores are better.
    n_a, n_b
        Images with a score.
    independent_a, independent_b
        Of these, independent ones: groups, where there are groups.
    median_a, median_b
        None without scores.
    wasserstein
        Mean distance that the scores of one set must move to be distributed like the other's
        (earth mover's distance), in units of the score; None without scores.
    wasserstein_sd
        The same in standard deviations of B; None where that is 0 or not known.
    ks, ks_low, ks_high
        Largest difference of the two distribution functions (Kolmogorov-Smirnov), 0 to 1, with
        its 95% interval; the interval is None with fewer than `LEAST` independent images.
    at
        Score at which they differ so much.
    worse_a, worse_b
        Share of each set that is `at` or worse.
    better, better_low, better_high
        Probability that an image of A is better than one of B, ties half, with its 95% interval:
        1/2 where neither is.
    ks_same_mix
        `ks` when the classes of A are weighted as they are in B; None with fewer than two
        classes in common.
    p
        Of the hypothesis that both are distributed alike; None with fewer than `LEAST`.
    """

    direction: Direction
    n_a: int
    n_b: int
    independent_a: int
    independent_b: int
    median_a: float | None = None
    median_b: float | None = None
    wasserstein: float | None = None
    wasserstein_sd: float | None = None
    ks: float | None = None
    ks_low: float | None = None
    ks_high: float | None = None
    at: float | None = None
    worse_a: float | None = None
    worse_b: float | None = None
    better: float | None = None
    better_low: float | None = None
    better_high: float | None = None
    ks_same_mix: float | None = None
    p: float | None = None


def shift(pair: Pair, draws: int = 1000, seed: int = 0) -> Shift:
    """Compare the scores of two sets.

    Parameters
    ----------
    pair
        The scores.
    draws, seed
        Of the bootstrap.
    """
    a, b = pair.a, pair.b
    n_a, n_b = pair.independent
    if not len(a) or not len(b):
        medians = (float(np.median(values)) if len(values) else None for values in (a, b))
        return Shift(pair.direction, len(a), len(b), n_a, n_b, *medians)
    top = int(np.argmax(np.abs(pair.apart)))
    ks, enough = abs(float(pair.apart[top])), min(n_a, n_b) >= LEAST
    sure = resampled(pair, top, draws, seed) if enough else None
    far = float(np.abs(pair.apart[:-1]) @ np.diff(pair.ranked.ranks.values))
    sd = float(b.std(ddof=1)) if len(b) > 1 else 0.0
    low, better, high = separation(pair.ranked).interval()
    return Shift(
        direction=pair.direction,
        n_a=len(a),
        n_b=len(b),
        independent_a=n_a,
        independent_b=n_b,
        median_a=float(np.median(a)),
        median_b=float(np.median(b)),
        wasserstein=far,
        wasserstein_sd=far / sd if sd > 0 else None,
        ks=ks,
        ks_low=None if sure is None else sure.low,
        ks_high=None if sure is None else sure.high,
        at=pair.score(top),
        worse_a=_upto(pair.ranked.right, top),
        worse_b=_upto(pair.ranked.wrong, top),
        better=better,
        better_low=low if enough else None,
        better_high=high if enough else None,
        ks_same_mix=same_mix(pair),
        p=None if sure is None else sure.p if pair.units is not None else _p(pair, ks),
    )


def _upto(counts: Floats, top: int) -> float:
    return float(counts[: top + 1].sum() / counts.sum())


def _p(pair: Pair, ks: float) -> float:
    """Of independent images; exact for small sets."""
    n_a, n_b = len(pair.a), len(pair.b)
    if max(n_a, n_b) <= _EXACT:
        return float(ks_2samp(pair.a, pair.b, method="exact").pvalue)
    return float(kstwo.sf(ks, round(n_a * n_b / (n_a + n_b))))


def same_mix(pair: Pair) -> float | None:
    """Distance where each image of A weighs as much as its class is more frequent in B."""
    if pair.classes is None:
        return None
    size = int(pair.classes.max(initial=-1)) + 1
    n_a, n_b = (
        np.bincount(pair.classes[k][pair.classes[k] >= 0], minlength=size)
        for k in (~pair.in_b, pair.in_b)
    )
    common = (n_a > 0) & (n_b > 0)
    if common.sum() < 2:
        return None
    weights = np.stack([np.where(common, n_b / np.maximum(n_a, 1), 0), -common.astype(float)])
    weights = np.column_stack([weights, [0, 0]]) / n_b[common].sum()
    weight = weights[pair.in_b.astype(np.int8), pair.classes]
    ranks = pair.ranked.ranks
    return float(np.abs(np.cumsum(np.bincount(ranks.level, weight, len(ranks.values)))).max())
