"""The trained parameters that ship with the package (see NOTICE)."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from iqcurate.metrics.planes import Floats


def load_parameters(name: str) -> dict[str, Floats]:
    """Read ``params/NAME.npz`` as read-only float64 arrays in C order."""
    with (
        (files("iqcurate.metrics") / "params" / f"{name}.npz").open("rb") as file,
        np.load(file, allow_pickle=False) as stored,
    ):
        arrays = {key: np.array(stored[key], dtype=np.float64, order="C") for key in stored.files}
    for array in arrays.values():
        array.setflags(write=False)
    return arrays
