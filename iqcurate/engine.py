"""One task in, rows out: the CPU stage, and what the batch stage is given.

The engine knows nothing of threads, stores or sources; executors drive it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iqcurate.decode import DecodeSettings, decode
from iqcurate.operators import (
    BatchOperator,
    HeaderOperator,
    ImageOperator,
    Operator,
    Undefined,
    Value,
)
from iqcurate.reading import Content, read
from iqcurate.tasks import CLEAN, Row, Task
from iqcurate.types import Code, Failure, ImageRef, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy as np

    from iqcurate.tasks import Variant
    from iqcurate.types import Header, Image


@dataclass(slots=True)
class Ticket:
    """A row on its way through the engine, with the arrays that the batch stage still needs."""

    row: Row
    arrays: list[tuple[BatchOperator, np.ndarray]] = field(default_factory=list)
    remaining: int = 0


class Engine:
    """Computes the columns of the operators it was given.

    Parameters
    ----------
    operators
        Called once an image each; no column twice.
    settings
        Limits and background of the decoder.
    """

    def __init__(
        self, operators: Iterable[Operator], settings: DecodeSettings | None = None
    ) -> None:
        every = tuple(operators)
        self.settings = settings or DecodeSettings()
        self.batch_operators = tuple(o for o in every if isinstance(o, BatchOperator))
        self._header_operators = tuple(o for o in every if isinstance(o, HeaderOperator))
        self._image_operators = tuple(
            o for o in every if isinstance(o, ImageOperator) and not isinstance(o, BatchOperator)
        )

    def cpu_stage(self, task: Task) -> list[Ticket]:
        """Read, decode and score an image on this thread; one ticket a variant."""
        content = read(task.ref, self.settings.max_bytes)
        unchanged = content.sha256 is not None and content.sha256 == task.known_sha256
        wanted = task.if_same if unchanged else task.columns
        if content.data is None or (unchanged and not wanted):
            return [
                _ticket(task, v, content, None, content.failure, unchanged) for v in task.variants
            ]
        decoded = decode(content.data, self.settings)
        tickets = []
        for variant in task.variants:
            ticket = _ticket(task, variant, content, decoded.header, decoded.failure, unchanged)
            if decoded.image is not None:
                self._score(
                    variant.apply(decoded.image) if variant.apply else decoded.image, wanted, ticket
                )
            elif decoded.header is not None:
                self._score_header(decoded.header, wanted, ticket)
            tickets.append(ticket)
        return tickets

    def score_now(self, task: Task) -> Row:
        """Run one task through both stages on this thread; for its first variant."""
        return _drained(self.cpu_stage(task)[0])

    def score_decoded(self, image: Image, wanted: frozenset[str]) -> Row:
        """Score an image that needs no reading."""
        task = Task(ImageRef("", "", io.BytesIO, ""), wanted)
        ticket = _ticket(task, CLEAN, Content(), image.header, None, False)
        self._score(image, wanted, ticket)
        return _drained(ticket)

    def _score(self, image: Image, wanted: frozenset[str], ticket: Ticket) -> None:
        self._score_header(image.header, wanted, ticket)
        for operator in self._image_operators:
            if asked := _asked(operator, wanted):
                ticket.row.values.update(operator(image, asked))
        for batch_operator in self.batch_operators:
            if asked := _asked(batch_operator, wanted):
                self._prepare(batch_operator, image, asked, ticket)

    def _score_header(self, header: Header, wanted: frozenset[str], ticket: Ticket) -> None:
        for operator in self._header_operators:
            if asked := _asked(operator, wanted):
                ticket.row.values.update(operator.from_header(header, asked))

    @staticmethod
    def _prepare(
        operator: BatchOperator, image: Image, asked: frozenset[str], ticket: Ticket
    ) -> None:
        try:
            array = operator.prepare(image)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the run must go on
            array = Undefined("failed", f"{type(error).__name__}: {error}")
        if isinstance(array, Undefined):
            ticket.row.values.update(dict.fromkeys(asked, array))
            return
        ticket.arrays.append((operator, array))
        ticket.remaining += 1


def crashed(task: Task, error: BaseException) -> list[Ticket]:
    """Rows for a task on which the engine itself failed: a bug, but not the end of the run."""
    if isinstance(error, MemoryError):
        failure = Failure(Status.UNREADABLE, Code.OUT_OF_MEMORY, "not enough memory to score it")
    else:
        failure = Failure(Status.UNREADABLE, Code.CRASHED, f"{type(error).__name__}: {error}")
    return [_ticket(task, v, Content(), None, failure, False) for v in task.variants]


def run_batch(
    operator: BatchOperator, arrays: Sequence[np.ndarray]
) -> Sequence[Mapping[str, Value]]:
    """Run a batch; where it fails, each of its images alone, so that only the culprit pays."""
    try:
        return operator.run(arrays)
    except Exception as error:  # noqa: BLE001 - a model may raise anything; the run must go on
        if len(arrays) == 1:
            reason = Undefined("failed", f"{type(error).__name__}: {error}")
            return [dict.fromkeys((c.name for c in operator.columns), reason)]
        return [record for array in arrays for record in run_batch(operator, [array])]


def _drained(ticket: Ticket) -> Row:
    for operator, array in ticket.arrays:
        finish(ticket, run_batch(operator, [array])[0])
    return ticket.row


def finish(ticket: Ticket, record: Mapping[str, Value]) -> bool:
    """Add what a batch operator found; true when the row is whole."""
    asked = ticket.row.task.if_same if ticket.row.unchanged else ticket.row.task.columns
    ticket.row.values.update({name: value for name, value in record.items() if name in asked})
    ticket.remaining -= 1
    return ticket.remaining == 0


def _asked(operator: Operator, wanted: frozenset[str]) -> frozenset[str]:
    return wanted & {column.name for column in operator.columns}


def _ticket(
    task: Task,
    variant: Variant,
    content: Content,
    header: Header | None,
    failure: Failure | None,
    unchanged: bool,
) -> Ticket:
    return Ticket(
        Row(task, variant, header, content.nbytes, content.sha256, failure, {}, unchanged)
    )
