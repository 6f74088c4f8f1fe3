"""Which metrics keep still when only the framing changes: the portable file that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqcurate.errors import RobustnessError
from iqcurate.portable import Kind, check_document, read_document, save_document

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

KIND = Kind(
    "iqcurate-robustness",
    1,
    "robustness.json",
    "file of robustness",
    "iqcurate robustness",
    RobustnessError,
)


class Survival(StrEnum):
    """What came out of a test, or of all tests of a metric."""

    SURVIVES = "survives"
    """The score moves with quality and little with anything else."""
    FAILS = "fails"
    """The score moves with something that is not quality, or not with quality."""
    CANNOT_TELL = "cannot_tell"
    """Too little is known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one test, such as ``crop``, ``rotate`` or ``blur``: the verdict and its figures."""

    verdict: Survival
    figures: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Robustness:
    """Outcome for one metric: the verdict, why in a sentence, and its tests by name.

    Correlations with the number of a step, by sweep, decide nothing.
    """

    verdict: Survival
    reason: str
    tests: Mapping[str, Outcome]
    correlations: Mapping[str, Mapping[str, float | None]] = field(default_factory=dict)

    @property
    def failed(self) -> list[str]:
        """Names of the tests that the metric failed."""
        return [name for name, test in self.tests.items() if test.verdict is Survival.FAILS]


def read_robustness(path: str | os.PathLike[str]) -> dict[str, Robustness]:
    """Read a file of robustness: outcome by metric.

    Raises
    ------
    RobustnessError
        Where it cannot be read, is no such file, or is of another version.
    """
    document = read_document(Path(path), KIND)
    return {name: _from_record(record) for name, record in document["metrics"].items()}


def _from_record(record: Mapping[str, Any]) -> Robustness:
    tests = {
        name: Outcome(Survival(test["verdict"]), test.get("figures", {}))
        for name, test in record["tests"].items()
    }
    correlations = record.get("correlations", {})
    return Robustness(Survival(record["verdict"]), record["reason"], tests, correlations)


def to_document(metrics: Mapping[str, Robustness], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """What the file holds."""
    return {
        "format": KIND.format,
        "version": KIND.version,
        "metrics": {name: _to_record(found) for name, found in metrics.items()},
        "provenance": dict(provenance),
    }


def save_robustness(
    metrics: Mapping[str, Robustness],
    provenance: Mapping[str, Any],
    path: str | os.PathLike[str],
) -> None:
    """Write a file of robustness (JSON)."""
    document = to_document(metrics, provenance)
    check_document(document, KIND)
    save_document(document, Path(path))


def _to_record(found: Robustness) -> dict[str, Any]:
    return {
        "verdict": str(found.verdict),
        "reason": found.reason,
        "tests": {
            name: {"verdict": str(test.verdict), "figures": dict(test.figures)}
            for name, test in found.tests.items()
        },
        "correlations": {name: dict(figures) for name, figures in found.correlations.items()},
    }
