"""What `find_cutoffs` gives."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.api.files import check_output, file_name
from iqcurate.cutoffs import Reference

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    import numpy.typing as npt
    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.analysis.cutoffs.methods import Method
    from iqcurate.api.inputs import Scores
    from iqcurate.api.join import Joined
    from iqcurate.cutoffs import Cutoff, Cutoffs


_SCORES = ("partitions_low", "partitions_high")
"""What of the evidence is on the scale of the scores."""


@dataclass(frozen=True, slots=True)
class CutoffResult:
    """What `find_cutoffs` gives back.

    Parameters
    ----------
    cutoffs
        What the file holds; always on the scale of the scores.
    notes
        What to know of the tables: images without a prediction, and such.
    normalised
        Show cut-offs on the scale on which the smallest score is 0 and the largest 1.
    """

    cutoffs: Cutoffs
    notes: tuple[str, ...]
    normalised: bool
    _scores: Scores
    _joined: Joined | None
    _method: Method

    @property
    def metrics(self) -> Mapping[str, Cutoff]:
        """Cut-offs by score column."""
        return self.cutoffs.metrics

    @property
    def frame(self) -> pd.DataFrame:
        """One row a metric: verdict, cut-off, interval, what it would do, reason."""
        import pandas as pd

        return pd.DataFrame([_row(n, self.shown(n)) for n in self.metrics])

    def shown(self, metric: str) -> Cutoff:
        """A cut-off on the scale to show it on."""
        cutoff = self.metrics[metric]
        return normalised(cutoff) if self.normalised else cutoff

    def save(self, path: str | os.PathLike[str], force: bool = False) -> None:
        """Write the file of cut-offs (JSON).

        Raises
        ------
        UsageError
            Where it is there already and `force` is not set.
        """
        check_output(Path(path), force)
        self.cutoffs.save(path)

    def plot(self, metric: str) -> Figure:
        """Confidence against score, the curves of right and wrong images, and the cut-off."""
        from iqcurate.analysis.plots.cutoff import plot_cutoff

        cutoff = self.shown(metric)
        values = self._scores.values(metric)
        if self._joined is None:
            return plot_cutoff(metric, cutoff, _scaled(values[np.isfinite(values)], self, metric))
        values = values[self._joined.rows]
        there = np.isfinite(values)
        likely, confident = (
            None if column is None else column[there]
            for column in (self._joined.p_true, self._joined.confidence)
        )
        return plot_cutoff(
            metric,
            cutoff,
            _scaled(values[there], self, metric),
            self._joined.wrong[there],
            likely,
            confident,
            self._method,
        )

    def save_plots(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write one PNG a metric into a folder, which is made where it is not there."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for metric in self.metrics:
            paths.append(folder / f"{file_name(metric)}.png")
            self.plot(metric).savefig(paths[-1])
        return paths


def normalised(cutoff: Cutoff) -> Cutoff:
    """A cut-off on the scale on which the smallest score is 0 and the largest 1."""
    if cutoff.reference is None:
        return cutoff
    low, high = cutoff.reference.min, cutoff.reference.max

    def scale(value: float) -> float:
        return (value - low) / (high - low) if high > low else 0.0

    ends = cutoff.interval
    return replace(
        cutoff,
        cutoff=None if cutoff.cutoff is None else scale(cutoff.cutoff),
        interval=None if ends is None else (scale(ends[0]), scale(ends[1])),
        crossings=tuple(map(scale, cutoff.crossings)),
        evidence={
            name: scale(value) if name in _SCORES and value is not None else value
            for name, value in cutoff.evidence.items()
        },
        reference=Reference(0.0, 1.0, tuple(map(scale, cutoff.reference.quantiles))),
    )


def _scaled(
    values: npt.NDArray[np.float64], result: CutoffResult, metric: str
) -> npt.NDArray[np.float64]:
    reference = result.metrics[metric].reference
    if not result.normalised or reference is None or reference.max == reference.min:
        return values
    return (values - reference.min) / (reference.max - reference.min)


def _row(name: str, cutoff: Cutoff) -> dict[str, Any]:
    low, high = cutoff.interval or (None, None)
    auc = cutoff.auc or (None, None, None)
    return {
        "metric": name,
        "verdict": str(cutoff.verdict),
        "cutoff": cutoff.cutoff,
        "low": low,
        "high": high,
        "direction": str(cutoff.direction),
        "n_right": cutoff.n_right,
        "n_wrong": cutoff.n_wrong,
        "auc_low": auc[0],
        "auc": auc[1],
        "auc_high": auc[2],
        **cutoff.effect,
        **cutoff.evidence,
        "crossings": cutoff.crossings,
        "reason": cutoff.reason,
    }
