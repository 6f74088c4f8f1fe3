"""The files of weights that a metric is to be made with."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from iqcurate.errors import UsageError
from iqcurate.weights import locate, weights_folder

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.operators import Setup
    from iqcurate.spec import MetricSpec, Weights
    from iqcurate.weights import Located


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
