"""From times to what is shown: ratios of each round, never of averages."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.ours import ALL_FIVE, TWO
from benchmarks.photos import AS_THEY_ARE, ONE_MP
from benchmarks.runs import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from benchmarks.result import PhotoSet, Result
    from benchmarks.runs import Series

DECODE = "simplejpeg"


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Parameters
    ----------
    what
        Is shown.
    values
        In each round or repetition.
    form
        A format for one value.
    headline
        Whether it is one of the few that the README shows.
    """

    what: str
    values: list[float]
    form: str = "{:.2f}x"
    headline: bool = False

    @property
    def cells(self) -> list[str]:
        """Text, median, least, greatest, and how many values there are."""
        shown = [self.form.format(f(self.values)) for f in (median, min, max)]
        return [self.what, *shown, str(len(self.values))]


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Divide round by round; a slow tool is there in the first rounds only."""
    return [a / b for a, b in zip(above, below, strict=False)]


def added(series: Sequence[Sequence[float]]) -> list[float]:
    """Add up round by round."""
    return [sum(each) for each in zip(*series, strict=False)]


def rows_of(result: Result) -> list[Row]:
    """Return the lines that sum up a result; what was not measured has none."""
    rows = [row for name, found in result.sets.items() for row in _set_rows(name, found)]
    if result.runs:
        rows += _run_rows(result)
    if result.huge:
        peaks, spent = result.huge["peak_mb"], result.huge["wall"]
        rows.append(Row("peak memory of the command, one image of 100 MP", peaks, _MB, True))
        rows.append(Row("whole command, one image of 100 MP", spent, _SECONDS))
    if result.again:
        text = f"whole command, {result.tiny:,} finished images again"
        rows.append(Row(text, result.again["wall"], _SECONDS, True))
    return rows


_TIMES, _MB, _SECONDS, _PERCENT = "{:.0f}x", "{:.0f} MiB", "{:.2f} s", "{:.0%}"


def _set_rows(name: str, found: PhotoSet) -> Iterator[Row]:
    decode, best = found.totals(DECODE), found.builds[-1]
    five = {build: found.totals(f"iqcurate {ALL_FIVE} {build}") for build in found.builds}
    headline = name != AS_THEY_ARE
    for build, ours in five.items():
        text = f"five metrics / RGB decode, {name}, {build}"
        yield Row(text, ratios(ours, decode), headline=headline)
    for build, ours in five.items():
        if (study := f"study {ALL_FIVE} {build}") in found.seconds:
            text = f"five metrics / those of the study, {name}, {build}"
            yield Row(text, ratios(ours, found.totals(study)))
    if "pyiqa niqe" in found.seconds:
        theirs = added([found.totals("pyiqa brisque"), found.totals("pyiqa niqe")])
        ours = found.totals(f"iqcurate {TWO} {best}")
        text = f"pyiqa's BRISQUE and NIQE / ours, {name}, {best}"
        yield Row(text, ratios(theirs, ours), _TIMES, headline)
    for what, check in (("blurry", "blur check"), ("all", "all checks")):
        if (cleanvision := f"cleanvision {what}") in found.seconds:
            ours = added([decode, five[best]])
            text = f"CleanVision's {check} / decode and five metrics, {name}, {best}"
            yield Row(text, ratios(found.totals(cleanvision), ours), "{:.1f}x", name == ONE_MP)


def _run_rows(result: Result) -> Iterator[Row]:
    runs, n = result.runs, result.threads
    for clock, text in (("wall", "wall time"), ("cpu", "processor time")):
        text = f"sum of the parts / whole run, one thread, {text}"
        yield Row(text, shares(runs, clock), _PERCENT, clock == "wall")
    for what, name in (("run", "whole run"), ("command", "whole command"), ("control", "control")):
        if n > 1:
            gained = ratios(runs[f"{what} 1 wall"], runs[f"{what} {n} wall"])
            yield Row(f"one thread / {n} threads, {name}", gained, headline=what != "command")
    rates = [result.images / seconds for seconds in runs[f"run {n} wall"]]
    yield Row(f"images of 1 MP a second, whole run, {_threads(n)}", rates, "{:.0f}", True)
    peaks = runs[f"command {n} peak_mb"]
    text = f"peak memory of the command, {result.images} images of 1 MP, {_threads(n)}"
    yield Row(text, peaks, _MB, True)


def shares(runs: Series, clock: str) -> list[float]:
    """Return the sum of the parts as share of the run on one thread."""
    return ratios(added([runs[f"{part} {clock}"] for part in PARTS]), runs[f"run 1 {clock}"])


def _threads(n: int) -> str:
    return "one thread" if n == 1 else f"{n} threads"
