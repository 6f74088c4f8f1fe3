"""Damaged files, each made from its number alone."""

from __future__ import annotations

import random
import re
import struct
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzz.parts import Field, parts_of, sizes_of
from fuzz.seeds import ENDINGS, seeds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Mutation = Callable[["Draw", bytes], bytes]

_ENDS = {
    "jpeg": b"\xff\xd9",
    "png": b"\0\0\0\0IEND\xaeB`\x82",
    "jpeg2000": b"\xff\xd9",
}
"""Format -> how its files end; in these, pixels that end early show."""
_PROGRESSIVE = re.compile(rb"^\xff\xd8.*\xff\xc2\x00[\x0b\x11]\x08", re.DOTALL)
"""A JPEG with fewer scans than it had is whole, if it ends between two of them."""

_SIZES = (0, 1, 2, 3, 7, 8, 16, 17, 95, 96, 255, 256, 257, 999, 1000, 1001, 4095, 16383, 16384,
          32767, 32768, 65500, 65535, 65536, 100_000, 1 << 24, 0x7FFFFFFF, 0x80000000,
          0xFFFFFFFE, 0xFFFFFFFF)  # fmt: skip
_LARGEST = 1 << 20


@dataclass(frozen=True, slots=True)
class Case:
    """A damaged file.

    Parameters
    ----------
    number
        Makes the same case again.
    source
        Name of the whole file it was made from.
    damage
        What was done to it, in order.
    cut
        Pixel data at the end are missing, in a way that shows: must not be `ok` unless nothing
        that matters was cut off.
    """

    number: int
    source: str
    damage: str
    cut: bool
    data: bytes
    ending: str

    @property
    def name(self) -> str:
        """Name of its file."""
        words = f"{self.number:06}-{self.source}-{self.damage}"
        return "".join(c if c.isalnum() else "-" for c in words) + self.ending


class Draw(random.Random):
    """The dice of one case, and what they are about."""

    def __init__(self, number: int, files: Mapping[str, bytes]) -> None:
        super().__init__(number)
        self.files = files
        self.source = self.choice(sorted(files))
        self.form = self.source.partition("/")[0]

    def place(self, data: bytes) -> int:
        """Any place of a file; half of them among its first bytes, where headers are."""
        return self.randrange(max(1, min(len(data), self.choice((40, 400, 1 << 30, 1 << 30)))))

    def run(self, data: bytes) -> tuple[int, int]:
        start = self.place(data)
        return start, min(len(data), start + self.choice((1, 4, 16, 100, 1000, 1 << 30)))

    def other(self) -> bytes:
        return self.files[self.choice(sorted(self.files))]


def make_case(number: int, files: Mapping[str, bytes] | None = None) -> Case:
    """Make the case of a number, from whole files by their format/name; default: `seeds`."""
    draw = Draw(number, seeds() if files is None else files)
    whole = draw.files[draw.source]
    if draw.random() < 0.4:
        damage, data = _cut(draw, whole)
        names = [damage]
    else:
        names, data = [], whole
        for _ in range(draw.choice((1, 1, 1, 2, 4))):
            mutation = draw.choice(_MUTATIONS)
            names.append(mutation.__name__)
            data = mutation(draw, data)[:_LARGEST]
    return Case(
        number, draw.source, "+".join(names), names[0] in _CUTS, data, _ending(draw, names[0])
    )


_CUTS = frozenset({"cut", "cut-and-ended", "cut-and-zeros"})


def _cut(draw: Draw, whole: bytes) -> tuple[str, bytes]:
    """Take bytes off the end; for some, put something in their place."""
    most = draw.choice((3, 20, 100, len(whole), len(whole), len(whole), len(whole)))
    data = whole[: len(whole) - draw.randint(1, min(most, len(whole)))]
    how = draw.choice(("", "", "ended", "zeros", "noise"))
    if how == "ended" and draw.form in _ENDS and not _PROGRESSIVE.search(whole):
        return "cut-and-ended", data + _ENDS[draw.form]
    if how == "zeros" and draw.form in _ENDS:
        return "cut-and-zeros", data + bytes(len(whole) - len(data))
    if how == "noise":
        return "cut and noise", data + draw.randbytes(draw.randint(1, 3000))
    return "cut", data


def _ending(draw: Draw, damage: str) -> str:
    if damage == "wrong_ending" or draw.random() < 0.1:
        return draw.choice(sorted(ENDINGS.values()))
    return ENDINGS[draw.form]


def flip_bits(draw: Draw, data: bytes) -> bytes:
    broken = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 5, 50))):
        if broken:
            broken[draw.place(data)] ^= 1 << draw.randrange(8)
    return bytes(broken)


def set_bytes(draw: Draw, data: bytes) -> bytes:
    broken = bytearray(data)
    for _ in range(draw.choice((1, 2, 5, 50))):
        if broken:
            broken[draw.place(data)] = draw.choice((0, 1, 127, 128, 255, draw.randrange(256)))
    return bytes(broken)


def zeros(draw: Draw, data: bytes) -> bytes:
    start, end = draw.run(data)
    return data[:start] + bytes(end - start) + data[end:]


def noise(draw: Draw, data: bytes) -> bytes:
    start, end = draw.run(data)
    return data[:start] + draw.randbytes(end - start) + data[end:]


def drop(draw: Draw, data: bytes) -> bytes:
    start, end = draw.run(data)
    return data[:start] + data[end:]


def repeat(draw: Draw, data: bytes) -> bytes:
    start, end = draw.run(data)
    return data[:end] + data[start:end] * draw.choice((1, 2, 100)) + data[end:]


def splice(draw: Draw, data: bytes) -> bytes:
    other = draw.other()
    return data[: draw.place(data)] + other[draw.place(other) :]


def foreign_header(draw: Draw, data: bytes) -> bytes:
    n = draw.choice((4, 12, 16, 32, 64, 300))
    return draw.other()[:n] + data[n:]


def wrong_ending(_draw: Draw, data: bytes) -> bytes:
    return data


def tail(draw: Draw, data: bytes) -> bytes:
    return data + draw.choice((draw.randbytes(1000), bytes(100_000), draw.other(), b"\xff" * 999))


def repeat_part(draw: Draw, data: bytes) -> bytes:
    """A segment, chunk or box twice, or very many times."""
    start, end = draw.choice(parts_of(draw.form, data))
    most = _LARGEST // max(1, end - start)
    return data[:end] + data[start:end] * min(most, draw.choice((1, 1, 10, 2000))) + data[end:]


def drop_part(draw: Draw, data: bytes) -> bytes:
    start, end = draw.choice(parts_of(draw.form, data))
    return data[:start] + data[end:]


def move_part(draw: Draw, data: bytes) -> bytes:
    start, end = draw.choice(parts_of(draw.form, data))
    rest = data[:start] + data[end:]
    to = draw.choice([0, *(stop for _, stop in parts_of(draw.form, rest))])
    return rest[:to] + data[start:end] + rest[to:]


def lie(draw: Draw, data: bytes) -> bytes:
    """Say something else of sizes, counts and lengths."""
    for _ in range(draw.choice((1, 1, 2, 3))):
        try:
            fields = sizes_of(draw.form, data)
        except (struct.error, OverflowError):  # another mutation came first
            return data
        if not fields:
            return data
        data = _written(data, draw.choice(fields), draw)
    return _checked(data) if draw.form == "png" else data


def _written(data: bytes, field: Field, draw: Draw) -> bytes:
    most = (1 << 8 * struct.calcsize(field.form)) - 1
    (now,) = struct.unpack_from(field.form, data, field.at)
    near = (now - 1, now + 1, now * 2, now // 2, now + 8)
    value = draw.choice((draw.choice(_SIZES), draw.choice(near), draw.randint(0, most))) & most
    end = field.at + struct.calcsize(field.form)
    return data[: field.at] + struct.pack(field.form, value) + data[end:]


def _checked(data: bytes) -> bytes:
    """PNG with the checksum that its header should have."""
    return data[:29] + struct.pack(">I", zlib.crc32(data[12:29])) + data[33:]


_MUTATIONS: tuple[Mutation, ...] = (
    flip_bits, set_bytes, zeros, noise, drop, repeat, splice, foreign_header, wrong_ending, tail,
    repeat_part, repeat_part, drop_part, move_part, lie, lie, lie, lie, lie, lie,
)  # fmt: skip
