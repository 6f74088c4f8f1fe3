"""What a score store already holds, in about a hundred bytes an image."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, cast

import numpy as np

from iqcurate.types import RETRYABLE, Code, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import numpy.typing as npt
    import pyarrow as pa

    from iqcurate.types import ImageRef

    Read = Callable[[Sequence[str]], Iterable[pa.RecordBatch | pa.Table]]

DETAILS = ("uri", "label", "split", "group")
"""Columns that can change while the image stays the same."""

_HASHED = ("fingerprint", *DETAILS)
_READ = (
    "id", *_HASHED, "width", "height", "bytes", "sha256", "status", "error", "metric_errors",
)  # fmt: skip
_STATUSES = tuple(Status)
_UNKNOWN = -1
_OK, _TOO_LARGE = _STATUSES.index(Status.OK), _STATUSES.index(Status.TOO_LARGE)
_RETRYABLE_IN_METRICS = frozenset({*RETRYABLE, "failed"})


@dataclass(frozen=True, slots=True)
class Known:
    """What the store holds of one image.

    Parameters
    ----------
    position
        In the ledger.
    status
        Of its row.
    retryable
        Its failure can go away while the file stays as it is.
    crashed
        It killed the process that scored it.
    was_ok
        Its pixels were scored once, whatever its status is now.
    has_header
        Its size is known.
    size
        Bytes and pixels, as far as known, of an image that was too large.
    sha256
        Of the content that was scored, if it was ever read.
    pending
        Wanted columns with neither a value nor a reason for having none.
    retryable_columns
        Wanted columns whose reason can go away.
    """

    position: int
    status: Status
    retryable: bool
    crashed: bool
    was_ok: bool
    has_header: bool
    size: tuple[int | None, int | None] | None
    sha256: str | None
    pending: frozenset[str]
    retryable_columns: frozenset[str]


class Ledger:
    """An index of a store by id; texts are kept as 64-bit hashes.

    Parameters
    ----------
    read
        Called with column names, gives the rows of the store and then those of staged updates,
        where later ones win and columns that are not there say nothing.
    columns
        Metric columns that this run wants.
    evidence
        Metric columns of the store that are computed from pixels: a value there shows that the
        image could be read once.
    """

    def __init__(self, read: Read, columns: Sequence[str], evidence: Sequence[str] = ()) -> None:
        self.columns = tuple(columns)
        self._evidence = tuple(evidence)
        self._keys = np.unique(_joined([_hashes(b.column("id")) for b in read(["id"])]))
        n = len(self._keys)
        self._texts = {name: np.zeros(n, np.int64) for name in _HASHED}
        self._shas = np.zeros((n, 32), np.uint8)
        self._status = np.zeros(n, np.uint8)
        self._retryable = np.zeros(n, np.bool_)
        self._crashed = np.zeros(n, np.bool_)
        self._was_ok = np.zeros(n, np.bool_)
        self._bytes = np.full(n, _UNKNOWN, np.int64)
        self._pixels = np.full(n, _UNKNOWN, np.int64)
        self._pending = np.ones((n, len(self.columns)), np.bool_)
        self._metric_errors: dict[int, dict[str, str]] = {}
        self.seen = np.zeros(n, np.bool_)
        for batch in read(list(dict.fromkeys([*_READ, *self.columns, *self._evidence]))):
            self._take(batch)

    def __len__(self) -> int:
        return len(self._keys)

    def find(self, image_id: str) -> Known | None:
        """Look an image up, None where the store does not have it."""
        position = self.position(image_id)
        return None if position is None else self.known(position)

    def known(self, position: int) -> Known:
        """What the store holds of the image at this position."""
        reasons = self._metric_errors.get(position, {})
        codes = {c: _code(reasons.get(c)) for c in self.columns}
        sha = self._shas[position]
        return Known(
            position,
            _STATUSES[self._status[position]],
            bool(self._retryable[position]),
            bool(self._crashed[position]) or Code.CRASHED in codes.values(),
            bool(self._was_ok[position]),
            bool(self._pixels[position] != _UNKNOWN),
            self._size(position),
            sha.tobytes().hex() if sha.any() else None,
            frozenset(c for c, p in zip(self.columns, self._pending[position], strict=True) if p),
            frozenset(c for c, code in codes.items() if code in _RETRYABLE_IN_METRICS),
        )

    def is_settled(self, ref: ImageRef, position: int) -> bool:
        """Whether an image is ok, unchanged to the last label, and lacks no wanted column."""
        return (
            bool(self._complete[position])
            and self.same(position, "fingerprint", ref.fingerprint)
            and not self.changed_details(ref, position)
        )

    @cached_property
    def _complete(self) -> npt.NDArray[np.bool_]:
        return cast("npt.NDArray[np.bool_]", (self._status == _OK) & ~self._pending.any(axis=1))

    def same(self, position: int, name: str, value: str | None) -> bool:
        """Whether a text column of a row has this value."""
        return bool(self._texts[name][position] == _hash(value))

    def changed_details(self, ref: ImageRef, position: int) -> dict[str, str | None]:
        """Labels and uri that differ from the row's; what `ref` does not know changes nothing."""
        return {
            name: value
            for name in DETAILS
            if (value := getattr(ref, name)) is not None and not self.same(position, name, value)
        }

    def unfinished(self) -> int:
        """How many readable images lack a value, and a reason, in some wanted column."""
        return int(np.count_nonzero(self._pending.any(axis=1) & (self._status == _OK)))

    def metric_errors(self, position: int) -> dict[str, str]:
        """Reasons of a row's metrics for having no value."""
        return dict(self._metric_errors.get(position, {}))

    def unseen(self, ids: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which of these ids the ledger has, but were not marked in `seen`."""
        keys = np.fromiter(map(_hash, ids), np.int64, len(ids))
        if not len(self):
            return np.zeros(len(ids), np.bool_)
        at = np.minimum(np.searchsorted(self._keys, keys), len(self) - 1)
        return cast("npt.NDArray[np.bool_]", (self._keys[at] == keys) & ~self.seen[at])

    def _size(self, position: int) -> tuple[int | None, int | None] | None:
        if self._status[position] != _TOO_LARGE:
            return None
        nbytes, pixels = int(self._bytes[position]), int(self._pixels[position])
        return (None if nbytes < 0 else nbytes, None if pixels < 0 else pixels)

    def position(self, image_id: str) -> int | None:
        """Where an image is in the ledger, None where the store does not have it."""
        key = _hash(image_id)
        position = int(self._keys.searchsorted(key))
        found = position < len(self._keys) and self._keys[position] == key
        return position if found else None

    def _take(self, batch: pa.RecordBatch | pa.Table) -> None:
        at = np.searchsorted(self._keys, _hashes(batch.column("id")))
        names = batch.schema.names
        for name in set(_HASHED) & set(names):
            self._texts[name][at] = _hashes(batch.column(name))
        if "sha256" in names:
            self._shas[at] = _sha_bytes(batch.column("sha256").to_pylist())
        if "status" in names:
            self._status[at] = _each(batch.column("status"), _number)
            self._retryable[at] = _each(batch.column("error"), lambda e: _code(e) in RETRYABLE)
            self._crashed[at] = _each(batch.column("error"), lambda e: _code(e) == Code.CRASHED)
            self._was_ok[at] |= self._status[at] == _OK
        if "width" in names:
            self._take_sizes(at, batch)
        self._take_metrics(at, batch)

    def _take_sizes(self, at: npt.NDArray[np.intp], batch: pa.RecordBatch | pa.Table) -> None:
        self._bytes[at] = _whole_numbers(batch.column("bytes"))
        width, height = (_whole_numbers(batch.column(n)) for n in ("width", "height"))
        self._pixels[at] = np.where(width >= 0, width * height, _UNKNOWN)

    def _take_metrics(self, at: npt.NDArray[np.intp], batch: pa.RecordBatch | pa.Table) -> None:
        for j, name in enumerate(self.columns):
            if name in batch.schema.names:
                self._pending[at, j] = np.asarray(batch.column(name).is_null())
        for name in set(self._evidence) & set(batch.schema.names):
            self._was_ok[at] |= np.asarray(batch.column(name).is_valid())
        if "metric_errors" not in batch.schema.names:
            return
        for position, text in zip(
            at.tolist(), batch.column("metric_errors").to_pylist(), strict=True
        ):
            self._metric_errors.pop(position, None)
            if text:
                self._metric_errors[position] = json.loads(text)
                self._pending[position] &= [
                    c not in self._metric_errors[position] for c in self.columns
                ]
                self._was_ok[position] |= any(
                    c in self._metric_errors[position] for c in self._evidence
                )


def _number(status: str | None) -> int:
    return _STATUSES.index(Status(status or ""))


def _code(error: str | None) -> str | None:
    return error.partition(":")[0] if error else None


def _hash(text: str | None) -> int:
    return hash(text) if text is not None else 0


def _hashes(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    if column.null_count == len(column):
        return np.zeros(len(column), np.int64)
    hashes = np.fromiter(map(hash, column.to_pylist()), np.int64, len(column))
    return np.where(column.is_valid(), hashes, 0)


def _each(
    column: pa.Array | pa.ChunkedArray, meaning: Callable[[str | None], int]
) -> npt.NDArray[np.int64]:
    """What each text means; the same few texts come again and again."""
    texts = column.to_pylist()
    meanings = {text: meaning(text) for text in set(texts)}
    return np.fromiter(map(meanings.__getitem__, texts), np.int64, len(texts))


def _whole_numbers(column: pa.Array | pa.ChunkedArray) -> npt.NDArray[np.int64]:
    return np.asarray(column.fill_null(_UNKNOWN), np.int64)


def _joined(parts: Sequence[npt.NDArray[np.int64]]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.empty(0, np.int64), *parts])


def _sha_bytes(texts: Sequence[str | None]) -> npt.NDArray[np.uint8]:
    blank = "0" * 64
    joined = bytes.fromhex("".join([t or blank for t in texts]))
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)
