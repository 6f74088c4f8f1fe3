"""Paths as text: any name a file system allows becomes valid UTF-8, and turns back."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

_PERCENT = {0xDC00 + byte: f"%{byte:02X}" for byte in range(0x80, 0x100)}


def escape(path: bytes) -> str:
    """Turn a path into the form that ids and uris have.

    Parameters
    ----------
    path
        Bytes as the file system has them, ``/`` between the names.

    Returns
    -------
    The path as UTF-8; ``%`` and bytes that are no UTF-8 as ``%`` and two hexadecimal digits.
    Different paths give different texts.
    """
    if b"%" not in path:
        try:
            return path.decode()
        except UnicodeDecodeError:
            pass
    return path.replace(b"%", b"%25").decode("utf-8", "surrogateescape").translate(_PERCENT)


def unescape(text: str) -> bytes:
    """Turn the result of `escape` back into the path's bytes."""
    return unquote_to_bytes(text)


def local_path(uri: str) -> bytes:
    """Path, as bytes, that a value of the uri column stands for."""
    return unescape(uri)


def plain(text: str) -> str:
    """Unescape a name where the result is text, else leave it escaped (for labels)."""
    if "%" not in text:
        return text
    try:
        return unescape(text).decode()
    except UnicodeDecodeError:
        return text
