"""What the workers of a run are at, and which of them wait for a file that does not come."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from iqcurate.tasks import Task


class Left(Exception):  # noqa: N818 - not an error
    """Ends a worker that was given up."""


@dataclass(eq=False, slots=True)
class Post:
    """The place of one worker.

    Parameters
    ----------
    slot
        Its number; no two workers of a run have the same.
    task, since
        What it reads, and from when on; None while it does not read.
    left
        It read for too long: somebody else has its place, and its work is of no more use.
    """

    slot: int
    task: Task | None = None
    since: float = 0.0
    left: bool = False


class Posts:
    """All posts of a run."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posts: list[Post] = []
        self._slots = 0

    def open(self) -> Post:
        """Make a place for a worker."""
        post = Post(self.slot())
        with self._lock:
            self._posts.append(post)
        return post

    def slot(self) -> int:
        """Take the next number."""
        with self._lock:
            self._slots += 1
            return self._slots - 1

    def begin_reading(self, post: Post, task: Task) -> None:
        """To be called by the worker before it reads."""
        with self._lock:
            post.task, post.since = task, time.monotonic()

    def end_reading(self, post: Post) -> None:
        """To be called by the worker after it read; raises `Left` where that took too long."""
        with self._lock:
            post.task = None
            if post.left:
                raise Left

    def give_up(self, patience_s: float) -> Iterator[tuple[Post, Task]]:
        """Leave the workers that have been reading for longer, and say what they read."""
        with self._lock:
            due = time.monotonic() - patience_s
            late = [(p, p.task) for p in self._posts if p.task is not None and p.since < due]
            for post, _ in late:
                post.left = True
                self._posts.remove(post)
        yield from late
