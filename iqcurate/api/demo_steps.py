"""The steps of the demonstration."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from iqcurate.api.curate import curate
from iqcurate.api.cutoff import find_cutoffs
from iqcurate.api.demo_folder import claim
from iqcurate.api.demo_told import (
    save_sheets,
    told_accuracy,
    told_check,
    told_cutoffs,
    told_kept,
    told_robustness,
    told_scores,
    told_sets,
)
from iqcurate.api.options import Progress
from iqcurate.api.predict import predict
from iqcurate.api.robustness import check_robustness
from iqcurate.api.score import score
from iqcurate.cutoffs import Verdict
from iqcurate.errors import UsageError
from iqcurate.synthetic.dataset import SETS, make_images

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping

    from iqcurate.api.curated import CurateResult
    from iqcurate.api.cutoff_result import CutoffResult
    from iqcurate.api.predict import PredictResult
    from iqcurate.api.robustness import RobustnessResult
    from iqcurate.api.score import ScoreResult

    Tell = Callable[[Progress], None] | None

USUAL_IMAGES, LEAST = 400, 24
"""Images of D2: below, the probe has too few bottles to be tested on."""

_PREDICTIONS, _CUTOFFS = "predictions.parquet", "cutoffs.json"
_ROBUSTNESS = "robustness.json"
_USUAL_SAMPLE, _LEAST_SAMPLE = 60, 12
_USUAL_SAMPLES = 14
_DROPPED = "20%"


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the demonstration.

    Parameters
    ----------
    title, why
        What is done, and what for.
    commands
        What a user would type for it, word by word.
    verb
        What is done to an image.
    run
        Does it; takes a callback for progress, gives sentences about the result. The next step
        is known when this one is done.
    """

    title: str
    why: str
    commands: tuple[tuple[str, ...], ...]
    verb: str
    run: Callable[[Tell], list[str]]


class Demo:
    """A demonstration to be shown step by step; the options are those of `demo`."""

    tables: Mapping[str, Path]
    _sizes: Mapping[str, int]
    robustness: RobustnessResult
    predictions: PredictResult
    cutoffs: CutoffResult
    curated: CurateResult
    check: PredictResult

    def __init__(
        self,
        output: str | os.PathLike[str],
        *,
        images: int,
        seed: int,
        keep_images: str | os.PathLike[str] | None,
        workers: int | None,
    ) -> None:
        if images < LEAST:
            raise UsageError(f"{images} images are too few: at least {LEAST}")
        self.folder = Path(output)
        self.photos = self.folder / "images" if keep_images is None else Path(keep_images)
        self.scores: dict[str, ScoreResult] = {}
        self._images, self._seed, self._workers = images, seed, workers
        made = {"images": images, "seed": seed}
        claim({self.photos: made, self.folder: {**made, "keep_images": keep_images}})

    def steps(self) -> Iterator[Step]:
        """Each step; run one before you ask for the next."""
        yield self._making()
        yield self._scoring()
        yield self._trusting()
        yield self._predicting()
        yield self._cutting()
        yield self._curating() if self._has_usable() else self._dropping()
        yield self._checking()

    def _making(self) -> Step:
        def run(tell: Tell) -> list[str]:
            self.tables = self._made(tell)
            self._sizes = {name: len(pd.read_csv(table)) for name, table in self.tables.items()}
            return [told_sets(self._sizes, self.photos)]

        return Step(
            "Make the images",
            "Photos of date codes on bottle bottoms, drawn by the computer. Two printers made "
            "the codes; only their dots differ a little. Some photos are out of focus, shaken or "
            "noisy, and hide it.",
            (),
            "made",
            run,
        )

    def _made(self, tell: Tell) -> Mapping[str, Path]:
        def told(done: int, total: int) -> None:
            if tell:
                tell(Progress(done, total=total, step="images made"))

        samples = round(_USUAL_SAMPLES * self._images / USUAL_IMAGES)
        return make_images(
            self.photos,
            self._images,
            min(max(samples, 2), _USUAL_SAMPLES),
            self._seed,
            self._workers,
            told,
        )

    def _scoring(self) -> Step:
        stores = {name: self._scores_of(name) for name in SETS}

        def run(tell: Tell) -> list[str]:
            before, total = 0, sum(self._sizes.values())
            for name, table in self.tables.items():
                told = tell and partial(_tell_of_all, tell, before, total)
                self.scores[name] = score(table, stores[name], workers=self._workers, progress=told)
                before += self._sizes[name]
            return [told_scores(self.scores)]

        return Step(
            "Score them",
            "Five metrics of image quality, one number each. They know nothing of codes and "
            "printers, and nothing is judged yet.",
            tuple(_typed("score", self.tables[name], "-o", stores[name]) for name in SETS),
            "scored",
            run,
        )

    def _trusting(self) -> Step:
        file, plots = self.folder / _ROBUSTNESS, self.folder / "plots" / "robustness"
        table, focus = self.tables["D2"], self.tables["D1"]
        sample = max(
            _LEAST_SAMPLE, min(_USUAL_SAMPLE, self._images * _USUAL_SAMPLE // USUAL_IMAGES)
        )

        def run(tell: Tell) -> list[str]:
            self.robustness = check_robustness(
                table,
                file.with_suffix(".store"),
                sample=sample,
                sequences=focus,
                workers=self._workers,
                progress=tell,
            )
            self.robustness.save(file, force=True)
            self.robustness.save_plots(plots)
            return told_robustness(self.robustness.metrics)

        told = ("--sample", str(sample), "--sequences", focus, "-o", file, "--plots", plots)
        return Step(
            "Which scores can be trusted on such images?",
            "Some photos of D2 are cropped, turned and blurred. A score should fall with blur, "
            "and with nothing else. D1 has the same codes in ten steps out of focus.",
            (_typed("robustness", table, *told),),
            "checked",
            run,
        )

    def _predicting(self) -> Step:
        file = self.folder / _PREDICTIONS

        def run(tell: Tell) -> list[str]:
            self.predictions = self._probe("D2", file, tell)
            return told_accuracy(self.predictions.summary())

        return Step(
            "Predict the printer of each photo of D2",
            "Which photos does a classifier get wrong? Here it is a linear probe, trained on the "
            "spot and always tested on bottles that it has not seen. Yours may be any network.",
            (self._probe_typed("D2", file),),
            "described",
            run,
        )

    def _cutting(self) -> Step:
        scores, predictions = self._scores_of("D2"), self.folder / _PREDICTIONS
        file, plots = self.folder / _CUTOFFS, self.folder / "plots"

        def run(_tell: Tell) -> list[str]:
            self.cutoffs = find_cutoffs(scores, predictions)
            self.cutoffs.save(file, force=True)
            self.cutoffs.save_plots(plots)
            return told_cutoffs(self.cutoffs.metrics)

        told = ("--predictions", predictions, "-o", file, "--plots", plots)
        return Step(
            "Find cut-offs on D2",
            "A cut-off lies where the curves of right and of wrong predictions cross; the plots "
            "show them. It has an interval, and a verdict on whether to rely on it.",
            (_typed("cutoff", scores, *told),),
            "judged",
            run,
        )

    def _has_usable(self) -> bool:
        return any(c.verdict is Verdict.USABLE for c in self.cutoffs.metrics.values())

    def _curating(self) -> Step:
        return self._filtering(
            "Use them on D3",
            "D3 had no part in the cut-offs. A photo is rejected where most of the metrics vote "
            "against it; the manifest says why, photo by photo.",
            ("--cutoffs", self.folder / _CUTOFFS),
            lambda robustness: curate(
                self._scores_of("D3"), self.cutoffs.cutoffs, robustness=robustness
            ),
        )

    def _dropping(self) -> Step:
        return self._filtering(
            f"Drop the worst {_DROPPED} of D3",
            "No cut-off is usable; the reasons stand above. What is left is to drop the worst, by "
            "the mean of their ranks in all metrics.",
            ("--drop-worst", _DROPPED),
            lambda robustness: curate(
                self._scores_of("D3"), drop_worst=_DROPPED, robustness=robustness
            ),
        )

    def _filtering(
        self,
        title: str,
        why: str,
        how: tuple[str | Path, ...],
        decide: Callable[[Path], CurateResult],
    ) -> Step:
        file, robustness = self.folder / "manifest.csv", self.folder / _ROBUSTNESS

        def run(_tell: Tell) -> list[str]:
            self.curated = decide(robustness)
            self.curated.save(file, force=True)
            save_sheets(self.curated.frame, self.folder)
            return told_kept(self.curated)

        more = ("--robustness", robustness, "-o", file)
        command = _typed("curate", self._scores_of("D3"), *how, *more)
        return Step(title, why, (command,), "judged", run)

    def _checking(self) -> Step:
        file = self.folder / "check.parquet"

        def run(tell: Tell) -> list[str]:
            self.check = self._probe("D3", file, tell)
            return [told_check(self.curated.frame, self.check.frame)]

        return Step(
            "Was it worth it?",
            "D3 has labels, too. A probe of its own shows whether what was rejected is what it "
            "gets wrong.",
            (self._probe_typed("D3", file),),
            "described",
            run,
        )

    def _scores_of(self, name: str) -> Path:
        return self.folder / "scores" / name

    def _probe(self, name: str, file: Path, tell: Tell) -> PredictResult:
        table = self.tables[name]
        return predict(table, file, model="probe", workers=self._workers, progress=tell)

    def _probe_typed(self, name: str, file: Path) -> tuple[str, ...]:
        return _typed("predict", self.tables[name], "--model", "probe", "-o", file)


def _typed(*words: str | Path) -> tuple[str, ...]:
    return ("iqcurate", *map(str, words))


def _tell_of_all(tell: Callable[[Progress], None], before: int, total: int, set_: Progress) -> None:
    """Tell of one run that follows others, as if all were one."""
    tell(replace(set_, done=before + set_.done, total=total))
