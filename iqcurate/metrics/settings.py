"""What a metric is made with, as far as its scores depend on it."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from importlib.metadata import Distribution, requires
from typing import TYPE_CHECKING, Any

from iqcurate.errors import MetricError, UsageError, WeightsError
from iqcurate.weights import locate, weights_folder

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from iqcurate.operators import Setup
    from iqcurate.spec import MetricSpec, Weights
    from iqcurate.weights import Located


def check_setup(specs: Iterable[MetricSpec], setup: Setup) -> None:
    """Check that metrics can be made as is asked; imports none of them.

    Raises
    ------
    WeightsError
        Where files are missing or not what they should be; names all of them.
    UsageError
        Where the user's own file is given for a metric that is not among them.
    MetricError
        Where a metric cannot run in the precision.
    """
    specs = list(specs)
    if strange := set(setup.weights) - {spec.name for spec in specs}:
        raise UsageError(f"--weights {min(strange)}=FILE: that metric is not among those to score")
    wrong = []
    for spec in specs:
        try:
            settings(spec, setup)
        except WeightsError as error:
            wrong.append(f"{spec.name}: {error}")
    if wrong:
        raise WeightsError("\n".join([*_to_install(specs), *wrong]))


def _to_install(specs: Iterable[MetricSpec]) -> list[str]:
    """What must be installed besides, told before anybody fetches files that would be of no use."""
    lacking = {s.how_to_install: s.licence for s in specs if s.extra and not _installed(s.extra)}
    return [f"first: {command}; licence: {licence}" for command, licence in lacking.items()]


def _installed(extra: str) -> bool:
    needed = [r for r in requires("iqcurate") or () if re.search(rf"extra == .{extra}.$", r)]
    names = [re.split(r"[^\w.-]", requirement)[0] for requirement in needed]
    return all(any(Distribution.discover(name=name)) for name in names)


def settings(spec: MetricSpec, setup: Setup) -> dict[str, Any]:
    """Return what the scores depend on, as JSON has it: hashes of weights, precision, size cap.

    Raises
    ------
    WeightsError, UsageError, MetricError
        See `check_setup`.
    """
    found: dict[str, Any] = {"weights": [f.sha256 for f in locate_weights(spec, setup)]}
    if spec.precisions:
        found["precision"] = _precision(spec, setup.precision)
    if spec.max_side is not None:
        side = spec.max_side if setup.max_side is None else setup.max_side
        found["max_side"] = "none" if math.isinf(side) else int(side)
    return found


def _precision(spec: MetricSpec, wanted: str) -> str:
    if wanted not in spec.precisions:
        raise MetricError(
            f"--precision {wanted}: metric {spec.name!r} runs in {' or '.join(spec.precisions)}"
        )
    return wanted


def locate_weights(spec: MetricSpec, setup: Setup) -> tuple[Located, ...]:
    """Find and check the files of `spec.weights`, in their order; nothing is ever fetched.

    A file is hashed once, however many metrics and calls ask for it.

    Raises
    ------
    WeightsError
        Where one is missing or has a wrong hash; see `iqcurate.weights.locate`.
    UsageError
        Where the user's own file is given for a metric that takes none, or several.
    """
    folder, own = weights_folder(setup.weights_folder), setup.weights.get(spec.name)
    replaced = None if own is None else _main(spec)
    return tuple(_located(r, folder, own if r is replaced else None) for r in spec.weights)


def _main(spec: MetricSpec) -> Weights:
    """The file that the user's own stands for: the metric's only one, or that of its name."""
    name = spec.name.removeprefix("pyiqa:")
    named = [r for r in spec.weights if r.name == name or len(spec.weights) == 1]
    if not named:
        raise UsageError(f"--weights {spec.name}=FILE: {spec.name} has no weights of its own")
    return named[0]


def _located(record: Weights, folder: Path, given: Path | None) -> Located:
    path = given or folder / record.file
    return _once(record, folder, given, _stamp(path))


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes with the content of a file; empty where there is none."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return (found.st_ino, found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=64)
def _once(record: Weights, folder: Path, given: Path | None, _: tuple[int, ...]) -> Located:
    return locate(record, folder, given)
