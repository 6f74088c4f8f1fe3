"""Which metrics of a file of cut-offs judge the images, and what is to be said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.analysis.drift import drift
from iqcurate.analysis.families import families, opposites, rank_correlations
from iqcurate.cutoffs import Verdict
from iqcurate.errors import CutoffError, UsageError
from iqcurate.robustness import Survival

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from iqcurate.api.inputs import Scores
    from iqcurate.cutoffs import Cutoff, Cutoffs
    from iqcurate.robustness import Robustness
    from iqcurate.spec import Direction

    Tell = Callable[[str], None]
    Values = npt.NDArray[np.float64]

TRUSTED = (Verdict.USABLE, Verdict.SET_BY_HAND, Verdict.WEAK)
"""Verdicts of the cut-offs that judge where none are named."""
_WAYS_OUT = (
    "the ways out: predictions with more wrong images, a cut-off of your own (iqcurate cutoff "
    "--set NAME=VALUE), or the worst by rank (iqcurate curate --drop-worst 20% instead of "
    "--cutoffs)"
)


def choose(cutoffs: Cutoffs, metrics: Sequence[str] | None, tell: Tell) -> dict[str, Cutoff]:
    """Pick the cut-offs that are used: those asked for, or those that may be relied on.

    Parameters
    ----------
    cutoffs
        What there is.
    metrics
        The names asked for; None: usable, set by hand, and weak ones.
    tell
        Takes warnings.

    Raises
    ------
    UsageError
        Where there is no cut-off of that name.
    CutoffError
        Where nothing may be used.
    """
    have = cutoffs.metrics
    if unknown := [name for name in metrics or () if name not in have]:
        raise UsageError(f"no cut-off for {', '.join(unknown)}; there are {', '.join(have)}")
    names = metrics or [n for n, c in have.items() if c.verdict in TRUSTED]
    without = {n: c for n, c in have.items() if c.cutoff is None or n not in names}
    if not names or any(n in without for n in names):
        said = "".join(f"\n  {n}: {c.verdict} ({c.reason})" for n, c in without.items())
        raise CutoffError(
            f"nothing to judge the images by:{said or ' there are no cut-offs'}\n{_WAYS_OUT}"
        )
    for name, cutoff in have.items():
        if name not in names and metrics is None:
            tell(f"{name} is not used, its cut-off is {_word(cutoff.verdict)}: {cutoff.reason}")
        elif name in names and cutoff.verdict not in (Verdict.USABLE, Verdict.SET_BY_HAND):
            tell(f"{name}: its cut-off is {_word(cutoff.verdict)}: {cutoff.reason}")
    for doubt in cutoffs.provenance.get("doubts", ()):
        tell(f"of the cut-offs: {doubt}")
    return {name: have[name] for name in dict.fromkeys(names)}


def check_directions(chosen: Mapping[str, Cutoff], scores: Scores) -> None:
    """Raise `CutoffError` where scores are not there or point the other way."""
    for name, cutoff in chosen.items():
        known = scores.directions.get(name)
        if known is None:
            raise CutoffError(
                f"{scores.name} has no scores named {name!r}, which the cut-offs are for; it has "
                f"{', '.join(scores.directions)}: score them, or choose with --metrics"
            )
        if known is not cutoff.direction:
            raise CutoffError(
                f"{name}: the cut-off says that {cutoff.direction} is better, the scores of "
                f"{scores.name} say {known}: make the cut-offs anew, or if this column is "
                f"turned round, say --direction {name}={cutoff.direction}"
            )


def tell_failed(names: Sequence[str], robustness: Mapping[str, Robustness], tell: Tell) -> None:
    """Warn of metrics that move with something else than quality."""
    for name in names:
        found = robustness.get(name)
        if found is not None and found.verdict is Survival.FAILS:
            tests = ", ".join(found.failed) or "its tests"
            tell(f"{name}: failed {tests} in the tests of robustness: {found.reason}")


def tell_drift(
    chosen: Mapping[str, Cutoff], columns: Iterator[tuple[str, Values]], tell: Tell
) -> None:
    """Warn where scores have moved since the cut-off was found."""
    for name, values in columns:
        cutoff = chosen.get(name)
        if cutoff is None or cutoff.reference is None:
            continue
        found = drift(values, cutoff.reference, (cutoff.n_right or 0) + (cutoff.n_wrong or 0))
        if found is not None and found.drifted:
            tell(
                f"{name}: the scores have moved since the cut-off was found (distance of the "
                f"distributions {found.distance:.2f}, allowed {found.allowed:.2f}; median "
                f"{found.median_then:.4g} then, {found.median_now:.4g} now): find it anew"
            )


def find_families(
    columns: Iterator[tuple[str, Values]],
    directions: Mapping[str, Direction],
    tell: Tell,
    share: bool,
) -> tuple[tuple[str, ...], ...]:
    """Name metrics that rank the images alike, and pairs that rank them in opposite order."""
    correlations = rank_correlations(columns, directions)
    found = families(correlations)
    for family in found:
        within = correlations.loc[list(family), list(family)].to_numpy(float)
        way = "they share one vote" if share else "their votes are nearly one"
        tell(
            f"{', '.join(family)} rank the images almost alike (Spearman {within.min():.2f} or "
            f"more): {way}"
        )
    for one, other in opposites(correlations):
        tell(f"{one} and {other} rank the images in opposite order: is a direction wrong?")
    return found


def _word(verdict: Verdict) -> str:
    words = {Verdict.NONE: "not supported by the data", Verdict.REFUSED: "refused"}
    return words.get(verdict, str(verdict))
