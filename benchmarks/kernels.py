"""How long the five classical metrics take beside the RGB decode of the same JPEGs.

    python benchmarks/kernels.py PHOTO.jpg ... [--rounds 10]

Decoding and every build of the kernels take turns, file by file; each round gives one ratio of
the sums over the files, and all rounds are printed. The last lines are two threads against one,
decoding included, beside a control of pure arithmetic that shows what the machine gives.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import simplejpeg

from iqcurate.kernels import Kernel, runnable
from iqcurate.metrics.classical import tables

if TYPE_CHECKING:
    from collections.abc import Callable

METRICS = ("lapv", "lapm", "wavs", "brisque", "niqe")
PARTS = {
    "lapv lapm": METRICS[:2],
    "wavs": METRICS[2:3],
    "brisque": METRICS[3:4],
    "niqe": METRICS[4:],
    "all five": METRICS,
}


def seconds(function: Callable[..., Any], *arguments: object) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def one_round(blobs: list[bytes], kernels: dict[str, Kernel]) -> dict[str, float]:
    """Return seconds of the decode, and of each build and part, summed over the files."""
    spent = dict.fromkeys(["decode", *(f"{b} {p}" for b in kernels for p in PARTS)], 0.0)
    for blob in blobs:
        spent["decode"] += seconds(simplejpeg.decode_jpeg, blob)
        pixels = simplejpeg.decode_jpeg(blob)
        for build, kernel in kernels.items():
            for part, metrics in PARTS.items():
                spent[f"{build} {part}"] += seconds(kernel, pixels, metrics)
    return spent


def report(rounds: list[dict[str, float]], files: int) -> None:
    """Print the best time a file, and the ratio to the decode in each round."""
    for name in rounds[0]:
        best = min(spent[name] for spent in rounds) / files
        ratios = [spent[name] / spent["decode"] for spent in rounds]
        each = " ".join(f"{ratio:.2f}" for ratio in ratios)
        print(f"{name:20} {best * 1e3:7.2f} ms  {median(ratios):5.2f}x decode  ({each})")


def gains(task: Callable[[int], object], tasks: int, rounds: int) -> list[float]:
    """Return in each round how much faster two threads do the tasks than one."""
    found = []
    with ThreadPoolExecutor(1) as one, ThreadPoolExecutor(2) as two:
        for _ in range(rounds):
            spent = [seconds(lambda p=p: list(p.map(task, range(tasks)))) for p in (one, two)]
            found.append(spent[0] / spent[1])
    return found


def report_threads(blobs: list[bytes], kernel: Kernel, rounds: int) -> None:
    """Print the gain of a second thread for decoding and scoring, and for the control."""

    def score(i: int) -> object:
        return kernel(simplejpeg.decode_jpeg(blobs[i % len(blobs)]), METRICS)

    numbers = np.linspace(0, 1, 20_000)

    def control(_: int) -> object:
        return [np.sqrt(numbers).sum() for _ in range(200)]

    for name, task in (("decode and score", score), ("control", control)):
        each = gains(task, 8 * len(blobs), rounds)
        rounds_text = " ".join(f"{gain:.2f}" for gain in each)
        print(f"two threads, {name:16} {median(each):.2f}x  ({rounds_text})")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    blobs = [path.read_bytes() for path in given.photos]
    kernels = {build: Kernel(tables(), build) for build in runnable()}
    report([one_round(blobs, kernels) for _ in range(given.rounds)], len(blobs))
    report_threads(blobs, kernels[runnable()[-1]], given.rounds)


if __name__ == "__main__":
    main()
