"""Images built byte by byte, where Pillow has no writer for them, and a real photo."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image


@cache
def photo() -> np.ndarray:
    """Real photo, uint8 (106, 160, 3), read-only."""
    from sklearn.datasets import load_sample_image

    pixels = np.ascontiguousarray(load_sample_image("china.jpg")[::4, ::4])[:106, :160]
    pixels.setflags(write=False)
    return pixels


def saved(picture: Image.Image | np.ndarray, form: str, **options: object) -> bytes:
    if isinstance(picture, np.ndarray):
        picture = Image.fromarray(picture)
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def png(
    samples: np.ndarray,
    colour_type: int,
    before: dict[bytes, bytes] | None = None,
    after: dict[bytes, bytes] | None = None,
    size: tuple[int, int] | None = None,
) -> bytes:
    """PNG of uint8 or uint16 samples, with more chunks before or after the pixels.

    `size` (width, height) makes the header lie.
    """
    height, width = samples.shape[:2]
    width, height = size or (width, height)
    deep = samples.dtype.itemsize == 2
    rows = samples.astype(">u2" if deep else "u1").reshape(len(samples), -1)
    raw = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", width, height, 16 if deep else 8, colour_type, 0, 0, 0)
    chunks = [(b"IHDR", header), *(before or {}).items()]
    chunks += [(b"IDAT", zlib.compress(raw)), *(after or {}).items(), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def exif(orientation: int) -> bytes:
    """TIFF structure with nothing but an orientation."""
    tags = Image.Exif()
    tags[0x0112] = orientation
    return tags.tobytes().removeprefix(b"Exif\0\0")


def jpeg_with_thumbnail() -> bytes:
    """JPEG with another whole JPEG in its EXIF data, as cameras write it."""
    inner = saved(photo()[::4, ::4], "JPEG")
    return saved(photo(), "JPEG", exif=b"Exif\0\0" + thumbnail_directory(inner))


def thumbnail_directory(inner: bytes) -> bytes:
    """TIFF structure of an empty directory and one that points to a thumbnail."""
    entries = ((0x0103, 3, 1, 6), (0x0201, 4, 1, 56), (0x0202, 4, 1, len(inner)))
    second = struct.pack("<H", len(entries))
    second += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    return b"II*\0" + struct.pack("<IHI", 8, 0, 14) + second + inner


def icon_around(inner: bytes) -> bytes:
    """ICO whose directory says 16x16 whatever the PNG in it is."""
    entry = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, len(inner), 22)
    return struct.pack("<HHH", 0, 1, 1) + entry + inner


def with_size(data: bytes, form: str, width: int, height: int) -> bytes:
    """Let the header of a GIF, BMP or JPEG claim another size."""
    if form == "GIF":
        return data[:6] + struct.pack("<HH", width, height) + data[10:]
    if form == "BMP":
        return data[:18] + struct.pack("<ii", width, height) + data[26:]
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]
