"""Two sets of scores: how they differ, and which part of one is like the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from iqcurate.analysis.audit.summary import check_gates
from iqcurate.analysis.compare.classes import COLUMNS, by_class
from iqcurate.analysis.compare.shift import shift
from iqcurate.analysis.compare.standing import MATTERS, Verdict, Way, judge, sentence
from iqcurate.analysis.families import families, rank_correlations
from iqcurate.api.compared import CompareResult
from iqcurate.api.matched import match_sets
from iqcurate.api.two_sets import read_two
from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from iqcurate.analysis.compare.standing import Judged
    from iqcurate.api.inputs import ScoresLike
    from iqcurate.api.options import Progress
    from iqcurate.api.two_sets import TwoSets

_FIGURES = (
    "ks", "ks_low", "ks_high", "wasserstein", "wasserstein_sd", "better", "median_a", "median_b",
    "worse_a", "worse_b",
)  # fmt: skip


def compare(
    a: ScoresLike,
    b: ScoresLike,
    *,
    metrics: Sequence[str] | None = None,
    directions: Mapping[str, str] | None = None,
    where_a: str | None = None,
    where_b: str | None = None,
    matters: float = MATTERS,
    match: bool = False,
    per_class: bool = False,
    eps: float | None = None,
    fail_if: Sequence[str] = (),
    bootstraps: int = 1000,
    seed: int = 0,
    progress: Callable[[Progress], None] | None = None,
) -> CompareResult:
    """Compare two sets of scores, and if asked for find the part of A that is like B.

    Parameters
    ----------
    a, b
        Stores, table files, or tables in memory; see `iqcurate.api.inputs.read_scores`. Both may
        be the same, with `where_a` and `where_b`.
    metrics
        Only these scores; default: all that have a direction in both.
    directions
        Column -> ``higher`` or ``lower``, where the scores themselves do not say.
    where_a, where_b
        Only rows for which this expression holds, such as ``"split == 'train'"``; see
        `iqcurate.analysis.where.select`.
    matters
        Smallest distance of two distributions (Kolmogorov-Smirnov, 0 to 1) that matters.
    match
        Also choose as many images of A as can be whose scores are distributed like those of B.
    per_class
        Match each class with itself.
    eps
        How near to B the matched part must come, a distance from 0 to 1; default: as near as
        random images of B would.
    fail_if
        Conditions on the figures that must not hold, such as ``lapm_ks > 0.2``.
    bootstraps
        Draws behind each interval.
    seed
        The same seed gives the same result.
    progress
        Called with how many metrics are done.

    Raises
    ------
    UsageError
        Where the call cannot be right: no metric in common, an unknown column or figure ...
    SourceError, StoreError
        Where a table cannot be read.

    Examples
    --------
    >>> result = iqcurate.compare("scores/train", "scores/field")
    >>> result.sentence
    >>> result.frame[["metric", "verdict", "ks", "words"]]
    >>> iqcurate.compare("scores/train", "scores/field", match=True).matched.save("like_field.csv")
    """
    _check(matters, bootstraps, match, per_class, eps)
    sets = read_two(a, b, metrics, directions, where_a, where_b)
    tell = progress or (lambda _: None)
    shifts, pairs = {}, {}
    for done, name in enumerate(sets.directions):
        tell(_step(done, len(sets.directions)))
        pairs[name] = sets.pair(name)
        shifts[name] = shift(pairs[name], bootstraps, seed)
    judged, whole = judge(shifts, matters)
    classes = pd.DataFrame(columns=list(COLUMNS))
    if _both_labelled(sets):
        classes = by_class(pairs, sets.classes[1], matters)
    pairs.clear()
    tell(_step(len(sets.directions), len(sets.directions)))
    figures = _figures(sets, judged, classes)
    return CompareResult(
        sentence(judged, whole),
        whole,
        judged,
        classes,
        figures,
        check_gates(figures, fail_if),
        (*sets.notes, *_warnings(sets, judged)),
        match_sets(sets, eps, per_class, seed) if match else None,
        sets,
    )


def _check(
    matters: float, bootstraps: int, match: bool, per_class: bool, eps: float | None
) -> None:
    if not 0 < matters < 1:
        raise UsageError(f"--matters {matters:g}: it is a distance between 0 and 1")
    if bootstraps < 100:
        raise UsageError(f"{bootstraps} bootstraps are too few for an interval: at least 100")
    if not match and (per_class or eps is not None):
        raise UsageError("--per-class and --eps say how --match is done: give it too")


def _step(done: int, total: int) -> Progress:
    from iqcurate.api.options import Progress

    return Progress(done, total=total, step="metrics compared")


def _both_labelled(sets: TwoSets) -> bool:
    codes, n = sets.classes[0], sets.a.table.num_rows
    return bool((codes[:n] >= 0).any() and (codes[n:] >= 0).any())


def _figures(
    sets: TwoSets, judged: Mapping[str, Judged], classes: pd.DataFrame
) -> dict[str, float | None]:
    made: dict[str, float | None] = {}
    for letter, part, readable in zip("ab", (sets.a, sets.b), sets.readable, strict=True):
        made[f"images_{letter}"] = part.table.num_rows
        made[f"readable_{letter}"] = int(readable.sum())
    verdicts = [found.verdict for found in judged.values()]
    made |= {str(verdict): verdicts.count(verdict) for verdict in Verdict}
    ways = [found.way for found in judged.values()]
    made |= {"better": ways.count(Way.BETTER), "worse": ways.count(Way.WORSE)}
    known = [found.shift.ks for found in judged.values() if found.shift.ks is not None]
    made["ks_max"] = max(known, default=None)
    labelled = len(classes) > 0
    made["classes_shifted"] = (
        int(classes.loc[classes["verdict"] == "shifted", "class"].nunique()) if labelled else None
    )
    for name, found in judged.items():
        made |= {f"{name}_{figure}": getattr(found.shift, figure) for figure in _FIGURES}
        made[f"{name}_p"] = found.p_adjusted
    return made


def _warnings(sets: TwoSets, judged: Mapping[str, Judged]) -> Iterator[str]:
    if shared := sets.shared():
        yield (
            f"{shared} images of B are in A, too; the intervals take that into account, and "
            "everything else holds for the sets as they are"
        )
    columns = ((name, np.concatenate(sets.columns(name))) for name in judged)
    for family in families(rank_correlations(columns, sets.directions)):
        yield f"{', '.join(family)} rank the images almost alike: they are nearly one finding"
