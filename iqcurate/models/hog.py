"""Histograms of oriented gradients: features that need no trained network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.models.inputs import InputSpec
from iqcurate.models.model import Model, Outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from iqcurate.types import Image

_SIDE, _CELL, _BLOCK, _ORIENTATIONS = 128, 16, 2, 9
_INPUT = InputSpec((_SIDE, _SIDE), layout="nhwc")


def load_hog() -> Model:
    """HOG (Dalal and Triggs 2005) of the image resized to 128x128: 1764 numbers.

    Cells of 16x16 pixels, 9 orientations, blocks of 2x2 cells normalised by L2-Hys; in each
    pixel the gradient of the strongest colour channel counts. scikit-image computes it.
    """
    identity = {
        "model": "hog", "side": _SIDE, "cell": _CELL, "block": _BLOCK, "bins": _ORIENTATIONS
    }  # fmt: skip
    return Model(
        "hog", identity, _describe, _stacked, Outputs.FEATURES, device="hog", batch=64,
        libraries=("scikit-image",),
    )  # fmt: skip


def _describe(image: Image) -> npt.NDArray[np.float32]:
    """Done on the decoder threads, where there are several."""
    from skimage.feature import hog

    found: npt.NDArray[np.float32] = hog(
        _INPUT.prepare(image),
        orientations=_ORIENTATIONS,
        pixels_per_cell=(_CELL, _CELL),
        cells_per_block=(_BLOCK, _BLOCK),
        channel_axis=-1,
    ).astype(np.float32)
    return found


def _stacked(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    return np.stack(arrays)
