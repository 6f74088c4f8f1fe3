"""How numbers of things are said."""

from __future__ import annotations


def counted(n: int, one: str, many: str | None = None) -> str:
    """Such as ``1 image`` and ``1,200 images``; `many` where it is not `one` with an s."""
    return f"{n:,} {one if n == 1 else many or f'{one}s'}"
