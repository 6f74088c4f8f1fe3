"""What images unlike the rest are called, and beyond which limit they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.analysis.fences import Limits
    from iqcurate.analysis.flags import Flag

_LOW = {
    "dark": "95% of the pixels are darker than {:.0f} (0 is black, 255 white)",
    "low_information": "the entropy of the grey levels is below {:.2f} of 8 bits",
    "greyscale": "there is no colour (colourfulness below {:.2g})",
    "odd_size": "fewer than {:,.0f} pixels",
    "odd_aspect_ratio": "the long side is less than {:.3g} times the short one",
}
_HIGH = {
    "light": "95% of the pixels are lighter than {:.0f} (0 is black, 255 white)",
    "blurry": "the blur_effect is above {:.3f} (0 is sharp, 1 is blurred)",
    "odd_size": "more than {:,.0f} pixels",
    "odd_aspect_ratio": "the long side is more than {:.3g} times the short one",
}
_ONE = {
    "odd_size": "not {:,.0f} pixels, as nearly all have",
    "odd_aspect_ratio": "the long side is not {:.3g} times the short one, as nearly all have it",
}
"""Where both limits are one value."""
_ANY = {"odd_size": 1.0, "odd_aspect_ratio": 1.0}
"""Low limits that no image is below."""


def title(name: str) -> str:
    """A flag's name for people."""
    return name.replace("_", " ")


def rule(flag: Flag) -> str:
    """When an image has this flag, in words."""
    limits = flag.limits
    if limits is None:
        return f"Not looked for: {flag.judged} images are too few to say what is usual."
    parts = []
    if limits.low == limits.high and flag.name in _ONE:
        parts.append(_ONE[flag.name].format(limits.low))
    else:
        if limits.low > _ANY.get(flag.name, -math.inf):
            parts.append(_LOW.get(flag.name, "below {:.4g}").format(limits.low))
        if limits.high < math.inf:
            parts.append(_HIGH.get(flag.name, "above {:.4g}").format(limits.high))
    text = ", or ".join(parts)
    where = "" if flag.name == "greyscale" and not flag.by_hand else " The limit is from this set."
    return f"{text[:1].upper()}{text[1:]}.{' The limit is yours.' if flag.by_hand else where}"


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
