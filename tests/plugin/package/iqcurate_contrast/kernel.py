"""The function: imported when the metric is first used."""

import numpy as np

from iqcurate.errors import UndefinedScoreError


def rms_contrast(grey: np.ndarray) -> float:
    """Standard deviation of grey values, (H, W) in [0, 255]; undefined on a flat picture."""
    if grey.min() == grey.max():
        raise UndefinedScoreError("flat", "all pixels have one value")
    return float(np.ascontiguousarray(grey).std())
