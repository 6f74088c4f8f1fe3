"""A result as Markdown, and in the README."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from benchmarks.ours import PARTS
from benchmarks.rows import DECODE, Row, ratios, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from benchmarks.result import PhotoSet, Result

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
_HEAD = ["", "median", "least", "most", "rounds"]


def full_report(result: Result) -> str:
    """Return everything that was found."""
    return "\n\n".join(
        [
            f"# Benchmark of {result.date}",
            _machine(result),
            *([f"**{result.note}**"] if result.note else []),
            table(_HEAD, (row.cells for row in rows_of(result))),
            *(_set_report(name, found) for name, found in result.sets.items()),
            *([_runs(result)] if result.runs else []),
            _left_out(result),
        ]
    )


def summary(result: Result) -> str:
    """Return the short table of the README."""
    where = f"{_cpu(result)}, {result.date.split()[0]}"
    shown = table([where, *_HEAD[1:]], (row.cells for row in rows_of(result) if row.headline))
    return f"{shown}\n\n{result.note}" if result.note else shown


def update_readme(path: Path, text: str) -> None:
    """Put the text between the markers; raises ValueError if they are not there."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{path} has no lines {BEGIN} and {END}")
    path.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}")


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _machine(result: Result) -> str:
    machine = result.machine
    versions = {**result.versions, **{k: v for p in result.peers.values() for k, v in p.items()}}
    listed = ", ".join(f"{name} {version}" for name, version in versions.items())
    load = " ".join(map(str, machine["load_before"]))
    return (
        f"{_cpu(result)}, {machine['memory_mb'] / 1024:.0f} GiB, {machine['system']}; "
        f"load before the start {load}. Photos timed by {result.clock} clock.\n{listed}."
    )


def _cpu(result: Result) -> str:
    return f"{result.machine['cpu']}, {result.machine['cores']} cores"


def _set_report(name: str, found: PhotoSet) -> str:
    decode = found.totals(DECODE)
    best = min(decode) / len(found.photos) * 1e3
    parts = [
        f"## Photos of {name}",
        table(["photo", "pixels", "bytes", "made"], map(_photo, found.photos)),
        f"Times simplejpeg's RGB decode of the same files, which took {best:.2f} ms a photo at "
        f"best. Median of {len(decode)} rounds (least to most); each alone on one thread, "
        "without the decode.",
        table(["", *found.builds], _matrix(found, decode)),
        table(_HEAD, (row.cells for row in _others(found, decode))),
    ]
    if "pyiqa brisque" in found.scores:
        parts.append(table(["score", "ours", "pyiqa", "difference"], _scores(found)))
    return "\n\n".join(parts)


def _photo(photo: dict[str, object]) -> list[str]:
    return [
        str(photo["name"]), f"{photo['width']}x{photo['height']}",
        f"{photo['nbytes']:,}", str(photo["made"]),
    ]  # fmt: skip


def _matrix(found: PhotoSet, decode: list[float]) -> Iterable[list[str]]:
    for part in PARTS:
        each = [ratios(found.totals(f"iqcurate {part} {b}"), decode) for b in found.builds]
        yield [part, *(f"{median(r):.2f} ({min(r):.2f} to {max(r):.2f})" for r in each)]


def _others(found: PhotoSet, decode: list[float]) -> Iterable[Row]:
    for what in found.seconds:
        if not what.startswith("iqcurate") and what != DECODE:
            yield Row(f"{what} / RGB decode", ratios(found.totals(what), decode))


def _scores(found: PhotoSet) -> Iterable[list[str]]:
    for name in ("brisque", "niqe"):
        theirs = found.scores[f"pyiqa {name}"]
        for photo, ours in found.scores[f"iqcurate {name}"].items():
            if photo in theirs:
                difference = theirs[photo] - ours
                values = [f"{v:.3f}" for v in (ours, theirs[photo], difference)]
                yield [f"{name} of {photo}", *values]


def _runs(result: Result) -> str:
    rows = [
        Row(what, values, "{:.3f} s").cells
        for what, values in result.runs.items()
        if not what.endswith("peak_mb")
    ]
    return f"## Runs over {result.images} photos of 1 MP\n\n{table(_HEAD, rows)}"


def _left_out(result: Result) -> str:
    if not result.left_out:
        return "Nothing was left out."
    return "\n".join(["Left out:", "", *(f"- {reason}" for reason in result.left_out)])
