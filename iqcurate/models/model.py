"""A model as the engine calls it: for its classes, or for its features."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.errors import ModelError
from iqcurate.operators import Column
from iqcurate.types import Header, Image

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy.typing as npt
    import torch

    from iqcurate.models.classes import Classes
    from iqcurate.models.inputs import InputSpec
    from iqcurate.models.request import Request
    from iqcurate.operators import Record

    Floats = npt.NDArray[np.floating[Any]]

PREDICTED, FEATURES = "predicted", "features"
_TOLERANCE = 1e-3
TRIAL_SIZES = ((300, 400), (256, 256))
"""Height and width of the pictures that a model is tried on, where it may see any."""


class Outputs(StrEnum):
    """What a row of a model's outputs is."""

    LOGITS = "logits"
    """Softmax makes them probabilities."""
    PROBABILITIES = "probabilities"
    """Of the classes: not negative, sum 1."""
    FEATURES = "features"
    """Any numbers."""


@dataclass(frozen=True, slots=True)
class Head:
    """The last layer of a classifier, which its features go into: linear.

    Parameters
    ----------
    weight, bias
        float32 (classes, features) and (classes,).
    """

    weight: npt.NDArray[np.float32]
    bias: npt.NDArray[np.float32]

    def logits(self, features: Floats) -> Floats:
        """Logits (n, classes) of features (n, features)."""
        return np.asarray(features @ self.weight.T + self.bias)


@dataclass(frozen=True, slots=True)
class Model:
    """A loaded model.

    Parameters
    ----------
    name
        What tables call it.
    identity
        What can change its answers, as JSON has it: weights, input, outputs.
    prepare
        Called on the decoder threads: from an image to what `run` takes.
    run
        From what `prepare` made of images to one row of numbers each, (n, outputs), the same
        whatever else is in the batch.
    outputs
        What those numbers are.
    device, batch
        As an `iqcurate.operators.BatchOperator` has them.
    classes
        Where the model itself says what its outputs stand for.
    libraries
        Packages that it needs.
    input
        What it takes, where that is known: `prepare` is that of this.
    module
        The torch module that `run` calls, where it is one.
    head
        Of a model that was asked for its features, where it is a linear layer that was cut off:
        what makes classes of them.
    """

    name: str
    identity: Mapping[str, Any]
    prepare: Callable[[Image], npt.NDArray[Any]]
    run: Callable[[Sequence[npt.NDArray[Any]]], Floats]
    outputs: Outputs
    device: str = "cpu"
    batch: int = 8
    classes: Classes | None = None
    libraries: tuple[str, ...] = field(default=())
    input: InputSpec | None = None
    module: torch.nn.Module | None = None
    head: Head | None = None

    @property
    def fingerprint(self) -> str:
        """Changes when the same image may get another answer."""
        text = json.dumps({**self.identity, "outputs": self.outputs}, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()


def try_out(model: Model, sizes: Sequence[tuple[int, int]] = TRIAL_SIZES) -> int:
    """Run a model on made pictures, and return how many outputs it has.

    Parameters
    ----------
    model
        What to run.
    sizes
        Of the pictures: height and width.

    Raises
    ------
    ModelError
        Where it fails, or its outputs are not what they should be.
    """
    arrays = [model.prepare(_picture(size)) for size in sizes]
    try:
        rows = np.asarray(model.run(arrays))
    except ModelError:
        raise
    except Exception as error:
        raise ModelError(
            f"{model.name} failed on made pictures, of {_listed(sizes)} pixels: "
            f"{type(error).__name__}: {error}"
        ) from error
    _check(model, rows, len(arrays))
    if model.outputs is Outputs.LOGITS and _are_probabilities(rows):
        raise ModelError(
            f"the outputs of {model.name} are not negative and sum to 1, so they are no logits: "
            "--outputs probabilities"
        )
    return int(rows.shape[1])


def _listed(sizes: Sequence[tuple[int, int]]) -> str:
    return " and ".join(f"{width}x{height}" for height, width in dict.fromkeys(sizes))


def _picture(size: tuple[int, int]) -> Image:
    """Smooth colours with some noise, so that a network answers something."""
    rng = np.random.default_rng(size[0])
    coarse = rng.integers(0, 256, (size[0] // 20 + 1, size[1] // 20 + 1, 3), dtype=np.uint8)
    pixels = coarse.repeat(20, axis=0).repeat(20, axis=1)[: size[0], : size[1]]
    return Image(Header(size[1], size[0], "RGB", "PNG", 24), np.ascontiguousarray(pixels))


class ModelOperator:
    """A model as an operator that fills one column with its rows: a `BatchOperator`.

    Parameters
    ----------
    model
        What to run.
    column
        `PREDICTED` for the probabilities of the classes, `FEATURES` for a vector.
    width
        Numbers in a row.
    """

    def __init__(self, model: Model, column: str, width: int) -> None:
        self.model = model
        self.columns = (Column(column, f"float32[{width}]"),)
        self.device = model.device
        self.batch = model.batch
        self._width = width

    def prepare(self, image: Image) -> npt.NDArray[Any]:
        """See `BatchOperator.prepare`."""
        return self.model.prepare(image)

    def run(self, arrays: Sequence[npt.NDArray[Any]]) -> list[Record]:
        """See `BatchOperator.run`; raises `ModelError` where an output cannot be used."""
        rows = np.asarray(self.model.run(arrays))
        _check(self.model, rows, len(arrays))
        if rows.shape[1] != self._width:
            raise ModelError(f"{rows.shape[1]} outputs where there were {self._width}")
        if self.model.outputs is Outputs.LOGITS:
            rows = softmax(rows)
        name = self.columns[0].name
        return [{name: row} for row in rows]


def make_operators(
    load: Callable[[Request], Model], request: Request, column: str, width: int
) -> list[ModelOperator]:
    """Load a model and return it as the operator of a column."""
    return [ModelOperator(load(request), column, width)]


def softmax(logits: Floats) -> npt.NDArray[np.float64]:
    """Probabilities of logits, row by row; float64."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    powers = np.exp(shifted)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _check(model: Model, rows: Floats, n: int) -> None:
    if rows.ndim != 2 or rows.shape[0] != n or rows.dtype.kind not in "fiu":
        raise ModelError(
            f"{model.name} gave {rows.dtype} {rows.shape} for {n} images: it must be numbers "
            f"({n}, number of outputs)"
        )
    if not np.isfinite(rows).all():
        raise ModelError(f"{model.name} gave outputs that are not finite")
    if model.outputs is Outputs.FEATURES:
        return
    if rows.shape[1] < 2:
        raise ModelError(f"{model.name} has one output: a classifier has one for each class")
    if model.outputs is Outputs.PROBABILITIES and not _are_probabilities(rows):
        sums = ", ".join(f"{s:.4g}" for s in rows.sum(axis=1)[:3])
        raise ModelError(
            f"the outputs of {model.name} are no probabilities: each must be 0 or more, and those "
            f"of an image sum to 1 (the first sums are {sums}); apply softmax to logits"
        )


def _are_probabilities(rows: Floats) -> bool:
    sums = rows.sum(axis=1, dtype=np.float64)
    return bool((rows >= -_TOLERANCE).all() and np.abs(sums - 1).max() <= _TOLERANCE)
