"""What every executor does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from iqcurate.engine import Engine
    from iqcurate.tasks import Row, Task

T = TypeVar("T")


class Executor(Protocol):
    """Runs tasks through an engine."""

    def run(
        self, engine: Engine, tasks: Iterable[Task | T], stop: Callable[[], bool] = bool
    ) -> Iterator[Row | T | None]:
        """Yield a row for each variant of each task, in any order; what is no task comes back.

        None comes now and then while nothing is finished, so that the caller can do what is due.
        When `stop` says true, the images in work are finished and nothing else is begun.

        Reads `tasks` only as far ahead as its workers need. When `tasks` raises, the rows of
        the tasks before it are yielded first. Closing the iterator stops the work.
        """
