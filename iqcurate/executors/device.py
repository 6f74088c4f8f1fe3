"""What waits for a device, and the thread that owns it."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from iqcurate.batches import Batches, Costs
from iqcurate.executors.line import Empty, Line

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np

    from iqcurate.engine import Ticket
    from iqcurate.executors.local import Journal
    from iqcurate.executors.posts import Posts
    from iqcurate.operators import BatchOperator

_BATCHES_AHEAD = 2
_BYTES_AHEAD = 1 << 30
_IDLE_S = 0.05
_NAP_S = 0.002
_DRAIN_PATIENCE_S = 2.0


class Work(NamedTuple):
    """An image prepared for an operator."""

    ticket: Ticket
    operator: BatchOperator
    array: np.ndarray


class Device:
    """Collects arrays by operator and runs a batch when it is full, or nothing more comes.

    Parameters
    ----------
    operators
        Of this device.
    workers
        How many threads put work in; each says at its end that it does.
    posts, journal
        Where it is noted which images are in work.
    costs
        Is told what each batch took.
    hand_over
        Called with a ticket and the record that was found for it.
    stopped, draining
        The run is to end at once; or soon, and then work that would take longer is dropped.
    """

    def __init__(
        self,
        operators: Sequence[BatchOperator],
        workers: int,
        posts: Posts,
        journal: Journal,
        costs: Costs,
        hand_over: Callable[[Any], None],
        stopped: threading.Event,
        draining: threading.Event,
    ) -> None:
        self._batches = {id(o): Batches(o, costs) for o in operators}
        self._line: Line[Work | None] = Line(_BATCHES_AHEAD * sum(o.batch for o in operators))
        self._bytes = _Bytes(_BYTES_AHEAD)
        self._workers = workers
        self._slots = [posts.slot() for _ in range(max(o.batch for o in operators))]
        self._journal = journal
        self._hand_over = hand_over
        self._stopped = stopped
        self._draining = draining
        self._waiting: dict[int, list[Work]] = {}
        self._drop_from: float | None = None

    def put(self, work: Work) -> None:
        """Hand in an image; waits while there is enough to do."""
        if self._bytes.take(work.array.nbytes, self._stopped.is_set):
            self._line.put(work, self._stopped.is_set)

    def end(self) -> None:
        """Say that a worker has no more."""
        self._line.put(None, self._stopped.is_set)

    def own(self) -> None:
        """Work until every worker has ended: the body of the owner thread."""
        while self._workers and not self._stopped.is_set():
            try:
                work = self._line.get(timeout=_IDLE_S)
            except Empty:
                self._flush()
                continue
            if work is None:
                self._workers -= 1
            else:
                self._collect(work)
        self._flush()

    def _collect(self, work: Work) -> None:
        batches = self._batches[id(work.operator)]
        waiting = self._waiting.setdefault(id(work.operator), [])
        waiting.append(work)
        if len(waiting) >= batches.size:
            self._run(batches, self._waiting.pop(id(work.operator)))

    def _flush(self) -> None:
        for key, waiting in self._waiting.items():
            self._run(self._batches[key], waiting)
        self._waiting.clear()

    def _run(self, batches: Batches, works: list[Work]) -> None:
        for start in range(0, len(works), batches.size):
            self._run_part(batches, works[start : start + batches.size])

    def _run_part(self, batches: Batches, works: list[Work]) -> None:
        if not self._is_dropping():
            noted = list(zip(self._slots, works, strict=False))
            for slot, work in noted:
                self._journal.begin(slot, work.ticket.row.task.ref.id)
            records = batches([work.array for work in works])
            for slot, _ in noted:
                self._journal.end(slot)
            for work, record in zip(works, records, strict=True):
                self._hand_over((work.ticket, record))
        for work in works:
            self._bytes.give_back(work.array.nbytes)

    def _is_dropping(self) -> bool:
        """Whether the run ends and has been waiting for long enough."""
        if self._stopped.is_set():
            return True
        if not self._draining.is_set():
            return False
        if self._drop_from is None:
            self._drop_from = time.monotonic() + _DRAIN_PATIENCE_S
        return time.monotonic() > self._drop_from


class _Bytes:
    """How much memory the arrays of a device may take; one that is larger waits for none."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0
        self._lock = threading.Lock()

    def take(self, n: int, given_up: Callable[[], bool]) -> bool:
        """Wait until there is room; false if `given_up` said true before that."""
        while not self._took(n):
            if given_up():
                return False
            time.sleep(_NAP_S)
        return True

    def _took(self, n: int) -> bool:
        with self._lock:
            fits = not self._taken or self._taken + n <= self._most
            self._taken += n if fits else 0
            return fits

    def give_back(self, n: int) -> None:
        with self._lock:
            self._taken -= n
