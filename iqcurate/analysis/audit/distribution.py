"""How the scores of one metric are distributed, and on which scale that is best seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.cutoffs.curves import bandwidth, densities

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_BARS = (12, 60)
PROBABILITIES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
_SHOWN = (0.005, 0.995)
_NEAR = 0.15
"""Tails are shown whole where they add less than this share to the width of the chart."""
_LOG_FROM = 50.0
"""Scores whose shown ends differ by this factor are seen better on a logarithmic scale."""
_BINS = 1024


@dataclass(frozen=True, slots=True)
class Scale:
    """The part of an axis that is shown, in scores; `log`: equal ratios are equally long."""

    low: float
    high: float
    log: bool

    def place(self, values: npt.ArrayLike) -> Floats:
        """Where values lie: 0 at `low`, 1 at `high`, -inf for what has no logarithm."""
        values = np.asarray(values, float)
        if not self.log:
            return np.asarray((values - self.low) / (self.high - self.low))
        ends = np.log(self.high) - np.log(self.low)
        positive = values > 0
        logs = np.log(np.where(positive, values, 1.0))
        return np.where(positive, (logs - np.log(self.low)) / ends, -np.inf)


@dataclass(frozen=True, slots=True)
class Distribution:
    """The scores of one metric.

    Parameters
    ----------
    n
        Images with a score.
    mean, sd
        None without scores; sd (N - 1) also None with one.
    quantiles
        At `PROBABILITIES`; empty without scores.
    scale
        Of the chart; None without scores.
    bars
        Images in equal parts of the scale: 12 of few images, 60 of thousands.
    below, above
        Images beyond its ends.
    curve
        Kernel density estimate at the edges of the bars (one value more), in images a bar; empty
        where all scores are equal.
    """

    n: int
    mean: float | None
    sd: float | None
    quantiles: tuple[float, ...]
    scale: Scale | None
    bars: tuple[int, ...]
    below: int
    above: int
    curve: tuple[float, ...]


def describe(scores: Floats, marks: Iterable[float] = ()) -> Distribution:
    """Describe scores.

    Parameters
    ----------
    scores
        float64 (N,), NaN where there is none.
    marks
        Values that the chart must reach, such as a cut-off.
    """
    values: Floats = scores[np.isfinite(scores)]
    if not len(values):
        return Distribution(0, None, None, (), None, (), 0, 0, ())
    quantiles = np.quantile(values, PROBABILITIES)
    scale = _scale(values, marks)
    place = scale.place(values)
    inside = place[(place >= 0) & (place <= 1)]
    bars = np.histogram(inside, _bars(len(values)), (0, 1))[0]
    return Distribution(
        n=len(values),
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)) if len(values) > 1 else None,
        quantiles=tuple(map(float, quantiles)),
        scale=scale,
        bars=tuple(map(int, bars)),
        below=int((place < 0).sum()),
        above=int((place > 1).sum()),
        curve=_curve(inside, len(bars)),
    )


def _scale(values: Floats, marks: Iterable[float]) -> Scale:
    low, high = (float(v) for v in np.quantile(values, _SHOWN))
    log = low > 0 and high / low > _LOG_FROM
    low, high = _with_tails(low, high, float(values.min()), float(values.max()), log)
    reached = [m for m in marks if np.isfinite(m) and (m > 0 or not log)]
    low, high = min([low, *reached]), max([high, *reached])
    if low == high:
        room = abs(low) * 0.05 or 0.5
        return Scale(low - room, high + room, log=False)
    return Scale(low, high, log)


def _with_tails(
    low: float, high: float, least: float, most: float, log: bool
) -> tuple[float, float]:
    """Widen the ends to the outermost scores where these are near."""
    if low == high:
        return least, most
    scale = Scale(low, high, log)
    left, right = scale.place([least, most]).tolist()
    return (least if left >= -_NEAR else low), (most if right <= 1 + _NEAR else high)


def _bars(n: int) -> int:
    """Half as many again as Rice's rule has, which smooths much."""
    return int(np.clip(round(3 * n ** (1 / 3)), *_BARS))


def _curve(inside: Floats, bars: int) -> tuple[float, ...]:
    """Density of places in [0, 1], in images a bar; smoothed beyond both ends, then cut."""
    if len(inside) < 2 or inside.min() == inside.max():
        return ()
    step = 3 / _BINS
    positions = np.linspace(-1 + step / 2, 2 - step / 2, _BINS)
    counts = np.histogram(inside, _BINS, (-1, 2))[0].astype(float)
    smooth = densities(counts, step, bandwidth(counts, positions))
    at = np.interp(np.linspace(0, 1, bars + 1), positions, smooth)
    return tuple((np.maximum(at, 0) * len(inside) / bars).tolist())
