"""The batch operator of a deep metric."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from iqcurate.devices import find_device
from iqcurate.errors import UndefinedScoreError
from iqcurate.metrics.deep.build import build, build_any
from iqcurate.metrics.deep.networks import (
    Clipiqa,
    Cnniqa,
    Hyperiqa,
    Maniqa,
    Musiq,
    Network,
    Unknown,
    Whole,
)
from iqcurate.metrics.deep.running import Running
from iqcurate.metrics.deep.sizes import shrink
from iqcurate.metrics.deep.specs import DEEP, module_of, pyiqa_spec
from iqcurate.metrics.settings import locate_weights
from iqcurate.operators import Column, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from iqcurate.operators import Record, Setup
    from iqcurate.spec import MetricSpec
    from iqcurate.types import Image

_NETWORKS: dict[str, Callable[[Any], Network]] = {
    "musiq": Musiq,
    "maniqa": Maniqa,
    "hyperiqa": Hyperiqa,
    "clipiqa": Clipiqa,
    "cnniqa": Cnniqa,
    "dbcnn": lambda module: Whole(module, least=DEEP["dbcnn"].min_size[0]),
}


_MOST_AT_ONCE = 16
"""Each takes up to 0.8 GB."""


class Deep:
    """Scores images with a network.

    Parameters
    ----------
    spec
        The metric.
    network
        With its parameters.
    setup
        Device, precision, size cap and threads.
    """

    def __init__(self, spec: MetricSpec, network: Network, setup: Setup) -> None:
        self.columns = (Column(spec.name),)
        self.device = find_device(setup.device)
        threads = setup.threads or _cores()
        self.batch = _at_once(spec.batch, threads) if self.device == "cpu" else spec.batch
        self._name = spec.name
        self._network = network
        cap = setup.max_side if setup.max_side is not None else spec.max_side
        self._max_side = float("inf") if cap is None else cap
        self._running = Running(network, self.device, setup.precision, threads)

    def prepare(self, image: Image) -> np.ndarray | Undefined:
        """Bring an image to the size at which it is scored."""
        try:
            return self._network.shape(shrink(image.rgb, self._max_side))
        except UndefinedScoreError as reason:
            return Undefined(reason.code, reason.text)

    def run(self, arrays: Sequence[np.ndarray]) -> list[Record]:
        """Return the score of each image."""
        return [{self._name: score} for score in self._running.scores(arrays)]


def make(setup: Setup, metric: str) -> Deep:
    """Return the operator of a deep metric.

    Raises
    ------
    MetricError
        Where pyiqa is not installed.
    WeightsError
        Where a file is missing or wrong.
    ModelError
        Where a file cannot be loaded.
    DeviceError
        Where there is no such device.
    """
    name = metric.removeprefix("pyiqa:")
    spec = DEEP[metric] if metric in DEEP else pyiqa_spec(name)
    located = locate_weights(spec, setup)
    files = {record.file: file for record, file in zip(spec.weights, located, strict=True)}
    if name in DEEP:
        network = _NETWORKS[name.partition("-")[0]](build(name, files))
    else:
        network = Unknown(build_any(name, module_of(name), files), least=spec.min_size[0])
    return Deep(spec, network, setup)


def _at_once(batch: int, threads: int) -> int:
    """Images in work on a CPU: so many that cores have work, so few that memory lasts."""
    return max(batch, min(threads, _MOST_AT_ONCE)) if batch > 1 else batch


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
