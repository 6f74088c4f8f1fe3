"""What an experiment with training sets gives, and the files that it writes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.api.training_report import report
from iqcurate.errors import UsageError
from iqcurate.experiments.training.design import QUESTIONS, Arm, Kind, Question
from iqcurate.experiments.training.interval import difference
from iqcurate.experiments.training.measures import AUC, MEASURES, image_weights
from iqcurate.experiments.training.study import HIGH, PARTS, TEST
from iqcurate.portable import save_document
from iqcurate.tabular import write_table

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd
    from matplotlib.figure import Figure

    from iqcurate.api.run import RunReport
    from iqcurate.experiments.training.interval import Difference
    from iqcurate.experiments.training.study import Comparison, Job, Outcome, Study

TABLES = ("verdicts", "differences", "arms", "runs")
PROVENANCE = b"iqcurate_provenance"
"""Key in the metadata of the Parquet files."""
_NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class TrainingResult:
    """What an experiment gives; all measures and differences are shares in [-1, 1].

    Parameters
    ----------
    folder
        Of the experiment.
    report
        What the run did; ``counts`` has models ``trained`` and ``kept`` from before.
    study, outcomes
        What was run; None and empty after an interruption.
    provenance
        How it came about.
    """

    folder: Path
    report: RunReport
    study: Study | None = field(default=None, repr=False)
    outcomes: Mapping[Job, Outcome] = field(default_factory=dict, repr=False)
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def finished(self) -> bool:
        """Whether there are answers."""
        return self.study is not None

    @cached_property
    def answers(self) -> list[Comparison]:
        """Verdicts: of each question on all test images, then on those of high quality."""
        return [] if self.study is None else self.study.answers(self.outcomes)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """One row a question and kind of test images: difference, intervals, verdict, reason.

        ``low`` and ``high`` are of the 95% interval, ``low90`` and ``high90`` of that of 90%;
        ``smallest`` is the true difference that would be seen four times in five, and ``power`` how
        often one of the size of the margin would be, in [0, 1].
        """
        import pandas as pd

        return pd.DataFrame([self._verdict(answer) for answer in self.answers])

    @cached_property
    def differences(self) -> pd.DataFrame:
        """One row a question, share and kind of test images; ``chosen`` on validation images.

        Intervals of shares that were not chosen are for looking at: with several, one of them
        may well exclude 0 by chance.
        """
        import pandas as pd

        shares = {(a.question, a.part): a.share for a in self.answers}
        rows = [
            {
                "question": str(question), "tested_on": part, "share": share,
                **_figures(found), "chosen": shares[question, part] == share,
            }
            for question, part, share, found in self._every()
        ]  # fmt: skip
        return pd.DataFrame(rows)

    @cached_property
    def arms(self) -> pd.DataFrame:
        """One row an arm: images, mean and standard deviation over the seeds of each measure."""
        runs = self.runs[self.runs["shuffle"] == 0]
        grouped = runs.groupby(["arm", "share"], sort=False)
        found = grouped[["images", "groups"]].mean()
        for name in self._measured():
            found[name] = grouped[name].mean()
            found[f"{name}_sd"] = grouped[name].std()
        order = [(str(arm.kind), arm.share) for arm in (self.study.arms() if self.study else ())]
        made: pd.DataFrame = found.loc[order].reset_index()
        return made

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row a model that was trained: arm, share, seed, images, groups, measures by part."""
        import pandas as pd

        rows = [
            {
                "arm": str(arm.kind), "share": arm.share, "shuffle": arm.shuffle, "seed": number,
                "images": run.images, "groups": run.groups,
                **{f"{p}_{m}": run.measures[p][m] for p in PARTS for m in (*MEASURES, AUC)},
                "seconds": run.seconds,
            }
            for (arm, number), run in self.outcomes.items()
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def document(self) -> dict[str, Any]:
        """All of it as JSON has it."""
        return {
            "format": "iqcurate-training",
            "version": 1,
            "classes": [] if self.study is None else list(self.study.taking.classes),
            "images": self.sizes,
            **{n: _records(getattr(self, n)) for n in ("verdicts", "differences", "arms")},
            "notes": list(self.report.notes),
            "provenance": dict(self.provenance),
        }

    @property
    def sizes(self) -> dict[str, int]:
        """Images in the pool, that a seed draws, and of each held-out part."""
        if self.study is None:
            return {}
        split, drawn = self.study.split, self.outcomes[Arm(Kind.ALL), 0].images
        return {
            "pool": len(split.pool), "drawn": drawn, "validation": len(split.validation),
            "test": len(split.test), HIGH: int(self.study.high.sum()),
        }  # fmt: skip

    def markdown(self) -> str:
        """The report."""
        return report(self)

    def plot(self) -> Figure:
        """Measures by share removed, and differences with their intervals."""
        from iqcurate.analysis.plots.training import plot_training

        self._check()
        margin = float(self.provenance["margin"])
        return plot_training(self._curves(), self.differences, margin, self._measure)

    def save(self) -> list[Path]:
        """Write tables, figure, report and ``result.json`` into the folder; returns the files."""
        self._check()
        paths = [self.folder / f"{name}{end}" for name in TABLES for end in (".parquet", ".csv")]
        for path in paths:
            self._write(path)
        figure, text = self.folder / "result.png", self.folder / "report.md"
        self.plot().savefig(figure)
        text.write_text(self.markdown(), encoding="utf-8")
        document = self.folder / "result.json"
        save_document(self.document(), document)
        return [*paths, figure, text, document]

    @property
    def _measure(self) -> str:
        return str(self.provenance["measure"])

    def _check(self) -> None:
        if self.study is None:
            raise UsageError("the experiment was interrupted: run it again, it goes on from there")

    def _write(self, path: Path) -> None:
        import pyarrow as pa

        frame = getattr(self, path.stem)
        table = pa.Table.from_pandas(frame, preserve_index=False)
        told = json.dumps(self.provenance, ensure_ascii=False).encode()
        schema = table.schema.with_metadata({PROVENANCE: told})
        write_table(table.cast(schema).to_batches(), schema, path)

    def _every(self) -> list[tuple[Question, str, float, Difference]]:
        """Differences of every question, kind of test images and share."""
        study = self.study
        if study is None:
            return []
        parts = list(dict.fromkeys(a.part for a in self.answers))
        return [
            (question, part, share, study.difference(question, share, part, self.outcomes))
            for question in QUESTIONS
            for part in parts
            for share in ([0.0] if question is Question.WEIGHTING else study.settings.shares)
        ]

    def _curves(self) -> pd.DataFrame:
        """Mean of the measure of each arm on each kind of test images, with a 95% interval."""
        import pandas as pd

        rows = [
            {
                "arm": str(arm.kind), "share": arm.share, "tested_on": part,
                **self._level(arm, part),
            }
            for arm in (self.study.arms() if self.study else ())
            for part in dict.fromkeys(a.part for a in self.answers)
        ]  # fmt: skip
        return pd.DataFrame(rows)

    def _level(self, arm: Arm, part: str) -> dict[str, float]:
        study = self.study
        if study is None:
            return {}
        chosen = study.high if part == HIGH else np.ones(len(study.split.test), bool)
        rows = study.split.test[chosen]
        right = np.stack([self.outcomes[arm, n].test[chosen] for n in range(study.settings.seeds)])
        weights = image_weights(study.taking.labels[rows], study.settings.measure)
        found = difference(right, np.zeros_like(right), study.taking.units[rows], weights)
        low, high = found.interval(0.95)
        return {"mean": found.mean, "low": max(low, 0.0), "high": min(high, 1.0)}

    def _measured(self) -> list[str]:
        parts = [p for p in (TEST, HIGH) if p == TEST or self.sizes[HIGH]]
        return [f"{part}_{name}" for part in parts for name in (*MEASURES, AUC)]

    def _verdict(self, answer: Comparison) -> dict[str, Any]:
        found = answer.difference
        low, high = found.interval(0.90)
        random = answer.randomisation
        return {
            "question": str(answer.question),
            "tested_on": answer.part,
            "share": answer.share,
            "measure": self._measure,
            **_figures(found),
            "low90": low,
            "high90": high,
            "smallest": found.smallest,
            "power": found.power(float(self.provenance["margin"])),
            "test_images": found.images,
            "test_groups": found.units,
            "seeds": found.seeds,
            "p_better": None if random is None else random.better,
            "p_worse": None if random is None else random.worse,
            "verdict": str(answer.verdict),
            "reason": answer.reason,
        }


def _figures(found: Difference) -> dict[str, float]:
    low, high = found.interval(0.95)
    return {"difference": found.mean, "low": low, "high": high}


def _records(frame: Any) -> list[dict[str, Any]]:
    return [
        {k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in row.items()}
        for row in frame.to_dict("records")
    ]
