"""Clocks. Imports the standard library only: the other tools' environments use it, too."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
"""Seconds that pass, and seconds that the processors spend on this process."""


def timed(clock: str, function: Callable[..., Any], *arguments: object) -> tuple[float, Any]:
    """Return how long a call takes by the clock of that name, and what it returns."""
    now = CLOCKS[clock]
    start = now()
    result = function(*arguments)
    return now() - start, result


class Laps:
    """Adds up how long each part of some work takes, by each clock; cpu sums up all threads.

    ``total`` is seconds by ``PART CLOCK``.
    """

    def __init__(self) -> None:
        self.total: dict[str, float] = {}
        self.start()

    def start(self) -> None:
        """Begin a lap, leaving out what was since the last."""
        self._began = {name: now() for name, now in CLOCKS.items()}

    def end(self, part: str) -> None:
        """End the lap, which was that part of the work, and begin the next."""
        for name, now in CLOCKS.items():
            key = f"{part} {name}"
            self.total[key] = self.total.get(key, 0.0) + now() - self._began[name]
        self.start()
