"""What a store remembers of its metric columns and its sources."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from iqcurate.errors import StoreError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from iqcurate.spec import MetricSpec

FORMAT = "iqcurate-scores"


def new_document(kind: str = FORMAT) -> dict[str, Any]:
    """Provenance of an empty store."""
    return {"format": kind, "version": 1, "columns": {}, "decode": {}, "sources": {}}


def check_document(document: Mapping[str, Any], path: object, kind: str = FORMAT) -> None:
    """Raise `StoreError` where a store holds something else than it should."""
    if document.get("format") != kind or document.get("version") != 1:
        raise StoreError(
            f"{path} holds no {kind.removeprefix('iqcurate-')} that this version can read "
            f"(format {document.get('format')!r}, version {document.get('version')!r})"
        )


_SETTINGS = ("weights", "precision", "max_side")


def column_record(
    spec: MetricSpec, decode: Mapping[str, object], settings: Mapping[str, object]
) -> dict[str, Any]:
    """What is remembered of a column; `scorer` changes when an image may get another score.

    Parameters
    ----------
    spec
        The metric that fills it.
    decode
        Settings of the decoder.
    settings
        See `iqcurate.metrics.settings.settings`.
    """
    scorer = {
        "metric": spec.name,
        "version": spec.version,
        "size_policy": spec.size_policy,
        "decode": dict(decode),
        **settings,
    }
    text = json.dumps(scorer, sort_keys=True, default=list)
    return {
        "metric": spec.name,
        "version": spec.version,
        "title": spec.title,
        "direction": spec.direction,
        "input": spec.input,
        "dtype": spec.dtype,
        "groups": list(spec.groups),
        **settings,
        "licence": spec.licence,
        "citation": spec.citation,
        "scorer": hashlib.sha256(text.encode()).hexdigest(),
    }


def check_scorers(
    recorded: Mapping[str, Mapping[str, Any]],
    wanted: Mapping[str, Mapping[str, Any]],
    rescore: Collection[str],
) -> None:
    """Refuse to mix scores of different scorers in one column.

    Raises
    ------
    StoreError
        Where a wanted column was filled by another scorer and is not to be rescored.
    """
    for name in rescore:
        if name not in wanted:
            raise UsageError(f"--rescore {name}: that column is not among those to score")
    for name, record in wanted.items():
        old = recorded.get(name)
        if old is None or old["scorer"] == record["scorer"] or name in rescore:
            continue
        raise StoreError(
            f"column {name!r} was scored by {old['metric']} version {old['version']} with other "
            f"settings than now ({record['metric']} version {record['version']}"
            f"{_differences(old, record)}); "
            f"--rescore {name} scores it anew, -m {record['metric']} --as OTHERNAME adds a column"
        )


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """Settings that are not what they were, and what they were."""
    changed = [s for s in _SETTINGS if old.get(s) != new.get(s)]
    return "".join(f"; {s} {_said(new.get(s))}, was {_said(old.get(s))}" for s in changed)


def _said(setting: object) -> str:
    if isinstance(setting, list):
        return " and ".join(str(hash_)[:8] for hash_ in setting) or "none"
    return str(setting)


def choose_source(
    sources: Mapping[str, Mapping[str, Any]],
    root: str,
    append: str | None,
    moved: bool,
) -> str:
    """Return the name of the source that is scored, "" for the one whose ids have no prefix.

    Parameters
    ----------
    sources
        Those the store has: name -> at least ``root``.
    root
        Of the source that is scored now.
    append
        Name that the user gave.
    moved
        The user said where the source lives now.

    Raises
    ------
    StoreError
        Where the store scores another root under that name.
    """
    if append is None:
        append = next((n for n, s in sources.items() if s["root"] == root), "")
    if append not in sources:
        return _new_source(sources, root, append)
    before = sources[append]["root"]
    if before == root or moved:
        return append
    other = f"--append {append}" if append else "--append NAME"
    raise StoreError(
        f"this store scores {before}, not {root}. More images: {_other_name(append)}; "
        f"the same images, moved: {other + ' ' if append else ''}--root {root}"
    )


def _other_name(append: str) -> str:
    return "--append with another name" if append else "--append NAME puts their ids under NAME/"


def _new_source(sources: Mapping[str, Mapping[str, Any]], root: str, name: str) -> str:
    if name == "" and sources:
        names = ", ".join(sorted(sources))
        raise StoreError(
            f"this store has the sources {names}; {root} is another one: --append NAME puts its "
            "ids under NAME/"
        )
    if "/" in name or name in (".", ".."):
        raise UsageError(f"--append {name}: a name without slashes, please")
    return name


def owns(sources: Collection[str], name: str, image_id: str) -> bool:
    """Whether an id belongs to the source of that name."""
    head, slash, _ = image_id.partition("/")
    named = head if slash and head in sources else ""
    return named == name
