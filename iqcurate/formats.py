"""What a file looks like by its name and by its first bytes; imports nothing heavy."""

from __future__ import annotations

import re

IMAGE_EXTENSIONS: frozenset[str] = frozenset({
    ".apng", ".avif", ".avifs", ".bmp", ".cur", ".dcx", ".dds", ".dib", ".fits", ".flc", ".fli",
    ".gif", ".heic", ".heif", ".icns", ".ico", ".j2c", ".j2k", ".jfif", ".jp2", ".jpc", ".jpe",
    ".jpeg", ".jpf", ".jpg", ".jpx", ".jxl", ".mpo", ".pbm", ".pcd", ".pcx", ".pfm", ".pgm",
    ".png", ".pnm", ".ppm", ".psd", ".qoi", ".ras", ".sgi", ".tga", ".tif", ".tiff", ".webp",
    ".xbm", ".xpm",
})  # fmt: skip
"""Lower case, with the dot. HEIF and JPEG XL are among them although they cannot be decoded,
so that such a photo gets a row that says so instead of being skipped."""

_STARTS = (
    b"\xff\xd8\xff",  # JPEG
    b"\x89PNG\r\n\x1a\n",
    b"GIF87a",
    b"GIF89a",
    b"II*\x00",  # TIFF, and below its byte-swapped and BigTIFF forms
    b"MM\x00*",
    b"MM*\x00",
    b"II\x00*",
    b"MM\x00+",
    b"II+\x00",
    b"\xff\x4f\xff\x51",  # JPEG 2000 codestream
    b"\x00\x00\x00\x0cjP  \r\n\x87\n",  # JPEG 2000 file
    b"8BPS",  # PSD
    b"qoif",
    b"DDS ",
    b"icns",
    b"BLP1",
    b"BLP2",
    b"FTEX",
    b"SIMPLE  =",  # FITS
    b"/* XPM */",
    b"P7 332",  # XV thumbnail
    b"DanM",  # MSP
    b"LinS",
    b"\x59\xa6\x6a\x95",  # Sun raster
    b"\xb1\x68\xde\x3a",  # DCX
)

_PATTERNS = re.compile(
    rb"""
      BM .{12} [\x01-\xff] . \x00\x00                # BMP: a header shorter than 64 KiB
    | P[1-6] \s+ [\d\#] | P[fF] \s+ \d               # PBM, PGM, PPM, PFM
    | RIFF .{4} WEBP
    | .{4} ftyp (?: avif | avis | (?: mif1 | msf1 ) .{4,44} avi[fs] )
    | \x00\x00 [\x01\x02] \x00 [^\x00] \x00 ... [\x00\xff] # ICO, CUR: at least one picture
    | \x0a [\x00\x02\x03\x05] \x01 [\x01\x02\x04\x08] # PCX
    | \x01\xda [\x00\x01] [\x01\x02] \x00 [\x01-\x03] # SGI
    | .{4} [\x11\x12] \xaf .{8} [\x00\x03] \x00       # FLI, FLC
    | \s* \#define [ \t]+ \S+ _width                 # XBM
    """,
    re.VERBOSE | re.DOTALL,
)

_FOREIGN = (
    (re.compile(rb"%!PS|\xc5\xd0\xd3\xc6"), "EPS is drawn by another program, which is not run"),
    (
        re.compile(rb"\xd7\xcd\xc6\x9a|\x01\x00\x00\x00.{36} EMF", re.DOTALL),
        "WMF and EMF are drawn by Windows, they hold no pixels",
    ),
    (re.compile(rb"BUFR|GRIB|\x89HDF\r\n\x1a\n"), "BUFR, GRIB and HDF5 hold data, not pictures"),
    (re.compile(rb"\x00\x00\x01[\xb3\xba]"), "MPEG is a film"),
    (
        re.compile(rb".{4}ftyp(?:hei[cmsx]|hev[cmsx]|mif1|msf1)", re.DOTALL),
        "there is no decoder for HEIF; convert it to JPEG or PNG",
    ),
    (
        re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL "),
        "there is no decoder for JPEG XL; convert it to JPEG or PNG",
    ),
)


def looks_like_image(head: bytes) -> bool:
    """Tell from the first 64 bytes whether a file is of a format that is decoded.

    Formats without a clear signature (TGA, SPIDER, PCD ...) are not recognised.
    """
    return head.startswith(_STARTS) or _PATTERNS.match(head[:64]) is not None


def why_not_decoded(head: bytes) -> str | None:
    """Return why a known format is not decoded, or None for all other bytes."""
    return next((why for pattern, why in _FOREIGN if pattern.match(head[:64])), None)
