"""The command."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contenders import ContenderError, time_set
from benchmarks.limits import resume, score_huge
from benchmarks.machine import (
    available_memory,
    cores,
    cpu_model,
    describe_machine,
    describe_versions,
    slug,
)
from benchmarks.ours import Decoders, Kernels
from benchmarks.peers.client import ROOT, Peer
from benchmarks.photos import find_originals, make_sets
from benchmarks.plan import FULL, QUICK, Plan
from benchmarks.report import full_report, summary, update_readme
from benchmarks.result import PhotoSet, Result
from benchmarks.runs import copy_photos, time_runs
from benchmarks.timing import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.contenders import Contender
    from benchmarks.photos import Photo

HERE = Path(__file__).parent
PARAMETERS = ROOT / "iqcurate" / "metrics" / "params"
PEERS = ("pyiqa", "cleanvision")
_PYIQA_BYTES_A_PIXEL = 600
_STUDY_PIXELS = 8_000_000  # its scratch memory is fixed; beyond, it aborts


def main() -> None:
    """Measure, or show again what was measured."""
    given = _arguments()
    if given.show:
        result, path = Result.load(given.show), given.show
    else:
        result = _measure(given, FULL if given.full else QUICK)
        path = given.results / f"{result.date.split()[0]}-{slug(cpu_model())}.json"
        result.save(path)
    report = full_report(result)
    print(report)
    path.with_suffix(".md").write_text(report + "\n")
    _say(f"every repetition is in {path}")
    if given.update_readme:
        update_readme(ROOT / "README.md", summary(result))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="How fast iqcurate is, beside others, in one run."
    )
    add = parser.add_argument
    add("--photos", type=Path, help="a folder of photos; by default some that are there")
    add("--peer", action="append", default=[], choices=PEERS, help="also time this tool, by its "
        "environment under benchmarks/.venvs (make bench makes them); may be repeated")  # fmt: skip
    add("--study", type=Path, default=os.environ.get("IQCURATE_STUDY"),
        help="the folder of the speed study [IQCURATE_STUDY]")  # fmt: skip
    add("--full", action="store_true", help="more rounds, larger photos, 100,000 tiny images")
    add("--clock", choices=tuple(CLOCKS), default="wall",
        help="what the photos are timed by: cpu where other programs are running")  # fmt: skip
    add("--note", default="", help="a sentence to keep with the result")
    add("--results", type=Path, default=HERE / "results", help="folder for the result")
    add("--update-readme", action="store_true", help="write the table into README.md")
    add("--show", type=Path, metavar="RESULT", help="measure nothing: write the tables of a result")
    return parser.parse_args()


def _measure(given: argparse.Namespace, plan: Plan) -> Result:
    result = Result(
        date=f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}",
        note=given.note,
        clock=given.clock,
        machine=describe_machine(),
        versions=describe_versions(),
    )
    originals = find_originals(given.photos)
    if not originals:
        sys.exit(f"no RGB photos in {given.photos}")
    with tempfile.TemporaryDirectory(prefix="iqcurate-bench-") as folder:
        scratch = Path(folder)
        sets = make_sets(originals, scratch, plan.large)
        if "full size" not in sets:
            result.left_out.append("photos as they are: none has 15 MP")
        _time_sets(result, sets, given, plan, scratch)
        _time_runs(result, sets["1 MP"], plan, scratch)
        _say("one image of 100 MP")
        result.huge = score_huge(originals[0], 3, scratch)
        _say(f"going on with {plan.tiny:,} finished images")
        result.tiny, result.again = plan.tiny, resume(plan.tiny, plan.repetitions, scratch)
    return result


def _time_sets(
    result: Result,
    sets: dict[str, list[Photo]],
    given: argparse.Namespace,
    plan: Plan,
    scratch: Path,
) -> None:
    with ExitStack() as stack:
        contenders: list[Contender] = [Decoders(given.clock), Kernels(given.clock)]
        contenders += _start_peers(result, given, plan, scratch, stack)
        for name, photos in sets.items():
            small = name == "1 MP"
            found, left_out = time_set(
                photos,
                contenders,
                plan.rounds if small else plan.large_rounds,
                plan.slow_rounds if small else plan.slow_large_rounds,
                _teller(f"photos of {name}"),
            )
            result.sets[name] = PhotoSet.of(photos, found)
            result.left_out += [f"{reason} ({name})" for reason in left_out]


def _start_peers(
    result: Result, given: argparse.Namespace, plan: Plan, scratch: Path, stack: ExitStack
) -> list[Peer]:
    memory = available_memory() or sys.maxsize
    slow_pixels = min(plan.slow_pixels, memory // _PYIQA_BYTES_A_PIXEL)
    clock, every = given.clock, sys.maxsize
    starts: dict[str, Callable[[], Peer]] = {
        "pyiqa": lambda: Peer(
            "pyiqa", _python("pyiqa"), "benchmarks.peers.pyiqa_server",
            [str(PARAMETERS), clock], scratch, slow=True, most_pixels=slow_pixels,
        ),
        "cleanvision": lambda: Peer(
            "cleanvision", _python("cleanvision"), "benchmarks.peers.cleanvision_server",
            [clock], scratch, at_once=True, slow=True, most_pixels=every,
        ),
        "study": lambda: Peer(
            "study", Path(sys.executable), "benchmarks.peers.study_server",
            [str(given.study.resolve()), clock], scratch, most_pixels=_STUDY_PIXELS,
        ),
    }  # fmt: skip
    asked = [*given.peer, *(["study"] if given.study else [])]
    result.left_out += [f"{name}: not asked for" for name in starts if name not in asked]
    started = []
    for name in asked:
        _say(f"starting {name}")
        try:
            peer = stack.enter_context(starts[name]())
        except ContenderError as error:
            result.left_out.append(f"{name}: {error}")
            _say(f"left out: {name}: {error}")
            continue
        result.peers[name] = peer.versions
        started.append(peer)
    return started


def _time_runs(result: Result, photos: list[Photo], plan: Plan, scratch: Path) -> None:
    result.images, result.threads = plan.images, min(2, cores())
    if result.threads == 1:
        result.left_out.append("two threads: this machine gives one core")
    files = copy_photos(photos, plan.images, scratch / "run")
    tell = _teller(f"runs over {plan.images} files")
    result.runs = time_runs(files, result.threads, plan.repetitions, scratch, tell)


def _python(peer: str) -> Path:
    return HERE / ".venvs" / peer / "bin" / "python"


def _teller(what: str) -> Callable[[str], None]:
    return lambda text: _say(f"{what}: {text}")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
