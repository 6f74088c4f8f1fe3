"""Images that a complete listing did not give any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from iqcurate.errors import StoreError
from iqcurate.store.columns import owns
from iqcurate.store.schema import NO_KEY
from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from iqcurate.store.ledger import Ledger
    from iqcurate.store.table import Reader, Writer

_GONE = Failure(Status.MISSING, Code.GONE, "no longer in the source")
_AT_ONCE = 100_000


def mark_missing(
    writer: Writer, ledger: Ledger, prefixes: tuple[str, ...], names: Collection[str], name: str,
    yes: bool, key: Mapping[str, object] = NO_KEY,
) -> int:  # fmt: skip
    """Mark the images of a source that its finished listing did not give; return how many.

    Parameters
    ----------
    writer, ledger
        Of the store; `ledger.seen` says what was listed.
    prefixes
        Of the ids that were listed completely.
    names, name
        All sources of the store, and the one that was listed.
    yes
        Do it even where more than half would be marked.
    key
        Key columns beside the id, with the value that they have in every row.

    Raises
    ------
    StoreError
        Where more than half of the listed part would be marked, and `yes` is not set.
    """
    if ledger.seen.all():
        return 0
    gone, own = _gone(writer.reader(), ledger, prefixes, names, name)
    if len(gone) * 2 > own and not yes:
        raise StoreError(
            f"{len(gone)} of {own} images are no longer in the source, more than half: none was "
            "marked missing (all else is saved). If that is right, run again with --yes"
        )
    for start in range(0, len(gone), _AT_ONCE):
        ids = gone[start : start + _AT_ONCE]
        n = len(ids)
        every = {**key, "status": str(_GONE.status), "error": _GONE.error}
        table = pa.table({"id": ids, **{name: [value] * n for name, value in every.items()}})
        writer.update(table, {"action": "missing", "images": n})
    return len(gone)


def _gone(
    reader: Reader,
    ledger: Ledger,
    prefixes: tuple[str, ...],
    names: Collection[str],
    name: str,
) -> tuple[list[str], int]:
    """Return ids to mark, and how many rows of that part are not missing yet."""
    gone: list[str] = []
    own = 0
    for batch in reader.batches(["id", "status"]):
        ids = batch.column("id").to_pylist()
        lost = ledger.unseen(ids)
        for image_id, status, unseen in zip(
            ids, batch.column("status").to_pylist(), lost, strict=True
        ):
            if status == Status.MISSING or not image_id.startswith(prefixes):
                continue
            if not owns(names, name, image_id):
                continue
            own += 1
            if unseen:
                gone.append(image_id)
    return gone, own
