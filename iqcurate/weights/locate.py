"""Find a file of weights that may be loaded; never fetches it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iqcurate.errors import WeightsError
from iqcurate.weights.check import sha256_of, wrong
from iqcurate.weights.pins import read_pins
from iqcurate.weights.words import size_text

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.spec import Weights


@dataclass(frozen=True, slots=True)
class Located:
    """A file of weights that may be loaded.

    Parameters
    ----------
    path
        Where it is.
    sha256
        Of the whole file, in hexadecimal digits.
    verified
        It is the published file: its whole hash is published and equals this one.
    """

    path: Path
    sha256: str
    verified: bool


def locate(record: Weights, folder: Path, given: Path | None = None) -> Located:
    """Find the file of a record and check what it holds.

    Parameters
    ----------
    record
        What is needed.
    folder
        Folder of weights (see `iqcurate.weights.weights_folder`).
    given
        The user's own file instead, which may hold anything.

    Raises
    ------
    WeightsError
        Where the file is missing (with the command that fetches it, its size and licence), cannot
        be read, or does not hold what is published or was pinned.
    """
    path = given or folder / record.file
    if not path.is_file():
        raise WeightsError(_missing(record, path, given))
    sha256 = sha256_of(path)
    if given is None and (why := wrong(record, read_pins(folder).get(record.file), sha256)):
        raise WeightsError(
            f"{path} is not the file it should be: {why}. Remove it and run "
            f"'iqcurate weights fetch {record.name}'; a checkpoint of your own is given by "
            "--weights METRIC=FILE"
        )
    return Located(path, sha256, verified=sha256 == record.sha256)


def _missing(record: Weights, path: Path, given: Path | None) -> str:
    if given is not None:
        return f"{given}: there is no such file of weights"
    return (
        f"{path} is missing: 'iqcurate weights fetch {record.name}' downloads it "
        f"({size_text(record.bytes)}; licence: {record.licence}); with the file at hand: "
        f"'iqcurate weights add {record.name} FILE'"
    )
