"""Date and lot codes in the 5 by 7 dot letters of continuous ink-jet printers."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = 5
"""Characters a line."""

_ADVANCE, _LINE = 6, 10  # dots from a character, or a line, to the next
_ROWS = {
    "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010204081f", "3": "1f02040201110e",
    "4": "02060a121f0202", "5": "1f101e0101110e", "6": "0608101e11110e", "7": "1f010204080808",
    "8": "0e11110e11110e", "9": "0e11110f01020c", "A": "0e1111111f1111", "B": "1e11111e11111e",
    "C": "0e11101010110e", "D": "1c12111111121c", "E": "1f10101e10101f", "F": "1f10101e101010",
    "H": "1111111f111111", "K": "11121418141211", "L": "1010101010101f", "M": "111b1515111111",
    "P": "1e11111e101010", "X": "11110a040a1111", ":": "000c0c000c0c00", "/": "00010204081000",
    "-": "0000001f000000",
}  # fmt: skip


def code_lines(rng: np.random.Generator) -> list[str]:
    """Three lines of `COLUMNS` characters: a date, a time, a lot."""
    day, month = rng.integers(1, 29), rng.integers(1, 13)
    hour, minute, lot = rng.integers(0, 24), rng.integers(0, 60), rng.integers(0, 1000)
    first, second = rng.choice(list("ABCDEFHKLMPX"), 2)
    lots = (f"L{lot:03d}{first}", f"{first}-{lot:03d}", f"{first}{second}{lot:03d}")
    return [
        f"{day:02d}{rng.choice(list('/-'))}{month:02d}",
        f"{hour:02d}:{minute:02d}",
        lots[rng.integers(len(lots))],
    ]


def dots(lines: list[str]) -> NDArray[np.float64]:
    """Place of each dot, (n, 2): column and row on the dot grid, the middle of the code at 0."""
    places = [
        _dots_of(char) + np.array([_ADVANCE * i, _LINE * j])
        for j, line in enumerate(lines)
        for i, char in enumerate(line)
    ]
    size = np.array([_ADVANCE * COLUMNS - 2, _LINE * len(lines) - 4])
    return np.concatenate(places) - size / 2


@cache
def _dots_of(char: str) -> NDArray[np.float64]:
    rows = np.frombuffer(bytes.fromhex(_ROWS[char]), np.uint8)
    row, column = np.nonzero(np.unpackbits(rows[:, None], axis=1)[:, 3:])
    return np.stack([column, row], axis=1).astype(np.float64)
