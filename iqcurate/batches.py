"""Running a batch operator so that whatever goes wrong costs as few images as can be."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from iqcurate.errors import DeviceError, ModelError
from iqcurate.memory import give_back_memory, is_out_of_memory
from iqcurate.operators import Undefined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from iqcurate.operators import BatchOperator, Value

    Arrays = Sequence[np.ndarray]
    Records = list[Mapping[str, Value]]

_DEVICE_IS_BROKEN = ("CUDA error: ", "CUDNN_STATUS_EXECUTION_FAILED", "HIP error: ")


class Costs:
    """Seconds an image of each batch operator, from those run so far; any thread may ask.

    An operator is known by its columns, joined by commas. Its first batch, in which much is set
    up, counts only as long as there is no other.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: dict[str, tuple[int, float]] = {}
        self._later: dict[str, tuple[int, float]] = {}

    def add(self, operator: BatchOperator, images: int, seconds: float) -> None:
        """Note what a batch took."""
        name = ",".join(column.name for column in operator.columns)
        with self._lock:
            if name not in self._first:
                self._first[name] = images, seconds
            else:
                n, took = self._later.get(name, (0, 0.0))
                self._later[name] = n + images, took + seconds

    def an_image(self) -> dict[str, float]:
        """Seconds an image, by operator."""
        with self._lock:
            return {k: took / n for k, (n, took) in (self._first | self._later).items()}


class Batches:
    """One operator at work, on the thread that owns its device.

    Where a batch is out of memory, its halves are run, and where these have enough, later
    batches are no larger. Where it fails otherwise, each of its images is run alone. What then
    fails is the reason of that image.

    Parameters
    ----------
    operator
        What runs.
    costs
        Is told what each batch took.
    """

    def __init__(self, operator: BatchOperator, costs: Costs | None = None) -> None:
        self.operator = operator
        self.size = operator.batch
        self._costs = costs or Costs()

    def __call__(self, arrays: Arrays) -> Records:
        """Return a record an array, in order.

        Raises
        ------
        DeviceError
            Where the device is in a state in which nothing runs on it any more.
        """
        return [record for part in _parts(arrays, self.size) for record in self._timed(part)]

    def _timed(self, arrays: Arrays) -> Records:
        began = time.perf_counter()
        records = self._run(arrays)
        self._costs.add(self.operator, len(arrays), time.perf_counter() - began)
        return records

    def _run(self, arrays: Arrays) -> Records:
        found = self._try(arrays)
        if not isinstance(found, Exception):
            return found
        if any(text in str(found) for text in _DEVICE_IS_BROKEN) and not is_out_of_memory(found):
            raise DeviceError(
                f"{self.operator.device}: nothing runs on it any more ({_first_line(found)}). What "
                "was scored is saved; run again: the images in work are then scored in a process "
                "of their own"
            )
        if is_out_of_memory(found):
            return self._halved(arrays, found)
        if len(arrays) == 1:
            return [self._undefined(found)]
        return [record for array in arrays for record in self._run([array])]

    def _try(self, arrays: Arrays) -> Records | Exception:
        """Run; an exception comes back without its frames, which hold memory."""
        try:
            records = list(self.operator.run(arrays))
            if len(records) != len(arrays):
                raise ModelError(f"{len(records)} records for {len(arrays)} images")
        except Exception as error:  # noqa: BLE001 - a model may raise anything; the run must go on
            return error.with_traceback(None)
        return records

    def _halved(self, arrays: Arrays, error: Exception) -> Records:
        give_back_memory()
        if len(arrays) == 1:
            return [self._undefined(error)]
        half = (len(arrays) + 1) // 2
        records = [record for part in _parts(arrays, half) for record in self._run(part)]
        if not any(map(_lacks_memory, records)):
            self.size = min(self.size, half)
        return records

    def _undefined(self, error: Exception) -> dict[str, Value]:
        return dict.fromkeys((c.name for c in self.operator.columns), Undefined.because(error))


def _parts(arrays: Arrays, size: int) -> list[Arrays]:
    return [arrays[i : i + size] for i in range(0, len(arrays), size)]


def _lacks_memory(record: Mapping[str, Value]) -> bool:
    return any(isinstance(v, Undefined) and v.code == "out_of_memory" for v in record.values())


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
