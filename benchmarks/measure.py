"""One run of everything."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contenders import ContenderError, time_set
from benchmarks.limits import resume, score_huge
from benchmarks.machine import cores, describe_machine, describe_versions
from benchmarks.ours import Decoders, Kernels
from benchmarks.peers.start import PEERS, STUDY, starters
from benchmarks.photos import AS_THEY_ARE, ONE_MP, find_originals, make_sets
from benchmarks.result import PhotoSet, Result
from benchmarks.runs import copy_photos, time_runs

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.contenders import Contender
    from benchmarks.peers.client import Peer
    from benchmarks.photos import Photo
    from benchmarks.plan import Plan


@dataclass(frozen=True)
class Options:
    """What to measure.

    Parameters
    ----------
    plan
        How much.
    photos
        See `find_originals`.
    peers
        Names out of `PEERS`.
    study
        Folder of the speed study, or None.
    clock
        Of `CLOCKS`, for the photos.
    note
        Kept with the result.
    """

    plan: Plan
    photos: Path | None
    peers: list[str]
    study: Path | None
    clock: str
    note: str


def measure(options: Options) -> Result:
    """Measure everything; what cannot be is listed in the result."""
    plan = options.plan
    result = Result(
        date=f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}",
        note=options.note,
        clock=options.clock,
        machine=describe_machine(),
        versions=describe_versions(),
    )
    originals = find_originals(options.photos)
    if not originals:
        sys.exit(f"no RGB photos in {options.photos}")
    with tempfile.TemporaryDirectory(prefix="iqcurate-bench-") as folder:
        scratch = Path(folder)
        sets = make_sets(originals, scratch, plan.large)
        if AS_THEY_ARE not in sets:
            result.left_out.append(f"photos of {AS_THEY_ARE}: there are none")
        _time_sets(result, sets, options, scratch)
        _time_runs(result, sets[ONE_MP], plan, scratch)
        say("one image of 100 MP")
        result.huge = score_huge(originals[0], 3, scratch)
        say(f"going on with {plan.tiny:,} finished images")
        result.tiny, result.again = plan.tiny, resume(plan.tiny, plan.repetitions, scratch)
    return result


def say(text: str) -> None:
    """Tell how far it is."""
    print(text, file=sys.stderr, flush=True)


def _time_sets(
    result: Result, sets: dict[str, list[Photo]], options: Options, scratch: Path
) -> None:
    plan = options.plan
    with ExitStack() as stack:
        contenders: list[Contender] = [Decoders(options.clock), Kernels(options.clock)]
        contenders += _start_peers(result, options, scratch, stack)
        for name, photos in sets.items():
            small = name == ONE_MP
            found, left_out = time_set(
                photos,
                contenders,
                plan.rounds if small else plan.large_rounds,
                plan.slow_rounds if small else plan.slow_large_rounds,
                _teller(f"photos of {name}"),
            )
            result.sets[name] = PhotoSet.of(photos, found)
            result.left_out += [f"{reason} ({name})" for reason in left_out]


def _start_peers(result: Result, options: Options, scratch: Path, stack: ExitStack) -> list[Peer]:
    known = starters(options.clock, options.plan.slow_pixels, options.study, scratch)
    asked = [name for name in known if name in (*options.peers, STUDY)]
    result.left_out += [f"{name}: not asked for" for name in (*PEERS, STUDY) if name not in asked]
    started = []
    for name in asked:
        say(f"starting {name}")
        try:
            peer = stack.enter_context(known[name]())
        except ContenderError as error:
            result.left_out.append(f"{name}: {error}")
            say(f"left out: {name}: {error}")
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


def _teller(what: str) -> Callable[[str], None]:
    return lambda text: say(f"{what}: {text}")
