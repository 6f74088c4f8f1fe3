"""What a caller can ask of `score`."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack, cast

from iqcurate.decode import DecodeSettings
from iqcurate.devices import check_device
from iqcurate.errors import UsageError
from iqcurate.executors.local import READ_TIMEOUT_S, default_workers
from iqcurate.operators import Setup
from iqcurate.sources.base import SourceOptions
from iqcurate.store.resume import ResumeOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    done
        Images that were read and scored, or failed.
    skipped
        Images that needed no work.
    failed
        Of `done`, those that could not be scored.
    total
        Images of the source, about; None while that is not known.
    step
        What is done, where it is not images that are counted.
    costs
        Seconds an image of the metrics that run in batches, as far as they are known.
    """

    done: int = 0
    skipped: int = 0
    failed: int = 0
    total: int | None = None
    step: str = ""
    costs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """Options of `iqcurate.score`, where each is described."""

    metrics: Sequence[str] | None = None
    workers: int | None = None
    limit: int | None = None
    append: str | None = None
    rescore: Sequence[str] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    prune: bool = False
    yes: bool = False
    source: Mapping[str, Any] = field(default_factory=dict)
    setup: Setup = field(default_factory=Setup)
    decode: DecodeSettings = field(default_factory=DecodeSettings)
    resume: ResumeOptions = field(default_factory=ResumeOptions)
    timeout: float = READ_TIMEOUT_S
    progress: Callable[[Progress], None] | None = None
    stop: Callable[[], bool] = bool


class RunOptions(TypedDict, total=False):
    """Keyword options of everything that lists images; described at `iqcurate.score`."""

    workers: int | None
    limit: int | None
    append: str | None
    root: str | os.PathLike[str] | None
    path_column: str | None
    label_from: str | None
    split_from: str | None
    group_from: str | None
    labels: str | os.PathLike[str] | None
    all_files: bool | None
    max_pixels: int | None
    max_bytes: int | None
    timeout: float | None
    retry_failed: bool
    hash_contents: bool
    yes: bool
    progress: Callable[[Progress], None] | None
    stop: Callable[[], bool]


class SetupOptions(TypedDict, total=False):
    """Keyword options of deep metrics; described at `iqcurate.score`."""

    device: str | None
    precision: str | None
    max_side: int | str | None
    weights: Mapping[str, PathLike]
    weights_dir: PathLike | None


class Options(RunOptions, SetupOptions, total=False):
    """Keyword options of `iqcurate.score`, where each is described."""

    metrics: Sequence[str] | None
    rescore: Sequence[str]
    rename: Mapping[str, str]
    prune: bool


class _Latch:
    """Asks until the answer is true, and remembers it: a run that was stopped stays so."""

    def __init__(self, ask: Callable[[], bool]) -> None:
        self._ask = ask
        self._said = False

    def __call__(self) -> bool:
        self._said = self._said or self._ask()
        return self._said


_LISTING = tuple(f.name for f in fields(SourceOptions))
_LIMITS = ("max_pixels", "max_bytes")
_RESUMING = ("retry_failed", "hash_contents")
_SETUP = tuple(SetupOptions.__annotations__)
_PRECISIONS = ("fp32", "bf16")
_LEAST_SIDE = 32
_POSITIVE = ("workers", "limit", "timeout", *_LIMITS)
_NAMES = ("metrics", "rescore")


def make_options(**options: Unpack[Options]) -> ScoreOptions:
    """Check and sort the options of `iqcurate.score`; None is the default of each.

    Raises
    ------
    UsageError
        Where a number is not positive, a text stands where names are expected, or a choice is
        none of those there are.
    """
    given: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
    for name in _POSITIVE:
        if given.get(name, 1) < 1:
            raise UsageError(f"{name} is {given[name]}: it must be at least 1")
    for name in _NAMES:
        if isinstance(given.get(name), str):
            raise UsageError(f"{name} is a text: give a list of names, such as [{given[name]!r}]")

    def taken(names: Iterable[str]) -> dict[str, Any]:
        return {n: given.pop(n) for n in names if n in given}

    listing = {n: v if isinstance(v, bool) else os.fspath(v) for n, v in taken(_LISTING).items()}
    if "stop" in given:
        given["stop"] = _Latch(given["stop"])
    setup = make_setup(given.get("workers"), **cast("SetupOptions", taken(_SETUP)))
    decode, resume = DecodeSettings(**taken(_LIMITS)), ResumeOptions(**taken(_RESUMING))
    return ScoreOptions(source=listing, setup=setup, decode=decode, resume=resume, **given)


def make_setup(workers: int | None, **options: Unpack[SetupOptions]) -> Setup:
    """Check the options of deep metrics; None is the default of each.

    Raises
    ------
    UsageError
        Where a choice is none of those there are.
    """
    given: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
    device, precision = given.get("device", "auto"), given.get("precision", _PRECISIONS[0])
    check_device(device)
    if precision not in _PRECISIONS:
        raise UsageError(f"--precision {precision}: it is {' or '.join(_PRECISIONS)}")
    folder = given.get("weights_dir")
    return Setup(
        device,
        precision,
        _max_side(given.get("max_side")),
        {metric: Path(file).expanduser() for metric, file in given.get("weights", {}).items()},
        None if folder is None else Path(folder),
        workers or default_workers(),
    )


def _max_side(given: int | str | None) -> float | None:
    if given is None:
        return None
    if given == "none":
        return math.inf
    try:
        side = int(given)
    except ValueError:
        side = 0
    if side < _LEAST_SIDE:
        raise UsageError(f"--max-side {given}: it is none, or a number of pixels, {_LEAST_SIDE} up")
    return side
