"""What `compare` gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqcurate.analysis.compare.words import words
from iqcurate.api.files import file_name

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.analysis.audit.summary import Gate
    from iqcurate.analysis.compare.standing import Judged, Whole
    from iqcurate.api.matched import MatchResult
    from iqcurate.api.two_sets import TwoSets

    PathLike = str | os.PathLike[str]


@dataclass(frozen=True)
class CompareResult:
    """How two sets of scores differ.

    Parameters
    ----------
    sentence
        What all metrics say together.
    whole
        The same for machines: standing, number of tests, smallest distance that matters.
    metrics
        By metric.
    classes
        One row a class and metric, see `iqcurate.analysis.compare.classes.by_class`; empty
        without labels in both sets.
    figures
        By name, for gates; None for what has no value.
    gates
        What came of the conditions that must not hold.
    warnings
        Sentences for whoever relies on it.
    matched
        The part of A that is like B, where it was asked for.
    """

    sentence: str
    whole: Whole
    metrics: Mapping[str, Judged]
    classes: pd.DataFrame
    figures: Mapping[str, float | None]
    gates: tuple[Gate, ...]
    warnings: tuple[str, ...]
    matched: MatchResult | None
    sets: TwoSets = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether no gate failed."""
        return not any(gate.failed for gate in self.gates)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a metric; see `iqcurate.analysis.compare.shift.Shift`."""
        import pandas as pd

        return pd.DataFrame([
            {
                "metric": name,
                "verdict": str(found.verdict),
                "way": found.way and str(found.way),
                **asdict(found.shift),
                "direction": str(found.shift.direction),
                "p_adjusted": found.p_adjusted,
                "words": self.words(name),
            }
            for name, found in self.metrics.items()
        ])  # fmt: skip

    @cached_property
    def markdown(self) -> str:
        """The short form."""
        from iqcurate.report.compared import markdown

        return markdown(self.sentence, self.frame, self.gates)

    def words(self, metric: str) -> str:
        """What the figures of a metric mean."""
        return words(self.metrics[metric], self.whole.matters)

    def plot(self, metric: str) -> Figure:
        """Distributions of A and of B in one metric."""
        from iqcurate.analysis.plots.compare import plot_shift

        a, b = self.sets.columns(metric)
        names = self.sets.a.name, self.sets.b.name
        return plot_shift(metric, self.metrics[metric], names, a, b, self.words(metric))

    def save_plots(self, folder: PathLike) -> list[Path]:
        """Write one PNG a metric into a folder, which is made where it is not there."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for metric in self.metrics:
            paths.append(folder / f"{file_name(metric)}.png")
            self.plot(metric).savefig(paths[-1])
        return paths

    def as_data(self) -> dict[str, Any]:
        """All of it but the classes as plain data."""
        return {
            "standing": str(self.whole.standing),
            "sentence": self.sentence,
            "tests": self.whole.tests,
            "matters": self.whole.matters,
            "a": self.sets.a.name,
            "b": self.sets.b.name,
            "metrics": self.frame.to_dict("records"),
            "figures": dict(self.figures),
            "gates": [asdict(gate) for gate in self.gates],
            "warnings": list(self.warnings),
        }
