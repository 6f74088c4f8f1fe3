"""How tables, names and numbers look on a terminal."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.console import Console
    from rich.table import Table

    from iqcurate.spec import MetricSpec


def console(stderr: bool = False) -> Console:
    """A console for results (stdout) or for messages (stderr); no markup in what it prints."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream and stream.isatty() else 200
    return Console(file=stream, markup=False, highlight=False, width=width, soft_wrap=False)


def table(columns: Sequence[str], title: str = "", left: Sequence[str] = ()) -> Table:
    """An empty table; columns are numbers, aligned right, unless named in `left`."""
    from rich import box
    from rich.table import Table

    made = Table(title=title or None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False)
    for name in columns:
        text = name in left
        made.add_column(name, justify="left" if text else "right", overflow="fold")
    return made


def printable(text: str | None) -> str:
    """A name in any script on one line; what a terminal would obey is shown as an escape."""
    if text is None:
        return ""
    return "".join(c if c.isprintable() else _escaped(c) for c in text)


def ordinary(spec: MetricSpec | None) -> str:
    """What ordinary photos score: their middle 90%, and the median in brackets."""
    if spec is None or spec.ordinary is None:
        return ""
    low, middle, high = (number(float(v), 3) for v in spec.ordinary)
    return f"{low} to {high} ({middle})"


def _escaped(char: str) -> str:
    return char.encode("unicode_escape", "surrogatepass").decode("ascii")


def number(value: Any, digits: int = 4) -> str:
    """A score with as many digits as people read; nothing where there is none."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    if isinstance(value, float):
        return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.{digits}g}"
    return str(value)


def print_json(value: object) -> None:
    """Print a value as JSON; what is not a number there becomes null."""
    typer.echo(json.dumps(_plain(value), ensure_ascii=False, indent=2))


def records(frame: Any) -> list[dict[str, Any]]:
    """Rows of a pandas table as plain dictionaries."""
    return [_plain(r) for r in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    known = value is None or isinstance(value, str | int | float | bool)
    return value if known else _missing_or_text(value)


def _missing_or_text(value: Any) -> str | None:
    return None if type(value).__name__ in ("NAType", "NaTType") else str(value)


def split_names(values: Iterable[str] | None) -> list[str] | None:
    """Names given as ``a,b`` or by repeating the option, or both."""
    names = [n.strip() for value in values or () for n in value.split(",") if n.strip()]
    return names or None


def pairs(
    option: str, values: Iterable[str] | None, kind: Callable[[str], Any] = str
) -> dict[str, Any]:
    """NAME=VALUE, by repeating the option or with commas; a name may hold an equals sign."""
    from iqcurate.errors import UsageError

    what = "NUMBER" if kind is float else "VALUE"
    form = "NAME=higher or NAME=lower" if option == "--direction" else f"NAME={what}"
    found = {}
    for text in split_names(values) or ():
        name, _, value = text.rpartition("=")
        try:
            found[name] = kind(value)
        except ValueError:
            name = ""
        if not name:
            raise UsageError(f"{option} {text}: write {form}")
    return found
