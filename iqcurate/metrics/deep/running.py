"""Running a network so that the score of an image depends on nothing but the image."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.devices import exact_kernels
from iqcurate.models.running import started_pool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import torch

    from iqcurate.metrics.deep.networks import Network, Shaped


class Running:
    """A network at work on a device.

    On a CPU each part of an image is run on one core, several at a time: that takes no longer than
    one part on all cores, does not stall where other threads want a core, and no score depends on
    the number of threads. On other devices parts are run one after the other.

    Parameters
    ----------
    network
        What runs; it is moved to the device.
    device
        Of torch.
    precision
        ``fp32``, or ``bf16``: what torch's autocast deems safe in bfloat16, the rest in float32.
    threads
        Cores for a network on the CPU.
    """

    def __init__(self, network: Network, device: str, precision: str, threads: int) -> None:
        import torch

        self._network = network
        self._device = device
        self._bf16 = precision == "bf16"
        self._map: Callable[..., Iterator[torch.Tensor]] = map
        network.module.to(device=device, memory_format=torch.channels_last)
        if device == "cpu":
            before = torch.get_num_threads()
            self._map = started_pool(threads, lambda: torch.set_num_threads(1)).map
            torch.set_num_threads(before)  # for everybody else in this process

    def scores(self, images: Sequence[Shaped]) -> list[float]:
        """Return the score of each image, from what `Network.shape` made of it."""
        parts = [self._network.parts(image) for image in images]
        rows = self._map(self._run, [part for some in parts for part in some])
        return [self._join([next(rows) for _ in some]) for some in parts]

    def _run(self, part: Shaped) -> torch.Tensor:
        import torch

        given = np.divide(part, np.float32(255), dtype=np.float32)
        kind = self._device.partition(":")[0]
        with (
            torch.inference_mode(),
            self._exact(),
            torch.autocast(kind, torch.bfloat16, enabled=self._bf16),
        ):
            moved = torch.from_numpy(given).to(self._device).permute(0, 3, 1, 2)
            rows: torch.Tensor = self._network.forward(moved).float()
        return rows

    def _join(self, rows: list[torch.Tensor]) -> float:
        import torch

        with torch.inference_mode(), self._exact():
            return float(self._network.join(torch.cat(rows)))

    def _exact(self) -> Any:
        return exact_kernels() if self._device.startswith("cuda") else nullcontext()
