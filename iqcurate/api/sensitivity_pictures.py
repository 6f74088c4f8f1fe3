"""Images to look at: what a damage does to them, to the models' confidence and to layers."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image as Pillow

from iqcurate.analysis.sensitivity.protocol import CLEAN
from iqcurate.decode import decode
from iqcurate.errors import ModelError, UndefinedScoreError
from iqcurate.models.responses import relative_changes, responses, strength
from iqcurate.tasks import Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.sensitivity.curves import Answers
    from iqcurate.analysis.sensitivity.protocol import Key, Plan
    from iqcurate.api.sensitivity_models import Subject
    from iqcurate.api.variant_run import Versions
    from iqcurate.engine import Engine
    from iqcurate.models.model import Model
    from iqcurate.types import Image

EXAMPLES, LAYERED = 3, 8
_SIDE = 112


@dataclass(frozen=True, slots=True)
class Example:
    """One image in all its versions.

    Parameters
    ----------
    id, label
        Of the image.
    title
        What its class is called in words.
    pictures
        By version: uint8, longer side 112 px.
    p_true
        By model and version: probability of the true class.
    """

    id: str
    label: str
    title: str
    pictures: Mapping[Key, npt.NDArray[np.uint8]]
    p_true: Mapping[str, Mapping[Key, float]]


@dataclass(frozen=True, slots=True)
class Layers:
    """What damage does to the layers of a network.

    Parameters
    ----------
    changes
        By distortion and layer, in order: relative change of each image looked at.
    levels
        Of the distortions: the middle one that was asked for.
    given, first, last
        By version of one image: itself (as in `Example`), and the strength of the responses of
        the first and last convolution.
    image
        Its id.
    title
        What its class is called in words.
    """

    changes: Mapping[str, Mapping[str, list[float]]]
    levels: Mapping[str, float]
    given: Mapping[Key, npt.NDArray[np.uint8]]
    first: Mapping[Key, npt.NDArray[np.float32]]
    last: Mapping[Key, npt.NDArray[np.float32]]
    image: str
    title: str


def examples_of(
    versions: Sequence[Versions],
    answers: Mapping[str, Answers],
    engine: Engine,
    in_words: Callable[[str], str],
) -> list[Example]:
    """One of the images that fall first, of those in the middle, and of those that last longest.

    By the mean probability of the true class over all versions and models, among the images that
    the first model gets right as they are; `in_words` says what a label is called.
    """
    chosen = _chosen(list(answers.values()), EXAMPLES)
    every = set(next(iter(answers.values())).p_true)
    made = []
    for number in chosen:
        each = versions[number]
        image = _decoded(each, engine)
        if image is None:
            continue
        pictures = {key: _small(version) for key, version in _made(each, image, every)}
        p_true = {
            name: {key: float(values[number]) for key, values in found.p_true.items()}
            for name, found in answers.items()
        }
        label = each.ref.label or ""
        made.append(Example(each.ref.id, label, in_words(label), pictures, p_true))
    return made


def layers_of(
    subject: Subject, model: Model, versions: Sequence[Versions], plan: Plan, engine: Engine
) -> Layers | None:
    """Responses of the layers of a torch model on some images; None for other models.

    Parameters
    ----------
    subject
        Whose module it is.
    model
        As it takes the versions.
    versions
        Of the images to look at.
    plan, engine
        Of the study.
    """
    if subject.model.module is None:
        return None
    levels = {name: each[len(each) // 2] for name, each in plan.items()}
    keys = {CLEAN, *levels.items()}
    changes: dict[str, defaultdict[str, list[float]]] = {n: defaultdict(list) for n in plan}
    shown: Layers | None = None
    for each in versions:
        image = _decoded(each, engine)
        if image is None:
            continue
        made = dict(_made(each, image, keys))
        try:
            found = {
                key: responses(subject.model.module, model.prepare(version))
                for key, version in made.items()
            }
        except ModelError:
            return None
        for (name, _), response in found.items():
            if name in changes:
                for layer, change in relative_changes(found[CLEAN], response).items():
                    changes[name][layer].append(change)
        if shown is None:
            shown = Layers(
                changes,
                levels,
                {key: _small(version) for key, version in made.items()},
                {key: strength(r.first) for key, r in found.items()},
                {key: strength(r.last) for key, r in found.items()},
                each.ref.id,
                subject.judge.classes.in_words(each.ref.label or ""),
            )
    return shown


def _chosen(answers: Sequence[Answers], count: int) -> list[int]:
    right = np.flatnonzero(answers[0].correct[CLEAN] == 1)
    if not len(right):
        return []
    every = np.stack([values[right] for each in answers for values in each.p_true.values()])
    order = right[np.argsort(np.nanmean(every, axis=0), kind="stable")]
    places = np.unique(np.linspace(0, len(order) - 1, count + 2).round().astype(int)[1:-1])
    return [int(order[place]) for place in places]


def _decoded(each: Versions, engine: Engine) -> Image | None:
    content = engine.read(Task(each.ref, frozenset()))
    image = None if content.data is None else decode(content.data, engine.settings).image
    return each.canvas(image) if image is not None and each.canvas else image


def _made(each: Versions, image: Image, keys: set[Key]) -> Iterator[tuple[Key, Image]]:
    for variant in each.variants:
        if (variant.name, variant.level) not in keys:
            continue
        try:
            version = variant.apply(image) if variant.apply else image
        except UndefinedScoreError:
            continue
        yield (variant.name, variant.level), version


def _small(image: Image) -> npt.NDArray[np.uint8]:
    picture = Pillow.fromarray(np.ascontiguousarray(image.rgb))
    picture.thumbnail((_SIDE, _SIDE), Pillow.Resampling.BOX)
    return np.asarray(picture)
