"""A model of the user's own: any function of images."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.errors import ModelError, UsageError
from iqcurate.models.model import Model, Outputs
from iqcurate.weights.check import sha256_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from iqcurate.types import Image


_BATCH = 4
"""They are whole images, and some of them wait."""


def load_own(target: str, batch: int | None) -> Model:
    """Import ``module:function``; the current folder is searched, too.

    The function gets a list of uint8 arrays (H, W, 3), RGB, of any sizes, and returns the
    probabilities of the classes, (n, classes).

    Raises
    ------
    UsageError
        Where the text is of another form.
    ModelError
        Where it cannot be imported.
    """
    name, _, attribute = target.partition(":")
    if not name or not attribute:
        raise UsageError(f"python:{target}: say python:MODULE:FUNCTION, as in python:mine:predict")
    module = _imported(name)
    function = getattr(module, attribute, None)
    if not callable(function):
        raise ModelError(f"module {name} ({module.__file__}) has no function {attribute}")
    source = Path(module.__file__) if module.__file__ else None
    identity = {"model": f"python:{target}", "sha256": sha256_of(source) if source else None}
    return Model(
        f"python:{target}", identity, _pixels, _called(function), Outputs.PROBABILITIES,
        device="python", batch=batch or _BATCH,
    )  # fmt: skip


def _imported(name: str) -> Any:
    here = str(Path.cwd())
    sys.path.insert(0, here)
    try:
        return importlib.import_module(name)
    except Exception as error:
        raise ModelError(
            f"module {name} could not be imported: {type(error).__name__}: {error}"
        ) from error
    finally:
        sys.path.remove(here)


def _pixels(image: Image) -> npt.NDArray[np.uint8]:
    return np.ascontiguousarray(image.rgb)


def _called(
    function: Callable[[list[npt.NDArray[Any]]], Any],
) -> Callable[[Sequence[npt.NDArray[Any]]], npt.NDArray[Any]]:
    return lambda arrays: np.asarray(function(list(arrays)))
