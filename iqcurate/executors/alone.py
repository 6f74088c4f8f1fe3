"""An image in a process of its own, because it may kill the one that scores it.

Decoders and networks are native code: a crash in one takes its process along. The bytes of a
suspect go to a child, and what it found out comes back. If the child dies or takes too long while
it decodes, that is the reason of the image's row; while it runs a network, of that column.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from iqcurate.engine import Engine, drained, failed, make_ticket
from iqcurate.executors.child import Child, Ended, serve
from iqcurate.operators import Undefined
from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iqcurate.decode import DecodeSettings
    from iqcurate.engine import Ticket
    from iqcurate.operators import Operator, Record
    from iqcurate.reading import Content
    from iqcurate.tasks import Task
    from iqcurate.types import Header

PATIENCE_S = 120.0
BATCH_PATIENCE_S = 1800.0
"""A network has to be loaded, and may be slow."""
_VERSION_PATIENCE_S = 30.0
"""For each further version: to search for one of a large photo takes so long."""


@dataclass(frozen=True, slots=True)
class Part:
    """Operators that die together.

    Parameters
    ----------
    columns
        What they fill.
    make
        Makes them; to be pickled, as `functools.partial` of a module's function can.
    """

    columns: frozenset[str]
    make: Callable[[], Sequence[Operator]]


@dataclass(frozen=True, slots=True)
class _Found:
    """What the child says of one variant."""

    header: Header | None
    failure: Failure | None
    values: Record


@dataclass(frozen=True, slots=True)
class _Question:
    part: int
    make: Callable[[], Sequence[Operator]]
    settings: DecodeSettings
    task: Task
    content: Content


class Alone:
    """Does all of the work on an image in a child process; one image at a time.

    Images that only together took more memory than there is are none the worse for it.

    Parameters
    ----------
    first
        The operators of the CPU stage. If they kill the child, the image has no row to speak of.
    others
        Those of the batch stage, each on its own: if one kills the child, its columns say so.
    stop
        Asked now and then; true ends what is going on.
    """

    def __init__(
        self, first: Part, others: Sequence[Part] = (), stop: Callable[[], bool] = bool
    ) -> None:
        self._parts = (first, *others)
        self._stop = stop
        self._turn = threading.Lock()
        self._child = Child(f"{__name__}:main")

    def close(self) -> None:
        """End the child."""
        self._child.close()

    def __call__(self, engine: Engine, task: Task, content: Content) -> list[Ticket]:
        """Return one ticket a variant, with nothing left to do; none where it was stopped."""
        if content.data is None:
            return failed(task, content.failure, content)
        portable = replace(task, ref=replace(task.ref, opener=BytesIO))
        with self._turn:
            try:
                return self._score(task, portable, content, engine.settings)
            except _StoppedError:
                return []

    def _score(
        self, task: Task, portable: Task, content: Content, settings: DecodeSettings
    ) -> list[Ticket]:
        found = self._ask(0, portable, content, settings, PATIENCE_S)
        if isinstance(found, Ended):
            return failed(task, Failure(Status.UNREADABLE, _code(found), found.text), content)
        tickets = []
        for variant, one in zip(task.variants, found, strict=True):
            ticket = make_ticket(task, variant, content, one.header, one.failure)
            ticket.row.values.update(one.values)
            tickets.append(ticket)
        for number, part in enumerate(self._parts[1:], 1):
            if any(t.row.failure is None and part.columns & t.row.wanted for t in tickets):
                more = self._ask(number, portable, content, settings, BATCH_PATIENCE_S)
                _add(tickets, more, part.columns)
        return tickets

    def _ask(
        self, part: int, task: Task, content: Content, settings: DecodeSettings, patience_s: float
    ) -> Sequence[_Found] | Ended:
        question = _Question(part, self._parts[part].make, settings, task, content)
        patience_s += _VERSION_PATIENCE_S * (len(task.variants) - 1)
        answer = self._child.ask(question, patience_s, self._stop)
        if answer is None:
            raise _StoppedError
        found: Sequence[_Found] | Ended = answer
        return found


class _StoppedError(Exception):
    """The run ends."""


def _code(ended: Ended) -> Code:
    return Code.CRASHED if ended.in_time else Code.TIMEOUT


def _add(
    tickets: Sequence[Ticket], found: Sequence[_Found] | Ended, columns: frozenset[str]
) -> None:
    for i, ticket in enumerate(tickets):
        wanted = columns & ticket.row.wanted
        if isinstance(found, Ended):
            reason = Undefined(_code(found), found.text)
            ticket.row.values.update(dict.fromkeys(wanted, reason))
        else:
            ticket.row.values.update(found[i].values)


class _Answers:
    """The child's side: makes the operators of each part once."""

    def __init__(self) -> None:
        self._engines: dict[int, Engine] = {}

    def __call__(self, question: Any) -> list[_Found]:
        engine = self._engines.get(question.part)
        if engine is None:
            engine = self._engines[question.part] = Engine(question.make(), question.settings)
        # each version is done with, and its pixels are gone, before the next is made
        rows = [drained(t) for t in engine.cpu_stage(question.task, question.content)]
        return [_Found(row.header, row.failure, row.values) for row in rows]


def main() -> None:
    """Body of the child."""
    serve(_Answers())
