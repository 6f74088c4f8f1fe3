"""Ways to find the place of a cut-off from counts of right and of wrong images in bins.

Each takes two arrays float64 (..., M), the worst bin first, and gives places (...): all bins with
a smaller index are rejected. -inf rejects nothing because there is nothing to find, inf would
have to reject everything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np

from iqcurate.analysis.cutoffs.curves import bandwidth, densities, spectrum
from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Locate = Callable[[Floats, Floats], Floats]

HALF_SCOTT = 0.5
"""Of the bandwidth in the bootstrap: less bias, so the interval holds the truth more often."""
_TINY = 1e-9
_FAINT = 1e-6


class Binned(Protocol):
    """What of an axis the smoothing needs."""

    @property
    def centres(self) -> Floats:
        """Positions of the bins, float64 (M,)."""

    @property
    def step(self) -> float:
        """Distance of two bins."""

    @property
    def bins(self) -> int:
        """Number of bins."""


@dataclass(frozen=True, slots=True)
class Curves:
    """Curves of right and of wrong images at the bins.

    Parameters
    ----------
    right, wrong
        Densities, float64 (M,); of area 1, or by count.
    """

    right: Floats
    wrong: Floats


def curves(right: Floats, wrong: Floats, axis: Binned, by_count: bool = False) -> Curves:
    """Smooth counts (M,) of both kinds with Scott's bandwidth of each."""
    both = [densities(c, axis.step, bandwidth(c, axis.centres)) for c in (right, wrong)]
    n = right.sum() + wrong.sum()
    shares = (right.sum() / n, wrong.sum() / n) if by_count else (1.0, 1.0)
    return Curves(both[0] * shares[0], both[1] * shares[1])


def crossings(found: Curves) -> Floats:
    """All places where one curve passes the other, ascending, float64 (C,)."""
    seen = np.maximum(found.right, found.wrong)
    difference = np.where(seen > _FAINT * seen.max(), found.wrong - found.right, 0.0)
    at = np.flatnonzero(difference)
    before, after = difference[at[:-1]], difference[at[1:]]
    turns = np.flatnonzero(before * after < 0)
    share = before[turns] / (before[turns] - after[turns])
    places: Floats = at[turns] + share * (at[turns + 1] - at[turns])
    return places


def kde(
    right: Floats, wrong: Floats, axis: Binned, by_count: bool = False, shrink: float = 1.0
) -> Floats:
    """Crossing of the curves at which the smoothed F_wrong - F_right is largest."""
    spectra = [spectrum(c, axis.step, bandwidth(c, axis.centres, shrink)) for c in (right, wrong)]
    if by_count:
        n = right.sum(axis=-1, keepdims=True) + wrong.sum(axis=-1, keepdims=True)
        spectra = [
            s * (c.sum(axis=-1, keepdims=True) / n)
            for s, c in zip(spectra, (right, wrong), strict=True)
        ]
    difference = np.fft.irfft(spectra[1] - spectra[0], axis.bins, axis=-1)
    gap = np.cumsum(difference, axis=-1)
    top = np.argmax(gap[..., :-1], axis=-1)[..., None]
    before = np.take_along_axis(difference, top, -1)[..., 0]
    after = np.take_along_axis(difference, top + 1, -1)[..., 0]
    place = top[..., 0] + before / np.maximum(before - after, np.finfo(float).tiny)
    return np.where(np.take_along_axis(gap, top, -1)[..., 0] > _TINY, place, -np.inf)


def plain(right: Floats, wrong: Floats, axis: Binned, by_count: bool = False) -> Floats:
    """Crossing of the curves between their peaks (the rule of the paper)."""
    rows = zip(right.reshape(-1, axis.bins), wrong.reshape(-1, axis.bins), strict=True)
    found = [_between_peaks(curves(r, w, axis, by_count)) for r, w in rows]
    return np.array(found).reshape(right.shape[:-1])


def _between_peaks(found: Curves) -> float:
    low, high = int(np.argmax(found.wrong)), int(np.argmax(found.right))
    places = crossings(found)
    between = places[(places > low) & (places < high)]
    return float(between[0]) if len(between) else -np.inf


def youden(right: Floats, wrong: Floats) -> Floats:
    """Largest difference of the share of wrong and of right images rejected (Youden's J)."""
    gap = _upto(wrong) - _upto(right)
    top = np.argmax(gap, axis=-1)
    most = np.take_along_axis(gap, top[..., None], -1)[..., 0]
    return np.where(most > _TINY, top + 0.5, -np.inf)


def accuracy(right: Floats, wrong: Floats, target: float) -> Floats:
    """Fewest rejections after which the share of right images among the kept is `target`."""
    kept_right, kept_wrong = _kept(right), _kept(wrong)
    reached = (kept_right > 0) & (kept_right >= target * (kept_right + kept_wrong))
    first = np.argmax(reached, axis=-1)
    return np.where(reached.any(axis=-1), first - 0.5, np.inf)


def _upto(counts: Floats) -> Floats:
    total: Floats = np.cumsum(counts, axis=-1)
    return total / np.maximum(total[..., -1:], 1)


def _kept(counts: Floats) -> Floats:
    """Images in this and all better bins."""
    return np.flip(np.cumsum(np.flip(counts, -1), axis=-1), -1)


@dataclass(frozen=True, slots=True)
class Method:
    """How a cut-off is found from predictions.

    Parameters
    ----------
    name
        ``kde``, ``plain``, ``youden`` or ``accuracy``.
    target
        Accuracy to reach, of ``accuracy``.
    by_count
        Curves weighted by the number of images instead of each of area 1.
    """

    name: str = "kde"
    target: float | None = None
    by_count: bool = False

    def __post_init__(self) -> None:
        if self.name not in ("kde", "plain", "youden", "accuracy"):
            raise UsageError(
                f"there is no method {self.name!r}: kde, plain, youden, accuracy:SHARE or "
                "quantile:SHARE"
            )
        if (self.name == "accuracy") != (self.target is not None):
            raise UsageError("a target accuracy goes with the method accuracy, as accuracy:0.97")
        if self.by_count and not self.smooth:
            raise UsageError(f"the method {self.name} has no curves that counts could weight")

    @property
    def smooth(self) -> bool:
        """Whether it finds the crossing of curves."""
        return self.name in ("kde", "plain")

    @property
    def why_not(self) -> str:
        """Why it finds no cut-off, where it finds none."""
        if self.name == "plain":
            return "the curves of right and wrong images do not cross between their peaks"
        if self.name == "accuracy":
            return f"no cut-off makes {self.target:.4g} of the kept images right"
        weighted = ", weighted by count," if self.by_count else ""
        return f"the curve of the wrong images{weighted} is nowhere above that of the right ones"

    def locate(self, axis: Binned, shrink: float = 1.0) -> Locate:
        """The function that finds places on an axis; `shrink` acts on the bandwidth of kde."""
        if self.name == "kde":
            return partial(kde, axis=axis, by_count=self.by_count, shrink=shrink)
        if self.name == "plain":
            return partial(plain, axis=axis, by_count=self.by_count)
        if self.name == "youden":
            return youden
        return partial(accuracy, target=self.target or 0.0)
