"""What goes wrong in a batch costs as few images as can be."""

from __future__ import annotations

import numpy as np
import pytest

from iqcurate.batches import Batches, Costs
from iqcurate.errors import DeviceError, UndefinedScoreError
from iqcurate.memory import is_out_of_memory
from iqcurate.operators import Column, Undefined


class OutOfMemoryError(RuntimeError):
    """As torch names its own."""


CPU_SAYS = "DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes."


class Hungry:
    """Has memory for so many pixels in all."""

    columns = (Column("area"), Column("side"))
    device = "made"

    def __init__(self, room: int, batch: int = 8, error: Exception | None = None) -> None:
        self.room, self.batch = room, batch
        self.error = error or OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
        self.sizes: list[int] = []

    def prepare(self, image):
        return image.grey

    def run(self, arrays):
        self.sizes.append(len(arrays))
        if sum(a.size for a in arrays) > self.room:
            raise self.error
        return [{"area": a.size, "side": len(a)} for a in arrays]


def squares(*sides: int) -> list[np.ndarray]:
    return [np.zeros((side, side)) for side in sides]


def areas(records) -> list[object]:
    return [r["area"].code if isinstance(r["area"], Undefined) else r["area"] for r in records]


@pytest.mark.parametrize("error", [None, MemoryError(), RuntimeError(CPU_SAYS)])
def test_a_batch_that_is_out_of_memory_is_halved_and_later_ones_are_smaller(error):
    hungry = Hungry(room=300, error=error)
    batches = Batches(hungry)
    assert areas(batches(squares(*[10] * 8))) == [100] * 8
    assert hungry.sizes == [8, 4, 2, 2, 4, 2, 2]
    assert batches.size == 2
    hungry.sizes.clear()
    assert areas(batches(squares(*[10] * 8))) == [100] * 8
    assert hungry.sizes == [2, 2, 2, 2]


def test_an_image_too_large_for_the_memory_gets_the_reason_and_the_others_stay_together():
    hungry = Hungry(room=900)
    batches = Batches(hungry)
    records = batches(squares(10, 10, 40, 10, 10, 10, 10, 10))
    assert areas(records) == [100, 100, "out_of_memory", *[100] * 5]
    assert set(records[2]) == {"area", "side"}
    assert records[2]["area"].error.startswith(
        "out_of_memory: OutOfMemoryError: CUDA out of memory"
    )
    assert batches.size == 8, "the memory is enough for others"


def test_an_image_that_breaks_its_batch_pays_alone():
    class Picky(Hungry):
        def run(self, arrays):
            super().run(arrays)
            if any(len(a) == 7 for a in arrays):
                raise UndefinedScoreError("seven", "no")
            return [{"area": a.size} for a in arrays]

    picky = Picky(room=10**6)
    assert areas(Batches(picky)(squares(5, 7, 9))) == [25, "seven", 81]
    assert picky.sizes == [3, 1, 1, 1]


def test_an_operator_that_loses_records_is_found_out():
    class Forgets(Hungry):
        def run(self, arrays):
            return super().run(arrays)[1:]

    records = Batches(Forgets(10**6))(squares(1, 2))
    assert [r["area"].text for r in records] == ["ModelError: 0 records for 1 images"] * 2


def test_a_device_that_is_broken_ends_the_run():
    broken = Hungry(0, error=RuntimeError("CUDA error: device-side assert triggered\nCompile"))
    with pytest.raises(DeviceError, match=r"made: nothing runs .*assert triggered\). What"):
        Batches(broken)(squares(1, 1))
    assert broken.sizes == [1 + 1]


def test_what_is_out_of_memory():
    assert is_out_of_memory(RuntimeError("CUDA error: out of memory"))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
    assert not is_out_of_memory(ValueError("the word memory"))


def test_costs_leave_out_the_first_batch_once_there_is_another():
    costs, one = Costs(), Hungry(1)
    assert costs.an_image() == {}
    costs.add(one, 2, 20.0)
    assert costs.an_image() == {"area,side": 10.0}
    costs.add(one, 2, 1.0)
    costs.add(one, 6, 1.0)
    assert costs.an_image() == {"area,side": 0.25}
