"""Whether a file holds what it should."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from iqcurate.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.spec import Weights
    from iqcurate.weights.pins import Pin


class WeightsState(StrEnum):
    """What is known of a file in the folder of weights."""

    OK = "ok"
    """It is the published file: its whole sha256 is the published one."""
    UNVERIFIED = "unverified"
    """No whole sha256 is published; nothing that is known speaks against it."""
    CHANGED = "changed"
    """It does not hold what is published, or what came first, or cannot be read: never loaded."""
    PRESENT = "present"
    """It is there and was not read."""
    MISSING = "missing"
    """It is not there."""


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, in hexadecimal digits.

    Raises
    ------
    WeightsError
        Where it cannot be read.
    """
    import hashlib

    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(f"{path}: {error.strerror or error}") from error


def wrong(record: Weights, pin: Pin | None, sha256: str) -> str:
    """Say what is wrong with the content of that hash; "" if nothing is.

    What is published counts before what was pinned.
    """
    published = record.sha256 or record.sha256_prefix or ""
    if not sha256.startswith(published):
        return f"its sha256 is {_short(sha256, published)}, published is {published}"
    if pin is not None and pin.sha256 != sha256:
        return f"its sha256 is {sha256}, but {pin.sha256} came first ({pin.source})"
    return ""


def seen(path: Path) -> tuple[WeightsState, str]:
    """State of a file without reading it, and a note for people."""
    if path.is_file():
        return WeightsState.PRESENT, ""
    note = f"links to {path.readlink()}, which is not there" if path.is_symlink() else ""
    return WeightsState.MISSING, note


def checked(record: Weights, path: Path, pin: Pin | None) -> tuple[WeightsState, str, str | None]:
    """State of a file, a note for people, and its sha256; reads all of it."""
    state, note = seen(path)
    if state is WeightsState.MISSING:
        return state, note or f"'iqcurate weights fetch {record.name}' gets it", None
    try:
        sha256 = sha256_of(path)
    except WeightsError as error:
        return WeightsState.CHANGED, str(error), None
    if why := wrong(record, pin, sha256):
        again = f"'iqcurate weights fetch {record.name}' gets it again"
        return WeightsState.CHANGED, f"{why}; {again}", sha256
    if sha256 == record.sha256:
        return WeightsState.OK, "as published", sha256
    return WeightsState.UNVERIFIED, _known(record, pin), sha256


def _known(record: Weights, pin: Pin | None) -> str:
    known = []
    if record.sha256_prefix:
        known.append(f"the first {len(record.sha256_prefix)} digits of its sha256 are as published")
    if pin:
        known.append(f"as it came first ({pin.source})")
    return ", ".join(known) or "nothing is published or noted of it"


def _short(sha256: str, published: str) -> str:
    return sha256 if len(published) == len(sha256) else f"{sha256[: len(published)]}..."
