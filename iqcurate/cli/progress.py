"""Progress on standard error: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from iqcurate.weights.words import size_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iqcurate.api.options import Progress

    Tell = Callable[[Progress], None]

_ESTIMATE_AFTER_S = 3.0
_LINE_EVERY_S = 10.0
_SLOW = 0.2  # images a second, below which a minute is what is counted by


@contextmanager
def shown_progress(
    quiet: bool = False, verb: str = "scored", in_bytes: bool = False, costs: bool = False
) -> Iterator[Tell]:
    """Give a function that shows how far a run is.

    Parameters
    ----------
    quiet
        It shows nothing.
    verb
        What is done to images.
    in_bytes
        Bytes are counted instead.
    costs
        It also says what each slow metric takes.
    """
    clock = _BytesClock(verb) if in_bytes else _Clock(verb, costs)
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(clock) as tell:
            yield tell
    else:
        yield _Lines(clock)


@contextmanager
def _bar(clock: _Clock) -> Iterator[Tell]:
    from rich import progress as parts
    from rich.text import Text

    from iqcurate.cli.output import console

    class Words(parts.ProgressColumn):
        """Rate, time left and failures, from the run itself."""

        def render(self, task: parts.Task) -> Text:
            return Text(task.fields["words"])

    bar = parts.Progress(
        parts.SpinnerColumn(),
        parts.BarColumn(bar_width=20),  # with the words it fits a terminal of 80 columns
        Words(),
        console=console(stderr=True),
        transient=True,
        refresh_per_second=5,
    )
    with bar:
        task = bar.add_task(clock.verb, total=None, words="listing")

        def tell(state: Progress) -> None:
            for line in clock.costs(state):
                bar.console.print(line)
            done = state.done + state.skipped
            clock.see(state)
            bar.update(task, completed=done, total=state.total, words=clock.words(state))

        yield tell


class _Clock:
    """Rate and time left, from the images that took work."""

    def __init__(self, verb: str, costs: bool = False) -> None:
        self.verb = verb
        self._costs = costs
        self.step = ""
        self.before = 0
        self.began = time.monotonic()
        self._told: set[str] = set()

    def see(self, state: Progress) -> None:
        """Begin anew where something else is counted than before."""
        if state.step != self.step:
            self.step, self.before, self.began = state.step, state.done, time.monotonic()

    def words(self, state: Progress) -> str:
        rate = (state.done - self.before) / max(time.monotonic() - self.began, 1e-9)
        if state.step:
            counted = state.total is not None
            parts = [f"{state.done} of {state.total} {state.step}" if counted else state.step]
        else:
            parts = self.amounts(state, rate)
        if left := self.left(state, rate):
            parts.append(f"about {left} left")
        if state.failed:
            parts.append(f"{state.failed} failed")
        return ", ".join(parts)

    def amounts(self, state: Progress, rate: float) -> list[str]:
        of = f" of about {state.total}" if state.total else ""
        seen = f"{state.done + state.skipped}{of} images"
        if not state.done:
            return [seen]
        slow = rate < _SLOW
        return [seen, f"{rate * 60:.1f} {self.verb}/min" if slow else f"{rate:.1f} {self.verb}/s"]

    def costs(self, state: Progress) -> Iterator[str]:
        """What each slow metric takes, in a line, once and not too early."""
        if not self._costs or time.monotonic() < self.began + _ESTIMATE_AFTER_S:
            return
        for metric in state.costs.keys() - self._told:
            self._told.add(metric)
            seconds = state.costs[metric]
            yield f"{metric}: {seconds:.2g} s an image{self._rest(state, seconds)}"

    @staticmethod
    def _rest(state: Progress, seconds: float) -> str:
        if not state.total:
            return ""
        return f", {span(max(0, state.total - state.done - state.skipped) * seconds)} for the rest"

    @staticmethod
    def left(state: Progress, rate: float) -> str:
        if not state.total or not rate:
            return ""
        return span(max(0, state.total - state.done - state.skipped) / rate)


class _BytesClock(_Clock):
    """The same of a download."""

    def amounts(self, state: Progress, rate: float) -> list[str]:
        of = f" of {size_text(state.total)}" if state.total else ""
        came = f"{size_text(state.done + state.skipped)}{of}"
        return [came, f"{size_text(int(rate))}/s"] if state.done else [came]


class _Lines:
    """The first line after a few seconds is the estimate, then one now and then.

    While nothing is done yet there is nothing to tell.
    """

    def __init__(self, clock: _Clock) -> None:
        self.clock = clock
        self.due = self.clock.began + _ESTIMATE_AFTER_S

    def __call__(self, state: Progress) -> None:
        self.clock.see(state)
        for line in self.clock.costs(state):
            sys.stderr.write(line + "\n")
        now = time.monotonic()
        if now >= self.due and (state.step or state.done or state.skipped):
            self.due = now + _LINE_EVERY_S
            sys.stderr.write(self.clock.words(state) + "\n")
            sys.stderr.flush()


def span(seconds: float) -> str:
    """A time for people: 45 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
