"""Take a file of weights that the user has into the folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from iqcurate.errors import WeightsError
from iqcurate.weights.check import sha256_of, wrong
from iqcurate.weights.keep import keep, note, writing
from iqcurate.weights.locate import Located
from iqcurate.weights.pins import Pin, read_pins

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iqcurate.spec import Weights


def add(
    record: Weights,
    file: Path,
    folder: Path,
    *,
    link: bool = False,
    repin: bool = False,
    wait: Callable[[str], None],
) -> Located:
    """Copy a file into the folder under the record's name.

    Parameters
    ----------
    record
        What the file is.
    file
        The user's file, of any name.
    folder
        Where to; made where it is not there.
    link
        Make a symbolic link to the file instead of a copy.
    repin
        Accept other content than came first. What is published is still checked.
    wait
        Is told why nothing happens, while another process writes that file.

    Raises
    ------
    WeightsError
        Where the file cannot be read, does not hold what it should, or cannot be written.
    """
    if not file.is_file():
        raise WeightsError(f"{file}: there is no such file")
    sha256 = sha256_of(file)
    pin = None if repin else read_pins(folder).get(record.file)
    if why := wrong(record, pin, sha256):
        raise WeightsError(f"{file} is not {record.file}: {why}{_way_out(record, pin, sha256)}")
    with writing(folder, record.file, wait) as path:
        added = Pin(sha256, file.stat().st_size, "added")
        if path.exists() and path.samefile(file) and (link or not path.is_symlink()):
            note(folder, record, added)
        else:
            draft = path.with_name(f".{path.name}.adding")
            _place(file, draft, link, sha256)
            keep(draft, record, added)
    return Located(path, sha256, verified=sha256 == record.sha256)


def _place(file: Path, draft: Path, link: bool, sha256: str) -> None:
    draft.unlink(missing_ok=True)
    if link:
        return draft.symlink_to(file.resolve())
    try:
        shutil.copyfile(file, draft)
        if sha256_of(draft) != sha256:
            raise WeightsError(f"{file}: reads differently each time; does the disk or stick fail?")
    except BaseException:  # also Ctrl-C: half a gigabyte must not stay behind
        draft.unlink(missing_ok=True)
        raise
    return None


def _way_out(record: Weights, pin: Pin | None, sha256: str) -> str:
    if pin is None or wrong(record, None, sha256):
        return ". A checkpoint of your own is given to score by --weights METRIC=FILE"
    return f"; if you trust it: 'iqcurate weights add {record.name} FILE --repin'"
