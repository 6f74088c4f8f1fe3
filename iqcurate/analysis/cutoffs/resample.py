"""Drawing images anew, as counts in bins: the data are read once, whatever the number of draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Counts = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
    """Right and wrong images in bins, each float64 (draws, M)."""

AT_ONCE = 250
"""Draws made at a time, for memory."""
MOST_UNITS = 4096
"""More units of a kind are first put into this many batches at random. The variance between
batches is that between units; its own error, 1 in 90, is below that of 1000 draws."""


@dataclass(frozen=True, slots=True)
class Binned:
    """Images in bins.

    Parameters
    ----------
    at
        Bin of each image, int32 (N,).
    wrong
        bool (N,).
    units
        int32 (N,) from 0, or None.
    bins
        Number of bins M.
    """

    at: npt.NDArray[np.int32]
    wrong: npt.NDArray[np.bool_]
    units: npt.NDArray[np.int32] | None
    bins: int


def bootstrap(data: Binned, draws: int, seed: int) -> Iterator[Counts]:
    """Draw with replacement, right and wrong ones apart; with units, these.

    Units that hold a wrong image and units that hold none are drawn apart, as the images of
    both kinds are where there are no units.
    """
    random = np.random.default_rng(seed)
    if data.units is None:
        kinds = [np.bincount(data.at[k], minlength=data.bins) for k in (~data.wrong, data.wrong)]
        for n in _portions(draws):
            yield _draw_images(random, kinds[0], n), _draw_images(random, kinds[1], n)
    else:
        strata = _strata(data, data.units, random)
        for n in _portions(draws):
            yield _draw_units(random, strata, n)


def folds(data: Binned, k: int, seed: int) -> npt.NDArray[np.int8]:
    """Put images into `k` folds, int8 (N,), right and wrong ones evenly; units stay whole.

    The order of the images does not matter: those of one bin are as good as each other.
    """
    random = np.random.default_rng(seed)
    if data.units is None:
        order = np.argsort(data.at, kind="stable")
        fold = np.empty(len(order), dtype=np.int8)
        fold[order] = _dealt(data.wrong[order], k, random)
        return fold
    return _dealt(_holds_wrong(data, data.units), k, random)[data.units]


def _dealt(
    kind: npt.NDArray[np.bool_], k: int, random: np.random.Generator
) -> npt.NDArray[np.int8]:
    fold = np.empty(len(kind), dtype=np.int8)
    for members in (np.flatnonzero(kind), np.flatnonzero(~kind)):
        fold[random.permutation(members)] = np.arange(len(members)) % k
    return fold


def _portions(draws: int) -> list[int]:
    return [min(AT_ONCE, draws - done) for done in range(0, draws, AT_ONCE)]


def _draw_images(
    random: np.random.Generator, counts: npt.NDArray[np.int64], draws: int
) -> npt.NDArray[np.float64]:
    filled = np.flatnonzero(counts)
    total = int(counts.sum())
    drawn = np.zeros((draws, len(counts)))
    if total:
        drawn[:, filled] = random.multinomial(total, counts[filled] / total, size=draws)
    return drawn


def _holds_wrong(data: Binned, units: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    held: npt.NDArray[np.bool_] = np.bincount(units, data.wrong, int(units.max()) + 1) > 0
    return held


def _strata(
    data: Binned, units: npt.NDArray[np.int32], random: np.random.Generator
) -> list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]]:
    """Right and wrong images in bins by unit, float32 (units, M), of each kind of unit."""
    held = _holds_wrong(data, units)
    made = []
    for kind in (held, ~held):
        members = np.flatnonzero(kind)
        if not len(members):
            continue
        rows = min(len(members), MOST_UNITS)
        row = np.full(len(kind), -1, dtype=np.int32)
        row[random.permutation(members)] = np.arange(len(members)) % rows
        mine = row[units]
        made.append(
            (
                _table(data, mine, (mine >= 0) & ~data.wrong, rows),
                _table(data, mine, (mine >= 0) & data.wrong, rows),
            )
        )
    return made


def _table(
    data: Binned, row: npt.NDArray[np.int32], chosen: npt.NDArray[np.bool_], rows: int
) -> npt.NDArray[np.float32]:
    cells = row[chosen].astype(np.int64) * data.bins + data.at[chosen]
    counts = np.bincount(cells, minlength=rows * data.bins)
    return counts.reshape(rows, data.bins).astype(np.float32)


def _draw_units(
    random: np.random.Generator,
    strata: list[tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]],
    draws: int,
) -> Counts:
    shape = draws, strata[0][0].shape[1]
    total = np.zeros(shape), np.zeros(shape)
    for tables in strata:
        n = len(tables[0])
        picked = random.integers(n, size=(draws, n), dtype=np.int32)
        picked += np.arange(draws, dtype=np.int32)[:, None] * n
        times = np.bincount(picked.ravel(), minlength=draws * n).reshape(draws, n)
        weights = times.astype(np.float32)
        for sum_, table in zip(total, tables, strict=True):
            sum_ += weights @ table
    return total
