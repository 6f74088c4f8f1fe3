"""Verdicts in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.analysis.robustness.judge import LEAST_UNITS, overall

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
_NEEDS = {"crop": "the image and its four quarters", "rotate": "all turned squares",
          "blur": "the image and its blurred version"}  # fmt: skip


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
    return "; ".join(_told(name, test, lacking.get(name, "")) for name, test in of.items())


def _told(name: str, test: Outcome, lacking: str) -> str:
    figures = test.figures
    if figures.get("response") is None:
        why = f" ({lacking})" if lacking else ""
        return (
            f"{name}: only {figures['images']:.0f} images (in {figures['units']:.0f} units) have "
            f"scores of {_NEEDS[name]}, {LEAST_UNITS} units are needed{why}"
        )
    known = {key: value for key, value in figures.items() if value is not None}
    subject = _SUBJECT[name].format(**known)
    ends = "95% interval {low:.1f} to {high:.1f}".format(**known)
    allowed = _ALLOWED[name].format(**known)

    return f"{name}: {subject} ({ends}; allowed: {allowed})"
