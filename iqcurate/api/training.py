"""What removing bad images from the training set does: experiments on a user's data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from iqcurate.api.share import read_share
from iqcurate.api.training_experiment import HIGH_VS_ALL, REMOVE_WORST, Experiment
from iqcurate.api.training_images import Rule
from iqcurate.api.training_options import SHARES, RuleOptions, TrainingOptions, ask

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from iqcurate.api.inputs import ScoresLike
    from iqcurate.api.training_options import Asked
    from iqcurate.api.training_result import TrainingResult

    PathLike = str | os.PathLike[str]


def remove_worst(
    scores: ScoresLike,
    output: PathLike,
    *,
    shares: Sequence[str | float] = SHARES,
    **options: Unpack[TrainingOptions],
) -> TrainingResult:
    """Train without the worst images, and tell whether that helps.

    Each seed draws half of the images to train on. Of these the worst are removed, by the mean of
    their ranks, or as many of each class at random, or none, or bad images get less weight. All
    are tested on the same images, which were held out before.

    Parameters
    ----------
    scores
        Store, table file, or table in memory; the images are opened again by their ``uri``.
    output
        Folder of the experiment; runs that it holds are not done again.
    shares
        To remove, such as ``"20%"`` or .2. The best is chosen on validation images.
    metrics, directions
        Who judges quality; default: all scores that have a direction.
    per_class
        Remove the worst of each class.
    group
        What must not be parted: ``group`` (default), ``split`` or ``label``: that column;
        ``none``; or ``regex:PATTERN`` of the id. Files of the same content never are.
    test, validation
        Shares that are held out; default .25 and .15, for ``finetune`` .1 and .1.
    test_split
        Instead of `test`: the images of this split.
    seeds
        Draws; default 20, for ``finetune`` 5.
    draw
        Share of the images to train on that each seed draws.
    seed
        Of everything left to chance.
    margin
        In points (hundredths): a smaller difference does not matter.
    measure
        ``accuracy`` or ``balanced_accuracy``: what verdicts are about.
    randomise
        Where the test set is large beside the training set: hold the removal of the worst against
        random ones, too; default for ``probe``.
    learner
        ``probe``: logistic regression on frozen features; ``finetune``: a network.
    features, checkpoint, pretrained, input
        Of the probe, as for `iqcurate.predict`; default ``hog``.
    arch
        Of ``finetune``: ``resnet18`` (default), ``resnet34``, ``vgg19``, ``alexnet``, or
        ``timm:NAME``.
    weights
        File of pretrained parameters; without one they are random.
    epochs, rate, batch, size
        Of ``finetune``: default 40, 1e-4 (Adam), 32, 224 pixels.
    device
        ``auto``, ``cpu``, ``cuda`` ...
    root
        Folder that ids are paths in, for images that moved.
    workers
        Threads.
    progress, stop
        As for `iqcurate.score`.

    Returns
    -------
    TrainingResult, whose ``verdicts`` say what may be believed.

    Raises
    ------
    UsageError, SourceError, StoreError, ModelError
        Where the call cannot be carried out: too few images or classes, nothing to remove, other
        runs in the folder.

    Examples
    --------
    >>> result = iqcurate.remove_worst("scores/", "removal/", seeds=20)
    >>> result.verdicts[["question", "tested_on", "difference", "low", "high", "verdict"]]
    """
    numbers = sorted({read_share("--shares", share) for share in shares} - {0.0})
    return Experiment(REMOVE_WORST, scores, Path(output), asked(Rule(), numbers, options)).run()


def high_vs_all(
    scores: ScoresLike,
    output: PathLike,
    *,
    cutoffs: Any = None,
    vote: str | int = "majority",
    drop_worst: str | float | None = None,
    **options: Unpack[TrainingOptions],
) -> TrainingResult:
    """Train on images of high quality and on as many of all qualities, and tell what is better.

    The experiment of Smith et al. 2024 (Table 2), with the same classes in both sets.

    Parameters
    ----------
    scores, output
        As for `remove_worst`.
    cutoffs, vote
        Cut-offs, or their file, and how they reject; as for `iqcurate.curate`.
    drop_worst
        Instead of cut-offs: the share that is of low quality by rank.
    options
        As for `remove_worst`.

    Returns
    -------
    TrainingResult

    Raises
    ------
    CutoffError
        Where the cut-offs cannot be used.
    UsageError, SourceError, StoreError, ModelError
        As for `remove_worst`.

    Examples
    --------
    >>> iqcurate.high_vs_all("scores/", "high/", cutoffs="cutoffs.json").verdicts
    """
    rule = RuleOptions(cutoffs=cutoffs, vote=vote, drop_worst=drop_worst)
    return Experiment(HIGH_VS_ALL, scores, Path(output), asked(Rule(**rule), [0.0], options)).run()


def asked(rule: Rule, shares: Sequence[float], options: Mapping[str, Any]) -> Asked:
    """Put together what was asked, from options as `TrainingOptions` has them."""
    given = dict(options)
    names = ("metrics", "directions", "per_class")
    more = {n: given.pop(n) for n in names if given.get(n) is not None}
    return ask(rule, shares, given, more)
