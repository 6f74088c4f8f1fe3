"""What `audit` gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqcurate.api.files import check_output

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import pandas as pd

    from iqcurate.analysis.audit.summary import Gate
    from iqcurate.report.sentences import Finding


@dataclass(frozen=True)
class AuditResult:
    """A data set's quality: what stands out, the figures behind it, and the page to look at.

    Parameters
    ----------
    findings
        Sentences, each with its weight (``good``, ``note``, ``look``).
    figures
        Figures of the whole data set by name, such as ``truncated`` or ``niqe_p95``; None for
        what has no value.
    gates
        What came of the conditions that must not hold.
    warnings
        Sentences for whoever relies on it.
    data
        All that the page shows.
    """

    findings: tuple[Finding, ...]
    figures: Mapping[str, float | None]
    gates: tuple[Gate, ...]
    warnings: tuple[str, ...]
    data: Mapping[str, Any] = field(repr=False)

    @property
    def passed(self) -> bool:
        """Whether no gate failed."""
        return not any(gate.failed for gate in self.gates)

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """One row a metric: direction, scores, quantiles, cut-off."""
        import pandas as pd

        rows = []
        for found in self.data["metrics"]:
            row = {"metric": found["name"], "direction": found["direction"], "n": found["n"]}
            names = ("mean", "sd", "min", "p5", "median", "p95", "max")
            row |= {n: self.figures[f"{found['name']}_{n}"] for n in names}
            cutoff = found["cutoff"] or {"value": None, "verdict": None}
            rows.append(row | {"cutoff": cutoff["value"], "verdict": cutoff["verdict"]})
        return pd.DataFrame(rows)

    @cached_property
    def classes(self) -> pd.DataFrame:
        """One row a class and metric: images, mean, standard deviation; empty without labels."""
        import pandas as pd

        parts = self.data["classes"]
        rows = [
            {
                "class": name,
                "images": parts["images"][i],
                "metric": metric,
                **{n: found[n][i] for n in ("n", "mean", "sd")},
            }
            for i, name in enumerate(parts["names"] if parts else ())
            for metric, found in parts["metrics"].items()
        ]
        return pd.DataFrame(rows, columns=["class", "images", "metric", "n", "mean", "sd"])

    @cached_property
    def html(self) -> str:
        """The page: one file that needs nothing else."""
        from iqcurate.report.page import page

        return page(self.data)

    @cached_property
    def markdown(self) -> str:
        """The short form."""
        from iqcurate.report.markdown import markdown

        directions = {m["name"]: m["direction"] for m in self.data["metrics"]}
        title = self.data["about"]["title"]
        return markdown(title, self.findings, directions, self.figures, self.gates)

    def save(self, path: str | os.PathLike[str], force: bool = False) -> None:
        """Write the page; it appears under its name when it is whole.

        Raises
        ------
        UsageError
            Where it is there already and `force` is not set, or its folder is not.
        """
        save_text(self.html, Path(path), force)


def save_text(text: str, path: Path, force: bool) -> None:
    """Write a text file; it appears under its name when it is whole."""
    check_output(path, force)
    unfinished = path.with_name(f".{path.name}.part")
    try:
        unfinished.write_text(text, encoding="utf-8")
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
