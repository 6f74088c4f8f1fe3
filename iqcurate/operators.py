"""The seam between the engine and whatever computes columns from images.

An operator may serve several metrics and is called once an image with those wanted.
Metrics, classifiers and embeddings are operators alike.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from iqcurate.errors import UndefinedScoreError
from iqcurate.memory import is_out_of_memory
from iqcurate.types import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import numpy.typing as npt

    from iqcurate.types import Header, Image


_LONGEST = 300
"""Characters: some libraries explain at length."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How the operators of a run are made; metrics for which a setting means nothing ignore it.

    Parameters
    ----------
    device
        ``auto``, ``cpu``, ``cuda``, ``cuda:N`` or ``mps``; see `iqcurate.devices.find_device`.
    precision
        ``fp32`` or ``bf16``.
    max_side
        Images whose longer side has more pixels are made smaller; `math.inf` for none, None for
        each metric's own, `MetricSpec.max_side`.
    weights
        Files of the user's own, by metric: used instead of those that the spec names.
    weights_folder
        Where files that were fetched lie; None for the usual place.
    threads
        Cores that a network on the CPU may use; None for all.
    """

    device: str = "cpu"
    precision: str = "fp32"
    max_side: float | None = None
    weights: Mapping[str, Path] = field(default_factory=dict)
    weights_folder: Path | None = None
    threads: int | None = None


@dataclass(frozen=True, slots=True)
class Undefined:
    """A column that has no value for this image, and why."""

    code: str
    text: str

    @classmethod
    def because(cls, error: Exception) -> Undefined:
        """Return an exception of an operator as a reason."""
        if isinstance(error, UndefinedScoreError):
            return cls(error.code, error.text)
        code = "out_of_memory" if is_out_of_memory(error) else "failed"
        return cls(code, f"{type(error).__name__}: {str(error)[:_LONGEST]}")

    @property
    def error(self) -> str:
        """``code: text``, as `metric_errors` has it."""
        return storable(f"{self.code}: {self.text}")


Value: TypeAlias = (
    "float | int | bool | bytes | str | list[float] | npt.NDArray[np.floating] | Undefined | None"
)
Record = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an operator fills.

    Parameters
    ----------
    name
        Of the column.
    dtype
        ``float64``, ``int64``, ``bool``, ``binary``, ``string``, or ``float32[N]`` for a
        vector of N numbers.
    """

    name: str
    dtype: str = "float64"


@runtime_checkable
class ImageOperator(Protocol):
    """Computes columns of one image on a CPU thread; called from many threads at once."""

    @property
    def columns(self) -> Sequence[Column]:
        """All columns it can fill."""

    def __call__(self, image: Image, wanted: frozenset[str]) -> Mapping[str, Value]:
        """Return a value for each wanted column."""


@runtime_checkable
class HeaderOperator(Protocol):
    """Computes columns from the header and the number of bytes of the file alone."""

    @property
    def columns(self) -> Sequence[Column]:
        """All columns it can fill."""

    def from_header(self, header: Header, wanted: frozenset[str]) -> Mapping[str, Value]:
        """Return a value for each wanted column."""


@runtime_checkable
class BatchOperator(Protocol):
    """Computes columns of many images at a time on a device.

    `prepare` runs on the decoder threads, each of which has one core: let it start no threads of
    its own. `run` only ever runs on the thread that owns `device`.

    Where `run` raises, see `iqcurate.batches.Batches`.
    """

    @property
    def columns(self) -> Sequence[Column]:
        """All columns it can fill."""

    @property
    def device(self) -> str:
        """Operators of one device share one owner thread."""

    @property
    def batch(self) -> int:
        """The most arrays that `run` is called with."""

    def prepare(self, image: Image) -> np.ndarray | Undefined:
        """Turn an image into the array that `run` takes; any size.

        Or say why there is none, such as ``Undefined("too_large", "has 90 megapixels")``.
        """

    def run(self, arrays: Sequence[np.ndarray]) -> Sequence[Mapping[str, Value]]:
        """Return one record an array, in order, the same whatever else is in the batch."""


Operator = ImageOperator | HeaderOperator | BatchOperator
