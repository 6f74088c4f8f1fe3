"""Which distortions there are, and at which levels.

Levels of the first five are those of Dodge and Karam 2016 (QoMEX). What that paper leaves open is
fixed here, and said in `Distortion.how`.
"""

from __future__ import annotations

from dataclasses import dataclass

from iqcurate.errors import UsageError

Key = tuple[str, float]
"""Variant and level."""
VERSION = 1
"""Goes up whenever a version of an image may come out otherwise than before."""
CLEAN: Key = ("clean", 0.0)


@dataclass(frozen=True, slots=True)
class Distortion:
    """A way to damage an image, in levels.

    Parameters
    ----------
    name
        Of the variant.
    title
        For people.
    unit
        What the level is.
    full, coarse
        Levels, from mild to harsh.
    least, most
        Levels that make sense.
    clean
        Level at which nothing happens; None where there is no such number.
    how
        What was fixed.
    """

    name: str
    title: str
    unit: str
    full: tuple[float, ...]
    coarse: tuple[float, ...]
    least: float
    most: float
    clean: float | None
    how: str

    @property
    def titled(self) -> str:
        """For people, with what the level is."""
        return f"{self.title} ({self.unit})"

    @property
    def rising(self) -> bool:
        """Whether a higher level is harsher."""
        return self.full[-1] > self.full[0]

    def sort(self, levels: tuple[float, ...]) -> tuple[float, ...]:
        """Levels from mild to harsh, each once."""
        return tuple(sorted(set(levels), reverse=not self.rising))


def _steps(first: int, last: int, step: int, scale: float = 1.0) -> tuple[float, ...]:
    return tuple(n / scale for n in range(first, last + (1 if step > 0 else -1), step))


_EVERY = (
    Distortion(
        "blur", "Gaussian blur", "standard deviation, pixels", _steps(1, 9, 1), (1, 2, 4, 6, 9),
        0.1, 100, 0,
        "window 4 sd + 1 pixels wide (cut off at 2 sd on each side), borders mirrored",
    ),
    Distortion(
        "noise", "Gaussian noise", "standard deviation, of 255", _steps(10, 100, 10),
        (10, 20, 50, 90), 0.1, 500, 0,
        "on each colour of each pixel; the same pattern at every level of an image, another for "
        "each image; cut to 0-255 afterwards",
    ),
    Distortion(
        "contrast", "Contrast", "share that is left", _steps(9, 0, -1, 10), (0.6, 0.4, 0.2, 0.1),
        0, 1, 1, "blend with the plain grey of the image's mean luminance (BT.601)",
    ),
    Distortion(
        "jpeg", "JPEG", "quality", _steps(20, 2, -2), (20, 10, 5, 2), 1, 100, None,
        "libjpeg-turbo, colours subsampled 4:2:0",
    ),
    Distortion(
        "jpeg2000", "JPEG 2000", "PSNR, dB", _steps(40, 20, -2), (35, 30, 25, 20), 12, 60, None,
        "OpenJPEG, 9/7 wavelet, PSNR over all colours, reached within 0.3 dB for each image",
    ),
    Distortion(
        "resolution", "Resolution", "pixels of the shorter side",
        (192, 128, 96, 64, 48, 32, 24, 16, 12, 8), (96, 64, 32, 16, 8), 1, 10_000, None,
        "made smaller and as large again, bicubic",
    ),
    Distortion(
        "motion", "Motion blur", "pixels of movement", (3, 5, 9, 15, 21, 31), (5, 15, 31), 1, 500,
        1, "straight, in a direction by chance for each image",
    ),
    Distortion(
        "defocus", "Defocus", "radius of the disc, pixels", (1, 2, 3, 4, 6, 8, 12), (2, 4, 8),
        0.5, 200, 0, "uniform disc, borders mirrored",
    ),
)  # fmt: skip
DISTORTIONS = {d.name: d for d in _EVERY}
USUAL = ("blur", "noise", "contrast", "jpeg", "jpeg2000", "resolution")
_SETS = ("full", "coarse")
_WHOLE = ("jpeg", "resolution")

Plan = dict[str, tuple[float, ...]]
"""Levels by distortion, from mild to harsh."""


def make_plan(names: list[str] | None, levels: list[str] | None) -> Plan:
    """Put together what is to be done to images.

    Parameters
    ----------
    names
        Distortions; None for the usual ones.
    levels
        ``full``, ``coarse``, or ``NAME=1,2,4`` for one of them, which is added where it is lacking.

    Raises
    ------
    UsageError
        Where there is no such distortion, or no such level of it.
    """
    chosen = list(USUAL if names is None else names)
    which, own = _SETS[0], {}
    for text in levels or ():
        name, equals, numbers = text.partition("=")
        if equals and name.strip() in own:
            raise UsageError(f"--levels {text}: levels of {name.strip()} are given twice")
        if equals:
            own[name.strip()] = _numbers(name.strip(), numbers)
        elif name in _SETS:
            which = name
        else:
            raise UsageError(f"--levels {text}: it is full, coarse, or such as blur=1,2,4")
    if not (chosen or own):
        raise UsageError(f"no distortion is named; there are {', '.join(DISTORTIONS)}")
    for name in (*chosen, *own):
        if name not in DISTORTIONS:
            raise UsageError(f"there is no distortion {name!r}; there are {', '.join(DISTORTIONS)}")
    usual = {n: getattr(DISTORTIONS[n], which) for n in dict.fromkeys([*chosen, *own])}
    return {n: DISTORTIONS[n].sort(tuple(map(float, own.get(n, usual[n])))) for n in usual}


def _numbers(name: str, text: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(",") if part.strip())
    except ValueError:
        numbers = ()
    if not numbers:
        raise UsageError(f"--levels {name}={text}: write numbers, such as {name}=1,2,4")
    known = DISTORTIONS.get(name)
    for number in numbers:
        if known and not known.least <= number <= known.most:
            raise UsageError(
                f"--levels {name}={number:g}: {known.unit} is {known.least:g} to {known.most:g}"
            )
        if name in _WHOLE and number != round(number):
            raise UsageError(f"--levels {name}={number:g}: it takes whole numbers")
    return numbers


def keys_of(plan: Plan) -> tuple[Key, ...]:
    """All versions of an image, itself first."""
    return (CLEAN, *((name, level) for name, levels in plan.items() for level in levels))
