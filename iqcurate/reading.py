"""From an `ImageRef` to its bytes, or a failure with a reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from iqcurate.types import Code, Failure, ImageRef, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of an image, or why there are none.

    Parameters
    ----------
    data
        All bytes; None where `failure` is set.
    nbytes, sha256
        Of the whole file; known for one that is too large as well.
    failure
        Why there is no data.
    """

    data: bytes | None = None
    nbytes: int | None = None
    sha256: str | None = None
    failure: Failure | None = None


def read(ref: ImageRef, max_bytes: int) -> Content:
    """Read the bytes of `ref`; a file over `max_bytes` is hashed but never held in memory."""
    if ref.failure is not None:
        return Content(failure=ref.failure)
    try:
        with ref.opener() as stream:
            return _read_stream(stream, max_bytes)
    except (OSError, MemoryError) as error:
        return Content(failure=failure_of(error))


def _read_stream(stream: BinaryIO, max_bytes: int) -> Content:
    data = b"".join(_chunks(stream, max_bytes + 1))
    if len(data) <= max_bytes:
        return Content(data, len(data), hashlib.sha256(data).hexdigest())
    digest, size = hashlib.sha256(data), len(data)
    del data
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    text = f"has {size} bytes, the limit is {max_bytes} (--max-bytes)"
    failure = Failure(Status.TOO_LARGE, Code.LIMIT, text)
    return Content(None, size, digest.hexdigest(), failure)


def _chunks(stream: BinaryIO, most: int) -> Iterator[bytes]:
    left = most
    while left > 0 and (chunk := stream.read(min(left, 8 * _CHUNK))):
        left -= len(chunk)
        yield chunk


def failure_of(error: OSError | MemoryError) -> Failure:
    """Say what an error of the operating system means for one image."""
    if isinstance(error, MemoryError):
        return Failure(Status.UNREADABLE, Code.OUT_OF_MEMORY, "not enough memory to read it")
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return Failure(Status.MISSING, Code.GONE, "no such file")
    reason = error.strerror or type(error).__name__
    if isinstance(error, PermissionError):
        return Failure(Status.UNREADABLE, Code.PERMISSION, reason)
    if isinstance(error, TimeoutError):
        return Failure(Status.UNREADABLE, Code.TIMEOUT, reason)
    return Failure(Status.UNREADABLE, Code.IO, reason)
