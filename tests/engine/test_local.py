"""Both stages of the engine, run on threads."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest
from engine.operators import Embedding, Picky, Several, Slow, png, ref

from iqcurate.batches import Costs
from iqcurate.engine import Engine
from iqcurate.errors import SourceError
from iqcurate.executors import device, local
from iqcurate.executors.local import LocalExecutor
from iqcurate.operators import Undefined
from iqcurate.tasks import Row, Task, Variant
from iqcurate.types import Image, Status

SIZES = [(20, 30), (9, 9), (99, 12), (31, 17), (20, 30), (64, 48), (11, 40), (50, 50), (10, 10)]
COLUMNS = frozenset({"mean", "height", "never", "brightest", "embedding", "area"})


def tasks(n: int = 40) -> list[Task]:
    refs = [ref(f"{i}.png", png(*SIZES[i % len(SIZES)], seed=i)) for i in range(n)]
    return [Task(r, COLUMNS) for r in refs]


def run(work, workers: int = 2, operators=None) -> list[Row]:
    engine = Engine(operators or [Several(), Embedding(), Picky()])
    return [r for r in LocalExecutor(workers).run(engine, work) if r is not None]


def by_id(rows: list[Row]) -> dict[str, tuple]:
    return {r.task.ref.id: (r.header, r.nbytes, r.sha256, r.failure, r.values) for r in rows}


def test_cpu_and_batch_results_are_joined_into_one_row_each():
    rows = by_id(run(tasks()))
    assert len(rows) == 40
    header, nbytes, sha256, failure, values = rows["0.png"]
    assert (header.width, header.height, failure) == (20, 30, None)
    assert nbytes == len(png(20, 30))
    assert len(sha256) == 64
    assert set(values) == COLUMNS
    assert values["height"] == 30
    assert values["area"] == 600
    assert len(values["embedding"]) == 3
    assert values["never"] == Undefined("never", "this one never has a value")


@pytest.mark.parametrize("workers", [1, 8])
def test_rows_do_not_depend_on_the_number_of_workers(workers):
    assert by_id(run(tasks(), workers)) == by_id(run(tasks(), 2))


@pytest.mark.parametrize("batch", [1, 7, 100])
def test_rows_do_not_depend_on_the_batch(batch):
    embedding = Embedding(batch)
    rows = by_id(run(tasks(), operators=[Several(), embedding, Picky()]))
    assert rows == by_id(run(tasks()))
    assert max(embedding.sizes) <= batch
    assert sum(embedding.sizes) == 40


def test_an_operator_is_called_once_an_image_with_all_that_is_wanted():
    several = Several()
    run(tasks(12), operators=[several])
    assert several.calls == {"height,mean,never": 12}


def test_operators_of_one_device_share_one_thread():
    embedding, picky = Embedding(), Picky()
    run(tasks(), operators=[embedding, picky])
    assert len(embedding.threads | picky.threads) == 1


def test_operators_of_two_devices_have_a_thread_each():
    embedding, picky = Embedding(), Picky(device="made:1")
    rows = run(tasks(), operators=[embedding, picky])
    assert len(rows) == 40
    assert len(embedding.threads | picky.threads) == 2


def test_an_image_that_breaks_a_batch_pays_alone():
    rows = by_id(run(tasks()))
    for i in range(40):
        width, height = SIZES[i % len(SIZES)]
        area = rows[f"{i}.png"][4]["area"]
        if width == 99:
            assert area == Undefined("failed", "RuntimeError: 99 columns are too many")
        elif width == 9:
            assert area == Undefined("too_small", "needs 10 columns")
        else:
            assert area == width * height


def test_an_unreadable_image_gets_a_row_with_its_reason():
    cut = Task(ref("cut.png", png(50, 40)[:900]), COLUMNS)
    empty = Task(ref("empty.png", b""), COLUMNS)
    rows = by_id(run([cut, empty, *tasks(3)]))
    assert rows["cut.png"][3].status is Status.TRUNCATED
    assert rows["cut.png"][0].width == 50
    assert rows["empty.png"][3].status is Status.UNREADABLE
    assert rows["cut.png"][4] == rows["empty.png"][4] == {}
    assert len(rows) == 5


def test_an_operator_that_dies_costs_one_row_not_the_run():
    class Dies(Several):
        def __call__(self, image, wanted):
            if image.header.width == 99:
                raise RuntimeError("gone")
            return super().__call__(image, wanted)

    rows = by_id(run(tasks(9), operators=[Dies()]))
    assert rows["2.png"][3].error == "crashed: RuntimeError: gone"
    assert [r[3] for k, r in rows.items() if k != "2.png"] == [None] * 8


def test_variants_of_one_decoded_image_give_a_row_each():
    def darker(image: Image) -> Image:
        return Image(image.header, (image.pixels // 2).astype(np.uint8))

    several = Several()
    variants = (Variant(), Variant("darker", 0.5, darker))
    task = Task(ref("a.png", png(30, 30)), frozenset({"mean"}), variants)
    rows = {r.variant.name: r.values["mean"] for r in run([task], operators=[several])}
    assert rows["darker"] == pytest.approx(rows["clean"] / 2, abs=0.6)


def test_known_content_is_scored_only_for_what_is_missing():
    known = run([Task(ref("a.png", png(30, 30)), COLUMNS)])[0].sha256
    several = Several()
    same = Task(ref("a.png", png(30, 30)), COLUMNS, known_sha256=known, if_same=frozenset(["mean"]))
    other = Task(ref("b.png", png(31, 30)), COLUMNS, known_sha256=known, if_same=frozenset())
    nothing = Task(ref("c.png", png(30, 30)), COLUMNS, known_sha256=known)
    rows = by_id(run([same, other, nothing], operators=[several, Embedding(), Picky()]))
    assert set(rows["a.png"][4]) == {"mean"}
    assert set(rows["b.png"][4]) == COLUMNS
    assert rows["c.png"][4] == {}
    assert rows["c.png"][3] is None
    assert several.calls == {"mean": 1, "height,mean,never": 1}


def test_tasks_are_read_only_as_far_ahead_as_workers_need():
    begun = 0

    def endless():
        nonlocal begun
        while True:
            begun += 1
            yield Task(ref(f"{begun}.png", png(12, 12, begun)), COLUMNS)

    rows = LocalExecutor(2).run(Engine([Several(), Embedding(), Picky()]), endless())
    for _ in range(20):
        next(rows)
    time.sleep(0.3)
    bound = 20 + 1024 + 8 * 2 + 2 + 2 * (4 + 3) + 10
    assert begun <= bound
    rows.close()


def test_closing_the_rows_stops_the_threads():
    before = threading.active_count()
    rows = LocalExecutor(4).run(Engine([Several(), Embedding()]), iter(tasks()))
    next(rows)
    rows.close()
    assert threading.active_count() == before


def test_an_error_of_the_source_comes_after_the_rows_before_it():
    def failing():
        yield from tasks(5)
        raise OSError("the disk is gone")

    rows = filter(None, LocalExecutor(2).run(Engine([Several()]), failing()))
    assert len({next(rows).task.ref.id for _ in range(5)}) == 5
    with pytest.raises(OSError, match="the disk is gone"):
        next(rows)


def test_what_is_no_task_comes_back_as_it_is():
    out = run([*tasks(2), "a note"])
    assert sum(isinstance(r, Row) for r in out) == 2
    assert "a note" in out


def test_an_operator_that_exits_ends_neither_process_nor_run():
    class Exits(Several):
        def __call__(self, image, wanted):
            raise SystemExit(3)

    rows = by_id(run(tasks(9), operators=[Exits()]))
    assert {r[3].error for r in rows.values()} == {"crashed: SystemExit: 3"}


def test_a_reason_that_is_no_text_is_made_one():
    class Odd(Several):
        def __call__(self, image, wanted):
            raise RuntimeError("not \udcff utf-8")

    row = run(tasks(1), operators=[Odd()])[0]
    assert row.failure.error == "crashed: RuntimeError: not \\udcff utf-8"
    assert Undefined("odd", "\udcff").error == "odd: \\udcff"


def test_stop_finishes_what_is_in_work_and_begins_nothing_else():
    done = []
    slow = Slow(seconds=0.01)
    rows = LocalExecutor(2).run(Engine([slow]), iter(tasks(200)), lambda: len(done) >= 3)
    for row in filter(None, rows):
        done += [row]
    assert 3 <= len(done) < 100
    assert len(done) == slow.calls["mean"]


def test_an_image_that_cannot_be_read_in_time_gets_a_row_and_costs_no_other():
    never = threading.Event()
    stalled = replace(ref("stalled.png", b""), opener=lambda: never.wait(20))
    before = threading.active_count()
    work = [Task(stalled, COLUMNS), *tasks(8)]
    began = time.monotonic()
    rows = LocalExecutor(1, read_timeout_s=0.3).run(Engine([Several(), Embedding(), Picky()]), work)
    found = by_id(list(filter(None, rows)))
    assert time.monotonic() - began < 10
    assert found["stalled.png"][3].error == "timeout: could not be read within 0.3 s"
    assert len(found) == 9
    assert [r[3] for k, r in found.items() if k != "stalled.png"] == [None] * 8
    never.set()
    for _ in range(50):
        if threading.active_count() == before:
            break
        time.sleep(0.1)
    assert threading.active_count() == before, "who was given up ends when the file comes"


def test_stop_does_not_wait_for_an_image_that_cannot_be_read(monkeypatch):
    monkeypatch.setattr(local, "_DRAIN_PATIENCE_S", 0.3)
    never = threading.Event()
    stalled = replace(ref("stalled.png", b""), opener=lambda: never.wait(20))
    done = []
    rows = LocalExecutor(2).run(
        Engine([Several()]), [Task(stalled, COLUMNS), *tasks(3)], lambda: len(done) >= 3
    )
    began = time.monotonic()
    done.extend(filter(None, rows))
    assert time.monotonic() - began < 10
    assert {r.task.ref.id for r in done} == {"0.png", "1.png", "2.png"}
    never.set()


def test_when_nothing_can_be_read_any_more_the_run_ends(monkeypatch):
    monkeypatch.setattr(local, "_MOST_STALLED", 3)
    monkeypatch.setattr(local, "_PATIENCE_S", 0.2)
    never = threading.Event()
    refs = [replace(ref(f"{i}.png", b""), opener=lambda: never.wait(20)) for i in range(9)]
    rows = LocalExecutor(2, read_timeout_s=0.2).run(
        Engine([Several()]), [Task(r, COLUMNS) for r in refs]
    )
    with pytest.raises(SourceError, match="is its file system still there"):
        list(rows)
    never.set()


def test_files_that_come_late_do_not_end_the_run(monkeypatch):
    monkeypatch.setattr(local, "_MOST_STALLED", 3)
    monkeypatch.setattr(local, "_PATIENCE_S", 0.2)

    def late():
        time.sleep(0.5)
        raise FileNotFoundError

    refs = [replace(ref(f"{i}.png", b""), opener=late) for i in range(9)]
    work = [Task(r, COLUMNS) for r in refs]
    rows = LocalExecutor(1, read_timeout_s=0.2).run(Engine([Several()]), work)
    assert {r.failure.code for r in rows if r is not None} == {"timeout"}


class Book:
    """A journal that remembers everything."""

    def __init__(self):
        self.open, self.closed = {}, []

    def begin(self, slot, image_id):
        assert slot not in self.open
        self.open[slot] = image_id

    def end(self, slot):
        self.closed.append(self.open.pop(slot))


def test_a_journal_knows_what_is_in_work():
    book = Book()
    rows = LocalExecutor(2, journal=book).run(Engine([Several()]), tasks(9))
    next(filter(None, rows))
    list(rows)
    assert sorted(book.closed) == [f"{i}.png" for i in range(9)]
    assert book.open == {}


def test_stop_does_not_wait_for_tasks_that_never_come():
    asked = threading.Event()

    def waits():
        yield from tasks(2)
        asked.wait(20)

    rows = LocalExecutor(2).run(Engine([Several()]), waits(), asked.is_set)
    rows = filter(None, rows)
    next(rows), next(rows)
    began = time.monotonic()
    threading.Timer(0.2, asked.set).start()
    assert list(rows) == []
    assert time.monotonic() - began < 60


class Heavy(Embedding):
    """Slow, and counts the bytes that wait for it."""

    def __init__(self, seconds: float, journal=None) -> None:
        super().__init__(batch=1)
        self.seconds, self.journal = seconds, journal
        self.waiting = self.most = 0
        self.noted: list[bool] = []
        self._lock = threading.Lock()

    def prepare(self, image):
        array = super().prepare(image)
        with self._lock:
            self.waiting += array.nbytes
            self.most = max(self.most, self.waiting)
        return array

    def run(self, arrays):
        if self.journal is not None:
            self.noted.append(len(set(self.journal.open.values())) >= len(arrays))
        time.sleep(self.seconds)
        with self._lock:
            self.waiting -= sum(a.nbytes for a in arrays)
        return super().run(arrays)


def test_a_journal_knows_what_a_network_works_on():
    book = Book()
    heavy = Heavy(0.0, book)
    names = frozenset({"brightest"})
    work = [replace(task, columns=names) for task in tasks(9)]
    list(LocalExecutor(1, journal=book).run(Engine([heavy]), work))
    assert heavy.noted == [True] * 9
    assert sorted(book.closed) == sorted([f"{i}.png" for i in range(9)] * 2)
    assert not book.open


def test_stop_does_not_wait_for_all_that_a_slow_network_has_before_it(monkeypatch):
    monkeypatch.setattr(device, "_DRAIN_PATIENCE_S", 0.5)
    embedding = Heavy(0.25)
    embedding.batch = 8
    done = []
    rows = LocalExecutor(2).run(Engine([Several(), embedding]), tasks(200), lambda: len(done) >= 1)
    began = time.monotonic()
    for row in filter(None, rows):
        began = began if done else time.monotonic()
        done += [row]
    assert time.monotonic() - began < 5
    assert 1 <= len(done) < 100
    assert all(set(row.values) == COLUMNS - {"area"} for row in done), "no row is half done"


def test_large_arrays_do_not_pile_up(monkeypatch):
    heavy = Heavy(0.002)
    heavy.batch = 4
    one = 64 * 48 * 3 * 4
    monkeypatch.setattr(device, "_BYTES_AHEAD", 2 * one)
    work = [Task(ref(f"{i}.png", png(64, 48, i)), frozenset({"brightest"})) for i in range(60)]
    assert len(run(work, 3, [heavy])) == 60
    assert heavy.most <= (2 + 3 + 4) * one, "those before it, one a worker"


def test_versions_of_an_image_do_not_pile_up(monkeypatch):
    """Many workers with large photos, of each of which many versions are scored."""
    heavy = Heavy(0.001)
    one = 64 * 48 * 3 * 4
    monkeypatch.setattr(device, "_BYTES_AHEAD", 2 * one)
    versions = tuple(Variant("same", float(i)) for i in range(20))
    names = frozenset({"brightest"})
    work = [Task(ref(f"{i}.png", png(64, 48, i)), names, versions) for i in range(8)]
    book = Book()
    rows = LocalExecutor(8, journal=book).run(Engine([heavy]), work)
    assert len(list(filter(None, rows))) == 160
    assert heavy.most <= (2 + 8) * one, "those before it, one a worker"
    assert not book.open


def test_an_array_larger_than_all_room_passes(monkeypatch):
    monkeypatch.setattr(device, "_BYTES_AHEAD", 10)
    assert len(run(tasks(12))) == 12


def test_costs_are_measured():
    costs = Costs()
    list(LocalExecutor(2, costs=costs).run(Engine([Several(), Heavy(0.02)]), tasks(8)))
    ((name, seconds),) = costs.an_image().items()
    assert name == "brightest,embedding"
    assert 0.02 <= seconds < 0.5
