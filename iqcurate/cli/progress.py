"""Progress on standard error: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from iqcurate.api.options import Progress

    Tell = Callable[[Progress], None]

_ESTIMATE_AFTER_S = 3.0
_LINE_EVERY_S = 10.0


@contextmanager
def shown_progress(quiet: bool = False, verb: str = "scored") -> Iterator[Tell]:
    """Give a function that shows how far a run is; `verb` is what is done to images."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(verb) as tell:
            yield tell
    else:
        yield _Lines(verb)


@contextmanager
def _bar(verb: str) -> Iterator[Tell]:
    from rich import progress as parts
    from rich.text import Text

    from iqcurate.cli.output import console

    class Words(parts.ProgressColumn):
        """Rate, time left and failures, from the run itself."""

        def render(self, task: parts.Task) -> Text:
            return Text(task.fields["words"])

    bar = parts.Progress(
        parts.SpinnerColumn(),
        parts.BarColumn(),
        Words(),
        console=console(stderr=True),
        transient=True,
        refresh_per_second=5,
    )
    clock = _Clock(verb)
    with bar:
        task = bar.add_task("scoring", total=None, words="listing")

        def tell(state: Progress) -> None:
            done = state.done + state.skipped
            bar.update(task, completed=done, total=state.total, words=clock.words(state))

        yield tell


class _Clock:
    """Rate and time left, from the images that took work."""

    def __init__(self, verb: str) -> None:
        self.verb = verb
        self.began = time.monotonic()

    def words(self, state: Progress) -> str:
        if state.step:
            return f"{state.done} of {state.total} {state.step}"
        seen = state.done + state.skipped
        of = f" of about {state.total}" if state.total else ""
        rate = state.done / max(time.monotonic() - self.began, 1e-9)
        parts = [f"{seen}{of} images"]
        if state.done:
            parts.append(f"{rate:.1f} {self.verb}/s")
        if left := self.left(state, rate):
            parts.append(f"about {left} left")
        if state.failed:
            parts.append(f"{state.failed} failed")
        return ", ".join(parts)

    @staticmethod
    def left(state: Progress, rate: float) -> str:
        if not state.total or not state.done:
            return ""
        return span(max(0, state.total - state.done - state.skipped) / rate)


class _Lines:
    """The first line after a few seconds is the estimate, then one now and then."""

    def __init__(self, verb: str) -> None:
        self.clock = _Clock(verb)
        self.due = self.clock.began + _ESTIMATE_AFTER_S

    def __call__(self, state: Progress) -> None:
        now = time.monotonic()
        if now >= self.due:
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
