"""Threads of this process: a feeder, workers for the CPU stage, an owner for each device."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from iqcurate.batches import Costs
from iqcurate.engine import Engine, crashed, failed, finish
from iqcurate.errors import SourceError
from iqcurate.executors.device import Device, Work
from iqcurate.executors.line import Empty, Line
from iqcurate.executors.posts import Left, Posts
from iqcurate.tasks import Task
from iqcurate.types import Code, Failure, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from iqcurate.engine import Ticket
    from iqcurate.executors.posts import Post
    from iqcurate.operators import Value
    from iqcurate.reading import Content
    from iqcurate.tasks import Row

T = TypeVar("T")
CpuStage = Callable[["Engine", "Task", "Content"], "Iterable[Ticket]"]

READ_TIMEOUT_S = 60.0
_POLL_S = 0.1
_BURST_S = 0.01
_PATIENCE_S = 10.0
_DRAIN_PATIENCE_S = 2.0
_MOST_STALLED = 64
_TASKS_AHEAD = 8
_DONE_AHEAD = 1024


def default_workers() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Journal(Protocol):
    """Is told what the workers are at; see `iqcurate.store.in_work.InWork`."""

    def begin(self, slot: int, image_id: str) -> None:
        """A worker begins to work on an image."""

    def end(self, slot: int) -> None:
        """It got past it."""


class NoJournal:
    """Does not care."""

    def begin(self, slot: int, image_id: str) -> None:
        """See `Journal`."""

    def end(self, slot: int) -> None:
        """See `Journal`."""


class LocalExecutor:
    """Runs tasks on threads; the rows are the same for any number of workers.

    Parameters
    ----------
    workers
        Threads of the CPU stage; default: one a core.
    read_timeout_s
        An image that cannot be read within this time is given up: its row says so.
    journal
        Is told what is begun and ended.
    alone
        Runs tasks that must not run in this process; an empty list says that it was stopped.
    costs
        Is told what the batches took.
    """

    def __init__(
        self,
        workers: int | None = None,
        read_timeout_s: float = READ_TIMEOUT_S,
        journal: Journal | None = None,
        alone: CpuStage | None = None,
        costs: Costs | None = None,
    ) -> None:
        self.workers = workers or default_workers()
        self.read_timeout_s = read_timeout_s
        self.journal = journal or NoJournal()
        self.alone = alone or Engine.cpu_stage
        self.costs = costs or Costs()

    def run(
        self, engine: Engine, tasks: Iterable[Task | T], stop: Callable[[], bool] = bool
    ) -> Iterator[Row | T | None]:
        """See `Executor.run`."""
        run = _Run(engine, tasks, self, stop)
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


class _Run:
    """One run: all queues are bounded, and every wait ends when the run is stopped."""

    def __init__(
        self, engine: Engine, tasks: Iterable[Any], how: LocalExecutor, stop: Callable[[], bool]
    ) -> None:
        self.engine = engine
        self.tasks = tasks
        self.how = how
        self.asked_to_stop = stop
        self.draining = threading.Event()
        self.stopped = threading.Event()
        self.todo: Line[Task | _End] = Line(_TASKS_AHEAD * how.workers)
        self.done: Line[Any] = Line(_DONE_AHEAD)
        self.posts = Posts()
        names = {o.device for o in engine.batch_operators}
        self.devices = {name: self._device(name) for name in names}
        self.stalled: list[threading.Thread] = []
        self.feed_error: BaseException | None = None
        self.feeder = threading.Thread(target=self._feed, daemon=True)
        self.workers = {post: self._thread(self._work, post) for post in self._new_posts()}
        self.owners = [self._thread(d.own) for d in self.devices.values()]

    def _device(self, name: str) -> Device:
        operators = [o for o in self.engine.batch_operators if o.device == name]
        put = partial(self._put, self.done)
        how, events = self.how, (self.stopped, self.draining)
        return Device(operators, how.workers, self.posts, how.journal, how.costs, put, *events)

    def _new_posts(self) -> list[Post]:
        return [self.posts.open() for _ in range(self.how.workers)]

    def rows(self) -> Iterator[Any]:
        for thread in (self.feeder, *self.workers.values(), *self.owners):
            thread.start()
        running = len(self.workers) + len(self.owners)  # the feeder may wait for ever
        while running:
            if self.asked_to_stop():
                self.draining.set()
            yield from self._give_up_stalled()
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

    def _give_up_stalled(self) -> Iterator[Row]:
        """Rows for images that cannot be read in time; each costs a thread that goes on waiting."""
        patience = self.how.read_timeout_s
        if draining := self.draining.is_set():
            patience = min(patience, _DRAIN_PATIENCE_S)
        for post, task in self.posts.give_up(patience):
            self.stalled.append(self._replace(post))
            if not draining:
                self._check_stalled(task)
                text = f"could not be read within {patience:g} s"
                failure = Failure(Status.UNREADABLE, Code.TIMEOUT, text)
                yield from (ticket.row for ticket in failed(task, failure))

    def _replace(self, post: Post) -> threading.Thread:
        """Put a new worker in the place of one that was given up, and return the old one."""
        former = self.workers.pop(post)
        self.how.journal.end(post.slot)
        successor = self.posts.open()
        self.workers[successor] = self._thread(self._work, successor)
        self.workers[successor].start()
        return former

    def _check_stalled(self, last: Task) -> None:
        """End the run where too many threads wait for files that do not come."""
        self.stalled = [thread for thread in self.stalled if thread.is_alive()]
        if len(self.stalled) > _MOST_STALLED:
            raise SourceError(
                f"{len(self.stalled)} images are waited for that could not be read within "
                f"{self.how.read_timeout_s:g} s each, the last is {last.ref.uri}: is its file "
                "system still there? What was scored is saved; run again, with --retry-failed for "
                "the images that were given up"
            )

    def _next_done(self) -> Any:
        """What is done, in bursts: a switch to this thread costs as much as handling a row."""
        with suppress(Empty):
            return self.done.get_now()
        time.sleep(_BURST_S)
        with suppress(Empty):
            return self.done.get(timeout=_POLL_S)
        return None

    def stop(self) -> None:
        self.stopped.set()
        give_up = time.monotonic() + _PATIENCE_S
        for thread in self.workers.values():
            if thread.ident is not None:
                thread.join(max(0, give_up - time.monotonic()))
        for thread in self.owners:  # nothing ends a network that is at work
            if thread.ident is not None:
                thread.join(min(_DRAIN_PATIENCE_S, max(0, give_up - time.monotonic())))
        if self.feeder.ident is not None:
            self.feeder.join(_POLL_S)

    def _thread(self, body: Any, *args: Any) -> threading.Thread:
        return threading.Thread(target=self._guard, args=(body, *args), daemon=True)

    def _guard(self, body: Any, *args: Any) -> None:
        error: BaseException | None = None
        try:
            body(*args)
        except Left:
            return
        except BaseException as caught:  # noqa: BLE001 - handed to the thread that reads the rows
            error = caught
        self._put(self.done, _End(error))

    def _put(self, where: Line[Any], item: object) -> None:
        where.put(item, self.stopped.is_set)

    def _get(self) -> Task | _End:
        while not self._ending():
            with suppress(Empty):
                return self.todo.get(timeout=_POLL_S)
        return _End()

    def _ending(self) -> bool:
        return self.stopped.is_set() or self.draining.is_set()

    def _feed(self) -> None:
        try:
            for task in self.tasks:
                if self._ending():
                    break
                if isinstance(task, Task):
                    self.todo.put(task, self._ending)
                else:
                    self._put(self.done, _Passed(task))
        except BaseException as error:  # noqa: BLE001 - raised where the rows are read
            self.feed_error = error
        for _ in range(self.how.workers):
            self.todo.put(_End(), self._ending)

    def _work(self, post: Post) -> None:
        while not isinstance(task := self._get(), _End):
            self._do(task, post)
        for device in self.devices.values():
            device.end()

    def _do(self, task: Task, post: Post) -> None:
        """Hand over each version of an image before the next is made: all may not fit in memory."""
        self.how.journal.begin(post.slot, task.ref.id)
        for done, ticket in enumerate(self._cpu_stage(task, post), 1):
            self.how.journal.end(post.slot)
            self._hand_over(ticket)
            if done < len(task.variants):
                self.how.journal.begin(post.slot, task.ref.id)

    def _hand_over(self, ticket: Ticket) -> None:
        if not ticket.arrays:
            self._put(self.done, ticket)
        arrays, ticket.arrays = ticket.arrays, []
        for operator, array in arrays:
            self.devices[operator.device].put(Work(ticket, operator, array))

    def _cpu_stage(self, task: Task, post: Post) -> Iterator[Ticket]:
        given = 0
        try:
            content = self._read(task, post)
            stage = self.how.alone if task.alone else Engine.cpu_stage
            for ticket in stage(self.engine, task, content):
                yield ticket
                given += 1
        except (Left, GeneratorExit):
            raise
        except BaseException as error:  # noqa: BLE001 - one image must not end the run: it gets a row
            yield from crashed(task, error)[given:]

    def _read(self, task: Task, post: Post) -> Content:
        self.posts.begin_reading(post, task)
        try:
            return self.engine.read(task)
        finally:
            self.posts.end_reading(post)


def _assemble(item: Ticket | tuple[Ticket, Mapping[str, Value]]) -> Row | None:
    """Join CPU and batch results; a row is given out when the last batch result is in."""
    if not isinstance(item, tuple):
        return item.row
    ticket, record = item
    return ticket.row if finish(ticket, record) else None
