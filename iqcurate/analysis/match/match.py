"""The part of A that is distributed like B, whole or by class, and why each image is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from iqcurate.analysis.match.draw import allowed, distance, draw
from iqcurate.analysis.match.propensity import propensity
from iqcurate.analysis.match.tenths import Tenths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Codes: TypeAlias = npt.NDArray[np.int32]
    Rows: TypeAlias = npt.NDArray[np.intp]
    Mask: TypeAlias = npt.NDArray[np.bool_]

LEAST_EPS = 0.02
"""Smallest distance that is asked for by default where several metrics are matched: the model that
makes one score of them is not better than that."""
_ROUNDS, _NEARER = 30, 0.9
"""How often a metric that is still too far is matched alone, and how near then, in parts of the
distance that is allowed: bringing one nearer moves the others a little."""


@dataclass(frozen=True, slots=True)
class Sets:
    """What is matched.

    Parameters
    ----------
    a, b
        Scores by metric, float64 (N,) and (M,), NaN where there is none.
    classes
        Class of each image of A, then of B, int32 (N + M,), -1 for none; None to match the sets
        as wholes.
    names
        Of the classes.
    units
        Images that are not independent, int32 (N + M,); or None.
    """

    a: Mapping[str, Floats]
    b: Mapping[str, Floats]
    classes: Codes | None = None
    names: Sequence[str] = ()
    units: Codes | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """The outcome for one class, or for all images.

    Parameters
    ----------
    name
        Of the class; None for all.
    n_a, n_b, kept
        Images with a score, and what is kept of A.
    eps
        Distance that was allowed; None where there was nothing to match.
    """

    name: str | None
    n_a: int
    n_b: int
    kept: int
    eps: float | None


@dataclass(frozen=True, slots=True)
class Matched:
    """The part of A.

    Parameters
    ----------
    keep
        bool (N,).
    group, texts
        Group of like images that each is in, int32 (N,), and what is to be said of each group.
    parts
        By class, or one.
    """

    keep: Mask
    group: Codes
    texts: tuple[str, ...]
    parts: tuple[Part, ...]


def match(sets: Sets, eps: float | None = None, seed: int = 0) -> Matched:
    """Choose as many images of A as can be, so that their scores are distributed like those of B.

    One metric is matched by its scores, and the number is the largest there is. Several are
    matched by `propensity`.

    Parameters
    ----------
    sets
        The images.
    eps
        Largest distance (Kolmogorov-Smirnov) of the matched score, 0 to 1; None: what chance
        gives, see `iqcurate.analysis.match.draw.allowed`; with several metrics at least
        `LEAST_EPS`.
    seed
        Of what is drawn at random.
    """
    a, b, what = _score(sets, seed)
    random, n = np.random.default_rng(seed), len(a)
    keep, group = np.zeros(n, bool), np.zeros(n, np.int32)
    texts, parts = [f"it has no score of {' or '.join(sets.a)} to match by"], list[Part]()
    if sets.classes is not None:
        group[np.isfinite(a) & (sets.classes[:n] < 0)] = len(texts)
        texts.append("it has no class to match within")
    for name, rows_a, rows_b in _divided(sets, np.isfinite(a), np.isfinite(b)):
        limit = _limit(eps, len(rows_a), len(rows_b), len(sets.a))
        of = "" if name is None else f" of {name}"
        if not len(rows_b):
            group[rows_a] = len(texts)
            texts.append(f"B has no image{of} with a score to match by")
            parts.append(Part(name, len(rows_a), 0, 0, None))
            continue
        kept = _drawn(sets, (a, b), (rows_a, rows_b), limit, random)
        keep[rows_a] = kept
        tenths = Tenths.of(b[rows_b])
        group[rows_a] = len(texts) + tenths.places(a[rows_a])
        texts += tenths.texts(a[rows_a], b[rows_b], kept, what + of)
        parts.append(Part(name, len(rows_a), len(rows_b), int(kept.sum()), limit))
    return Matched(keep, group, tuple(texts), tuple(parts))


def _drawn(
    sets: Sets,
    score: tuple[Floats, Floats],
    rows: tuple[Rows, Rows],
    limit: float,
    random: np.random.Generator,
) -> Mask:
    """What to keep of some rows of A.

    With several metrics, those that are still further away than `limit` are then matched one after
    the other among what is left, the furthest first; unless nothing would be left.
    """
    (rows_a, rows_b), (a, b) = rows, score
    keep = draw(a[rows_a], b[rows_b], limit, random)
    first = keep.copy()
    for _ in range(_ROUNDS if len(sets.a) > 1 else 0):
        kept = rows_a[keep]
        far = {n: distance(sets.a[n][kept], sets.b[n][rows_b]) for n in sets.a}
        furthest = max(far, key=far.__getitem__)
        if far[furthest] <= limit or not len(kept):
            break
        scores, target = sets.a[furthest][kept], sets.b[furthest][rows_b]
        have = np.isfinite(scores)
        stays = draw(scores[have], target[np.isfinite(target)], _NEARER * limit, random)
        if not stays.any():
            return first
        keep[np.flatnonzero(keep)[have][~stays]] = False
    return keep if keep.any() else first


def _score(sets: Sets, seed: int) -> tuple[Floats, Floats, str]:
    """One score of each image, NaN where there is none, and what it is called."""
    if len(sets.a) == 1:
        (name,) = sets.a
        return sets.a[name], sets.b[name], name
    a, b = (np.column_stack(list(columns.values())) for columns in (sets.a, sets.b))
    have_a, have_b = (np.isfinite(columns).any(axis=1) for columns in (a, b))
    score_a, score_b = np.full(len(a), np.nan), np.full(len(b), np.nan)
    if min(have_a.sum(), have_b.sum()) > 1:
        both = np.concatenate([have_a, have_b])
        units = None if sets.units is None else sets.units[both]
        found = propensity(a[have_a], b[have_b], units, seed)
        score_a[have_a], score_b[have_b] = found
    return score_a, score_b, f"log odds of being from B (by {', '.join(sets.a)})"


def _limit(eps: float | None, n_a: int, n_b: int, metrics: int) -> float:
    if eps is not None:
        return eps
    return max(allowed(n_a, n_b), LEAST_EPS if metrics > 1 else 0.0)


def _divided(sets: Sets, have_a: Mask, have_b: Mask) -> Iterator[tuple[str | None, Rows, Rows]]:
    """Name and rows with a score in A and B, of each class of A, or of all; then those without."""
    if sets.classes is None:
        yield None, np.flatnonzero(have_a), np.flatnonzero(have_b)
        return
    size = len(sets.names)
    a, b = (
        _by_code(np.where(have, codes, size), size)
        for have, codes in (
            (have_a, sets.classes[: len(have_a)]),
            (have_b, sets.classes[len(have_a) :]),
        )
    )
    for code, name in enumerate(sets.names):
        if len(a[code]) or len(b[code]):
            yield name, a[code], b[code]


def _by_code(codes: npt.NDArray[np.integer], size: int) -> list[Rows]:
    """Rows of each code from 0 to size - 1."""
    codes = np.where(codes < 0, size, codes)
    order = np.argsort(codes, kind="stable")
    return np.split(order, np.cumsum(np.bincount(codes, minlength=size + 1))[:-1])[:size]
