"""An image in a process of its own, because it may kill the one that scores it.

Decoders are native code: a crash in one takes its process along. The bytes of a suspect go to a
child, and what it found out comes back. If the child dies or takes too long, that is the reason
of the image's row.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass, field, replace
from io import BytesIO
from typing import TYPE_CHECKING, Any

from iqcurate.engine import Engine, failed, make_ticket
from iqcurate.metrics.registry import load_operators
from iqcurate.operators import Column
from iqcurate.spec import Stage
from iqcurate.types import Code, Failure, Image, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from iqcurate.decode import DecodeSettings
    from iqcurate.engine import Ticket
    from iqcurate.operators import Record
    from iqcurate.reading import Content
    from iqcurate.spec import MetricSpec
    from iqcurate.tasks import Task
    from iqcurate.types import Header

PATIENCE_S = 120.0
_GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class _Found:
    """What the child says of one variant."""

    header: Header | None
    failure: Failure | None
    values: Record
    pixels: np.ndarray | None


@dataclass(frozen=True, slots=True)
class _Question:
    columns: Mapping[str, MetricSpec]
    batched: Sequence[str]
    settings: DecodeSettings
    task: Task
    content: Content
    patience_s: float


@dataclass(frozen=True, slots=True)
class Alone:
    """Does what `Engine.cpu_stage` does, in a new process; one at a time.

    Images that only together took more memory than there is are none the worse for it.

    Parameters
    ----------
    columns
        What the engine fills, and by which metrics.
    batched
        Columns beside those, which operators of the batch stage fill.
    patience_s
        After so long the child is killed.
    """

    columns: Mapping[str, MetricSpec]
    batched: Sequence[str] = ()
    patience_s: float = PATIENCE_S
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, engine: Engine, task: Task, content: Content) -> list[Ticket]:
        """Return one ticket a variant; those of an image that killed the child say so."""
        if content.data is None:
            return failed(task, content.failure, content)
        portable = replace(task, ref=replace(task.ref, opener=BytesIO))
        question = _Question(
            self.columns, self.batched, engine.settings, portable, content, self.patience_s
        )
        with self._turn:
            answer = self._ask(question)
        if isinstance(answer, Failure):
            return failed(task, answer, content)
        tickets = []
        for variant, found in zip(task.variants, answer, strict=True):
            ticket = make_ticket(task, variant, content, found.header, found.failure)
            ticket.row.values.update(found.values)
            if found.pixels is not None and found.header is not None:
                engine.prepare(_image(found.header, found.pixels), ticket)
            tickets.append(ticket)
        return tickets

    def _ask(self, question: _Question) -> Sequence[_Found] | Failure:
        try:
            child = subprocess.run(  # noqa: S603 - this module
                # -P: modules do not come from the current folder, which may be the images'
                [sys.executable, "-P", "-c", f"from {__name__} import main; main()"],
                input=pickle.dumps(question),
                capture_output=True,
                timeout=self.patience_s,
                check=False,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,  # Ctrl-C is for the parent
            )
        except subprocess.TimeoutExpired:
            text = f"not scored within {self.patience_s:g} s"
            return Failure(Status.UNREADABLE, Code.TIMEOUT, text)
        if child.returncode != 0 or not child.stdout:
            return Failure(Status.UNREADABLE, Code.CRASHED, _last_words(child))
        answer: Sequence[_Found] = pickle.loads(child.stdout)  # noqa: S301 - from our own child
        return answer


def _image(header: Header, pixels: np.ndarray) -> Image:
    return Image(replace(header, height=pixels.shape[0], width=pixels.shape[1]), pixels)


def _last_words(child: subprocess.CompletedProcess[bytes]) -> str:
    if child.returncode < 0:
        return f"it kills the process that scores it ({_name(-child.returncode)})"
    lines = child.stderr.decode(errors="replace").split("\n")
    ended = f"it ends the process that scores it (exit code {child.returncode})"
    return next((line for line in reversed(lines) if line), ended)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # real-time signals have none
        return f"signal {number}"


class _Pixels:
    """Stands for all batch operators in the child: keeps the pixels, for the parent to go on."""

    device, batch = "", 1

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(map(Column, columns))

    def prepare(self, image: Image) -> np.ndarray:
        return image.pixels

    def run(self, arrays: Sequence[np.ndarray]) -> Sequence[Record]:
        raise NotImplementedError


def _answer(question: _Question) -> list[_Found]:
    batched = [c for c, s in question.columns.items() if s.stage is Stage.BATCH]
    here = {c: s for c, s in question.columns.items() if c not in batched}
    pixels = _Pixels([*batched, *question.batched])
    engine = Engine([*load_operators(here), pixels], question.settings)
    return [
        _Found(
            ticket.row.header,
            ticket.row.failure,
            ticket.row.values,
            ticket.arrays[0][1] if ticket.arrays else None,
        )
        for ticket in engine.cpu_stage(question.task, question.content)
    ]


def main() -> None:
    """Answer the question on standard input; native libraries may print where they like."""
    with os.fdopen(os.dup(1), "wb") as answer:
        os.dup2(2, 1)
        question: Any = pickle.load(sys.stdin.buffer)  # noqa: S301 - from our own parent
        signal.alarm(math.ceil(question.patience_s + _GRACE_S))  # where the parent is gone
        pickle.dump(_answer(question), answer)
