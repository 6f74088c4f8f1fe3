"""When rows are committed."""

from __future__ import annotations

import io
import os
import signal

import pytest

from iqcurate.store import scores
from iqcurate.store.ledger import Ledger
from iqcurate.store.schema import SCORE_SCHEMA
from iqcurate.tasks import CLEAN, Row, Task
from iqcurate.types import ImageRef


class SlowTable:
    """Stands for a table whose commits take their time."""

    schema = SCORE_SCHEMA

    def __init__(self, clock: list[float], takes: float) -> None:
        self.clock, self.takes = clock, takes
        self.saved: list[str] = []

    def staged(self):
        return iter(())

    def append(self, rows, note) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        self.clock[0] += self.takes
        self.saved += rows["id"].to_pylist()


def row(name: str) -> Row:
    task = Task(ImageRef(name, name, io.BytesIO, ""), frozenset())
    return Row(task, CLEAN, None, None, None, None)


@pytest.mark.parametrize("takes", [0.01, 1.0, 4.0, 10.0])
def test_no_row_waits_more_than_30_s_for_its_commit(monkeypatch, takes):
    clock = [0.0]
    monkeypatch.setattr("iqcurate.store.scores.time.monotonic", lambda: clock[0])
    table = SlowTable(clock, takes)
    writer = scores.ScoreWriter(table, Ledger(lambda _: [], []), [])
    scored, waited, commits = {}, {}, 0
    while clock[0] < 200:
        scored[name := f"{clock[0]:.1f}"] = clock[0]
        writer.add(row(name))
        try:
            writer.commit_if_due()
        except KeyboardInterrupt:  # only after the commit that it came in
            commits += 1
            waited |= {n: clock[0] - scored[n] for n in table.saved if n not in waited}
            assert waited.keys() == scored.keys()
        clock[0] += 0.1
    assert commits > 5
    assert max(waited.values()) <= 30.0 + takes / 10
