"""Signs of a lost tail that decoders pass over, or take for a broken header.

Read from the bytes alone, which may be damaged in any way.
"""

from __future__ import annotations

import struct
import zlib

_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_TIFF_BYTES = (0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8)
"""Bytes of a value, by the number of its type."""
_NO_FILE = 1 << 40
"""Ends beyond this are nonsense, not those of a file that was cut."""


def ends_too_early(data: bytes) -> bool:
    """Whether a WebP, AVIF or TIFF is shorter than it says, so that its pixels are not whole.

    False where what is missing is the beginning that says what picture it is.
    """
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return 30 <= len(data) < 8 + int.from_bytes(data[4:8], "little")
    if data[4:8] == b"ftyp":
        return _media_overrun(data)
    return data[:4] in _TIFF_SIGNATURES and len(data) >= 16 and _directory_overruns(data)


def _media_overrun(data: bytes) -> bool:
    """Whether the media box of an ISO base media file goes on beyond the end of the file."""
    at = 0
    while at + 16 <= len(data):
        length, kind, long = struct.unpack_from(">I4sQ", data, at)
        length = long if length == 1 else length
        if at + length > len(data):
            return bool(kind == b"mdat")
        if length < 8:  # 0 is "to the end", others are wrong
            return False
        at += length
    return False


def _directory_overruns(data: bytes) -> bool:
    """Whether the first directory of a TIFF, or a value that it points to, lies beyond the end.

    A directory at the beginning, before any pixels, must itself be whole.
    """
    order, big = "<>"[data[:1] == b"M"], b"+" in data[2:4]
    at, number, entry = (8, "Q", "HHQQ") if big else (4, "H", "HHII")
    (start,) = struct.unpack_from(order + entry[-1], data, at)
    first, size = start + struct.calcsize(number), struct.calcsize(order + entry)
    if first > len(data):
        return bool(16 < start < _NO_FILE)
    (n,) = struct.unpack_from(order + number, data, start)
    if first + n * size > len(data):
        return bool(start > 16)
    entries = struct.iter_unpack(order + entry, data[first : first + n * size])
    ends = (_end_of_value(size, *fields) for fields in entries)
    return any(len(data) < end < _NO_FILE for end in ends)


def _end_of_value(size: int, _tag: int, kind: int, count: int, value: int) -> int:
    """Return where a value ends that an entry of `size` bytes points to; 0 if it holds it."""
    length = count * _TIFF_BYTES[kind] if kind < len(_TIFF_BYTES) else 0
    return value + length if length > (size - 4) // 2 else 0


def png_lost_its_tail(data: bytes) -> bool:
    """Whether the last pixel data of a PNG are not whole or damaged, and nothing sound follows.

    That is how a file looks whose tail is missing, also one that was filled up, as with zeros.
    """
    at, last = 8, b""
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"IEND" or not kind.isalpha():
            break
        last, start, end = kind, at + 4, at + 8 + length
        at = end + 4
    if last != b"IDAT" or kind == b"IEND":
        return False
    return zlib.crc32(data[start:end]) != int.from_bytes(data[end : end + 4], "big")
