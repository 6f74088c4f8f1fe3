"""Sizes in words."""

from __future__ import annotations


def size_text(size: int | None) -> str:
    """Say how large a file is, in the units of disks (1 MB is a million bytes)."""
    if size is None:
        return "size unknown"
    for unit, name in ((10**9, "GB"), (10**6, "MB"), (1000, "kB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
