"""Kills, signals and failing disks at every step that a run takes on its store.

The steps are the calls that change a file of the store, as `faults.c` counts them: what comes
at a random moment nearly always hits the same few.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from e2e.conftest import rows_of, same_rows
from e2e.faults import Call, Ended, Faults, built
from e2e.test_sequences import picture

import iqcurate
from iqcurate.errors import StoreError
from iqcurate.store.table import Reader

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

METRICS = ("lapv", "megapixels")
GONE = {"status": ["missing"], "error": ["gone: no longer in the source"]}


@pytest.fixture(scope="module")
def faults(tmp_path_factory) -> Iterator[Faults]:
    folder = tmp_path_factory.mktemp("faults")
    runs = Faults(built(folder), folder)
    yield runs
    runs.close()


class World:
    """A folder of pictures, a store that meets faults, and one that is left in peace.

    Parameters
    ----------
    faults, base
        Where the runs come from, and where all lies.
    large
        Treat the table as a large one, whose updates are staged.
    """

    def __init__(self, faults: Faults, base: Path, large: bool) -> None:
        self.faults, self.base = faults, base
        self.store, self.peace = base / "s", base / "undisturbed"
        self.options = {"stream_from": 2 if large else 1_000_000}
        self.before: dict = {}
        for i in range(4):
            picture(base / "p" / f"{i}.png", i)

    def steps(self) -> Iterator[tuple[list[str], list[Call]]]:
        """Change the folder; give arguments of a run and the calls of an undisturbed one."""
        yield from self._step("-m", "lapv")
        for i in (1, 7, 8):
            picture(self.base / "p" / f"{i}.png", 10 + i)
        (self.base / "p" / "2.png").unlink()
        yield from self._step("-m", "lapv,megapixels", "--prune")
        yield from self._step("-m", "lapv", "--rescore", "lapv")

    def _step(self, *args: str) -> Iterator[tuple[list[str], list[Call]]]:
        self.before = content(self.store)
        if self.store.exists():
            shutil.copytree(self.store, self.base / "before")
        run = ["score", "p", *args]
        options = {**self.options, "under": "undisturbed"}
        calls = self.faults.run(self.base, *run, "-o", "undisturbed", **options).calls
        yield [*run, "-o", "s"], calls
        shutil.rmtree(self.base / "before", ignore_errors=True)

    def rewind(self) -> None:
        """Bring the store back to what it was before this step."""
        shutil.rmtree(self.store, ignore_errors=True)
        if (self.base / "before").exists():
            shutil.copytree(self.base / "before", self.store)

    def run(self, args: list[str], **fault) -> Ended:
        return self.faults.run(self.base, *args, **self.options, **fault)

    def killed(self, args: list[str], place: dict) -> Ended:
        """A run from the state before this step, killed at a place.

        How many commits a run makes depends on how fast its rows come, so that there may be no
        call of that number this time: then at the phase's first one.
        """
        for at in (place["at"], 1, 1, 1):
            self.rewind()
            ended = self.run(args, effect="kill", **{**place, "at": at})
            if ended.code != 0:
                break
        return ended

    def check_readable(self, ended: Ended) -> None:
        """What was committed before the fault is there; values are those before or after."""
        confirmed = len(list((self.base / "before" / "_delta_log").glob("[0-9]*.json")))
        confirmed += sum(call.name == "link" for call in ended.before)
        if confirmed == 0:
            return
        assert Reader(self.store).version >= confirmed - 1
        after, now = content(self.peace), content(self.store)
        assert set(now) <= set(self.before) | set(after)
        assert set(now) >= set(self.before) & set(after)
        for name, row in now.items():
            for column, value in row.items():
                known = [v[name].get(column) for v in (self.before, after) if name in v]
                known += [None] if column in METRICS else []
                known += GONE.get(column, []) if name not in after else []  # to be pruned
                assert value in known, (name, column, value, known)

    def check_healed(self, args: list[str]) -> None:
        """The same command again ends as if nothing had happened."""
        ended = self.run(args)
        assert ended.code == 0, ended.err
        same_rows(rows_of(self.store), rows_of(self.peace), but=())
        own = {"lock", "provenance.json"}
        assert {p.name for p in (self.store / "_iqcurate").iterdir()} - {"staged"} == own
        assert not list((self.store / "_iqcurate").glob("staged/*"))
        assert sorted(self.store.glob("[!_]*")) == list(self.store.glob("*.parquet"))
        assert len(list(self.store.glob("*.parquet"))) == 1
        strange = [p for p in (self.store / "_delta_log").iterdir() if p.suffix != ".json"]
        assert strange == []
        documents = [s / "_iqcurate" / "provenance.json" for s in (self.store, self.peace)]
        ours, theirs = (json.loads(d.read_text()) for d in documents)
        assert ours == theirs


def content(store: Path) -> dict[str, dict]:
    """Rows by id, null as None; empty where there is no table yet."""
    try:
        rows = iqcurate.load_scores(store)
    except StoreError:
        assert not list(store.glob("_delta_log/[0-9]*.json"))
        return {}
    assert rows["id"].is_unique
    rows = rows.astype(object).where(rows.notna(), None)
    return {row["id"]: row for row in rows.to_dict("records")}


def chosen(
    calls: list[Call], chance: random.Random, most: int, but: Collection[str] = ()
) -> list[dict]:
    """Some places in each phase: what to say to `Faults.start`."""
    by_phase: dict[str, list[Call]] = {}
    for call in calls:
        by_phase.setdefault(call.phase, []).append(call)
    return [
        {"phase": phase, "at": at}
        for phase in sorted(by_phase.keys() - but - {""})
        for at in some(by_phase[phase], chance, most)
    ]


def some(calls: list[Call], chance: random.Random, most: int) -> list[int]:
    """Numbers of some of the calls; those that write to one file in a row count as one."""
    numbered = enumerate(calls, 1)
    in_row = groupby(numbered, lambda c: c[1].path if c[1].name == "write" else c[0])
    groups = [[number for number, _ in group] for _, group in in_row]
    return [chance.choice(group) for group in chance.sample(groups, min(most, len(groups)))]


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_killed_in_any_phase_then_resumed_equals_an_undisturbed_run(faults, tmp_path, large):
    world, chance = World(faults, tmp_path, large), random.Random(7)
    met = set(SMALL) if large else set()
    hit: set[str] = set()
    for args, calls in world.steps():
        for place in chosen(calls, chance, 1, met):
            ended = world.killed(args, place)
            assert ended.code == -9, ended.err
            hit.add(ended.calls[-1].phase)
            world.check_readable(ended)
            world.check_healed(args)
        met |= {call.phase for call in calls}
    assert hit >= (LARGE if large else SMALL)


SMALL = {
    "lock", "create", "provenance", "add columns", "append", "update", "update, remove replaced",
    "rewrite", "rewrite, remove replaced", "delete", "delete, remove replaced", "compact",
    "finish",
}  # fmt: skip
LARGE = {"stage", "apply staged, update", "apply staged, forget staged"}


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_killed_four_times_where_it_recovers_too(faults, tmp_path, large, seed):
    world, chance = World(faults, tmp_path, large), random.Random(seed)
    for args, calls in world.steps():
        for place in chosen(calls, chance, 3):
            world.rewind()
            for fault in (place, *({"at": chance.randint(1, 40)} for _ in range(3))):
                ended = world.run(args, effect="kill", **fault)
                assert ended.code in (-9, 0), ended.err
                world.check_readable(ended)
            world.check_healed(args)


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
def test_killed_at_random_moments_of_a_slow_disk(faults, tmp_path, large):
    world, chance, kills = World(faults, tmp_path, large), random.Random(9), 0
    for args, calls in world.steps():
        for _ in range(5):
            world.rewind()
            for _ in range(3):
                pid = faults.start(tmp_path, *args, **world.options, slow_us=500)
                faults.wait_for_call(pid, chance.randint(1, len(calls)))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                ended = faults.wait()
                assert ended.code in (-9, 0), ended.err
                kills += ended.code != 0
                ended.before.pop()  # the last call may not have been done
                world.check_readable(ended)
            world.check_healed(args)
    assert kills >= 20, kills


def failing_disk(world: World, chance: random.Random, most: int, effect: str) -> None:
    """From some step on nothing can be written; then it can again."""
    for args, calls in world.steps():
        for place in chosen(calls, chance, most):
            world.rewind()
            ended = world.run(args, effect=effect, **place)
            assert "Traceback" not in ended.err
            assert ended.code in (0, 1), ended.err
            if ended.code == 1:
                assert ended.err.startswith(f"iqcurate: {world.store}"), (ended.err, place)
                assert ended.err.count("\n") == 1, (ended.err, place)
                assert ADVICE[effect] in ended.err
            world.check_readable(ended)
            world.check_healed(args)


ADVICE = {
    "full": "free some space and run again",
    "read_only": "choose a folder on a disk that can be written",
    "broken": "run again",
}


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("effect", ADVICE)
def test_a_disk_that_fails_from_any_step_on(faults, tmp_path, effect, large):
    failing_disk(World(faults, tmp_path, large), random.Random(3), 3, effect)


def signalled(world: World, chance: random.Random, most: int, effect: str) -> None:
    """One signal at some step, or two soon after each other."""
    for args, calls in world.steps():
        for place in chosen(calls, chance, most):
            world.rewind()
            then = chance.choice([0, 1, chance.randint(1, 40)])
            ended = world.run(args, effect=effect, then=then, **place)
            assert "Traceback" not in ended.err, ended.err
            assert ended.code in (0, 130), ended.err
            assert "the same command again" in ended.err or ended.code == 0
            ended.before = ended.calls
            world.check_readable(ended)
            assert set(ended.scored) <= set(content(world.store)), (ended.err, place, then)
            world.check_healed(args)


def test_two_signals_inside_a_commit_keep_what_was_scored(faults, tmp_path):
    world = World(faults, tmp_path, large=False)
    args, calls = next(world.steps())
    inside = next(n for n, call in enumerate(calls) if call.phase == "append")
    written = next(n for n, call in enumerate(calls[inside:]) if call.name == "fsync")
    for then in (written, written + 1):
        world.rewind()
        ended = world.run(args, effect="interrupt", phase="append", at=1, then=then)
        assert (ended.code, ended.out) == (130, "")
        assert "stopped at once" in ended.err
        assert set(ended.scored) == set(content(world.store)) != set()
    world.check_healed(args)


@pytest.mark.slow
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("effect", ["interrupt", "terminate"])
def test_signals_at_any_step_keep_what_was_scored(faults, tmp_path, effect, large):
    signalled(World(faults, tmp_path, large), random.Random(3), 3, effect)
