"""What a look over a data set would notice: images that are unlike the rest, and doubles.

Limits come from the distribution of the data set itself (see `iqcurate.analysis.fences`) or from
the user.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.analysis.duplicates import groups_of, near, near_distance
from iqcurate.analysis.fences import RATE, Limits, Log, Logit, Side, limits
from iqcurate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    import pandas as pd

    Values = npt.NDArray[np.float64]
    Rows = npt.NDArray[np.int64]

NO_COLOUR = Limits(low=0.5)
"""Colourfulness that rounds to 0: less colour than a step of 8-bit pixels."""
_HASH_BYTES = 8


@dataclass(frozen=True, slots=True)
class Flag:
    """Images beyond a limit.

    Parameters
    ----------
    name
        Such as ``dark``.
    of
        What was looked at: columns.
    limits
        Of that; None where there are too few images to find them.
    by_hand
        Whether the limits are the user's.
    judged
        Images that have a value.
    rows
        int64 (n,): those beyond, the farthest first.
    """

    name: str
    of: tuple[str, ...]
    limits: Limits | None
    by_hand: bool
    judged: int
    rows: Rows


@dataclass(frozen=True, slots=True)
class Doubles:
    """Groups of images that are one.

    Parameters
    ----------
    name
        ``exact_duplicates`` or ``near_duplicates``.
    groups
        Rows, int64, of each group of two or more.
    across_splits
        Groups in more than one split: leakage.
    across_labels
        Groups under more than one label.
    bits
        Of near duplicates: in how many hashes may differ.
    by_hand
        Whether `bits` is the user's.
    """

    name: str
    groups: tuple[Rows, ...]
    across_splits: int
    across_labels: int
    bits: int | None = None
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Flags:
    """All that was noticed.

    Parameters
    ----------
    flags, doubles
        What could be looked for in the columns that are there.
    missing
        What could not, and the column that it needs.
    """

    flags: tuple[Flag, ...]
    doubles: tuple[Doubles, ...]
    missing: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Check:
    name: str
    columns: tuple[str, ...]
    value: Callable[..., Values]
    side: Side
    scale: Logit | Log
    wider: bool = False
    given: Limits | None = None


def _itself(values: Values) -> Values:
    return values


def _elongation(width: Values, height: Values) -> Values:
    return np.maximum(width, height) / np.minimum(width, height)


_CHECKS = (
    _Check("dark", ("brightness_p95",), _itself, Side.LOW, Logit(0, 255)),
    _Check("light", ("brightness_p5",), _itself, Side.HIGH, Logit(0, 255)),
    _Check("low_information", ("entropy",), _itself, Side.LOW, Logit(0, 8)),
    _Check("blurry", ("blur_effect",), _itself, Side.HIGH, Logit(0, 1)),
    _Check("greyscale", ("colourfulness",), _itself, Side.LOW, Log(), given=NO_COLOUR),
    _Check("odd_size", ("width", "height"), np.multiply, Side.BOTH, Log(), wider=True),
    _Check("odd_aspect_ratio", ("width", "height"), _elongation, Side.BOTH, Log(), wider=True),
)

NAMES = (*(check.name for check in _CHECKS), "exact_duplicates", "near_duplicates")
"""What is looked for; limits can be given for all but the last two."""


def find_flags(
    frame: pd.DataFrame,
    given: Mapping[str, Limits] | None = None,
    most_bits: int | None = None,
    rate: float = RATE,
) -> Flags:
    """Look over a score table.

    Parameters
    ----------
    frame
        Columns ``status``, ``width``, ``height``, ``sha256``, ``split``, ``label`` and those of
        the checks that were scored.
    given
        Limits by the name of a flag, in the units of its column: pixels for ``odd_size``, long
        over short side for ``odd_aspect_ratio``.
    most_bits
        In how many bits hashes of near duplicates may differ, 0 to 31; by default
        `iqcurate.analysis.duplicates.near_distance`.
    rate
        Share of ordinary images that each limit may cost, where it comes from the data.

    Raises
    ------
    UsageError
        For limits of something that is not looked for, a rate outside (0, 0.25), bits outside
        0 to 31, or hashes that are not of 8 bytes.
    """
    given = given or {}
    _check_arguments(given, most_bits, rate)
    ok = (frame["status"] == "ok").to_numpy(bool)
    flags, missing = [], {}
    for check in _CHECKS:
        lacking = [name for name in check.columns if name not in frame]
        if lacking:
            missing[check.name] = lacking[0]
            continue
        flags.append(_flag(check, frame, ok, given.get(check.name), rate))
    doubles = [_exact(frame)]
    if "phash" in frame:
        doubles.append(_near(frame, ok, most_bits, rate))
    else:
        missing["near_duplicates"] = "phash"
    return Flags(tuple(flags), tuple(doubles), missing)


def _check_arguments(given: Mapping[str, Limits], most_bits: int | None, rate: float) -> None:
    names = [check.name for check in _CHECKS]
    for name in given:
        if name not in names:
            raise UsageError(f"no limits can be given for {name!r}, only for {', '.join(names)}")
    if not 0 < rate < 0.25:
        raise UsageError(f"the rate of a flag lies between 0 and 0.25, got {rate:g}")
    if most_bits is not None and not 0 <= most_bits <= 31:
        raise UsageError(f"near duplicates differ in 0 to 31 of 64 bits, got {most_bits}")


def _flag(
    check: _Check, frame: pd.DataFrame, ok: npt.NDArray[np.bool_], hand: Limits | None, rate: float
) -> Flag:
    columns = (frame[name].to_numpy(np.float64, na_value=np.nan) for name in check.columns)
    values = np.where(ok, check.value(*columns), np.nan)
    found = hand or check.given or limits(values, check.scale, check.side, rate, check.wider)
    judged = int((~np.isnan(values)).sum())
    if found is None:
        return Flag(check.name, check.columns, None, False, judged, np.empty(0, np.int64))
    rows = np.flatnonzero(found.beyond(values))
    rows = rows[np.argsort(-found.excess(values[rows]), kind="stable")]
    return Flag(check.name, check.columns, found, hand is not None, judged, rows)


def _exact(frame: pd.DataFrame) -> Doubles:
    present = frame["sha256"].where(frame["status"] != "missing")
    return _doubles("exact_duplicates", groups_of(present.factorize()[0]), frame)


def _near(
    frame: pd.DataFrame, ok: npt.NDArray[np.bool_], most_bits: int | None, rate: float
) -> Doubles:
    rows = np.flatnonzero(ok & frame["phash"].notna().to_numpy())
    hashes = _as_numbers(frame["phash"].iloc[rows])
    bits = near_distance(np.unique(hashes), rate) if most_bits is None else most_bits
    content = frame["sha256"].factorize()[0]
    groups = [rows[group] for group in groups_of(near(hashes, bits))]
    different = [group for group in groups if len(np.unique(content[group])) > 1]
    return _doubles("near_duplicates", different, frame, bits, most_bits is not None)


def _as_numbers(hashes: pd.Series[bytes]) -> npt.NDArray[np.uint64]:
    joined = b"".join(hashes)
    if len(joined) != _HASH_BYTES * len(hashes):
        raise UsageError(f"the column phash holds hashes that are not of {_HASH_BYTES} bytes")
    return np.frombuffer(joined, ">u8").astype(np.uint64)


def _doubles(
    name: str,
    groups: Sequence[Rows],
    frame: pd.DataFrame,
    bits: int | None = None,
    by_hand: bool = False,
) -> Doubles:
    across = [_spanning(groups, frame[column]) for column in ("split", "label")]
    return Doubles(name, tuple(groups), across[0], across[1], bits, by_hand)


def _spanning(groups: Sequence[Rows], column: pd.Series[str]) -> int:
    """How many groups have more than one value; unknown ones do not count."""
    codes = column.factorize()[0]
    return sum(len(set(codes[group].tolist()) - {-1}) > 1 for group in groups)
