"""Download files of weights into their folder, checked before they get their name."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from iqcurate.errors import UsageError, WeightsError
from iqcurate.weights.check import sha256_of, wrong
from iqcurate.weights.keep import keep, writing
from iqcurate.weights.locate import Located, locate
from iqcurate.weights.pins import Pin, read_pins
from iqcurate.weights.transfer import download, forget

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from iqcurate.spec import Weights
    from iqcurate.weights.transfer import Tell

MIRROR = "IQCURATE_WEIGHTS_MIRROR"
"""Environment variable that names a mirror."""


def address(record: Weights, mirror: str | None = None) -> str:
    """Return where a file is fetched from: its publisher, or a folder of a mirror.

    Raises
    ------
    UsageError
        Where the mirror is no address of http or https.
    """
    if not mirror:
        return record.url
    if urlsplit(mirror).scheme not in ("http", "https"):
        raise UsageError(f"mirror {mirror!r}: an address that begins with https:// or http://")
    return f"{mirror.rstrip('/')}/{quote(record.file)}"


def fetch(
    record: Weights,
    folder: Path,
    *,
    mirror: str | None = None,
    repin: bool = False,
    tell: Tell,
    wait: Callable[[str], None],
) -> Located:
    """Download a file, unless it is there.

    Parameters
    ----------
    record
        What to fetch.
    folder
        Where to; made where it is not there.
    mirror
        Address of a folder that holds files of these names.
    repin
        Accept other content than came first. What is published is still checked.
    tell
        Is told how far the download is.
    wait
        Is told why nothing happens, while another process is fetching the file.

    Raises
    ------
    WeightsError
        Where it cannot be downloaded, does not hold what it should, or cannot be written.
    UsageError
        Where the mirror is no address.
    """
    url = address(record, mirror)
    if not repin and (there := _there(record, folder)):
        return there
    with writing(folder, record.file, wait) as path:
        if not repin and (there := _there(record, folder)):  # another process fetched it
            return there
        part = path.with_name(f"{path.name}.part")
        pin = None if repin else read_pins(folder).get(record.file)
        sha256 = _download(record, url, part, pin, tell)
        keep(part, record, Pin(sha256, part.stat().st_size, url))
        forget(part)
    return Located(path, sha256, verified=sha256 == record.sha256)


def _there(record: Weights, folder: Path) -> Located | None:
    """The file, if it needs no download: one of which nothing is known is replaced."""
    if not (folder / record.file).is_file():
        return None
    try:
        found = locate(record, folder)
    except WeightsError:
        return None
    known = found.verified or record.sha256_prefix or record.file in read_pins(folder)
    return found if known else None


def _download(record: Weights, url: str, part: Path, pin: Pin | None, tell: Tell) -> str:
    went_on = part.exists()
    download(url, part, tell)
    sha256 = sha256_of(part)
    why = wrong(record, pin, sha256)
    if not why:
        return sha256
    forget(part)
    if went_on:  # the halves may not have been of one file
        return _download(record, url, part, pin, tell)
    raise WeightsError(f"{url}: {why}. Nothing was kept{_way_out(record, pin, sha256)}")


def _way_out(record: Weights, pin: Pin | None, sha256: str) -> str:
    if wrong(record, None, sha256) or pin is None:
        return ""
    return f"; if you trust what is there now: 'iqcurate weights fetch {record.name} --repin'"
