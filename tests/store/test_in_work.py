"""What a process that died was working on."""

from __future__ import annotations

import pytest

from iqcurate.store.files import OWN
from iqcurate.store.in_work import InWork


@pytest.fixture
def store(tmp_path):
    (tmp_path / OWN).mkdir()
    return tmp_path


def test_what_was_in_work_at_the_death_is_suspected(store):
    dying = InWork(store)
    dying.begin(0, "a.jpg")
    dying.begin(1, "b.jpg")
    dying.end(0)
    dying.begin(0, "c.jpg")
    dying.end(1)
    dying.begin(1, "d.jpg")
    after = InWork(store)
    assert "c.jpg" in after
    assert "d.jpg" in after
    assert "a.jpg" not in after
    assert "b.jpg" not in after


def test_suspects_stay_until_a_run_got_past_them_and_ended(store):
    InWork(store).begin(5, "a.jpg")
    second = InWork(store)
    second.begin(0, "a.jpg")
    second.end(0)
    third = InWork(store)  # the second died before its rows were saved
    assert "a.jpg" in third
    third.close()
    fourth = InWork(store)
    assert "a.jpg" in fourth, "the third never met it"
    fourth.begin(0, "a.jpg")
    fourth.end(0)
    fourth.close()
    assert fourth.cleared == 1
    assert "a.jpg" not in InWork(store)


def test_what_a_run_that_ended_could_not_finish_is_suspected(store):
    stuck = InWork(store)
    stuck.begin(0, "a.jpg")
    stuck.close()
    assert "a.jpg" in InWork(store)


def test_a_run_that_ended_leaves_no_file(store):
    run = InWork(store)
    run.begin(0, "a.jpg")
    run.end(0)
    run.close()
    assert list((store / OWN).iterdir()) == []
