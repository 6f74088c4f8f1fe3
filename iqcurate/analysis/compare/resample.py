"""How surely the distance of two distributions is known.

The distance of Kolmogorov and Smirnov is the largest of many differences, so that chance adds to
it. The lower end of its interval allows for that: it takes off the largest change of all those
differences that may be the largest one (the derivative of a maximum: Fang and Santos 2019,
Review of Economic Studies 86(1):377). The upper end adds what chance may have taken from the
largest alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.resample import Binned, bootstrap

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.analysis.compare.pair import Pair

    Floats = npt.NDArray[np.float64]

_CELLS = 512
_SURE = 0.975


@dataclass(frozen=True, slots=True)
class Resampled:
    """What drawing images anew says of a distance.

    Parameters
    ----------
    low, high
        95% interval, 0 to 1.
    p
        Share of the draws in which chance alone moves the distributions as far apart; at least
        1 / (draws + 1).
    """

    low: float
    high: float
    p: float


def resampled(pair: Pair, top: int, draws: int, seed: int) -> Resampled:
    """Draw the images of both sets anew, units together.

    Parameters
    ----------
    pair
        The scores.
    top
        Number of the distinct score at which the distributions are furthest apart.
    draws, seed
        Of the bootstrap.
    """
    ends = _ends(pair, top)
    cell = np.repeat(np.arange(len(ends), dtype=np.int32), np.diff(ends, prepend=-1))
    at = cell[pair.ranked.ranks.level]
    data = Binned(at, pair.in_b, pair.units, len(ends))
    apart = pair.apart[ends]
    moved = np.concatenate([_apart(*drawn) for drawn in bootstrap(data, draws, seed)]) - apart
    distance = float(np.abs(apart).max())
    widest = np.abs(moved).max(axis=1)
    near = distance - float(np.quantile(widest, 0.95))
    gained = np.maximum(_largest(moved, apart >= near), _largest(-moved, -apart >= near))
    furthest = int(np.searchsorted(ends, top))
    lost = -np.sign(apart[furthest]) * moved[:, furthest]
    return Resampled(
        float(np.clip(distance - np.quantile(gained, _SURE), 0, 1)),
        float(np.clip(distance + np.quantile(lost, _SURE), 0, 1)),
        (1 + int((widest >= distance).sum())) / (draws + 1),
    )


def _ends(pair: Pair, top: int) -> npt.NDArray[np.intp]:
    """Last distinct score of each cell: about as many images in each, and `top` among them."""
    upto = np.cumsum(pair.ranked.right + pair.ranked.wrong)
    shares = np.arange(1, _CELLS) / _CELLS
    found = np.searchsorted(upto, shares * upto[-1])
    return np.union1d(found, [top, len(upto) - 1])


def _apart(a: Floats, b: Floats) -> Floats:
    """Difference of the two distributions at the upper end of each cell, (draws, cells)."""
    shares = (np.cumsum(counts, axis=1) / counts.sum(axis=1, keepdims=True) for counts in (a, b))
    return np.asarray(next(shares) - next(shares))


def _largest(moved: Floats, chosen: npt.NDArray[np.bool_]) -> Floats:
    if not chosen.any():
        return np.full(len(moved), -np.inf)
    return np.asarray(moved[:, chosen].max(axis=1))
