"""Calling the compiled counts that the simple checks are made of."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.kernels.kernel import checked
from iqcurate.kernels.library import load_library

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

WANTED = ("colour", "blur", "noise")


class _Counts(ctypes.Structure):
    """``struct iq_counts`` of checks.h."""

    _fields_ = (
        ("levels", ctypes.c_int64 * 256),
        ("opponents", ctypes.c_int64 * 4),
        ("down", ctypes.c_int64 * 2),
        ("across", ctypes.c_int64 * 2),
        ("responses", ctypes.c_int64 * (8 * 255 + 1)),
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted in one image; all but the grey are whole numbers, 0 where not wanted.

    Parameters
    ----------
    grey
        uint8 (H, W).
    levels
        int64 (256,): pixels of each level of grey.
    opponents
        Of ``colour``: sums over the pixels of R - G, its square, R + G - 2B and its square.
    differences
        Of ``blur``, downwards and across: the sum of the differences of neighbouring pixels,
        and 9 times what a mean of 9 takes of those that it makes smaller.
    responses
        Of ``noise``, int64 (2041,): inner pixels between black and white by their absolute
        response to [1 -2 1; -2 4 -2; 1 -2 1].
    """

    grey: npt.NDArray[np.uint8]
    levels: npt.NDArray[np.int64]
    opponents: tuple[int, int, int, int]
    differences: tuple[tuple[int, int], tuple[int, int]]
    responses: npt.NDArray[np.int64]


def count(
    pixels: npt.NDArray[np.uint8], wanted: Iterable[str] = WANTED, build: str | None = None
) -> Counts:
    """Count what the checks need, in one pass.

    Parameters
    ----------
    pixels
        uint8 (H, W) grey or (H, W, 3) RGB.
    wanted
        Names out of `WANTED`.
    build
        See `iqcurate.kernels.library.load_library`.

    Raises
    ------
    UsageError
        If `pixels` is no such array.
    """
    pixels, found = checked(pixels), _Counts()
    height, width, channels = (*pixels.shape, 1)[:3]
    grey = pixels if channels == 1 else np.empty((height, width), np.uint8)
    flags = sum(1 << WANTED.index(name) for name in set(wanted))
    call = load_library(build).iq_count
    call.argtypes = [ctypes.c_void_p, *[ctypes.c_int64] * 4, *[ctypes.c_void_p] * 2]
    call.restype = None
    address = ctypes.addressof(found)
    call(pixels.ctypes.data, height, width, channels, flags, grey.ctypes.data, address)
    return Counts(
        grey,
        np.array(found.levels),
        tuple(found.opponents),
        (tuple(found.down), tuple(found.across)),
        np.array(found.responses),
    )
