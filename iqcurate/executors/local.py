"""Threads of this process: a feeder, workers for the CPU stage, an owner for each device."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from iqcurate.engine import crashed, finish, run_batch
from iqcurate.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import numpy as np

    from iqcurate.engine import Engine, Ticket
    from iqcurate.operators import BatchOperator, Value
    from iqcurate.tasks import Row

T = TypeVar("T")

_POLL_S = 0.1
_IDLE_S = 0.05
_PATIENCE_S = 10.0
_DONE_AHEAD = 1024
_BATCHES_AHEAD = 2


def default_workers() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class LocalExecutor:
    """Runs tasks on threads; the rows are the same for any number of workers.

    Parameters
    ----------
    workers
        Threads of the CPU stage; default: one a core.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or default_workers()

    def run(
        self, engine: Engine, tasks: Iterable[Task | T], stop: Callable[[], bool] = bool
    ) -> Iterator[Row | T | None]:
        """See `Executor.run`."""
        run = _Run(engine, tasks, self.workers, stop)
        try:
            yield from run.rows()
        finally:
            run.stop()


@dataclass(frozen=True, slots=True)
class _End:
    """The last thing a thread says, with what ended it, if anything did."""

    error: BaseException | None = None


@dataclass(frozen=True, slots=True)
class _Passed:
    """Something among the tasks that is no task: given out as it came."""

    item: Any


_Work = tuple["Ticket", "BatchOperator", "np.ndarray"]


class _Run:
    """One run: all queues are bounded, and every wait ends when the run is stopped."""

    def __init__(
        self, engine: Engine, tasks: Iterable[Any], workers: int, stop: Callable[[], bool]
    ) -> None:
        self.engine = engine
        self.tasks = tasks
        self.workers = workers
        self.asked_to_stop = stop
        self.draining = threading.Event()
        self.stopped = threading.Event()
        self.todo: queue.Queue[Task | _End] = queue.Queue(2 * workers)
        self.done: queue.Queue[Any] = queue.Queue(_DONE_AHEAD)
        self.devices = {
            device: queue.Queue[_Work | _End](_room(engine, device))
            for device in {o.device for o in engine.batch_operators}
        }
        self.feed_error: BaseException | None = None
        self.feeder = threading.Thread(target=self._feed, daemon=True)
        self.threads = [
            self.feeder,
            *(self._thread(self._work) for _ in range(workers)),
            *(self._thread(self._own, q) for q in self.devices.values()),
        ]

    def rows(self) -> Iterator[Any]:
        for thread in self.threads:
            thread.start()
        running = len(self.threads) - 1  # the feeder may wait for ever
        while running:
            if self.asked_to_stop():
                self.draining.set()
            item = self._next_done()
            if item is None:
                yield None
            elif isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                running -= 1
            elif isinstance(item, _Passed):
                yield item.item
            elif (row := _assemble(item)) is not None:
                yield row
        if self.feed_error is not None:
            raise self.feed_error

    def _next_done(self) -> Any:
        with suppress(queue.Empty):
            return self.done.get(timeout=_POLL_S)
        return None

    def stop(self) -> None:
        self.stopped.set()
        for thread in self.threads:
            if thread.ident is not None:
                thread.join(_POLL_S if thread is self.feeder else _PATIENCE_S)

    def _thread(self, body: Any, *args: Any) -> threading.Thread:
        return threading.Thread(target=self._guard, args=(body, *args), daemon=True)

    def _guard(self, body: Any, *args: Any) -> None:
        error: BaseException | None = None
        try:
            body(*args)
        except BaseException as caught:  # noqa: BLE001 - handed to the thread that reads the rows
            error = caught
        self._put(self.done, _End(error))

    def _put(self, where: queue.Queue[Any], item: object) -> None:
        while not self.stopped.is_set():
            with suppress(queue.Full):
                where.put(item, timeout=_POLL_S)
                return
            if where is self.todo and self.draining.is_set():
                return

    def _get(self, where: queue.Queue[Any]) -> Any:
        while not (self.stopped.is_set() or self.draining.is_set()):
            with suppress(queue.Empty):
                return where.get(timeout=_POLL_S)
        return _End()

    def _feed(self) -> None:
        try:
            for task in self.tasks:
                if self.stopped.is_set() or self.draining.is_set():
                    break
                if isinstance(task, Task):
                    self._put(self.todo, task)
                else:
                    self._put(self.done, _Passed(task))
        except BaseException as error:  # noqa: BLE001 - raised where the rows are read
            self.feed_error = error
        for _ in range(self.workers):
            self._put(self.todo, _End())

    def _work(self) -> None:
        while not isinstance(task := self._get(self.todo), _End):
            for ticket in self._cpu_stage(task):
                if not ticket.arrays:
                    self._put(self.done, ticket)
                for operator, array in ticket.arrays:
                    self._put(self.devices[operator.device], (ticket, operator, array))
                ticket.arrays.clear()
        for device in self.devices.values():
            self._put(device, _End())

    def _cpu_stage(self, task: Task) -> list[Ticket]:
        try:
            return self.engine.cpu_stage(task)
        except BaseException as error:  # noqa: BLE001 - one image must not end the run: it gets a row
            return crashed(task, error)

    def _own(self, device: queue.Queue[Any]) -> None:
        """Collect arrays an operator; run a batch when it is full or nothing more comes."""
        waiting: dict[int, list[_Work]] = {}
        open_workers = self.workers
        while open_workers and not self.stopped.is_set():
            try:
                item = device.get(timeout=_IDLE_S)
            except queue.Empty:
                self._flush(waiting)
                continue
            if isinstance(item, _End):
                open_workers -= 1
                continue
            batch = waiting.setdefault(id(item[1]), [])
            batch.append(item)
            if len(batch) >= item[1].batch:
                self._run_batch(waiting.pop(id(item[1])))
        self._flush(waiting)

    def _flush(self, waiting: dict[int, list[_Work]]) -> None:
        for batch in waiting.values():
            self._run_batch(batch)
        waiting.clear()

    def _run_batch(self, batch: list[_Work]) -> None:
        if self.stopped.is_set():
            return
        records = run_batch(batch[0][1], [array for _, _, array in batch])
        for (ticket, _, _), record in zip(batch, records, strict=True):
            self._put(self.done, (ticket, record))


def _assemble(item: Ticket | tuple[Ticket, Mapping[str, Value]]) -> Row | None:
    """Join CPU and batch results; a row is given out when the last batch result is in."""
    if not isinstance(item, tuple):
        return item.row
    ticket, record = item
    return ticket.row if finish(ticket, record) else None


def _room(engine: Engine, device: str) -> int:
    batches = [o.batch for o in engine.batch_operators if o.device == device]
    return _BATCHES_AHEAD * sum(batches)
