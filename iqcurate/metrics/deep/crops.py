"""The crops that HyperIQA and MANIQA score, each different one once.

Their number is fixed, so in small images many are the same: in one of 224x224 all of them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.metrics.deep.sizes import Pixels

SIDE = 224
"""Of a crop, in pixels."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the crops lie.

    Parameters
    ----------
    rows, columns
        How many there are.
    steps
        A step from one to the next is the free length, in pixels, divided by this, rounded down.
    """

    rows: int
    columns: int
    steps: int

    def corners(self, height: int, width: int) -> list[tuple[int, int]]:
        """Return top and left of each different crop, in rows.

        Where there are fewer than there could be, each stands for the same number of equal ones.
        """
        tops = _distinct(self.rows, (height - SIDE) // self.steps)
        lefts = _distinct(self.columns, (width - SIDE) // self.steps)
        return [(top, left) for top in tops for left in lefts]


def _distinct(count: int, step: int) -> list[int]:
    return [i * step for i in range(count)] if step else [0]


def cut(pixels: Pixels, grid: Grid) -> npt.NDArray[np.uint8 | np.float32]:
    """Cut out the different crops of an image.

    One whose shorter side is at most `SIDE` is enlarged first, bilinearly, until that side has one
    pixel more than a crop.

    Parameters
    ----------
    pixels
        uint8 (H, W, 3).
    grid
        Where they lie.

    Returns
    -------
    uint8, of enlarged images float32, (crops, 224, 224, 3) in [0, 255].
    """
    large: npt.NDArray[np.uint8 | np.float32] = pixels
    if min(pixels.shape[:2]) <= SIDE:
        scale = (SIDE + 1) / min(pixels.shape[:2])
        large = _stretched(_stretched(pixels.astype(np.float32), scale, 0), scale, 1)
    corners = grid.corners(*large.shape[:2])
    return np.stack([large[y : y + SIDE, x : x + SIDE] for y, x in corners])


def _stretched(values: npt.NDArray[np.float32], scale: float, axis: int) -> npt.NDArray[np.float32]:
    """Interpolate linearly along an axis; pixel centres lie at half numbers."""
    size = values.shape[axis]
    at = np.maximum((np.arange(math.floor(size * scale)) + 0.5) / scale - 0.5, 0)
    before = np.minimum(at.astype(np.intp), size - 1)
    after = np.minimum(before + 1, size - 1)
    share = (at - before).astype(np.float32).reshape([-1 if i == axis else 1 for i in range(3)])
    first, second = values.take(before, axis), values.take(after, axis)
    between: npt.NDArray[np.float32] = first + (second - first) * share
    return between
