"""Whole files of eight formats, made of real photos that ship with what the tests need."""

from __future__ import annotations

import io
import struct
import zlib
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from made_images import jpeg_with_thumbnail, photo, png, saved
from PIL import Image

if TYPE_CHECKING:
    from collections.abc import Callable

ENDINGS = {
    "jpeg": ".jpg",
    "png": ".png",
    "webp": ".webp",
    "tiff": ".tif",
    "gif": ".gif",
    "bmp": ".bmp",
    "jpeg2000": ".jp2",
    "avif": ".avif",
}
"""Format -> the ending of its files."""


@cache
def cat() -> np.ndarray:
    """Real photo, uint8 (120, 128, 3)."""
    from skimage.data import chelsea

    return np.ascontiguousarray(chelsea()[20:260:2, 80:336:2])


@cache
def face() -> np.ndarray:
    """Real photo, uint8 (128, 128)."""
    from skimage.data import camera

    return np.ascontiguousarray(camera()[40:296:2, 120:376:2])


def rgba() -> np.ndarray:
    return np.dstack([cat(), np.full(cat().shape[:2], 200, np.uint8)])


def frames() -> list[Image.Image]:
    """Three frames of a film of one photo."""
    return [Image.fromarray(np.roll(cat(), shift, 1)) for shift in (0, 5, 10)]


def film(form: str, **options: object) -> bytes:
    first, *rest = frames()
    return saved(first, form, save_all=True, append_images=rest, duration=50, **options)


def palette() -> Image.Image:
    return Image.fromarray(cat()).quantize(200)


def interlaced_png() -> bytes:
    """RGB in the seven passes of Adam7."""
    passes = ((0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2),
              (1, 0, 2, 1))  # fmt: skip
    rows = [row for y, x, dy, dx in passes for row in cat()[y::dy, x::dx]]
    height, width = cat().shape[:2]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        png_chunk(kind, body)
        for kind, body in (
            (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 1)),
            (b"IDAT", zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))),
            (b"IEND", b""),
        )
    )


def png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_in_chunks(size: int = 4000) -> bytes:
    """PNG whose pixels are spread over several IDAT chunks."""
    pixels = np.ascontiguousarray(photo())
    raw = zlib.compress(b"".join(b"\0" + row.tobytes() for row in pixels))
    height, width = pixels.shape[:2]
    parts = [raw[at : at + size] for at in range(0, len(raw), size)]
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))]
    chunks += [(b"IDAT", part) for part in parts] + [(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


def rle_bmp() -> bytes:
    """BMP with run-length encoded palette indices."""
    plain = saved(palette(), "BMP")
    indices = np.asarray(palette())[::-1]
    body = b"".join(_runs(row.tolist()) + b"\0\0" for row in indices) + b"\0\1"
    (start,) = struct.unpack_from("<I", plain, 10)
    header = bytearray(plain[:start])
    struct.pack_into("<I", header, 2, start + len(body))
    struct.pack_into("<II", header, 30, 1, len(body))
    return bytes(header) + body


def _runs(row: list[int]) -> bytes:
    out, at = bytearray(), 0
    while at < len(row):
        n = 1
        while at + n < len(row) and n < 255 and row[at + n] == row[at]:
            n += 1
        out += bytes((n, row[at]))
        at += n
    return bytes(out)


def tiff_of_arrays(samples: np.ndarray, **options: object) -> bytes:
    """TIFF of a layout that Pillow does not write."""
    import tifffile

    out = io.BytesIO()
    photometric = "rgb" if samples.ndim == 3 else "minisblack"
    tifffile.imwrite(out, samples, photometric=photometric, metadata=None, **options)
    return out.getvalue()


def deep() -> np.ndarray:
    """uint16 (128, 128), the low bytes not those of the high ones."""
    return face().astype(np.uint16) * 256 + face()[::-1]


def tiff(picture: np.ndarray | Image.Image, compression: str | None = None, **options: object):
    if compression:
        options["compression"] = compression
    return saved(picture, "TIFF", **options)


MAKERS: dict[str, Callable[[], bytes]] = {
    "jpeg/420": lambda: saved(photo(), "JPEG", subsampling=2, quality=85),
    "jpeg/444": lambda: saved(photo(), "JPEG", subsampling=0, quality=70),
    "jpeg/422-optimized": lambda: saved(photo(), "JPEG", subsampling=1, optimize=True),
    "jpeg/progressive-420": lambda: saved(photo(), "JPEG", subsampling=2, progressive=True),
    "jpeg/progressive-444": lambda: saved(photo(), "JPEG", subsampling=0, progressive=True),
    "jpeg/restart-rows": lambda: saved(photo(), "JPEG", restart_marker_rows=1),
    "jpeg/restart-blocks": lambda: saved(photo(), "JPEG", restart_marker_blocks=3, subsampling=0),
    "jpeg/progressive-restart": lambda: saved(
        photo(), "JPEG", restart_marker_rows=1, progressive=True
    ),
    "jpeg/grey": lambda: saved(face(), "JPEG"),
    "jpeg/cmyk": lambda: saved(Image.fromarray(cat()).convert("CMYK"), "JPEG"),
    "jpeg/rgb": lambda: saved(photo(), "JPEG", keep_rgb=True),
    "jpeg/thumbnail": jpeg_with_thumbnail,
    "jpeg/mpo": lambda: film("MPO"),
    "png/rgb": lambda: saved(photo(), "PNG"),
    "png/rgba": lambda: saved(rgba(), "PNG"),
    "png/palette": lambda: saved(palette(), "PNG"),
    "png/grey": lambda: saved(face(), "PNG"),
    "png/16": lambda: saved(deep(), "PNG"),
    "png/rgb16": lambda: png(cat().astype(np.uint16) * 257, 2),
    "png/bilevel": lambda: saved(Image.fromarray(face()).convert("1"), "PNG"),
    "png/interlaced": interlaced_png,
    "png/chunks": png_in_chunks,
    "png/animated": lambda: film("PNG"),
    "webp/lossy": lambda: saved(photo(), "WEBP", quality=85),
    "webp/lossless": lambda: saved(cat(), "WEBP", lossless=True),
    "webp/alpha": lambda: saved(rgba(), "WEBP", quality=60),
    "webp/animated": lambda: film("WEBP"),
    "webp/animated-lossless": lambda: film("WEBP", lossless=True),
    "tiff/raw": lambda: tiff(cat()),
    "tiff/lzw": lambda: tiff(photo(), "tiff_lzw"),
    "tiff/deflate": lambda: tiff(cat(), "tiff_adobe_deflate"),
    "tiff/packbits": lambda: tiff(face(), "packbits"),
    "tiff/jpeg": lambda: tiff(photo(), "jpeg"),
    "tiff/group4": lambda: tiff(Image.fromarray(face()).convert("1"), "group4"),
    "tiff/strips": lambda: tiff(cat(), "tiff_lzw", strip_size=4000),
    "tiff/raw-strips": lambda: tiff_of_arrays(cat(), rowsperstrip=16),
    "tiff/tiles": lambda: tiff_of_arrays(cat(), tile=(48, 64), compression="zlib"),
    "tiff/raw-tiles": lambda: tiff_of_arrays(face(), tile=(32, 32)),
    "tiff/big": lambda: tiff_of_arrays(cat(), bigtiff=True, rowsperstrip=16, compression="zlib"),
    "tiff/big-endian": lambda: tiff_of_arrays(cat(), byteorder=">"),
    "tiff/16": lambda: tiff(deep(), "tiff_lzw"),
    "tiff/raw16": lambda: tiff(deep()),
    "tiff/float": lambda: tiff(face() / np.float32(255), "tiff_deflate"),
    "tiff/planes": lambda: tiff_of_arrays(
        np.moveaxis(cat(), 2, 0).copy(), planarconfig="separate", compression="zlib"
    ),
    "tiff/pages": lambda: film("TIFF", compression="tiff_lzw"),
    "gif/interlaced": lambda: saved(palette(), "GIF", interlace=1),
    "gif/plain": lambda: saved(palette(), "GIF", interlace=0),
    "gif/grey": lambda: saved(face(), "GIF"),
    "gif/animated": lambda: film("GIF"),
    "bmp/24": lambda: saved(cat(), "BMP"),
    "bmp/32": lambda: saved(rgba(), "BMP"),
    "bmp/8": lambda: saved(palette(), "BMP"),
    "bmp/1": lambda: saved(Image.fromarray(face()).convert("1"), "BMP"),
    "bmp/rle": rle_bmp,
    "jpeg2000/jp2": lambda: saved(photo(), "JPEG2000"),
    "jpeg2000/j2k": lambda: saved(photo(), "JPEG2000", no_jp2=True),
    "jpeg2000/lossy": lambda: saved(
        cat(), "JPEG2000", irreversible=True, quality_layers=[40, 20, 10]
    ),
    "jpeg2000/tiles": lambda: saved(cat(), "JPEG2000", tile_size=(64, 64), progression="RPCL"),
    "jpeg2000/16": lambda: saved(deep(), "JPEG2000"),
    "jpeg2000/rgba": lambda: saved(rgba(), "JPEG2000"),
    "jpeg2000/marked": lambda: saved(face(), "JPEG2000", no_jp2=True, plt=True),
    "avif/420": lambda: saved(photo(), "AVIF", quality=75, speed=9),
    "avif/444": lambda: saved(cat(), "AVIF", quality=90, subsampling="4:4:4", speed=9),
    "avif/alpha": lambda: saved(rgba(), "AVIF", speed=9),
    "avif/grey": lambda: saved(face(), "AVIF", subsampling="4:0:0", speed=9),
    "avif/animated": lambda: film("AVIF", speed=9),
}
"""Format and encoding -> what makes a file of it."""


@cache
def seeds() -> dict[str, bytes]:
    """All whole files by their names in `MAKERS`."""
    return {name: make() for name, make in MAKERS.items()}
