"""Whether scores move with quality, and with nothing else, on a user's images."""

from __future__ import annotations

import os
import time
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from iqcurate.analysis.robustness.judge import BOUNDS, Settings
from iqcurate.analysis.robustness.protocol import VERSION, Protocol
from iqcurate.api.columns import wanted_columns
from iqcurate.api.files import check_output, file_name
from iqcurate.api.fill import scores as score_fill
from iqcurate.api.options import Options, make_options
from iqcurate.api.robustness_cost import estimate
from iqcurate.api.robustness_images import draw_sample, read_sequences, versions
from iqcurate.api.robustness_table import Table, judge_all
from iqcurate.api.run import RunReport
from iqcurate.api.variant_run import VariantRun
from iqcurate.engine import Engine
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.robustness import save_robustness, to_document
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.api.options import ScoreOptions
    from iqcurate.api.robustness_cost import CheckCost
    from iqcurate.robustness import Robustness
    from iqcurate.spec import MetricSpec

    PathLike = str | os.PathLike[str]

KIND = "iqcurate-robustness-scores"
SAMPLE = 100
_LEAST_DRAWS = 100


@dataclass(frozen=True)
class RobustnessResult:
    """What `check_robustness` gives back.

    Parameters
    ----------
    metrics
        Verdict, reason, tests and correlations of each metric; empty after an interruption.
    provenance
        How they came about.
    protocol
        Which versions of the images were scored.
    store
        Folder of all scores.
    report
        What the run did.
    """

    metrics: Mapping[str, Robustness]
    provenance: Mapping[str, Any]
    protocol: Protocol
    store: Path
    report: RunReport

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row a metric and test: verdict, response, interval, and the other figures."""
        import pandas as pd

        rows = [
            {"metric": name, "test": test, "verdict": str(outcome.verdict), **outcome.figures}
            for name, found in self.metrics.items()
            for test, outcome in found.tests.items()
        ]
        first = ["metric", "test", "verdict", "response", "low", "high", "bound"]
        return pd.DataFrame(
            rows, columns=list(dict.fromkeys([*first, *(n for r in rows for n in r)]))
        )

    @cached_property
    def correlations(self) -> pd.DataFrame:
        """One row a metric and sweep: mean absolute PCC and SRCC, and what chance alone gives."""
        import pandas as pd

        rows = [
            {"metric": name, "sweep": sweep, **figures}
            for name, found in self.metrics.items()
            for sweep, figures in found.correlations.items()
        ]
        return pd.DataFrame(rows)

    def document(self) -> dict[str, Any]:
        """What the file holds."""
        return to_document(self.metrics, self.provenance)

    def save(self, path: PathLike, force: bool = False) -> None:
        """Write the file of robustness (JSON).

        Raises
        ------
        UsageError
            Where it is there already and `force` is not set.
        """
        check_output(Path(path), force)
        save_robustness(self.metrics, self.provenance, path)

    def plot(self) -> Figure:
        """Responses of all metrics with their intervals, beside the bounds."""
        from iqcurate.analysis.plots.robustness import plot_robustness

        return plot_robustness(self.metrics)

    def plot_metric(self, metric: str) -> Figure:
        """How one metric responds to each angle and each blur."""
        from iqcurate.analysis.plots.robustness import plot_metric

        return plot_metric(metric, self.metrics[metric])

    def save_plots(self, folder: PathLike) -> list[Path]:
        """Write ``robustness.png`` and one PNG a metric into a folder, made where it is not."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        figures = {"robustness": self.plot()}
        figures |= {file_name(name): self.plot_metric(name) for name in self.metrics}
        paths = [folder / f"{name}.png" for name in figures]
        for path, figure in zip(paths, figures.values(), strict=True):
            figure.savefig(path)
        return paths


def check_robustness(
    source: PathLike | Sequence[PathLike],
    store: PathLike,
    *,
    protocol: str = "response",
    sample: int = SAMPLE,
    sequences: PathLike | None = None,
    bounds: Mapping[str, float] | None = None,
    bootstraps: int = 2000,
    seed: int = 0,
    announce: Callable[[CheckCost], None] | None = None,
    **options: Unpack[Options],
) -> RobustnessResult:
    """Check how scores respond to crop, rotation and blur.

    Parameters
    ----------
    source
        As for `iqcurate.score`.
    store
        Folder of the scores; an existing one is continued.
    protocol
        ``response``, or ``paper``: the crops, rotations and correlations of Smith et al. 2024,
        without verdicts.
    sample
        At most so many images, by chance.
    sequences
        Table of real sequences, such as focus sweeps: id or path, sequence, level (how far the
        image is from the best of its sequence).
    bounds
        In percentile points: the most that ``crop`` and ``rotate`` may move scores, 5, and the
        least that ``blur`` must, 20.
    bootstraps
        Draws for the intervals.
    seed
        Of the sample and the draws.
    announce
        Called with what it will take, before it begins.
    options
        Metrics, what is listed, limits, progress: as for `iqcurate.score`.

    Returns
    -------
    RobustnessResult, whose ``metrics`` have the verdicts.

    Raises
    ------
    SourceError, StoreError, MetricError, UsageError
        Where the call cannot be carried out.

    Examples
    --------
    >>> result = iqcurate.check_robustness("photos/", "robustness.store", sample=200)
    >>> result.frame[["metric", "test", "verdict", "response"]]
    >>> result.save("robustness.json")
    """
    names: list[PathLike] = [source] if isinstance(source, str | os.PathLike) else list(source)
    check = Check(
        [os.fspath(n) for n in names],
        Path(store),
        make_options(**options),
        which=which_protocol(protocol),
        sample=sample,
        sequences=None if sequences is None else os.fspath(sequences),
        settings=make_settings(bounds, bootstraps, seed),
    )
    if announce is not None:
        announce(check.cost())
    return check.run()


def which_protocol(name: str) -> Protocol:
    """Protocol of that name, or `UsageError`."""
    try:
        return Protocol(name)
    except ValueError:
        raise UsageError(f"--protocol {name}: it is {' or '.join(Protocol)}") from None


def make_settings(bounds: Mapping[str, float] | None, bootstraps: int, seed: int) -> Settings:
    """Settings of the judgement, or `UsageError`."""
    given = dict(bounds or {})
    for name, bound in given.items():
        if name not in BOUNDS:
            raise UsageError(f"--bound {name}: it is one of {', '.join(BOUNDS)}")
        if not 0 < bound < 100:
            raise UsageError(f"--bound {name}={bound:g}: it is in percentile points, 0 to 100")
    if bootstraps < _LEAST_DRAWS:
        raise UsageError(f"{bootstraps} bootstraps are too few: at least {_LEAST_DRAWS}")
    return Settings({**BOUNDS, **given}, bootstraps, seed)


class Check:
    """A check of robustness, of which it can be said what it will take before it runs."""

    def __init__(
        self,
        sources: Sequence[str],
        store: Path,
        options: ScoreOptions,
        *,
        which: Protocol,
        sample: int,
        sequences: str | None,
        settings: Settings,
    ) -> None:
        if sample < 1:
            raise UsageError(f"--sample {sample}: it must be at least 1")
        self.options = options
        self.store = store
        self.which = which
        self.settings = settings
        self.report = RunReport()
        self.columns = self._columns()
        _, make_fill = score_fill(options)
        self.fill = make_fill({"columns": {n: {"metric": n} for n in self.columns}})
        self.engine = Engine(self.fill.operators, options.decode)
        self.sample = draw_sample(sources, sample, settings.seed, options, self.report)
        self.steps = [] if sequences is None else read_sequences(sequences, self.report)
        self.versions = versions(self.sample, self.steps, which)
        self._said = {"sources": list(sources), "sequences": sequences, "sample": sample}

    def cost(self) -> CheckCost:
        """What it will take; scores one image to find out."""
        workers = self.options.workers or default_workers()
        return estimate(self.versions, len(self.columns), self.engine, workers)

    def run(self) -> RobustnessResult:
        """Score what is not scored yet, and judge."""
        began = time.monotonic()
        run = VariantRun(
            self.versions, self.store, self.options, self.fill, KIND, {"versions": VERSION},
            self.engine, self.report,
        )  # fmt: skip
        run.run()
        metrics: Mapping[str, Robustness] = {}
        if not self.report.interrupted:
            table = Table.read(self.store, self.sample, self.steps, list(self.columns))
            metrics = judge_all(table, self.columns, self.which, self.settings)
        self.report.seconds = time.monotonic() - began
        return RobustnessResult(metrics, self._provenance(), self.which, self.store, self.report)

    def _columns(self) -> dict[str, MetricSpec]:
        """Metrics to check; a plain property points nowhere, so that no blur is worse for it."""
        found = wanted_columns(self.options.metrics, {}, {"columns": {}})
        usable = {
            name: spec
            for name, spec in found.items()
            if spec.direction is not Direction.NONE and spec.dtype in ("float64", "int64")
        }
        if left := [name for name in found if name not in usable]:
            self.report.note(f"not checked, because neither way is better: {', '.join(left)}")
        if not usable:
            raise UsageError("none of these metrics says which scores are better")
        return usable

    def _provenance(self) -> dict[str, Any]:
        from importlib.metadata import version

        groups = Counter(ref.group for ref in self.sample if ref.group is not None)
        return {
            "iqcurate": version("iqcurate"),
            **self._said,
            "protocol": str(self.which),
            "images": len(self.sample),
            "resampled_by": "group" if groups else "id",
            "steps": len(self.steps),
            "bounds": dict(self.settings.bounds),
            "bootstraps": self.settings.draws,
            "seed": self.settings.seed,
            "scorers": {name: record["scorer"] for name, record in self.fill.records.items()},
        }
