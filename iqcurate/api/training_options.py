"""What a caller can ask of an experiment with training sets."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from iqcurate.api.options import Progress, ScoreOptions, make_options
from iqcurate.devices import check_device, find_device
from iqcurate.errors import UsageError
from iqcurate.executors.local import default_workers
from iqcurate.experiments.training.measures import ACCURACY, MEASURES
from iqcurate.experiments.training.study import Settings
from iqcurate.experiments.training.verdict import SHUFFLES
from iqcurate.models.request import Request

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence

    from iqcurate.api.training_images import Rule
    from iqcurate.cutoffs import Cutoffs
    from iqcurate.experiments.training.finetune import Training

    PathLike = str | os.PathLike[str]

PROBE, FINETUNE = "probe", "finetune"
SHARES = (0.1, 0.2, 0.3, 0.4, 0.5)
_DEFAULTS = {
    PROBE: {"seeds": 20, "test": 0.25, "validation": 0.15},
    FINETUNE: {"seeds": 5, "test": 0.1, "validation": 0.1},
}
_OF = {
    PROBE: ("features", "checkpoint", "pretrained", "input"),
    FINETUNE: ("arch", "weights", "epochs", "size", "rate"),
}


class TrainingOptions(TypedDict, total=False):
    """Keyword options of experiments, described at `iqcurate.remove_worst`."""

    metrics: Sequence[str] | None
    directions: Mapping[str, str] | None
    per_class: bool
    group: str
    test: float | None
    validation: float | None
    test_split: str | None
    seeds: int | None
    draw: float
    seed: int
    margin: float
    measure: str
    randomise: bool
    learner: str
    features: str | None
    checkpoint: PathLike | None
    pretrained: bool
    input: str | None
    arch: str | None
    weights: PathLike | None
    epochs: int | None
    size: int | None
    rate: float | None
    device: str
    batch: int | None
    root: PathLike | None
    workers: int | None
    progress: Callable[[Progress], None] | None
    stop: Callable[[], bool]


class RuleOptions(TypedDict, total=False):
    """What `high_vs_all` can be told of its rule."""

    cutoffs: Cutoffs | PathLike | None
    vote: str | int
    drop_worst: str | float | None


@dataclass(frozen=True)
class Asked:
    """All that was asked, checked.

    Parameters
    ----------
    rule
        What is of low quality.
    settings
        Of the study.
    group, test, validation, test_split
        How images are held out.
    learner
        ``probe`` or ``finetune``.
    of_learner
        What was said of it.
    root
        Folder that ids are paths in, for images that moved.
    run
        Workers, progress and stop.
    """

    rule: Rule
    settings: Settings
    group: str
    test: float
    validation: float
    test_split: str | None
    learner: str
    of_learner: Mapping[str, Any]
    root: PathLike | None
    run: ScoreOptions = field(repr=False)

    @property
    def threads(self) -> int:
        """Cores that may be used."""
        return self.run.workers or default_workers()

    def training(self) -> Training:
        """How a network is trained.

        Raises
        ------
        DeviceError
            Where there is no such device.
        """
        from iqcurate.experiments.training.finetune import Training
        from iqcurate.models.request import package

        package("torch")
        device = find_device(self.of_learner.get("device", "auto"))
        return Training(**{**self.of_learner, "device": device})

    def request(self) -> Request:
        """The model that gives the features of a probe."""
        of = {k: v for k, v in self.of_learner.items() if k != "features"}
        name = self.of_learner.get("features", "hog")
        return Request(name, True, threads=self.threads, **of)


def ask(
    rule: Rule, shares: Sequence[float], given: Mapping[str, Any], more: Mapping[str, Any]
) -> Asked:
    """Check options; None is the default of each.

    Parameters
    ----------
    rule, shares
        What is removed.
    given
        As `TrainingOptions` has them.
    more
        Fields of `Rule` that come with them.

    Raises
    ------
    UsageError
        Where something cannot be, or belongs to another learner.
    """
    said = {k: v for k, v in given.items() if v is not None and v is not False}
    learner = said.pop("learner", PROBE)
    if learner not in _DEFAULTS:
        raise UsageError(f"--learner {learner}: it is {' or '.join(_DEFAULTS)}")
    of_learner = _of_learner(learner, said)
    values = {**_DEFAULTS[learner], **said}
    settings = Settings(
        tuple(shares),
        seeds=int(values["seeds"]),
        draw=values.get("draw", 0.5),
        seed=values.get("seed", 0),
        margin=values.get("margin", 1.0) / 100,
        measure=values.get("measure", ACCURACY),
        shuffles=SHUFFLES if _default(given.get("randomise"), learner == PROBE) else 0,
    )
    _check(settings, values["test"], values["validation"])
    names = ("workers", "progress", "stop")
    return Asked(
        replace(rule, **more),
        settings,
        values.get("group", "group"),
        values["test"],
        values["validation"],
        values.get("test_split"),
        learner,
        of_learner,
        values.get("root"),
        make_options(**{n: said[n] for n in names if n in said}),
    )


def _default(given: bool | None, usual: bool) -> bool:
    return usual if given is None else given


def _of_learner(learner: str, said: dict[str, Any]) -> dict[str, Any]:
    check_device(said.get("device", "auto"))
    for other, names in _OF.items():
        wrong = [n for n in names if n in said and other != learner]
        if wrong:
            raise UsageError(f"--{wrong[0]} is for --learner {other}")
    of = {n: said.pop(n) for n in (*_OF[learner], "device", "batch") if n in said}
    for name in ("checkpoint", "weights"):
        if name in of:
            of[name] = Path(of[name])
    for name in ("epochs", "size", "batch"):
        if of.get(name, 1) < 1:
            raise UsageError(f"--{name} {of[name]}: it must be at least 1")
    if of.get("rate", 1.0) <= 0:
        raise UsageError(f"--rate {of['rate']}: it must be above 0")
    return of


def _check(settings: Settings, test: float, validation: float) -> None:
    if not settings.shares or not all(0 <= s < 1 for s in settings.shares):
        raise UsageError("--shares: they are shares to remove, such as 10%,20%,50%, below 100%")
    if settings.seeds < 2:
        raise UsageError(f"--seeds {settings.seeds}: one seed says nothing of chance; at least 2")
    if not 0 < settings.draw < 1:
        raise UsageError(f"--draw {settings.draw}: it is a share above 0 and below 1")
    if test <= 0 or validation <= 0 or test + validation >= 1:
        raise UsageError("--test and --validation are shares above 0, together below 1")
    if settings.margin <= 0:
        raise UsageError("--margin: it is a number of points above 0")
    if settings.seed < 0:
        raise UsageError(f"--seed {settings.seed}: it must be 0 or more")
    if settings.measure not in MEASURES:
        raise UsageError(f"--measure {settings.measure}: it is {' or '.join(MEASURES)}")
