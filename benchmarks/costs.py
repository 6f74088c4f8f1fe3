"""What each metric costs alone, for the specs and the docs: ``python -m benchmarks.costs``.

Each is run in a process of its own, on one core, over cut-outs of real photographs of several sizes
stored as JPEG; what reading and decoding take is measured likewise and taken off. Deep
metrics have random parameters, which take as long as trained ones.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks import deep
from benchmarks.machine import cpu_model, describe_machine, slug

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SIZES = ((224, 224), (512, 384), (1024, 768), (4000, 3000))
_DECODE = "megapixels"
"""Read from the header, once the pixels are there: what is left is reading and decoding."""
_ENOUGH_S = 3.0
_RESULTS = Path(__file__).parent / "results"


def main() -> None:
    """Measure."""
    given = _arguments()
    if given.one:
        print(json.dumps(_measure(given.one, Path(given.folder))))
        return
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for width, height in SIZES:
            deep.write_photo(_photo(folder, width, height), 0, width, height)
        metrics = dict.fromkeys((_DECODE, *given.metrics))
        found = {metric: _apart(metric, folder) for metric in metrics}
    _report(found)


def _arguments() -> argparse.Namespace:
    from iqcurate.metrics.registry import resolve

    every = [s.name for group in ("classical", "checks") for s in resolve([group])]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.costs", description=__doc__)
    parser.add_argument("metrics", nargs="*", default=[*every, *deep.METRICS])
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    return parser.parse_args()


def _photo(folder: Path, width: int, height: int) -> Path:
    return folder / f"{width}x{height}.jpg"


def _checkpoint(folder: Path) -> Path:
    return folder / "parameters.pth"


def _apart(metric: str, folder: Path) -> dict[str, Any]:
    print(metric, file=sys.stderr, flush=True)
    if metric in deep.METRICS:
        deep.save(deep.random_module(metric), metric, folder)
    command = [sys.executable, "-m", "benchmarks.costs", "--one", metric, "--folder", str(folder)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    _checkpoint(folder).unlink(missing_ok=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _measure(metric: str, folder: Path) -> dict[str, Any]:
    """Return processor seconds an image of each size, and MB held at most before and after."""
    photos = [_photo(folder, *size) for size in SIZES]
    ours = deep.our_scorer(metric, _checkpoint(folder) if metric in deep.METRICS else None, 1)
    ours(photos[:1])
    before = _most_mb()
    return {"before_mb": before, "seconds": [_one(ours, p) for p in photos], "mb": _most_mb()}


def _one(ours: deep.Scorer, photo: Path) -> float:
    """Return the least processor time of an image, over some seconds, or once if it takes more."""
    least, begun = float("inf"), time.perf_counter()
    while least == float("inf") or time.perf_counter() < begun + _ENOUGH_S:
        cpu = time.process_time()
        ours([photo])
        least = min(least, time.process_time() - cpu)
    return least


def _most_mb() -> int:
    status = Path("/proc/self/status").read_text()  # `resource` would tell of the parent, too
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) >> 10 if found else 0


def _report(found: Mapping[str, Mapping[str, Any]]) -> None:
    machine, date = describe_machine(), datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    decode = found[_DECODE]["seconds"]
    sizes = [f"{w}x{h}" for w, h in SIZES]
    lines = [
        f"# What each metric costs alone, {date}",
        "",
        f"{machine['cpu']}, one thread; load before {machine['load_before']}. Processor seconds an "
        "image, least of several turns, without reading and decoding (first row). Memory is that "
        "of the whole process, after the photo of 12 MP and before.",
        "",
        f"| metric | {' | '.join(sizes)} | MB at most | of these before |",
        f"| --- |{' ---: |' * (len(sizes) + 2)}",
        _row("reading and decoding", decode, found[_DECODE]),
    ]
    for metric, what in found.items():
        if metric != _DECODE:
            alone = [a - b for a, b in zip(what["seconds"], decode, strict=True)]
            lines.append(_row(f"`{metric}`", alone, what))
    text = "\n".join(lines)
    print(text)
    path = _RESULTS / f"{date.split()[0]}-costs-{slug(cpu_model())}.md"
    path.write_text(text + "\n")
    path.with_suffix(".json").write_text(json.dumps({"machine": machine, **found}, indent=1) + "\n")


def _row(name: str, seconds: Sequence[float], what: Mapping[str, Any]) -> str:
    each = " | ".join(f"{max(s, 0):.2g}" for s in seconds)
    return f"| {name} | {each} | {what['mb']} | {what['before_mb']} |"


if __name__ == "__main__":
    main()
