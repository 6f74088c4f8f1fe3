"""CleanVision on the CPU, on one process; runs in the environment of CleanVision.

    python -m benchmarks.peers.cleanvision_server CLOCK

It is given all files at once, as it is used, and reads and decodes them itself.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from cleanvision import Imagelab

from benchmarks.peers.serving import serve
from benchmarks.timing import timed

if TYPE_CHECKING:
    from benchmarks.peers.serving import Handler


def main() -> None:
    """Serve."""
    serve(lambda: _handler(sys.argv[1]), ["cleanvision", "pillow"])


def _handler(clock: str) -> Handler:
    def find(paths: list[str], issues: dict[str, object] | None) -> None:
        Imagelab(filepaths=paths).find_issues(issues, n_jobs=1, verbose=False)

    def handle(paths: list[str]) -> dict[str, dict[str, float]]:
        blurry, _ = timed(clock, find, paths, {"blurry": {}})
        every, _ = timed(clock, find, paths, None)
        return {"seconds": {"cleanvision blurry": blurry, "cleanvision all": every}}

    return handle


if __name__ == "__main__":
    main()
