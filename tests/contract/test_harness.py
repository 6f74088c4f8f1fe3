"""The contract's checks catch metrics that break it."""

from __future__ import annotations

import itertools
import sys
import types

import numpy as np
import pytest

from iqcurate import testing
from iqcurate.errors import MetricError
from iqcurate.metrics.focus import lapm
from iqcurate.operators import Column
from iqcurate.spec import Direction, Input, MetricSpec, Range, Response, Stage

COUNTER = itertools.count()


def counts(grey):
    return float(next(COUNTER))


def writes(grey):
    grey[0, 0] = 1 - grey[0, 0]
    return 1.0


def fails_on_flat(grey):
    if not grey.std():
        raise ZeroDivisionError
    return 1.0


def depends_on_layout(grey):
    return float(grey.flags.c_contiguous)


class BatchMean:
    """Subtracts from each image what the whole batch has."""

    columns = (Column("made"),)
    device = "cpu"
    batch = 8

    def __init__(self, setup):
        pass

    def prepare(self, image):
        return image.grey.mean(keepdims=True)

    def run(self, arrays):
        level = np.mean([array.mean() for array in arrays])
        return [{"made": float(array.mean() - level)} for array in arrays]


CASES = {
    "check_spec": {"function": lapm, "responses": (("smoke", Response.WORSE),)},
    "check_defined": {"function": lambda grey: float("nan")},
    "check_input_unchanged": {"function": writes},
    "check_repeatable": {"function": depends_on_layout},
    "check_threads": {"function": counts},
    "check_batch": {"operator": BatchMean, "stage": Stage.BATCH},
    "check_odd_images": {"function": fails_on_flat},
    "check_min_size": {"function": lambda grey: grey[9, 9], "min_size": (9, 9)},
    "check_huge": {"function": lambda g: g.size / 1e6, "range": Range(0, 10, hard=True)},
    "check_responses": {"function": lapm, "responses": (("blur", Response.BETTER),)},
}


def test_every_check_has_a_case():
    assert [check.__name__ for check in testing.CHECKS] == list(CASES)


@pytest.mark.parametrize("check", CASES)
def test_caught(monkeypatch, check):
    module = types.ModuleType("made_bad")
    monkeypatch.setitem(sys.modules, "made_bad", module)
    changes = dict(CASES[check])
    kind = "operator" if "operator" in changes else "function"
    module.target = changes.pop(kind)
    spec = MetricSpec(
        name="made",
        version=1,
        title="t",
        direction=Direction.HIGHER,
        input=Input.GREY,
        **{kind: "made_bad:target"},
        **changes,
    )
    with pytest.raises(MetricError, match="'made' breaks the contract"):
        getattr(testing, check)(spec)
