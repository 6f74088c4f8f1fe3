"""What a cut-off is worth, and why, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iqcurate.cutoffs import Verdict
from iqcurate.words import counted

if TYPE_CHECKING:
    from iqcurate.analysis.cutoffs.separation import Separation

LEAST = 10
"""Right and wrong images without which nothing is said, and wrong ones within classes."""
ENOUGH_WRONG = 30
ALPHA = 0.01


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a verdict rests on.

    Parameters
    ----------
    pooled, within
        Wrong against right images, over all and within classes; `within` is None without labels
        or without a class that has right and wrong images.
    labelled
        Whether there are labels.
    why_not
        Why there is no cut-off, where there is none; else empty.
    gain_low
        Lower 95% bound of the share of wrong minus the share of right images rejected, at the
        end of the interval where it is smaller.
    held_out
        (low, point, high) of the error of rejected minus that of kept images, for images that
        the cut-off was not found on; None where one of the two is empty.
    """

    pooled: Separation
    within: Separation | None
    labelled: bool
    why_not: str
    gain_low: float
    held_out: tuple[float, float, float] | None


def refusal(n_right: int, n_wrong: int) -> str | None:
    """Why nothing can be said, or None."""
    short = [
        f"only {counted(n, f'{kind} prediction')}" if n else f"no {kind} predictions"
        for n, kind in ((n_wrong, "wrong"), (n_right, "right"))
        if n < LEAST
    ]
    if not short:
        return None
    return f"{' and '.join(short)} among the images with a score: at least {LEAST} are needed"


def judge(evidence: Evidence) -> tuple[Verdict, str]:
    """Verdict and reason."""
    why_none = _why_none(evidence)
    if why_none:
        return Verdict.NONE, why_none
    doubts = _doubts(evidence)
    seen = f"wrong images score worse ({_auc(evidence.pooled)}"
    if _tested_within(evidence) and evidence.within is not None:
        seen += f"; within classes {_auc(evidence.within)}"
    seen += ")"
    if doubts:
        return Verdict.WEAK, f"{seen}, but {'; '.join(doubts)}"
    return Verdict.USABLE, (
        f"{seen}; anywhere in its interval the cut-off rejects more of the wrong than of the right "
        "images, and of held-out images, too, the rejected are more often wrong"
    )


def _tested_within(evidence: Evidence) -> bool:
    return evidence.within is not None and evidence.within.n_wrong >= LEAST


def _why_none(evidence: Evidence) -> str | None:
    pooled = evidence.pooled
    if pooled.p >= ALPHA:
        if pooled.reversed_p < ALPHA:
            return f"wrong images score better, not worse ({_auc(pooled)}): is the direction right?"
        return (
            "it is not shown that wrong images score worse than right ones "
            f"({_auc(pooled)}{_p(pooled)}; it takes p < {ALPHA:g})"
        )
    if _tested_within(evidence) and evidence.within is not None and evidence.within.p >= ALPHA:
        within = evidence.within
        return (
            f"wrong images score worse over all ({_auc(pooled)}), but not within classes "
            f"({_auc(within)}{_p(within)}): some classes score low and are hard for other reasons"
        )
    return evidence.why_not or None


def _doubts(evidence: Evidence) -> list[str]:
    doubts = []
    if evidence.pooled.n_wrong < ENOUGH_WRONG:
        doubts.append(f"{evidence.pooled.n_wrong} wrong ones are few (under {ENOUGH_WRONG})")
    if not evidence.labelled:
        doubts.append("without labels it may be that some classes both score low and are hard")
    elif not _tested_within(evidence):
        n = 0 if evidence.within is None else evidence.within.n_wrong
        doubts.append(
            f"only {n} of them are in a class that has right ones too, too few (under {LEAST}) to "
            "tell quality from class"
        )
    if evidence.gain_low <= 0:
        doubts.append(
            "at an end of its interval the cut-off may reject no larger share of the wrong than of "
            "the right images"
        )
    if evidence.held_out is None or evidence.held_out[0] <= 0:
        doubts.append("of held-out images the rejected may be no more often wrong than the kept")
    return doubts


def _auc(found: Separation) -> str:
    return f"AUC {found.auc:.2f}"


def _p(found: Separation) -> str:
    return f", p = {found.p:.2g}"
