"""What a check of robustness will take, from one image of its sample."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from iqcurate.decode import decode
from iqcurate.errors import UndefinedScoreError
from iqcurate.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.api.variant_run import Versions
    from iqcurate.engine import Engine
    from iqcurate.tasks import Variant
    from iqcurate.types import Image

_TRIES = 3
_LONG_S = 1.0


@dataclass(frozen=True, slots=True)
class CheckCost:
    """What is to be done, and about how long it takes.

    Parameters
    ----------
    images, versions, metrics
        Numbers of images of the sample, versions of each, and metrics.
    steps
        Images of real sequences, scored as they are.
    seconds
        All of it, if nothing is done yet, on all workers; None where no image could be tried.
    """

    images: int
    versions: int
    metrics: int
    steps: int
    seconds: float | None

    @property
    def scores(self) -> int:
        """How many scores that are."""
        return (self.images * self.versions + self.steps) * self.metrics


def estimate(wanted: Sequence[Versions], metrics: int, engine: Engine, workers: int) -> CheckCost:
    """Try one image: the work on a version goes with its area, that of making it is measured."""
    sample = [each for each in wanted if len(each.variants) > 1]
    steps = len(wanted) - len(sample)
    versions = len(sample[0].variants) if sample else 0
    seconds = next((s for each in sample[:_TRIES] if (s := _image(each, engine))), None)
    if seconds is not None:
        share = seconds / versions * steps
        seconds = (seconds * len(sample) + share) / max(1, min(workers, len(sample)))
    return CheckCost(len(sample), versions, metrics, steps, seconds)


def _image(each: Versions, engine: Engine) -> float | None:
    """Seconds that all versions of an image take on one worker; None where it cannot be read."""
    began = time.perf_counter()
    content = engine.read(Task(each.ref, frozenset()))
    if content.data is None:
        return None
    image = decode(content.data, engine.settings).image
    if image is None:
        return None
    image = each.canvas(image) if each.canvas else image
    areas = [_area_of(v, image) for v in each.variants]
    making = time.perf_counter() - began
    return making + _scoring(image, engine) * sum(areas) / _area(image)


def _scoring(image: Image, engine: Engine) -> float:
    """Seconds for all metrics; where the first time sets things up, of the second."""
    every = frozenset(column.name for operator in engine.operators for column in operator.columns)
    took = 0.0
    for _ in range(2):
        began = time.perf_counter()
        engine.score_decoded(image, every)
        took = time.perf_counter() - began
        if took > _LONG_S and not engine.batch_operators:
            break
    return took


def _area_of(variant: Variant, image: Image) -> int:
    try:
        return _area(variant.apply(image) if variant.apply else image)
    except UndefinedScoreError:
        return 0


def _area(image: Image) -> int:
    height, width = image.pixels.shape[:2]
    return int(height * width)
