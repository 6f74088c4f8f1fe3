"""What sources cannot be yet, and what to do instead."""

from __future__ import annotations

import re

from iqcurate.errors import SourceError
from iqcurate.formats import looks_like_image
from iqcurate.sources.escape import escape
from iqcurate.sources.local import peek

_URL = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]+:/")
_NAMES = re.compile(rb"\.(tar|tgz|tbz2?|txz|zip|7z|rar|(tar|csv|tsv|txt|jsonl)\.[a-z0-9]+)$", re.I)
_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf", b"Rar!")
_TAR = slice(257, 262)


def refuse_url(name: bytes, where: str = "") -> None:
    """Raise `SourceError` where a name is an address."""
    if _URL.match(name) and b"://" in name[:32]:
        prefix = f"{where}: " if where else ""
        raise SourceError(
            f"{prefix}{escape(name)}: addresses are not supported yet: fetch or mount the images,"
            " and give their paths"
        )


def refuse_archive(path: bytes) -> None:
    """Raise `SourceError` where an existing file is an archive, by name or content."""
    if _NAMES.search(path) or _is_packed(path):
        raise SourceError(
            f"{escape(path)}: archives are not supported yet: unpack it and give the folder"
        )


def _is_packed(path: bytes) -> bool:
    try:
        head = peek(path, 262)
    except OSError:
        return False
    packed = head.startswith(_MAGIC) or head[_TAR] == b"ustar"
    return packed and not looks_like_image(head)
