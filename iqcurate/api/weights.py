"""Files of weights: what there is, fetching, checking, adding."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from iqcurate.errors import UnknownMetricError, UsageError
from iqcurate.metrics.registry import all_specs, resolve
from iqcurate.weights.check import WeightsState, checked, seen
from iqcurate.weights.folder import weights_folder
from iqcurate.weights.records import needed_by, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from iqcurate.api.options import Progress
    from iqcurate.spec import Weights
    from iqcurate.weights.locate import Located
    from iqcurate.weights.transfer import Tell


@dataclass(frozen=True, slots=True)
class WeightsFile:
    """A file of weights, and how it stands.

    Parameters
    ----------
    record
        What it should be.
    path
        Where it is, or would be.
    state
        What is known of it.
    sha256
        Of the whole file; None where it is missing or was not read.
    note
        More of its state, for people.
    """

    record: Weights
    path: Path
    state: WeightsState
    sha256: str | None = None
    note: str = ""


def list_weights(
    names: Iterable[str] | None = None, folder: Path | None = None
) -> list[WeightsFile]:
    """List the files of weights there are, and which of them are in the folder.

    Parameters
    ----------
    names
        Of files or metrics; None for all.
    folder
        Folder of weights; None for ``IQCURATE_WEIGHTS``, else the user's cache.

    Returns
    -------
    One for each file. No file is read: each is ``present`` or ``missing``.

    Raises
    ------
    UsageError
        Where a name is unknown.
    """
    home = weights_folder(folder)
    return [
        WeightsFile(record, path, state, note=note)
        for record in find_weights(names)
        for path in [home / record.file]
        for state, note in [seen(path)]
    ]


def verify_weights(
    names: Iterable[str] | None = None, folder: Path | None = None
) -> list[WeightsFile]:
    """Read files of weights and say whether they hold what they should.

    Parameters
    ----------
    names
        Of files or metrics; None for all that are in the folder.
    folder
        Folder of weights; None for ``IQCURATE_WEIGHTS``, else the user's cache.

    Raises
    ------
    UsageError
        Where a name is unknown.
    WeightsError
        Where the notes of what came first cannot be read.
    """
    from iqcurate.weights.pins import read_pins

    home = weights_folder(folder)
    pins = read_pins(home)
    found = []
    for record in find_weights(names):
        path = home / record.file
        if names is None and not (path.exists() or path.is_symlink()):
            continue
        state, note, sha256 = checked(record, path, pins.get(record.file))
        found.append(WeightsFile(record, path, state, sha256, note))
    return found


def fetch_weights(
    names: Iterable[str],
    folder: Path | None = None,
    *,
    mirror: str | None = None,
    repin: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> list[WeightsFile]:
    """Download files of weights that are not in the folder yet.

    An interrupted download goes on where it ended. A file gets its name when all of it is there
    and checked.

    Parameters
    ----------
    names
        Of files or metrics.
    folder
        Where to; None for ``IQCURATE_WEIGHTS``, else the user's cache.
    mirror
        Address of a folder with files of the same names; None for ``IQCURATE_WEIGHTS_MIRROR``,
        else each file's publisher.
    repin
        Download again and accept other content than came first, where no hash is published.
    progress
        Called with a `Progress` in bytes: those that came, were there already, and all.

    Raises
    ------
    UsageError
        Where a name is unknown, or the mirror is no address.
    WeightsError
        Where a file cannot be downloaded, does not hold what it should, or cannot be written.
    """
    from iqcurate.weights.fetch import MIRROR, fetch

    home = weights_folder(folder)
    source = mirror or os.environ.get(MIRROR)
    tell, wait = _tellers(progress)
    return [
        _located(record, fetch(record, home, mirror=source, repin=repin, tell=tell, wait=wait))
        for record in find_weights(names)
    ]


def add_weights(
    name: str,
    file: Path,
    folder: Path | None = None,
    *,
    link: bool = False,
    repin: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> WeightsFile:
    """Take a file that is at hand into the folder of weights.

    Parameters
    ----------
    name
        Which file it is; a metric will do where it needs one file only.
    file
        The file, of any name.
    folder
        Where to; None for ``IQCURATE_WEIGHTS``, else the user's cache.
    link
        Link to it instead of copying it.
    repin
        Accept other content than came first, where no hash is published.
    progress
        Called with a `Progress` while another process writes the same file.

    Raises
    ------
    UsageError
        Where the name is unknown, or stands for several files.
    WeightsError
        Where the file does not hold what it should, or cannot be read or written.
    """
    from iqcurate.weights.add import add

    home = weights_folder(folder)
    record = _one(name)
    _, wait = _tellers(progress)
    return _located(record, add(record, file, home, link=link, repin=repin, wait=wait))


def find_weights(names: Iterable[str] | None = None) -> list[Weights]:
    """Return the records of files that names stand for, each once; None for all.

    A name is that of a metric or a group (all files they need), ``pyiqa:NAME``, or of a record or
    its file.

    Raises
    ------
    UsageError
        Where a name is unknown, or needs no file.
    """
    if names is None:
        return list(_every().values())
    found = {record.name: record for name in names for record in _named(name)}
    if not found:
        raise UsageError("name files of weights or metrics: 'iqcurate weights list' shows them")
    return list(found.values())


def metrics_of(record: Weights) -> list[str]:
    """Names of the metrics that need a file."""
    return [name for name, spec in all_specs().items() if record in spec.weights]


def _every() -> dict[str, Weights]:
    """Ours, then those of metrics from other packages."""
    needed = {w.name: w for spec in all_specs().values() for w in spec.weights}
    return records() | {name: w for name, w in needed.items() if name not in records()}


def _named(name: str) -> tuple[Weights, ...]:
    with suppress(UnknownMetricError):
        if found := tuple(record for spec in resolve([name]) for record in spec.weights):
            return found
        raise UsageError(f"{name} needs no file of weights")
    with suppress(UsageError):
        if found := needed_by(name):
            return found
    files = _every()
    if found := tuple(record for record in files.values() if name in (record.name, record.file)):
        return found
    close = get_close_matches(name, {*files, *all_specs()})
    hint = f"did you mean {' or '.join(close)}?" if close else "'iqcurate weights list' shows them"
    raise UsageError(f"unknown file of weights or metric {name!r}: {hint}")


def _one(name: str) -> Weights:
    files = _every()
    if name in files:
        return files[name]
    found = _named(name)
    if len(found) > 1:
        which = ", ".join(f"{record.name} ({record.file})" for record in found)
        raise UsageError(f"{name} stands for several files, name one: {which}")
    return found[0]


def _located(record: Weights, found: Located) -> WeightsFile:
    if found.verified:
        return WeightsFile(record, found.path, WeightsState.OK, found.sha256, "as published")
    note = "no whole sha256 of it is published"
    return WeightsFile(record, found.path, WeightsState.UNVERIFIED, found.sha256, note)


def _tellers(
    progress: Callable[[Progress], None] | None,
) -> tuple[Tell, Callable[[str], None]]:
    from iqcurate.api.options import Progress

    def tell(came: int, had: int, total: int | None) -> None:
        if progress:
            progress(Progress(came, had, total=total))

    def wait(why: str) -> None:
        if progress:
            progress(Progress(step=why))

    return tell, wait
