"""One task in, rows out: the CPU stage, and what the batch stage is given.

The engine knows nothing of threads, stores or sources; executors drive it.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iqcurate.batches import Batches
from iqcurate.decode import DecodeSettings, decode
from iqcurate.errors import UndefinedScoreError
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
    from collections.abc import Iterable, Iterator, Mapping

    import numpy as np

    from iqcurate.tasks import Variant
    from iqcurate.types import Header, Image

_NOTHING = Content()


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
        self.operators = every
        self.settings = settings or DecodeSettings()
        self.batch_operators = tuple(o for o in every if isinstance(o, BatchOperator))
        self._header_operators = tuple(o for o in every if isinstance(o, HeaderOperator))
        self._image_operators = tuple(
            o for o in every if isinstance(o, ImageOperator) and not isinstance(o, BatchOperator)
        )

    def read(self, task: Task) -> Content:
        """Read the bytes of an image; may wait as long as its file system does."""
        return read(task.ref, self.settings.max_bytes)

    def cpu_stage(self, task: Task, content: Content) -> Iterator[Ticket]:
        """Decode and score an image on this thread; one ticket a variant, made when asked for."""
        needless = _unchanged(task, content) and not task.if_same
        if content.data is None or needless:
            yield from failed(task, content.failure, content)
            return
        decoded = decode(content.data, self.settings)
        image = decoded.image
        if image is not None and task.canvas is not None:
            image = task.canvas(image)
        for variant in task.variants:
            ticket = make_ticket(task, variant, content, decoded.header, decoded.failure)
            if image is not None:
                self._score_variant(variant, image, ticket)
            elif decoded.header is not None:
                self._score_header(decoded.header, ticket)
            yield ticket

    def score_now(self, task: Task) -> Row:
        """Run one task through both stages on this thread; for its first variant."""
        return drained(next(self.cpu_stage(task, self.read(task))))

    def score_decoded(self, image: Image, wanted: frozenset[str]) -> Row:
        """Score an image that needs no reading."""
        task = Task(ImageRef("", "", io.BytesIO, ""), wanted)
        ticket = make_ticket(task, CLEAN, Content(), image.header, None)
        self._score(image, ticket)
        return drained(ticket)

    def prepare(self, image: Image, ticket: Ticket) -> None:
        """Add the arrays that the batch stage needs of an image."""
        for operator in self.batch_operators:
            if asked := _asked(operator, ticket.row.wanted):
                self._prepare(operator, image, asked, ticket)

    def _score_variant(self, variant: Variant, image: Image, ticket: Ticket) -> None:
        try:
            version = variant.apply(image) if variant.apply else image
        except UndefinedScoreError as error:
            reason = Undefined.because(error)
            ticket.row.values.update(dict.fromkeys(ticket.row.wanted, reason))
            return
        self._score(version, ticket)

    def _score(self, image: Image, ticket: Ticket) -> None:
        self._score_header(image.header, ticket)
        for operator in self._image_operators:
            if asked := _asked(operator, ticket.row.wanted):
                ticket.row.values.update(operator(image, asked))
        self.prepare(image, ticket)

    def _score_header(self, header: Header, ticket: Ticket) -> None:
        for operator in self._header_operators:
            if asked := _asked(operator, ticket.row.wanted):
                ticket.row.values.update(operator.from_header(header, asked))

    @staticmethod
    def _prepare(
        operator: BatchOperator, image: Image, asked: frozenset[str], ticket: Ticket
    ) -> None:
        try:
            array = operator.prepare(image)
        except Exception as error:  # noqa: BLE001 - a plugin may raise anything; the run must go on
            array = Undefined.because(error)
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
    return failed(task, failure)


def failed(task: Task, failure: Failure | None, content: Content = _NOTHING) -> list[Ticket]:
    """Rows for a task of which nothing was scored, and why; None where nothing had to be."""
    return [make_ticket(task, v, content, None, failure) for v in task.variants]


def _unchanged(task: Task, content: Content) -> bool:
    return content.sha256 is not None and content.sha256 == task.known_sha256


def drained(ticket: Ticket) -> Row:
    """Run what the batch stage has to do for one row, on this thread."""
    for operator, array in ticket.arrays:
        finish(ticket, Batches(operator)([array])[0])
    return ticket.row


def finish(ticket: Ticket, record: Mapping[str, Value]) -> bool:
    """Add what a batch operator found; true when the row is whole."""
    wanted = ticket.row.wanted
    ticket.row.values.update({name: value for name, value in record.items() if name in wanted})
    ticket.remaining -= 1
    return ticket.remaining == 0


def _asked(operator: Operator, wanted: frozenset[str]) -> frozenset[str]:
    return wanted & {column.name for column in operator.columns}


def make_ticket(
    task: Task,
    variant: Variant,
    content: Content,
    header: Header | None,
    failure: Failure | None,
) -> Ticket:
    """Begin the row of a variant, so far without values."""
    unchanged = _unchanged(task, content)
    return Ticket(
        Row(task, variant, header, content.nbytes, content.sha256, failure, {}, unchanged)
    )
