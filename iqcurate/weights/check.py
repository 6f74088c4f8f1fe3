"""Whether a file holds what it should."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from iqcurate.errors import WeightsError

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.spec import Weights
    from iqcurate.weights.pins import Pin


def sha256_of(path: Path) -> str:
    """Hash of a file's bytes, in hexadecimal digits.

    Raises
    ------
    WeightsError
        Where it cannot be read.
    """
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


def _short(sha256: str, published: str) -> str:
    return sha256 if len(published) == len(sha256) else f"{sha256[: len(published)]}..."
