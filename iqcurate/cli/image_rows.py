"""Tables with one image a line: the name comes last, shortened in its middle to fit a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.cli.output import printable, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

_LEAST = 28
"""Columns that a name has at least, before scores are left out."""
_EMPTY = ("", "-")


def print_images(
    out: Console,
    ids: Sequence[str],
    numbers: Mapping[str, Sequence[str]],
    texts: Mapping[str, Sequence[str]] | None = None,
    title: str = "",
) -> None:
    """Print a line an image; what is empty for all of them is left out.

    On a terminal what there is no room for is left out, and said so: labels, the last numbers;
    elsewhere, where a program may read it, all is there in full.

    Parameters
    ----------
    ids
        Of N images.
    numbers, texts
        N cells each by the name of their column; ``why`` may take several lines.
    """
    numbers, texts = _filled(numbers), _filled(texts or {})
    if title:  # as a table's own it would be folded to the width of the table
        out.print(f"\n{title}", style="italic", highlight=False)
    names = [printable(name) for name in ids]
    if not out.is_terminal:
        out.width = 1 << 16
        out.print(_table(names, numbers, texts))
        return
    wanted = min(_LEAST, max(map(len, names), default=0))
    left_out = _without_room(out, wanted, numbers, texts)
    room = max(out.width - _width(out, numbers, texts), wanted)
    out.print(_table([shortened(name, room) for name in names], numbers, texts))
    if left_out:
        out.print(f"no room for {', '.join(left_out)}: choose with -m, or widen the window")


def _without_room(
    out: Console, wanted: int, numbers: dict[str, Sequence[str]], texts: dict[str, Sequence[str]]
) -> list[str]:
    """Take out what leaves a name too little room: the label first, then the last numbers."""
    gone = []
    while out.width - _width(out, numbers, texts) < wanted:
        if "label" in texts:
            del texts["label"]
            gone.append("label")
        elif len(numbers) > 1:
            gone.append(numbers.popitem()[0])
        else:
            break
    return gone


def shortened(text: str, room: int) -> str:
    """A text of at most so many columns, its middle left out: names differ at their end."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= room:
        return text
    tail = 2 * (room - 1) // 3
    head = set_cell_size(text, room - 1 - tail).rstrip()
    return f"{head}…{set_cell_size(text[::-1], tail).rstrip()[::-1]}"


def _filled(columns: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    return {name: cells for name, cells in columns.items() if not set(cells) <= set(_EMPTY)}


def _width(
    out: Console, numbers: Mapping[str, Sequence[str]], texts: Mapping[str, Sequence[str]]
) -> int:
    """Columns that all but the names take."""
    rows = len(next(iter([*numbers.values(), *texts.values()]), ()))
    return out.measure(_table([""] * rows, numbers, texts)).maximum - len("image")


def _table(
    names: Sequence[str],
    numbers: Mapping[str, Sequence[str]],
    texts: Mapping[str, Sequence[str]],
) -> Table:
    made = table([*numbers, *texts, "image"], left=[*texts, "image"])
    for column in made.columns:
        column.no_wrap = column.header != "why"
        if not column.no_wrap:
            column.max_width = 40
    for i, name in enumerate(names):
        made.add_row(*(cells[i] for cells in (*numbers.values(), *texts.values())), name)
    return made
