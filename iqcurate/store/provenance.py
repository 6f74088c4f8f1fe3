"""How the rows of a store came about: one JSON document beside the table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from iqcurate.durable import replace
from iqcurate.errors import StoreError
from iqcurate.store.files import OWN, in_words

if TYPE_CHECKING:
    from pathlib import Path


def load(store: Path) -> dict[str, Any]:
    """Read the document; empty where there is none yet.

    Raises
    ------
    StoreError
        It is no JSON object.
    """
    path = _place(store)
    try:
        with in_words(path, "read it"):
            document = json.loads(path.read_bytes()) if path.exists() else {}
    except ValueError as error:
        raise StoreError(f"{path}: not valid JSON ({error}); restore it from a copy") from error
    if not isinstance(document, dict):
        raise StoreError(f"{path}: not a JSON object; restore it from a copy")
    return cast(dict[str, Any], document)


def save(store: Path, document: dict[str, Any]) -> None:
    """Replace the document as a whole; on the disk before it returns."""
    text = json.dumps(document, ensure_ascii=False, indent=2, allow_nan=False)
    with in_words(_place(store), "write it"):
        # Half a surrogate pair is no UTF-8; as a JSON escape it is.
        replace(_place(store), text.encode("utf-8", "backslashreplace") + b"\n")


def _place(store: Path) -> Path:
    return store / OWN / "provenance.json"
