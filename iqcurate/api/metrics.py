"""What metrics there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from iqcurate.metrics.registry import all_specs, broken_plugins, resolve

if TYPE_CHECKING:
    from iqcurate.spec import MetricSpec


def list_metrics() -> list[MetricSpec]:
    """Every usable metric, built-in or from another package; imports none of them."""
    return list(all_specs().values())


def list_broken() -> dict[str, str]:
    """Metrics that other packages announce but that cannot be used, and why."""
    return broken_plugins()


def find_metrics(name: str | None = None) -> list[MetricSpec]:
    """One metric, the metrics of a group, or all; `MetricError` where the name is unknown."""
    return list_metrics() if name is None else resolve([name])
