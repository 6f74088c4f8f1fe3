"""Portable JSON files: each says its format and version, and has a schema in the package."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from iqcurate.errors import IqcurateError


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of file.

    Parameters
    ----------
    format, version
        What the file itself says.
    schema
        Name of its JSON Schema in ``iqcurate/schemas``.
    what
        Words for people, such as "file of cut-offs".
    made_by
        The command that makes it.
    error
        Raised where a file cannot be used.
    """

    format: str
    version: int
    schema: str
    what: str
    made_by: str
    error: type[IqcurateError]


def read_document(path: Path, kind: Kind) -> dict[str, Any]:
    """Read and check a file; `kind.error` where it cannot be used."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise kind.error(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        raise kind.error(f"{path}: cannot be read as JSON: {error}") from error
    try:
        check_document(document, kind)
    except kind.error as error:
        raise kind.error(f"{path}: {error}") from None
    found: dict[str, Any] = document
    return found


def check_document(document: Any, kind: Kind) -> None:
    """Raise `kind.error` where a document is not of this kind."""
    if not isinstance(document, dict) or document.get("format") != kind.format:
        raise kind.error(f'not a {kind.what} (no "format": "{kind.format}")')
    if document.get("version") != kind.version:
        raise kind.error(
            f"its version is {document.get('version')!r}, this iqcurate reads {kind.version}: "
            f"make it anew with '{kind.made_by}'"
        )
    import jsonschema

    error = jsonschema.exceptions.best_match(
        jsonschema.Draft202012Validator(schema_of(kind)).iter_errors(document)
    )
    if error is not None:
        place = " > ".join(map(str, error.absolute_path)) or "the file"
        raise kind.error(f"{place}: {error.message}")


@cache
def schema_of(kind: Kind) -> dict[str, Any]:
    """JSON Schema of a kind of file."""
    text = resources.files("iqcurate").joinpath("schemas", kind.schema).read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def save_document(document: dict[str, Any], path: Path) -> None:
    """Write a file; it appears under its name when it is whole."""
    unfinished = path.with_name(f".{path.name}.part")
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        unfinished.write_text(text + "\n", encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
