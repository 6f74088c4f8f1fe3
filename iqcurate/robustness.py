"""Which metrics keep still when only the framing changes: the portable file that says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqcurate.errors import RobustnessError
from iqcurate.portable import Kind, read_document

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
    """Outcome for one metric: the verdict, why in a sentence, and its tests by name."""

    verdict: Survival
    reason: str
    tests: Mapping[str, Outcome]

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
    return Robustness(Survival(record["verdict"]), record["reason"], tests)
