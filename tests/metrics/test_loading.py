"""From specs to operators whose every value can be stored."""

from __future__ import annotations

import math
import sys
import types
from dataclasses import replace

import numpy as np
import pytest

from iqcurate.batches import Batches
from iqcurate.errors import MetricError, UndefinedScoreError
from iqcurate.metrics import specs
from iqcurate.metrics.classical import Classical
from iqcurate.metrics.focus import lapv
from iqcurate.metrics.niqe import niqe
from iqcurate.metrics.registry import all_specs, load_operators, load_scorer
from iqcurate.operators import BatchOperator, Column, HeaderOperator, ImageOperator, Undefined
from iqcurate.spec import Direction, Input, MetricSpec, Range, Stage
from iqcurate.testing import image_of, sample_photos
from iqcurate.types import Header

PHOTO = sample_photos()[0]
SMALL = image_of(PHOTO.pixels[:50, :60])


@pytest.fixture
def made(monkeypatch):
    """Module of a made plugin: ``made(name=object)`` gives it attributes."""
    module = types.ModuleType("made_plugin")
    monkeypatch.setitem(sys.modules, "made_plugin", module)
    return module.__dict__.update


def spec(name="made", **changes):
    base = MetricSpec(
        name=name,
        version=1,
        title="t",
        direction=Direction.HIGHER,
        input=Input.GREY,
        function="made_plugin:function",
    )
    if "operator" in changes:
        changes = {"function": "", **changes}
    return replace(base, **changes)


def call(columns, image=PHOTO, wanted=None):
    (operator,) = load_operators(columns)
    return operator(image, frozenset(wanted or columns))


def test_five_metrics_are_one_operator():
    (operator,) = load_operators({name: all_specs()[name] for name in ("lapv", "niqe", "wavs")})
    assert isinstance(operator, ImageOperator)
    assert operator.columns == (Column("lapv"), Column("niqe"), Column("wavs"))
    found = operator(PHOTO, frozenset({"niqe", "lapv"}))
    expected = {"lapv": lapv(PHOTO.grey), "niqe": niqe(PHOTO.grey)}
    assert found == pytest.approx(expected, rel=1e-5)


def test_only_what_is_wanted_is_computed(monkeypatch):
    asked = []
    monkeypatch.setattr(Classical, "__call__", lambda self, image, wanted: asked.append(wanted))
    call({"lapv": specs.LAPV, "niqe": specs.NIQE}, wanted={"lapv"})
    call({"lapv": specs.LAPV, "niqe": specs.NIQE}, image=SMALL)
    assert asked == [{"lapv"}, {"lapv"}]


def test_a_column_may_have_another_name():
    found = call({"niqe_v2": specs.NIQE, "niqe": specs.NIQE})
    assert found == pytest.approx(dict.fromkeys(("niqe_v2", "niqe"), niqe(PHOTO.grey)), rel=1e-5)


def test_header_metrics():
    operators = load_operators({"mp": specs.MEGAPIXELS, "bits_per_pixel": specs.BITS_PER_PIXEL})
    assert all(isinstance(operator, HeaderOperator) for operator in operators)
    header = Header(4000, 3000, "CMYK", "JPEG", 32)
    found = {}
    for operator in operators:
        names = frozenset(column.name for column in operator.columns)
        found.update(operator.from_header(header, names))
    assert found == {"mp": 12.0, "bits_per_pixel": 32}
    assert [c.dtype for operator in operators for c in operator.columns] == ["float64", "int64"]


def test_aspect_ratio_is_width_over_height():
    assert load_scorer(specs.ASPECT_RATIO)(PHOTO) == 640 / 427


WEIGHTLESS = {name: spec for name, spec in all_specs().items() if not spec.weights}


def test_operators_can_be_keys():
    assert len(set(load_operators(WEIGHTLESS))) == 6


def test_simple_functions_get_their_input(made):
    made(function=lambda given: float(given.ndim), wide=lambda header: header.width)
    assert call({"made": spec()}) == {"made": 2.0}
    assert call({"made": spec(input=Input.RGB)}) == {"made": 3.0}
    (operator,) = load_operators(
        {"w": spec(input=Input.HEADER, function="made_plugin:wide", dtype="int64")}
    )
    assert operator.from_header(PHOTO.header, frozenset({"w"})) == {"w": 640}


def test_too_small_is_settled_before_the_metric_is_called(made):
    made(function=lambda grey: 1 / 0)
    found = call({"made": spec(min_size=(51, 10))}, image=SMALL)
    assert found["made"].error == "too_small: needs 10x51, has 60x50"


@pytest.mark.parametrize(
    ("value", "dtype", "expected"),
    [
        (np.float32(0.5), "float64", 0.5),
        (np.int64(3), "float64", 3.0),
        (3, "int64", 3),
        (np.uint8(3), "int64", 3),
        (np.True_, "bool", True),
        (b"ab", "binary", b"ab"),
    ],
)
def test_values_become_the_type_of_their_column(made, value, dtype, expected):
    made(function=lambda grey: value)
    found = call({"made": spec(dtype=dtype)})["made"]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("value", "dtype", "error"),
    [
        (math.nan, "float64", "not_finite: gave nan"),
        (-math.inf, "float64", "not_finite: gave -inf"),
        (1.5, "float64", "out_of_range: gave 1.5, its range is 0 to 1"),
        (None, "float64", "failed: the metric gave no value"),
        ("good", "float64", "failed: gave str, its column is float64"),
        (0.5, "int64", "failed: gave float, its column is int64"),
        (np.zeros(3), "float64", "failed: gave ndarray, its column is float64"),
    ],
)
def test_other_values_become_reasons(made, value, dtype, error):
    made(function=lambda grey: value)
    found = call({"made": spec(dtype=dtype, range=Range(0, 1, hard=True))})
    assert found["made"].error == error


def test_a_soft_range_may_be_left(made):
    made(function=lambda grey: 1.5)
    assert call({"made": spec(range=Range(0, 1))}) == {"made": 1.5}


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (ValueError("odd"), "failed: ValueError: odd"),
        (MemoryError(), "out_of_memory: MemoryError: "),
        (UndefinedScoreError("flat", "no edges"), "flat: no edges"),
    ],
)
def test_exceptions_become_reasons(made, error, text):
    def function(grey):
        raise error

    made(function=function)
    assert call({"made": spec()})["made"].error == text


def test_an_operator_that_raises_fails_all_its_metrics(made):
    class Operator:
        columns = (Column("a"), Column("b"))

        def __call__(self, image, wanted):
            raise KeyError("x")

    made(make=lambda setup: Operator())
    columns = {name: spec(name, operator="made_plugin:make") for name in ("a", "b")}
    assert {v.error for v in call(columns).values()} == {"failed: KeyError: 'x'"}


def test_an_operator_that_gives_no_mapping(made):
    made(make=lambda setup: lambda image, wanted: 3)
    found = call({"made": spec(operator="made_plugin:make")})
    assert found["made"].code == "failed"


def test_interrupts_pass(made):
    def function(grey):
        raise KeyboardInterrupt

    made(function=function)
    with pytest.raises(KeyboardInterrupt):
        call({"made": spec()})


class Means:
    """Batch operator: the mean; fails on any batch that holds a black image."""

    columns = (Column("made"),)
    device = "cpu"
    batch = 4

    def __init__(self, setup):
        self.calls = []

    def prepare(self, image):
        if image.header.width == 1:
            raise ValueError("thin")
        return Undefined("odd", "width") if image.header.width % 2 else image.grey

    def run(self, arrays):
        self.calls.append(len(arrays))
        if any(not array.any() for array in arrays):
            raise RuntimeError("black")
        return [{"made": float(array.mean())} for array in arrays]


@pytest.fixture
def means(made):
    made(make=Means)
    batch = spec(operator="made_plugin:make", stage=Stage.BATCH, min_size=(2, 1))
    (operator,) = load_operators({"column": batch})
    return operator


def test_batch_operator(means):
    assert isinstance(means, BatchOperator)
    assert (means.device, means.batch, means.columns) == ("cpu", 4, (Column("column"),))
    arrays = [means.prepare(image_of(np.full((3, w), w, np.uint8))) for w in (2, 4)]
    assert means.run(arrays) == [{"column": 2.0}, {"column": 4.0}]


@pytest.mark.parametrize(
    ("shape", "error"),
    [((1, 4), "too_small: needs 1x2, has 4x1"), ((4, 3), "odd: width"), ((4, 1), "ValueError")],
)
def test_batch_operator_prepares_reasons(means, shape, error):
    assert error in means.prepare(image_of(np.zeros(shape, np.uint8))).error


def test_one_bad_image_does_not_take_its_batch_along(means):
    arrays = [np.ones((2, 2)), np.zeros((2, 2)), np.full((2, 2), 3.0)]
    first, second, third = Batches(means)(arrays)
    assert (first, third) == ({"column": 1.0}, {"column": 3.0})
    assert second["column"].error == "failed: RuntimeError: black"
    assert means.inner.calls == [3, 1, 1, 1]


def test_metrics_that_cannot_be_imported_say_so(made):
    made(make=lambda setup: 1 / 0)
    with pytest.raises(
        MetricError, match=r"cannot be imported \(pip install 'iqcurate\[deep\]'; licence: Apache"
    ):
        load_operators({"made": spec(function="not_there:f", extra="deep")})
    with pytest.raises(MetricError, match="AttributeError"):
        load_operators({"made": spec(function="made_plugin:nothing")})
    with pytest.raises(MetricError, match="cannot be set up: ZeroDivisionError"):
        load_operators({"made": spec(operator="made_plugin:make")})


@pytest.mark.parametrize("name", WEIGHTLESS)
def test_scorers(name):
    spec = WEIGHTLESS[name]
    value = load_scorer(spec)(PHOTO)
    assert value if spec.dtype == "binary" else math.isfinite(value)


def test_scorers_raise_the_reason():
    with pytest.raises(UndefinedScoreError, match="too_small: needs 96x96, has 60x50"):
        load_scorer(specs.NIQE)(SMALL)


def test_batch_scorer(made):
    made(make=Means)
    score = load_scorer(spec(operator="made_plugin:make", stage=Stage.BATCH))
    assert score(image_of(np.full((4, 4), 7, np.uint8))) == 7.0
