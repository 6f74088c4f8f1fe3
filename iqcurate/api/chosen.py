"""Which source of a store a run lists, and how: what was said now, and what is remembered."""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from iqcurate.errors import StoreError, UsageError
from iqcurate.reading import read
from iqcurate.sources import open_source
from iqcurate.sources.base import Skip, SourceOptions
from iqcurate.store.columns import choose_source
from iqcurate.store.table import Reader, is_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from iqcurate.sources.base import Source

_LABELLING = ("label_from", "split_from", "group_from")
_COMPARED = 8
_MOST_BYTES = 1 << 30
_NO_LABELS = "none"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A source, ready to be listed.

    Parameters
    ----------
    name
        In the store; "" for the one whose ids have no prefix.
    source
        To list, once.
    record
        What the store is to remember of it.
    """

    name: str
    source: Source
    record: dict[str, Any]


def choose(
    sources: Sequence[str],
    given: Mapping[str, Any],
    append: str | None,
    store: Path,
    document: Mapping[str, Any],
    yes: bool,
) -> Chosen:
    """Open a source as a store knows it.

    Parameters
    ----------
    sources
        What the user named.
    given
        Fields of `SourceOptions` that the user gave.
    append
        Name that the user gave.
    store, document
        The store (which need not be there yet) and its provenance.
    yes
        Take the user's word that a source moved.

    Raises
    ------
    SourceError, StoreError, UsageError
        Where the source cannot be listed, or is not the one that the store has.
    """
    opened = open_source(sources, listing_options({}, given))
    known = document["sources"]
    name = choose_source(known, opened.root, append, given.get("root") is not None)
    before = known.get(name, {})
    remembered = before.get("kinds", {}).get(opened.kind, {})
    options = listing_options(remembered, given)
    if before and before["root"] != opened.root and not yes:
        _check_moved(sources, options, name, store, before["root"])
    kinds = {**before.get("kinds", {}), opened.kind: _lasting(options)}
    record = {"root": opened.root, "kinds": kinds}
    return Chosen(name, open_source(sources, options), record)


def listing_options(remembered: Mapping[str, Any], given: Mapping[str, Any]) -> SourceOptions:
    """What is said now wins; labels said now in one way end those of the other."""
    merged = {**remembered, **given}
    if "labels" not in given and any(k in given for k in _LABELLING):
        merged.pop("labels", None)
    if merged.get("labels") == _NO_LABELS:
        merged["labels"] = None
    labels = merged.get("labels")
    if "labels" not in given and labels and not os.path.exists(labels):  # noqa: PTH110 - text
        raise UsageError(
            f"{labels}, which gave this store its labels, is not there any more: --labels FILE "
            "names another, --labels none goes on without (what is labelled stays so)"
        )
    return SourceOptions(**merged)


def _lasting(options: SourceOptions) -> dict[str, Any]:
    """Options that the next run takes over."""
    names = (*_LABELLING, "path_column", "all_files")
    lasting = {n: getattr(options, n) for n in names if getattr(options, n)}
    if options.labels:
        lasting["labels"] = os.path.realpath(options.labels)
    return lasting


def _check_moved(
    sources: Sequence[str], options: SourceOptions, name: str, store: Path, before: str
) -> None:
    """Refuse a move where the first images are not those that the store has under their ids."""
    if list(sources) == ["-"] or not is_store(store):
        raise StoreError("that a source moved can only be told with a folder or a list")
    prefix = f"{name}/" if name else ""
    listed = (item for item in open_source(sources, options) if not isinstance(item, Skip))
    refs = {prefix + ref.id: ref for ref in islice(listed, _COMPARED)}
    rows = Reader(store).to_table(["id", "sha256"], pc.field("id").isin(list(refs)))
    known = zip(rows["id"].to_pylist(), rows["sha256"].to_pylist(), strict=True)
    same = sum(read(refs[image_id], _MOST_BYTES).sha256 == sha for image_id, sha in known)
    if 2 * same <= len(refs):
        raise StoreError(
            f"of the first {len(refs)} images only {same} are those that the store has from "
            f"{before}, so this is no move. More images: --append NAME puts their ids under "
            "NAME/; a moved source that has a name: --append that name; to insist: --yes"
        )
