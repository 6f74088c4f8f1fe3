"""How fast deep metrics are beside a loop over pyiqa, in one run: ``make bench-deep``.

Both score the same files with the same random parameters, which take as long as trained ones, on
the CPU. They take turns, some files at a time, so that whatever else the machine does falls on
both. pyiqa's loop is its own reader and its own network, one image at a time.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from benchmarks.machine import cpu_model, describe_machine, slug

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iqcurate.types import ImageRef

    Scorer = Callable[[Sequence[Path]], list[float]]

METRICS = ("cnniqa", "musiq", "hyperiqa", "clipiqa", "dbcnn", "maniqa")
MIXED, SMALL = "mixed sizes to 1024", "224x224"
_SIDES = (224, 300, 384, 500, 512, 640, 768, 1024)
_SHAPES = ((4, 3), (3, 4), (3, 2), (1, 1), (16, 9))
_RESULTS = Path(__file__).parent / "results"


@dataclass
class Turns:
    """What both took for the same files, turn by turn, in seconds."""

    metric: str
    photos: str
    threads: int
    images: int
    theirs: list[float] = field(default_factory=list)
    ours: list[float] = field(default_factory=list)
    theirs_cpu: list[float] = field(default_factory=list)
    ours_cpu: list[float] = field(default_factory=list)
    difference: float = 0.0

    @property
    def ratios(self) -> list[float]:
        """How many times faster ours was, by wall clock, in each turn."""
        return [a / b for a, b in zip(self.theirs, self.ours, strict=True)]


def main() -> None:
    """Measure."""
    given = _arguments()
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        photos = {MIXED: make_photos(Path(folder), 40), SMALL: make_small(Path(folder), 24)}
        every = [turns for m in given.metrics for turns in _both(m, photos, given)]
    _report(every, given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.deep", description=__doc__)
    add = parser.add_argument
    add("metrics", nargs="*", default=METRICS[:-1], help=f"of {', '.join(METRICS)}")
    add("--threads", type=int, default=2)
    add("--limit", type=int, default=40, help="of the mixed photos")
    add("--turn", type=int, default=4, help="files a turn")
    add("--note", default="", help="a sentence to keep with the result")
    return parser.parse_args()


def make_photos(folder: Path, count: int) -> list[Path]:
    """Write JPEG cut-outs of real photographs, of many sizes."""
    paths = []
    for i in range(count):
        across, down = _SHAPES[i % len(_SHAPES)]
        long = _SIDES[i % len(_SIDES)]
        scale = long / max(across, down)
        paths.append(
            write_photo(folder / f"{i}.jpg", i, round(across * scale), round(down * scale))
        )
    return paths


def make_small(folder: Path, count: int) -> list[Path]:
    """Write cut-outs of 224x224."""
    return [write_photo(folder / f"small{i}.jpg", i, 224, 224) for i in range(count)]


def write_photo(path: Path, number: int, width: int, height: int) -> Path:
    """Write a cut-out of the sample photo of that number as JPEG, enlarged where it must be."""
    from iqcurate.testing import sample_photos

    photos = sample_photos()
    photo = Image.fromarray(photos[number % len(photos)].pixels)
    scale = max(width / photo.width, height / photo.height)
    size = round(photo.width * scale), round(photo.height * scale)
    photo.resize(size).crop((0, 0, width, height)).save(path, quality=90)
    return path


def _both(metric: str, photos: dict[str, list[Path]], given: argparse.Namespace) -> list[Turns]:
    module = random_module(metric)
    with tempfile.TemporaryDirectory() as folder:
        ours = our_scorer(metric, save(module, metric, Path(folder)), given.threads)
    theirs = pyiqa_scorer(module, given.threads)
    sets = {MIXED: photos[MIXED][: given.limit]}
    if metric in ("hyperiqa", "maniqa"):
        sets[SMALL] = photos[SMALL][: given.limit]
    return [
        _take_turns(Turns(metric, name, given.threads, len(paths)), paths, theirs, ours, given.turn)
        for name, paths in sets.items()
    ]


def _take_turns(turns: Turns, paths: list[Path], theirs: Scorer, ours: Scorer, size: int) -> Turns:
    for scorer in (theirs, ours):
        scorer(paths[:1])  # sets much up
    for i in range(0, len(paths), size):
        some = paths[i : i + size]
        a, wall, cpu = _timed(theirs, some)
        turns.theirs.append(wall)
        turns.theirs_cpu.append(cpu)
        b, wall, cpu = _timed(ours, some)
        turns.ours.append(wall)
        turns.ours_cpu.append(cpu)
        turns.difference = max(turns.difference, *np.abs(np.subtract(a, b)).tolist())
        _say(f"{turns.metric}, {turns.photos}: {turns.ratios[-1]:.2f}x")
    return turns


def _timed(scorer: Scorer, paths: list[Path]) -> tuple[list[float], float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    scores = scorer(paths)
    return scores, time.perf_counter() - wall, time.process_time() - cpu


def random_module(metric: str) -> Any:
    """Return pyiqa's network with random parameters."""
    from iqcurate.metrics.deep import build
    from iqcurate.metrics.deep.offline import changed, import_pyiqa

    import_pyiqa(metric)
    if metric != "clipiqa":
        return build.BUILDERS[metric](metric).eval()
    from pyiqa.archs import clip_model, clipiqa_arch

    clip = clip_model.CLIP(1024, 224, (3, 4, 6, 3), 64, None, 77, 49408, 512, 8, 12)
    clip = clip.half().float().eval()  # it is published in halves
    with changed(clipiqa_arch, "load", lambda *_: clip):
        return clipiqa_arch.CLIPIQA().eval()


def save(module: Any, metric: str, folder: Path) -> Path:
    """Write its parameters as a checkpoint."""
    import torch

    held = module.clip_model[0].half() if metric == "clipiqa" else module
    path = folder / "parameters.pth"
    torch.save(held.state_dict(), path)
    if metric == "clipiqa":
        held.float()
    return path


def pyiqa_scorer(module: Any, threads: int) -> Scorer:
    """Return pyiqa's loop over files."""
    import torch
    from pyiqa.utils.img_util import imread2tensor

    def score(paths: Sequence[Path]) -> list[float]:
        torch.set_num_threads(threads)
        with torch.no_grad():
            return [float(module(imread2tensor(str(p), rgb=True)[None])) for p in paths]

    return score


def our_scorer(metric: str, checkpoint: Path | None, threads: int) -> Scorer:
    """Return the engine with that metric, over files."""
    from iqcurate.engine import Engine
    from iqcurate.executors.local import LocalExecutor
    from iqcurate.metrics.registry import load_operators, resolve
    from iqcurate.operators import Setup
    from iqcurate.tasks import Task

    (spec,) = resolve([metric])
    weights = {} if checkpoint is None else {metric: checkpoint}
    setup = Setup(weights=weights, threads=threads)
    engine = Engine(load_operators({metric: spec}, setup))

    def score(paths: Sequence[Path]) -> list[float]:
        tasks = [Task(_ref(path), frozenset([metric])) for path in paths]
        found: dict[str, Any] = {}
        for row in LocalExecutor(threads).run(engine, tasks):
            if row is not None:
                found[row.task.ref.id] = row.values[metric]
        return [found[p.name] for p in paths]

    return score


def _ref(path: Path) -> ImageRef:
    from iqcurate.types import ImageRef

    return ImageRef(path.name, str(path), lambda: path.open("rb"), "")


def _report(every: list[Turns], given: argparse.Namespace) -> None:
    machine = describe_machine()
    versions = {name: version(name) for name in ("torch", "pyiqa", "timm", "numpy")}
    date = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    lines = [
        f"# Deep metrics beside pyiqa, {date}",
        "",
        f"{machine['cpu']}, {machine['cores']} cores; load before {machine['load_before']}; "
        f"{', '.join(f'{k} {v}' for k, v in versions.items())}. {given.note}".strip(),
        "",
        "Random parameters. Turns of a few files each; the ratio is pyiqa's time over ours.",
        "",
        "| metric | photos | how many | threads | median ratio | least | most "
        "| ratio of processor time | s/image, ours | largest difference |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        *map(_row, every),
    ]
    text = "\n".join(lines)
    print(text)
    which = "deep" if given.metrics == METRICS[:-1] else "-".join(["deep", *given.metrics])
    path = _RESULTS / f"{date.split()[0]}-{which}-{slug(cpu_model())}.md"
    path.write_text(text + "\n")
    record = {"machine": machine, "versions": versions, "date": date, "note": given.note,
              "turns": [asdict(t) for t in every]}  # fmt: skip
    path.with_suffix(".json").write_text(json.dumps(record, indent=1) + "\n")


def _row(turns: Turns) -> str:
    ratios, cpu = turns.ratios, sum(turns.theirs_cpu) / sum(turns.ours_cpu)
    each = sum(turns.ours) / turns.images
    return (
        f"| {turns.metric} | {turns.photos} | {turns.images} | {turns.threads} "
        f"| {statistics.median(ratios):.2f} | {min(ratios):.2f} | {max(ratios):.2f} | {cpu:.2f} "
        f"| {each:.2f} | {turns.difference:.1g} |"
    )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
