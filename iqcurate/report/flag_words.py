"""What images unlike the rest are called, and beyond which limit they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.analysis.fences import Limits
    from iqcurate.analysis.flags import Flag

_BEYOND = {
    "dark": ("", "95% of their pixels are darker than {low:.0f} (0 is black, 255 white)"),
    "light": ("95% of their pixels are lighter than {high:.0f} (0 is black, 255 white)",) * 2,
    "low_information": ("", "the entropy of their grey levels is below {low:.2f} of 8 bits"),
    "blurry": ("blur_effect is above {high:.3f} (0 is sharp, 1 is blurred)",) * 2,
    "greyscale": ("", "no colour"),
    "odd_size": (
        "they have more than {high:,.0f} pixels",
        "they have fewer than {low:,.0f} pixels",
    ),
    "odd_aspect_ratio": (
        "the long side is more than {high:.3g} times the short one",
        "the long side is less than {low:.3g} times the short one",
    ),
}
"""Texts for the high and the low limit."""


def title(name: str) -> str:
    """A flag's name for people."""
    return name.replace("_", " ")


def rule(flag: Flag) -> str:
    """When an image has this flag, in words."""
    limits = flag.limits
    if limits is None:
        return f"not looked for: {flag.judged} images are too few to say what is usual"
    high, low = _BEYOND[flag.name]
    parts = [low] if limits.low > float("-inf") and low else []
    parts += [high] if limits.high < float("inf") and high else []
    where = "your limit" if flag.by_hand else "a limit from this data set"
    where = "a fixed limit" if flag.name == "greyscale" and not flag.by_hand else where
    return f"{' or '.join(dict.fromkeys(parts))}; {where}".format(low=limits.low, high=limits.high)


def read_limits(given: Mapping[str, str]) -> dict[str, Limits]:
    """Read limits such as ``{"dark": "32..", "odd_size": "40000..4000000"}``.

    Raises
    ------
    UsageError
        Where one cannot be read.
    """
    from iqcurate.analysis.fences import Limits
    from iqcurate.errors import UsageError

    found = {}
    for name, text in given.items():
        low, dots, high = text.partition("..")
        try:
            found[name] = Limits(float(low or "-inf"), float(high or "inf"))
        except ValueError:
            dots = ""
        if not dots or not (low or high):
            raise UsageError(f"--limits {name}={text}: write LOW..HIGH, LOW.. or ..HIGH")
    return found
