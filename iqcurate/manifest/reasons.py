"""Why an image is kept or rejected, in a sentence."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.votes import LOW
from iqcurate.manifest.decision import Ballot, Ground, Stated
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy.typing as npt
    import pyarrow as pa

    from iqcurate.manifest.decision import Decision, Line, Ranking

    Rows = npt.NDArray[np.intp]


def reasons(decision: Decision, table: pa.Table, start: int) -> list[str]:
    """Write the reasons of some rows.

    Parameters
    ----------
    decision
        On all N images.
    table
        ``status``, ``error`` and the scores of the rows from `start` on.
    start
        Number of the first row.
    """
    rows = slice(start, start + table.num_rows)
    ground, keep, basis = decision.ground[rows], decision.keep[rows], decision.basis
    votes = [v[rows] for v in basis.votes.values()] if isinstance(basis, Ballot) else []
    found: list[str] = [""] * table.num_rows
    for group in _groups([ground, keep, *votes]):
        why = _why(decision, Ground(ground[group[0]]), table, group, group + start)
        verdict = "kept" if keep[group[0]] else "rejected"
        for i, text in zip(group.tolist(), why, strict=False):
            found[i] = f"{verdict}: {text}"
    return found


def _why(
    decision: Decision, ground: Ground, table: pa.Table, here: Rows, rows: Rows
) -> Iterable[str]:
    """Texts for rows that share ground and votes: `here` in the table, `rows` of all."""
    if ground is Ground.UNREADABLE:
        return _unreadable(table.select(["status", "error"]).take(here))
    if ground is Ground.UNDECIDED:
        return repeat("undecided, no metric has a score for it")
    if isinstance(decision.basis, Ballot):
        texts = _voted(decision.basis, table, here, rows)
    elif isinstance(decision.basis, Stated):
        texts = (decision.basis.texts[i] for i in decision.basis.codes[rows].tolist())
    else:
        stays = bool(decision.keep[rows[0]]) and ground is Ground.BASIS
        texts = _ranked(decision.basis, rows, stays)
    if ground is Ground.BROUGHT_BACK:
        saved = f"among the best {decision.min_per_class} of its class, although "
        return (saved + text for text in texts)
    return texts


def _unreadable(some: pa.Table) -> Iterator[str]:
    pairs = zip(some["status"].to_pylist(), some["error"].to_pylist(), strict=True)
    return (f"not readable ({status})" + (f": {e}" if e else "") for status, e in pairs)


def _voted(ballot: Ballot, table: pa.Table, here: Rows, rows: Rows) -> Iterable[str]:
    n, cast = int(ballot.low[rows[0]]), int(ballot.cast[rows[0]])
    count = f"{n} of {cast} vote{'s' * (cast != 1)} {'is' if n == 1 else 'are'} low"
    units = [_unit(ballot, unit, table, here, rows[0]) for unit in ballot.units]
    told = [texts for texts in units if texts]
    if not told:
        return repeat(count)
    return (f"{count}: {', '.join(texts)}" for texts in zip(*told, strict=True))


def _unit(
    ballot: Ballot, unit: tuple[str, ...], table: pa.Table, here: Rows, row: np.intp
) -> list[str]:
    """What the low metrics of a unit say, one text an image; empty where none is low."""
    texts = [
        _compared(name, ballot.lines[name], table.column(name).to_numpy()[here])
        for name in unit
        if ballot.votes[name][row] == LOW
    ]
    shared = f" (one vote for {', '.join(unit)})" if len(unit) > 1 else ""
    return [" and ".join(several) + shared for several in zip(*texts, strict=True)]


def _compared(name: str, line: Line, scores: npt.NDArray[np.float64]) -> list[str]:
    """Say that scores are worse than the cut-off, with as many digits as show it."""
    way = "below" if line.direction is Direction.HIGHER else "above"
    cutoff = f"{line.cutoff:.4g}"
    rounded = ((f"{score:.4g}", score) for score in scores.tolist())
    return [
        f"{name} {short} is {way} {cutoff}"
        if short != cutoff
        else f"{name} {score!r} is {way} {line.cutoff!r}"
        for short, score in rounded
    ]


def _ranked(ranking: Ranking, rows: Rows, stays: bool) -> Iterable[str]:
    whole = " of its class" if ranking.per_class else ""
    among = f"among the worst {100 * ranking.share:g}%{whole}"
    if stays:
        return repeat(f"not {among}")
    ranks = ranking.rank[rows].tolist()
    return (f"{among}: mean rank {rank:.3g} (0 worst, 1 best)" for rank in ranks)


def _groups(columns: list[npt.NDArray[np.generic]]) -> Iterator[Rows]:
    """Rows that are equal in all columns."""
    if not len(columns[0]):
        return
    order = np.lexsort(columns)
    changes = [column[order][1:] != column[order][:-1] for column in columns]
    yield from np.split(order, np.flatnonzero(np.logical_or.reduce(changes)) + 1)
