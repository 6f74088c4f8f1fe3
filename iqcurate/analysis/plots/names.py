"""Names from a data set as text of a figure."""

from __future__ import annotations


def plain(name: str, letters: int | None = None) -> str:
    """A name in which nothing is a formula or a line break, cut after so many letters."""
    if letters is not None and len(name) > letters:
        name = f"{name[: letters - 1]}…"
    shown = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in name)
    return shown.replace("$", "\\$")
