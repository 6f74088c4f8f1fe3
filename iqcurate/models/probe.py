"""A linear probe: how well frozen features tell the labels, tested on images it never saw.

Logistic regression on standardised features, k-fold cross-validated several times. Standardising
and the choice of the regularisation happen inside each training part.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.quiet import no_warnings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from iqcurate.models.labelled import Labelled
    from iqcurate.models.probe_choice import ProbeOptions

    Floats = npt.NDArray[np.floating[Any]]
    Ints = npt.NDArray[np.int64]

STRENGTHS = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Values of C that are tried: the inverse of the regularisation."""
_INNER = 3
_TRIES = 5
_MIDDLE = STRENGTHS[len(STRENGTHS) // 2]
_MOST_ITERATIONS = 1000
NONE = -1


class _StoppedError(Exception):
    """The user wants the end."""


@dataclass(frozen=True, slots=True)
class Partition:
    """Predictions of one partition.

    Parameters
    ----------
    fold
        int (images,): the part in which an image was tested; -1 for those not predicted.
    probabilities
        float32 (images, classes), of the part's probe; zero for classes it was not trained on.
    strengths
        C of each part's probe.
    """

    fold: Ints
    probabilities: npt.NDArray[np.float32]
    strengths: tuple[float, ...]


def cross_validate(
    features: Floats,
    chosen: Labelled,
    options: ProbeOptions,
    threads: int = 1,
    told: Callable[[int, int], None] | None = None,
    stop: Callable[[], bool] = bool,
) -> list[Partition] | None:
    """Predict each chosen image by probes that saw neither it nor what belongs to it.

    Parameters
    ----------
    features
        float32 (n, numbers), of `chosen.rows`.
    chosen
        See `iqcurate.models.labelled.choose`.
    options
        See `ProbeOptions`.
    threads
        Probes trained at a time; the result does not depend on it.
    told
        Called with how many probes are trained, of how many.
    stop
        Asked before each fit; true ends the work.

    Returns
    -------
    One partition after the other, fewer where so many different ones were not found; None where
    it was stopped.
    """
    from threadpoolctl import threadpool_limits

    drawn = _partitions(chosen, options)
    jobs = [
        (p, fold, *split) for p, splits in enumerate(drawn) for fold, split in enumerate(splits)
    ]
    partitions = [_empty(chosen) for _ in drawn]
    strengths: list[list[float]] = [[] for _ in partitions]

    def work(job: tuple[int, int, Ints, Ints]) -> tuple[Floats, Ints, float]:
        return _tested(features, chosen, job[2], job[3], options.seed, stop)

    pool = ThreadPoolExecutor(threads)
    try:
        # One core each: BLAS on several takes many times longer for matrices of this size.
        with threadpool_limits(1):
            results = zip(jobs, pool.map(work, jobs), strict=True)
            for done, ((p, fold, _, test), found) in enumerate(results, 1):
                rows, known, strength = found
                seen = np.isin(chosen.labels[test], known)
                partitions[p][0][test[seen]] = fold
                partitions[p][1][np.ix_(test, known)] = rows
                strengths[p].append(strength)
                if told is not None:
                    told(done, len(jobs))
    except _StoppedError:
        return None
    finally:
        pool.shutdown(cancel_futures=True)
    return [Partition(f, p, tuple(s)) for (f, p), s in zip(partitions, strengths, strict=True)]


def _empty(chosen: Labelled) -> tuple[Ints, npt.NDArray[np.float32]]:
    n = len(chosen.rows)
    return np.full(n, NONE, np.int64), np.zeros((n, len(chosen.classes)), np.float32)


def _partitions(chosen: Labelled, options: ProbeOptions) -> list[list[tuple[Ints, Ints]]]:
    """Training and test images of each fold of each partition.

    Few groups can be parted in few ways: a partition that is like another is left out, because
    the spread over copies would look like certainty.
    """
    found: dict[frozenset[bytes], list[tuple[Ints, Ints]]] = {}
    for p in range(_TRIES * options.partitions):
        if len(found) == options.partitions:
            break
        seed = int(np.random.SeedSequence([options.seed, p]).generate_state(1)[0])
        splits = _splits(chosen.labels, chosen.units, options.folds, seed)
        found.setdefault(frozenset(test.tobytes() for _, test in splits), splits)
    return list(found.values())


def _splits(labels: Ints, units: Ints, folds: int, seed: int) -> list[tuple[Ints, Ints]]:
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    blank = np.empty(len(labels))
    with no_warnings():
        if len(np.unique(units)) == len(units):
            plain = StratifiedKFold(folds, shuffle=True, random_state=seed)
            return list(plain.split(blank, labels))
        grouped = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
        found = list(grouped.split(blank, labels, units))
    return [(train, test) for train, test in found if len(train) and len(test)]


def _tested(
    features: Floats, chosen: Labelled, train: Ints, test: Ints, seed: int, stop: Callable[[], bool]
) -> tuple[Floats, Ints, float]:
    """Probabilities of the test images, the classes they are of, and the C that was chosen."""
    labels, units = chosen.labels[train], chosen.units[train]
    if len(np.unique(labels)) < 2:
        return np.empty((len(test), 0)), np.empty(0, np.int64), _MIDDLE
    with no_warnings():  # of scikit-learn, about few images of a class
        strength = _tuned(features, train, labels, units, seed, stop)
        rows, known = _probabilities(features[train], labels, features[test], [strength], stop)
    return rows[0], known, strength


def _tuned(
    features: Floats, part: Ints, labels: Ints, units: Ints, seed: int, stop: Callable[[], bool]
) -> float:
    """The C with the least log loss in an inner cross-validation of the training part.

    `part` are its rows of the features; `labels` and `units` are those of the part.
    """
    folds = min(_INNER, int(np.bincount(labels).max()), len(np.unique(units)))
    if folds < 2:
        return _MIDDLE
    losses = np.zeros(len(STRENGTHS))
    for train, test in _splits(labels, units, folds, seed):
        if len(np.unique(labels[train])) < 2:
            continue
        found, known = _probabilities(
            features[part[train]], labels[train], features[part[test]], STRENGTHS, stop
        )
        at = np.searchsorted(known, labels[test])
        seen = np.isin(labels[test], known)
        for i, rows in enumerate(found):
            true = rows[seen, at[seen]]
            losses[i] -= np.log(np.maximum(true, 1e-12)).sum()
    return STRENGTHS[int(losses.argmin())]


def _probabilities(
    train: Floats,
    labels: Ints,
    test: Floats,
    strengths: Sequence[float],
    stop: Callable[[], bool],
) -> tuple[list[Floats], Ints]:
    """Probabilities of the test images for each C, and the classes they are of.

    Standardises `train` and `test` where they are: with many images a copy is gigabytes.
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler(copy=False).fit(train)
    scaled, asked = scaler.transform(train), scaler.transform(test)
    found = []
    for strength in strengths:
        if stop():
            raise _StoppedError
        model = LogisticRegression(C=strength, max_iter=_MOST_ITERATIONS).fit(scaled, labels)
        found.append(model.predict_proba(asked))
    return found, np.unique(labels)
