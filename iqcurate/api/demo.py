"""The whole way on data that are made here: images, scores, predictions, cut-offs, manifest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from iqcurate.api.demo_steps import USUAL_IMAGES, Demo

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from iqcurate.api.curated import CurateResult
    from iqcurate.api.cutoff_result import CutoffResult
    from iqcurate.api.demo_steps import Tell
    from iqcurate.api.predict import PredictResult
    from iqcurate.api.robustness import RobustnessResult
    from iqcurate.api.score import ScoreResult


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What `demo` gives back.

    Parameters
    ----------
    path
        Folder of everything.
    images
        Table of what was done to each image, by set: ``D1``, ``D2``, ``D3``.
    scores
        Of each set.
    robustness
        Of the metrics, on D2 and the sequences of D1.
    predictions, cutoffs
        Of D2.
    curated
        Of D3.
    check
        Predictions of D3, to see what the manifest is worth.
    """

    path: Path
    images: Mapping[str, Path]
    scores: Mapping[str, ScoreResult]
    robustness: RobustnessResult
    predictions: PredictResult
    cutoffs: CutoffResult
    curated: CurateResult
    check: PredictResult


def demo(
    output: str | os.PathLike[str] = "iqcurate-demo",
    *,
    images: int = USUAL_IMAGES,
    seed: int = 0,
    keep_images: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: Tell = None,
) -> DemoResult:
    """Make a labelled data set, and go all the way from its images to a manifest.

    The images are drawn: codes of two ink-jet printers on bottle bottoms, some of them blurred.
    D1 shows what blur does to the scores, D2 gives the cut-offs, which are used on D3.

    Parameters
    ----------
    output
        Folder for scores, predictions, cut-offs, plots and manifest. One that a demonstration
        with the same options left, also an unfinished one, is continued; one that holds
        something else is left alone.
    images
        Of D2, at least 24; D3 has half as many again.
    seed
        Another one gives other images.
    keep_images
        Folder for the images; default: ``images`` in `output`.
    workers
        Threads; default: one a core. The results do not depend on it.
    progress
        Called with a `Progress` after each image.

    Raises
    ------
    UsageError
        Where a folder holds something else, or too few images are asked for.

    Examples
    --------
    >>> iqcurate.demo("iqcurate-demo").cutoffs.frame
    """
    work = Demo(output, images=images, seed=seed, keep_images=keep_images, workers=workers)
    for step in work.steps():
        step.run(progress)
    return DemoResult(
        work.folder,
        work.tables,
        work.scores,
        work.robustness,
        work.predictions,
        work.cutoffs,
        work.curated,
        work.check,
    )
