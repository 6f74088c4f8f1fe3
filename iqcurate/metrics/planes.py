"""What the metrics on a grey plane share: checked input, and walking over it in blocks of rows.

Blocks keep temporary arrays in the processor's cache and memory far below one plane each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from iqcurate.errors import UndefinedScoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

BLOCK = 64
"""Rows in a block; part of the definition, since sums are added up block by block."""


def as_plane(grey: npt.ArrayLike, min_size: tuple[int, int] = (1, 1)) -> Floats:
    """Return `grey` as float64 (H, W) in C order, the same array where it is one already.

    Parameters
    ----------
    grey
        Any real dtype, any memory layout.
    min_size
        Least height and width.

    Raises
    ------
    UsageError
        If `grey` is no finite, non-empty, two-dimensional array of real numbers.
    UndefinedScoreError
        ``too_small``, if it is smaller than `min_size`.
    """
    plane = _as_numbers(grey)
    if plane.ndim != 2:
        raise UsageError(f"a grey image has shape (H, W), got {plane.shape}")
    if plane.size == 0:
        raise UsageError(f"a grey image has at least one pixel, got shape {plane.shape}")
    if not np.isfinite(plane).all():
        raise UsageError("a grey image holds finite numbers only, got NaN or infinity")
    require_size(plane.shape[0], plane.shape[1], min_size)
    return plane


def _as_numbers(grey: npt.ArrayLike) -> Floats:
    array: npt.NDArray[Any] = np.asarray(grey)
    if array.dtype.kind not in "biuf":
        raise UsageError(f"a grey image holds real numbers, got dtype {array.dtype}")
    return np.asarray(array, dtype=np.float64, order="C")


def require_size(height: int, width: int, min_size: tuple[int, int]) -> None:
    """Raise `UndefinedScoreError` ``too_small`` below `min_size` (height, width)."""
    if height < min_size[0] or width < min_size[1]:
        needs, has = f"{min_size[1]}x{min_size[0]}", f"{width}x{height}"
        raise UndefinedScoreError("too_small", f"needs {needs}, has {has}")


def blocks(height: int, rows: int = BLOCK) -> Iterator[tuple[int, int]]:
    """Yield the first row and the row after the last of each block."""
    for start in range(0, height, rows):
        yield start, min(start + rows, height)


def padded_block(
    plane: Floats,
    block: tuple[int, int],
    halo: tuple[int, int],
    mode: Literal["constant", "edge", "symmetric"],
) -> Floats:
    """Return a block with the rows and columns around it.

    Parameters
    ----------
    plane
        (H, W).
    block
        First row and the row after the last.
    halo
        Rows and columns to add on each side.
    mode
        What lies outside the plane, as `numpy.pad` names it.

    Returns
    -------
    (rows + 2 halo[0], W + 2 halo[1]), equal to that part of the whole plane padded.
    """
    top, bottom = block[0] - halo[0], block[1] + halo[0]
    inside = plane[max(top, 0) : min(bottom, len(plane))]
    outside = (max(-top, 0), max(bottom - len(plane), 0))
    return np.pad(inside, (outside, (halo[1], halo[1])), mode=mode)
