"""The file of runs: what comes back, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from iqcurate.api.training_runs import RUNS, Archive
from iqcurate.errors import StoreBusyError, StoreError
from iqcurate.experiments.training.design import Arm, Kind
from iqcurate.experiments.training.study import Outcome

RNG = np.random.default_rng(0)
JOBS = [(Arm(Kind.ALL), 0), (Arm(Kind.REMOVED, 0.3), 1), (Arm(Kind.REMOVED, 0.3, 17), 4)]


def outcome() -> Outcome:
    found = {"test": {"accuracy": RNG.random(), "auc": float("nan")}}
    return Outcome(90, 40, found, RNG.random(11) < 0.5, RNG.random(3) < 0.5, 0.25)


def test_runs_come_back_as_they_were(tmp_path):
    runs = {job: outcome() for job in JOBS}
    with Archive(tmp_path / "x", {"draws": 1}) as archive:
        for job, run in runs.items():
            archive.add(job, run)
    with Archive(tmp_path / "x", {"draws": 1}) as again:
        assert list(again.done) == JOBS
        for job, run in runs.items():
            back = again.done[job]
            np.testing.assert_array_equal(back.test, run.test)
            np.testing.assert_array_equal(back.validation, run.validation)
            assert back.measures["test"]["accuracy"] == run.measures["test"]["accuracy"]
            assert np.isnan(back.measures["test"]["auc"])
            assert (back.images, back.groups, back.seconds) == (90, 40, 0.25)


def test_half_a_line_is_cut_off_and_the_next_run_is_whole(tmp_path):
    with Archive(tmp_path / "x", {}) as archive:
        archive.add(JOBS[0], outcome())
    with (tmp_path / "x" / RUNS).open("a") as file:
        file.write('{"arm": "removed", "sha')
    with Archive(tmp_path / "x", {}) as archive:
        assert list(archive.done) == JOBS[:1]
        archive.add(JOBS[1], outcome())
    with Archive(tmp_path / "x", {}) as archive:
        assert list(archive.done) == JOBS[:2]


def test_runs_of_something_else_and_two_writers_are_refused(tmp_path):
    with Archive(tmp_path / "x", {"scores": 1, "draws": 2}), pytest.raises(StoreBusyError):
        Archive(tmp_path / "x", {"scores": 1, "draws": 2}).__enter__()
    with pytest.raises(StoreError, match="made with other scores:"):
        Archive(tmp_path / "x", {"scores": 2, "draws": 2}).__enter__()
    with Archive(tmp_path / "x", {"scores": 1, "draws": 2}) as archive:
        assert archive.done == {}
