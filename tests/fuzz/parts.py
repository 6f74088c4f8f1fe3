"""Where the parts of a file are, and the fields in which it says how large it is."""

from __future__ import annotations

import re
import struct
from typing import NamedTuple


class Field(NamedTuple):
    """A number in a file: where it is and how `struct` reads it."""

    at: int
    form: str


Part = tuple[int, int]

_SOF = re.compile(rb"\xff[\xc0-\xc2]\x00.\x08", re.DOTALL)
_TIFF_TYPES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def parts_of(form: str, data: bytes) -> list[Part]:
    """Start and end of each segment, chunk or box; one part where a format has none."""
    walk = {"jpeg": _segments, "png": _chunks, "webp": _riff, "jpeg2000": _boxes, "avif": _boxes}
    found = walk[form](data) if form in walk else []
    return found or [(0, len(data))]


def sizes_of(form: str, data: bytes) -> list[Field]:
    """Fields that hold widths, heights, counts and lengths."""
    finders = {
        "jpeg": _jpeg, "png": _png, "webp": _webp, "tiff": _tiff, "gif": _gif, "bmp": _bmp,
        "jpeg2000": _jpeg2000, "avif": _avif,
    }  # fmt: skip
    return [f for f in finders[form](data) if f.at + struct.calcsize(f.form) <= len(data)]


def _segments(data: bytes) -> list[Part]:
    parts, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xDA:  # a scan goes on to the next marker that is no restart
            marker = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]", re.DOTALL).search(data, end)
            end = marker.start() if marker else len(data)
        parts.append((at, end))
        at = end
    return parts


def _chunks(data: bytes) -> list[Part]:
    parts, at = [], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        parts.append((at, end))
        at = end
    return parts


def _riff(data: bytes) -> list[Part]:
    parts, at = [], 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        parts.append((at, at + 8 + length + length % 2))
        at = parts[-1][1]
    return parts


def _boxes(data: bytes) -> list[Part]:
    if data[:2] == b"\xff\x4f":
        return []
    parts, at = [], 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        parts.append((at, at + length))
        at += length
    return parts


def _jpeg(data: bytes) -> list[Field]:
    fields = [Field(start + 2, ">H") for start, _ in _segments(data)]
    for found in _SOF.finditer(data):
        at = found.end()
        fields += [Field(at, ">H"), Field(at + 2, ">H")] * 3
        fields += [Field(at + 4, ">B"), Field(at + 6, ">B"), Field(at + 9, ">B")]
    return fields


def _png(data: bytes) -> list[Field]:
    header = [Field(16, ">I"), Field(20, ">I")] * 3
    header += [Field(at, ">B") for at in (24, 25, 28)]
    return header + [Field(start, ">I") for start, _ in _chunks(data)]


def _webp(data: bytes) -> list[Field]:
    fields = [Field(4, "<I")]
    for start, _ in _riff(data):
        fields.append(Field(start + 4, "<I"))
        kind, body = data[start : start + 4], start + 8
        if kind == b"VP8 ":
            fields += [Field(body + 6, "<H"), Field(body + 8, "<H")] * 2
        elif kind == b"VP8L":
            fields += [Field(body + 1, "<I"), Field(body + 1, "<H")]
        elif kind == b"VP8X":
            fields += [Field(body, "<B"), Field(body + 4, "<H"), Field(body + 7, "<H")] * 2
        elif kind == b"ANMF":
            fields += [Field(body + at, "<H") for at in (0, 3, 6, 9)]
    return fields


def _tiff(data: bytes) -> list[Field]:
    """Type, count and value of each entry of the first directory."""
    order = "<" if data[:2] == b"II" else ">"
    big = data[2:4] in (b"+\0", b"\0+")
    offset, number, entry = ("Q", "Q", 20) if big else ("I", "H", 12)
    (at,) = struct.unpack_from(order + offset, data, 8 if big else 4)
    (n,) = struct.unpack_from(order + number, data, at)
    fields = [Field(8 if big else 4, order + offset), Field(at, order + number)]
    for i in range(n):
        start = at + struct.calcsize(number) + i * entry
        kind, count = struct.unpack_from(order + "H" + offset, data, start + 2)
        value = start + (12 if big else 8)
        form = order + _TIFF_TYPES.get(kind, offset) if count == 1 else order + offset
        fields += [Field(start + 2, order + "H"), Field(start + 4, order + offset)]
        fields += [Field(value, form)] * 3
    return fields


def _gif(data: bytes) -> list[Field]:
    fields = [Field(6, "<H"), Field(8, "<H"), Field(10, "<B")]
    frame = data.find(b"\x2c\0\0\0\0", 13)
    if frame > 0:
        fields += [Field(frame + at, "<H") for at in (1, 3, 5, 7)]
        fields += [Field(frame + 9, "<B"), Field(frame + 10, "<B")]
    return fields


def _bmp(_data: bytes) -> list[Field]:
    sizes = [Field(18, "<I"), Field(22, "<I")] * 3
    words = [Field(at, "<I") for at in (2, 10, 14, 30, 34, 46)]
    return sizes + words + [Field(28, "<H")]


def _jpeg2000(data: bytes) -> list[Field]:
    fields = []
    box = data.find(b"ihdr")
    if box > 0:
        fields += [Field(box + 4, ">I"), Field(box + 8, ">I"), Field(box + 12, ">H")]
    siz = data.find(b"\xff\x51")
    fields += [Field(siz + 6 + 4 * i, ">I") for i in range(8)] * 2 + [Field(siz + 38, ">H")]
    for marker in (b"\xff\x52", b"\xff\x90"):  # coding style, tile
        if (at := data.find(marker)) > 0:
            fields += [Field(at + i, ">B") for i in range(2, 12)]
    return fields


def _avif(data: bytes) -> list[Field]:
    fields = [Field(start, ">I") for start, _ in _boxes(data)]
    for found in re.finditer(rb"ispe|iloc|iinf|ipma|pixi|av1C|tkhd|stsz|stco|mdat", data):
        at = found.end()
        fields += [Field(at - 8, ">I"), Field(at + 4, ">I"), Field(at + 8, ">I")]
    return fields
