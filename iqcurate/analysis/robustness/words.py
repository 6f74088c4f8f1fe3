"""Verdicts in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.analysis.robustness.judge import LEAST_UNITS, overall
from iqcurate.robustness import Survival
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.robustness import Outcome

_SUBJECT = {
    "crop": "a quarter of an image scores {response:+.1f} points beside the whole",
    "rotate": "a turn by {angle:.0f} degrees moves scores by {response:.1f} points more than a "
    "shift does",
    "blur": "a blur of sigma 2 takes {response:.1f} points",
}
_ALLOWED = {"crop": "at most {bound:g} either way", "rotate": "at most {bound:g}",
            "blur": "at least {bound:g}"}  # fmt: skip
_POWER = {"crop": "{told_from:.1f} or more", "rotate": "{told_from:.1f} or more",
          "blur": "{told_from:.1f} or less"}  # fmt: skip


def reason(tests: Mapping[str, Outcome], lacking: Mapping[str, str]) -> str:
    """Why the verdict of all tests is what it is, without a full stop.

    Parameters
    ----------
    tests
        Outcome by test.
    lacking
        Of some tests: why most images that lack a score for it have none.
    """
    verdict = overall(tests)
    of = {name: test for name, test in tests.items() if test.verdict is verdict}
    told = [_told(name, test) for name, test in of.items() if "response" in test.figures]
    lack: dict[str, list[str]] = {}
    for name, test in of.items():
        if "response" not in test.figures:
            lack.setdefault(_too_few(test, lacking.get(name, "")), []).append(name)
    return "; ".join([*told, *(f"{', '.join(names)}: {why}" for why, names in lack.items())])


def _told(name: str, test: Outcome) -> str:
    known = {key: value for key, value in test.figures.items() if value is not None}
    subject = _SUBJECT[name].format(**known)
    ends = "95% interval {low:.1f} to {high:.1f}".format(**known)
    within = f"{name}: {subject} ({ends}; allowed: {_ALLOWED[name].format(**known)}"
    if test.verdict is not Survival.CANNOT_TELL:
        return f"{within})"
    least = _POWER[name].format(**known)
    power = f"9 of 10 samples like this one tell {least} as a failure, larger samples tell less"
    return f"{within}; {power})"


def _too_few(test: Outcome, lacking: str) -> str:
    images, units = (int(test.figures[n] or 0) for n in ("images", "units"))
    groups = "" if units == images else f" of {counted(units, 'group')}"
    of = f"only {counted(images, 'image')}" if images else "no images"
    because = f" ({lacking})" if lacking else ""
    return f"of {of}{groups} there are all scores, {LEAST_UNITS} are needed{because}"
