"""Names one a line or separated by NUL, from a stream, as they arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from iqcurate.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

_CHUNK = 1 << 16
_LONGEST = 1 << 20
_UTF8_MARK = b"\xef\xbb\xbf"


def read_names(stream: BinaryIO, shown: str) -> Iterator[tuple[int, bytes]]:
    r"""Split a stream into names, without waiting for its end.

    The first separator decides: with a NUL in what arrived until then, names end with NUL
    and may hold newlines; else they end with ``\n`` or ``\r\n``. Empty names are left out.

    Parameters
    ----------
    stream
        Binary; each read gives what is there.
    shown
        Its name, for messages.

    Yields
    ------
    Number of the name, from 1 and with the empty ones counted, and its bytes.

    Raises
    ------
    SourceError
        It is no list of names, or both separators are used.
    """
    separator, rest, number = b"", b"", 0
    for chunk in _chunks(stream, shown):
        rest += chunk
        separator = separator or _separator(rest)
        if separator:
            *names, rest = rest.split(separator)
            for name in names:
                number += 1
                yield from _clean(number, name, separator, shown)
        if len(rest) > _LONGEST:
            raise SourceError(f"{shown}, name {number + 1}: longer than any path: is it a list?")
    yield from _clean(number + 1, rest, separator, shown)


def _clean(number: int, name: bytes, separator: bytes, shown: str) -> Iterator[tuple[int, bytes]]:
    if separator != b"\0":
        name = name.removesuffix(b"\r")
        if b"\0" in name:
            raise SourceError(f"{shown}, line {number}: both newline and NUL separate the names")
    if name:
        yield number, name


def _chunks(stream: BinaryIO, shown: str) -> Iterator[bytes]:
    read = getattr(stream, "read1", stream.read)  # read1 does not wait until the chunk is full
    chunk = read(_CHUNK).removeprefix(_UTF8_MARK)
    if chunk.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\0" in chunk:
        raise SourceError(f"{shown}: the list is UTF-16: save it as UTF-8")
    while chunk:
        yield chunk
        chunk = read(_CHUNK)


def _separator(start: bytes) -> bytes:
    return next((mark for mark in (b"\0", b"\n") if mark in start), b"")
