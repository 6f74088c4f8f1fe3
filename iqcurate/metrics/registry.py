"""Which metrics there are: every entry point of the group ``iqcurate.metrics``.

Built-in metrics come in by the same door as those of other packages. Listing them imports the
modules of their specs only. The group ``iqcurate.metric_families`` is for metrics too many to
list: an entry point ``FAMILY`` there names a function that makes the spec of ``FAMILY:NAME`` from
``NAME``, or raises `UnknownMetricError`. A plugin that is broken does not break the others: it is
left out, `broken_plugins` says why, and asking for it raises that reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from iqcurate.errors import MetricError, UnknownMetricError
from iqcurate.spec import MetricSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from iqcurate.operators import Operator, Setup
    from iqcurate.types import Image

GROUP = "iqcurate.metrics"
FAMILIES = "iqcurate.metric_families"
DEFAULT = ("lapv", "lapm", "wavs", "brisque", "niqe")
"""What is scored where nothing is named."""


@dataclass(frozen=True, slots=True)
class _Found:
    specs: dict[str, MetricSpec]
    broken: dict[str, str]


def all_specs() -> dict[str, MetricSpec]:
    """Return the usable metrics by name: the default ones first, then by alphabet."""
    return dict(_find().specs)


def broken_plugins() -> dict[str, str]:
    """Return why each entry point that is no usable metric is none, by its name."""
    return dict(_find().broken)


@cache
def _find() -> _Found:
    by_name: dict[str, list[EntryPoint]] = {}
    for point in entry_points(group=GROUP):
        by_name.setdefault(point.name, []).append(point)
    found = _Found({}, {})
    for name in sorted(by_name, key=_order):
        try:
            found.specs[name] = _spec_of(by_name[name])
        except MetricError as reason:
            found.broken[name] = str(reason)
    return found


def _order(name: str) -> tuple[int, str]:
    return (DEFAULT.index(name) if name in DEFAULT else len(DEFAULT), name)


def _spec_of(points: list[EntryPoint]) -> MetricSpec:
    name = points[0].name
    if len(points) > 1:
        owners = " and ".join(sorted(_owner(point) for point in points))
        raise MetricError(f"metric {name!r} is defined by {owners}: uninstall all but one of them")
    spec = _load(points[0])
    if not isinstance(spec, MetricSpec):
        raise MetricError(f"metric {name!r}: {points[0].value} is no MetricSpec{_by(points[0])}")
    if spec.name != name:
        raise MetricError(
            f"metric {name!r}: its spec is named {spec.name!r}{_by(points[0])};"
            " entry point and spec must have one name"
        )
    return spec


def _load(point: EntryPoint) -> object:
    try:
        return point.load()
    except Exception as error:  # whatever a plugin's module does, the others must stay usable
        reason = f"{type(error).__name__}: {error}"
        raise MetricError(
            f"metric {point.name!r} cannot be loaded{_by(point)}: {reason}"
        ) from error


def _owner(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value


def _by(point: EntryPoint) -> str:
    return f" (from {_owner(point)})"


def resolve(names: Iterable[str] | None = None) -> list[MetricSpec]:
    """Turn names of metrics and groups into specs, each once, in the order asked for.

    Parameters
    ----------
    names
        Metric or group names; None for the default metrics.

    Raises
    ------
    UnknownMetricError
        If a name is unknown (with what comes close).
    MetricError
        If its plugin is broken (with the reason),
        or if there is no name at all.
    """
    chosen: dict[str, MetricSpec] = {}
    for name in DEFAULT if names is None else names:
        chosen.update((spec.name, spec) for spec in _named(name))
    if not chosen:
        raise MetricError("no metric named: name some, or leave the choice out for the default")
    return list(chosen.values())


def _named(name: str) -> list[MetricSpec]:
    found = _find()
    if name in found.specs:
        return [found.specs[name]]
    if name in found.broken:
        raise MetricError(found.broken[name])
    family, colon, member = name.partition(":")
    if colon and (points := entry_points(group=FAMILIES, name=family)):
        # names of metrics are lower case, those of other packages' models need not be
        return [_member_of(list(points), name.lower(), member.lower())]
    members = [spec for spec in found.specs.values() if name in spec.groups]
    if not members:
        raise UnknownMetricError(_unknown(name, found.specs))
    return members


def _member_of(points: list[EntryPoint], name: str, member: str) -> MetricSpec:
    make = _load(points[0])
    spec = make(member) if callable(make) else make
    if not isinstance(spec, MetricSpec) or spec.name != name:
        raise MetricError(f"metric {name!r}: {points[0].value} made {spec!r}{_by(points[0])}")
    return spec


def _unknown(name: str, specs: Mapping[str, MetricSpec]) -> str:
    groups = {group for spec in specs.values() for group in spec.groups}
    close = get_close_matches(name, [*specs, *sorted(groups)])
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(specs)}"
    return f"unknown metric {name!r}: {hint}"


def load_scorer(spec: MetricSpec, setup: Setup | None = None) -> Callable[[Image], float]:
    """Import a metric and return it as a function of one image.

    Parameters
    ----------
    spec
        The metric.
    setup
        How it runs, if it can choose; by default on the CPU.

    Returns
    -------
    A function of an `iqcurate.types.Image`, whatever part of it the metric uses. It raises
    `UndefinedScoreError` where the score is undefined or the metric fails.

    Raises
    ------
    MetricError
        If the metric cannot be imported.
    """
    from iqcurate.metrics.loading import make_scorer

    return make_scorer(spec, setup)


def load_operators(columns: Mapping[str, MetricSpec], setup: Setup | None = None) -> list[Operator]:
    """Import metrics and return the operators that fill the columns.

    Metrics that name one operator share it. Every value that comes out is a finite number of
    the column's type within a hard range, or `Undefined` with a reason: ``too_small``,
    ``not_finite``, ``out_of_range``, ``out_of_memory``, ``failed``, or the metric's own.

    Parameters
    ----------
    columns
        The metric that fills each column; the column may be named otherwise.
    setup
        How they run, if they can choose; by default on the CPU.

    Raises
    ------
    MetricError
        If a metric cannot be imported.
    """
    from iqcurate.metrics.loading import make_operators

    return make_operators(columns, setup)
