"""From specs to operators whose every value can be stored."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from iqcurate.batches import Batches
from iqcurate.errors import IqcurateError, MetricError, UndefinedScoreError
from iqcurate.metrics.guard import not_defined, settle
from iqcurate.operators import Column, Setup, Undefined
from iqcurate.spec import Input, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import numpy as np

    from iqcurate.operators import ImageOperator, Operator, Record, Value
    from iqcurate.spec import MetricSpec
    from iqcurate.types import Header, Image


def make_operators(columns: Mapping[str, MetricSpec], setup: Setup | None) -> list[Operator]:
    """See `iqcurate.metrics.registry.load_operators`."""
    shared: dict[object, dict[str, MetricSpec]] = {}
    for column, spec in columns.items():
        shared.setdefault(_shares(spec), {})[column] = spec
    return [_wrap(specs, setup or Setup()) for specs in shared.values()]


def _shares(spec: MetricSpec) -> tuple[object, ...]:
    if spec.stage is Stage.BATCH:
        return (spec.operator, spec.min_size, spec.formats)  # `run` no longer knows the headers
    return (spec.operator,) if spec.operator else (spec.function, spec.input)


def _wrap(columns: dict[str, MetricSpec], setup: Setup) -> Operator:
    spec = next(iter(columns.values()))
    inner = _make(spec, setup)
    if spec.stage is Stage.BATCH:
        return _Batch(columns, inner)
    return _OnHeader(columns, inner) if spec.input is Input.HEADER else _OnImage(columns, inner)


def _make(spec: MetricSpec, setup: Setup) -> Any:
    if spec.function:
        return _Simple(spec, _import(spec, spec.function))
    module, name, *what = spec.operator.split(":", 2)
    maker = _import(spec, f"{module}:{name}")
    try:
        return maker(setup, *what)
    except IqcurateError:
        raise
    except Exception as error:  # a plugin may fail in any way; say which one it was
        raise MetricError(f"metric {spec.name!r} cannot be set up: {_say(error)}") from error


def _import(spec: MetricSpec, target: str) -> Callable[..., Any]:
    module, _, name = target.partition(":")
    try:
        return cast("Callable[..., Any]", getattr(import_module(module), name))
    except Exception as error:  # importing a plugin may fail in any way; say which one it was
        hint = f" ({spec.how_to_install}; licence: {spec.licence})" if spec.extra else ""
        raise MetricError(
            f"metric {spec.name!r} cannot be imported{hint}: {_say(error)}"
        ) from error


def _say(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


@dataclass(frozen=True, eq=False)
class _Simple:
    """A metric function as an operator of the one metric that it is."""

    spec: MetricSpec
    function: Callable[..., Value]

    def __call__(self, image: Image, wanted: frozenset[str]) -> Mapping[str, Value]:
        given = image.grey if self.spec.input is Input.GREY else image.rgb
        return dict.fromkeys(wanted, self.function(given))

    def from_header(self, header: Header, wanted: frozenset[str]) -> Mapping[str, Value]:
        return dict.fromkeys(wanted, self.function(header))


@dataclass(frozen=True, eq=False)
class _Wrapper:
    """Calls an operator for metrics, gives columns."""

    specs: Mapping[str, MetricSpec]
    inner: Any

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return tuple(Column(name, spec.dtype) for name, spec in self.specs.items())

    def _fill(
        self,
        header: Header,
        wanted: frozenset[str],
        compute: Callable[[frozenset[str]], Mapping[str, Value]],
    ) -> Record:
        asked = {name: spec for name, spec in self.specs.items() if name in wanted}
        unfit = {name: not_defined(spec, header) for name, spec in asked.items()}
        fitting = frozenset(asked[name].name for name, reason in unfit.items() if not reason)
        values = _attempt(compute, fitting) if fitting else {}
        return {name: unfit[name] or settle(spec, values) for name, spec in asked.items()}


def _attempt(
    compute: Callable[[frozenset[str]], Mapping[str, Value]], metrics: frozenset[str]
) -> Mapping[str, Value]:
    try:
        return dict(compute(metrics))
    except Exception as error:  # noqa: BLE001 - one bug must not end a run of a million images
        return dict.fromkeys(metrics, Undefined.because(error))


class _OnImage(_Wrapper):
    def __call__(self, image: Image, wanted: frozenset[str]) -> Record:
        return self._fill(image.header, wanted, lambda metrics: self.inner(image, metrics))


class _OnHeader(_Wrapper):
    def from_header(self, header: Header, wanted: frozenset[str]) -> Record:
        return self._fill(header, wanted, lambda metrics: self.inner.from_header(header, metrics))


class _Batch(_Wrapper):
    """One least size and one choice of formats for all its columns."""

    @property
    def device(self) -> str:
        return cast("str", self.inner.device)

    @property
    def batch(self) -> int:
        return cast("int", self.inner.batch)

    def prepare(self, image: Image) -> np.ndarray | Undefined:
        unfit = not_defined(next(iter(self.specs.values())), image.header)
        if unfit:
            return unfit
        try:
            return cast("np.ndarray | Undefined", self.inner.prepare(image))
        except Exception as error:  # noqa: BLE001 - one bug must not end a run of a million images
            return Undefined.because(error)

    def run(self, arrays: Sequence[np.ndarray]) -> list[Record]:
        return [self._settled(dict(record)) for record in self.inner.run(arrays)]

    def _settled(self, record: Mapping[str, Value]) -> Record:
        return {name: settle(spec, record) for name, spec in self.specs.items()}


def make_scorer(spec: MetricSpec, setup: Setup | None) -> Callable[[Image], float]:
    """See `iqcurate.metrics.registry.load_scorer`."""
    (operator,) = make_operators({spec.name: spec}, setup)

    def scorer(image: Image) -> float:
        value = score_with(operator, image)[spec.name]
        if isinstance(value, Undefined):
            raise UndefinedScoreError(value.code, value.text)
        return cast("float", value)

    return scorer


def score_with(operator: Operator, image: Image) -> Mapping[str, Value]:
    """Return all columns that an operator from here gives for one image."""
    names = frozenset(column.name for column in operator.columns)
    if isinstance(operator, _Batch):
        prepared = operator.prepare(image)
        if isinstance(prepared, Undefined):
            return dict.fromkeys(names, prepared)
        return Batches(operator)([prepared])[0]
    if isinstance(operator, _OnHeader):
        return operator.from_header(image.header, names)
    return cast("ImageOperator", operator)(image, names)
