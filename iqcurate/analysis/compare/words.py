"""One metric's shift in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.analysis.compare.shift import LEAST
from iqcurate.analysis.compare.standing import Verdict, Way

if TYPE_CHECKING:
    from iqcurate.analysis.compare.shift import Shift
    from iqcurate.analysis.compare.standing import Judged

_MIX = 2 / 3
"""Where weighting the classes alike leaves less of the distance than this, the mix matters."""


def words(found: Judged, matters: float) -> str:
    """What the figures of one metric mean.

    Parameters
    ----------
    found
        The metric.
    matters
        Smallest distance that matters.
    """
    shift = found.shift
    if found.verdict is Verdict.TOO_FEW:
        return _too_few(shift)
    if found.verdict is Verdict.ALIKE:
        return f"alike: a difference of {matters:g} or more is unlikely"
    if found.verdict is Verdict.CANNOT_TELL:
        real = found.p_adjusted is not None and found.p_adjusted < 0.05
        return (
            f"differs, and whether by as much as {matters:g} cannot be told"
            if real
            else "no difference is sure, and none can be ruled out: more images would tell"
        )
    return _shifted(found) + _mix(shift)


def _too_few(shift: Shift) -> str:
    for n, name in ((shift.n_a, "A"), (shift.n_b, "B")):
        if not n:
            return f"no image of {name} has a score"
    groups = shift.independent_a < shift.n_a or shift.independent_b < shift.n_b
    what = "independent groups" if groups else "images"
    return f"too few {what} to tell: it takes {LEAST} of each set"


def _shifted(found: Judged) -> str:
    shift = found.shift
    line = f"{shift.worse_a:.0%} of A and {shift.worse_b:.0%} of B are at {shift.at:.4g} or worse"
    if found.way is Way.OTHER:
        return f"neither better nor worse, but otherwise distributed: {line}"
    return f"A is {found.way}: {line}"


def _mix(shift: Shift) -> str:
    if shift.ks_same_mix is None or shift.ks is None or shift.ks_same_mix >= _MIX * shift.ks:
        return ""
    return (
        f"; with the classes in the same shares only {shift.ks_same_mix:.2f} is left of "
        f"{shift.ks:.2f}: much of it is that the sets hold other classes"
    )
