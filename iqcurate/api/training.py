"""What removing bad images from the training set does: experiments on a user's data."""

from __future__ import annotations

import hashlib
import json
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from iqcurate.api.options import Progress
from iqcurate.api.run import RunReport
from iqcurate.api.share import read_share
from iqcurate.api.training_features import compute
from iqcurate.api.training_images import Rule, features_store, judged
from iqcurate.api.training_options import PROBE, SHARES, RuleOptions, TrainingOptions, ask
from iqcurate.api.training_pixels import Chosen, prepare
from iqcurate.api.training_result import TrainingResult
from iqcurate.api.training_runs import Archive, check_folder
from iqcurate.errors import UsageError
from iqcurate.experiments.training.design import Quality
from iqcurate.experiments.training.learners import Probe, StoppedError
from iqcurate.experiments.training.split import hold_out, take
from iqcurate.experiments.training.study import Study

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from iqcurate.api.inputs import ScoresLike
    from iqcurate.api.training_options import Asked
    from iqcurate.experiments.training.learners import Learner
    from iqcurate.experiments.training.split import Taking
    from iqcurate.experiments.training.study import Job

    PathLike = str | os.PathLike[str]
    Made = tuple[Study, Learner, Mapping[str, str]]
    """The study of the images that can be used, what is trained, and hashes of files by id."""

HIGH_VS_ALL, REMOVE_WORST = "high-vs-all", "remove-worst"


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


class Experiment:
    """An experiment, of which it can be said what it will take before it runs.

    Parameters
    ----------
    command
        ``remove-worst`` or ``high-vs-all``.
    scores, output
        See `remove_worst`.
    asked
        All else.
    """

    def __init__(self, command: str, scores: ScoresLike, output: Path, asked: Asked) -> None:
        check_folder(output)
        rule = asked.rule
        if command == HIGH_VS_ALL and rule.cutoffs is None and rule.drop_worst is None:
            raise UsageError("say what is of high quality: --cutoffs FILE, or --drop-worst 50%")
        self.command = command
        self.output = output
        self.asked = asked
        self.report = RunReport()
        self.judged = judged(scores, asked.rule, asked.group)
        for warning in self.judged.warnings:
            self.report.note(warning)

    def plan(self) -> str:
        """What it would do, in words."""
        study = self.study(set(self.judged.readable_ids), {})
        split, taking = study.split, study.taking
        return (
            f"{len(taking.rows)} images of {len(taking.classes)} classes in "
            f"{len(np.unique(taking.units))} groups: {len(split.test)} to test "
            f"({int(study.high.sum())} of high quality), {len(split.validation)} to validate, "
            f"{len(split.pool)} to train on; {len(study.jobs())} models of {study.settings.seeds} "
            f"seeds, each from a draw of {len(study.training(*study.jobs()[0]).rows)} images"
        )

    def run(self) -> TrainingResult:
        """Do what is left to do, and judge."""
        began = time.monotonic()
        self.output.mkdir(parents=True, exist_ok=True)
        made = self._learner()
        result = TrainingResult(self.output, self.report)
        if made is not None:
            study, learner, contents = made
            about = self._made_by(study, learner, contents)
            with Archive(self.output, about) as archive:
                if self._work_off(study, learner, archive):
                    done, told = study.own(archive.done), self._provenance(about)
                    result = TrainingResult(self.output, self.report, study, done, told)
        self.report.seconds = time.monotonic() - began
        return result

    def _learner(self) -> Made | None:
        """Get ready; None: interrupted."""
        return self._probe() if self.asked.learner == PROBE else self._network()

    def _probe(self) -> Made | None:
        refs = self.judged.refs(self.asked.root)
        found = compute(
            refs, features_store(self.output), self.asked.run, self.asked.request(), self.report
        )
        if found is None:
            return None
        study = self.study(found.contents.keys() & found.at.keys(), found.contents)
        at = [found.at[self.judged.ids[row]] for row in study.taking.rows.tolist()]
        taking = study.taking
        probe = Probe(
            found.matrix[at], taking.labels, taking.units, study.split.pool, study.held_out,
            len(taking.classes), found.identity,
        )  # fmt: skip
        return study, probe, found.contents

    def _network(self) -> Made | None:
        from iqcurate.experiments.training.finetune import Finetune, try_out

        how = self.asked.training()
        try_out(how)
        if how.weights is None:
            self.report.note(
                f"{how.arch} begins with random parameters, since no file was given (--weights): a "
                "pretrained network may answer otherwise"
            )
        refs, run = self.judged.refs(self.asked.root), self.asked.run
        found = prepare(refs, features_store(self.output), how.size, run, self.asked.threads)
        if found is None:
            self.report.interrupted = True
            return None
        study = self.study(found.at.keys(), found.contents)
        taking = study.taking
        pixels = Chosen(found.array, [found.at[self.judged.ids[i]] for i in taking.rows.tolist()])
        held_out, classes = study.held_out, len(taking.classes)
        seed = study.settings.seed
        net = Finetune(pixels, taking.labels, held_out, classes, how, seed, run.stop)
        return study, net, found.contents

    def study(self, usable: Any, contents: Mapping[str, str]) -> Study:
        """The study of the images with these ids; `contents` are hashes of the files by id."""
        of = self.judged
        mask = np.array([name in usable for name in of.ids], bool)
        taking = take(of.labels, of.groups, [contents.get(n) for n in of.ids], mask)
        rows = taking.rows
        given = None
        if self.asked.test_split is not None:
            given = np.array([of.splits[i] == self.asked.test_split for i in rows], bool)
            if not given.any():
                raise UsageError(f"no image has the split {self.asked.test_split!r}")
        s = self.asked.settings
        split = hold_out(taking, self.asked.test, self.asked.validation, s.seed, given)
        rejected = None if of.rejected is None else of.rejected[rows]
        quality = Quality(of.rank[rows], rejected, self.asked.rule.per_class)
        self._tell(taking)
        return Study(taking, split, quality, s)

    def _tell(self, taking: Taking) -> None:
        for reason, n in taking.left_out.items():
            self.report.note(f"left out: {n} images that {reason}")
        if not taking.grouped:
            self.report.note(
                "no groups are known: if photos of one object or scene belong together, say "
                "--group, or the models are tested on what they have almost seen"
            )

    def _work_off(self, study: Study, learner: Learner, archive: Archive) -> bool:
        """All runs that are not done yet; false where that was interrupted."""
        if not self._train(study, learner, archive, study.jobs()):
            return False
        for share in study.undecided(archive.done):
            if not self._train(study, learner, archive, study.shuffled_jobs(share)):
                return False
        return True

    def _train(self, study: Study, learner: Learner, archive: Archive, jobs: Sequence[Job]) -> bool:
        from threadpoolctl import threadpool_limits

        left = [job for job in jobs if job not in archive.done]
        threads = 1 if learner.alone else self.asked.threads
        self.report.counts["trained"] += len(left)
        self.report.counts["kept"] += len(jobs) - len(left)
        pool, stop = ThreadPoolExecutor(threads), self.asked.run.stop
        done = len(jobs) - len(left)
        todo = iter(left)
        # One core each: BLAS on several takes longer for matrices of this size.
        with threadpool_limits(None if learner.alone else 1), pool, suppress(StoppedError):
            running: dict[Future[Any], Job] = {}
            while not stop() or running:
                for job in islice(todo, 0 if stop() else threads - len(running)):
                    running[pool.submit(study.run, job, learner)] = job
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    archive.add(running.pop(future), future.result())
                    done += 1
                    self._progress(done, len(jobs))
        self.report.interrupted = done < len(jobs)
        return not self.report.interrupted

    def _progress(self, done: int, of: int) -> None:
        if self.asked.run.progress is not None:
            self.asked.run.progress(Progress(done, total=of, step="models trained"))

    def _made_by(
        self, study: Study, learner: Learner, contents: Mapping[str, str]
    ) -> dict[str, Any]:
        """All that runs depend on, in words that tell the user what differs."""
        taking, split, quality, s = study.taking, study.split, study.quality, study.settings
        ids = [self.judged.ids[row] for row in taking.rows.tolist()]
        rejected = np.empty(0) if quality.rejected is None else quality.rejected
        return {
            "experiment": self.command,
            "images, labels or groups": _hashed(
                ids,
                [contents[name] for name in ids],
                [taking.classes[k] for k in taking.labels.tolist()],
                taking.units.tolist(),
            ),
            "scores": _hashed(quality.rank.tolist(), rejected.tolist(), quality.per_class),
            "held-out images": _hashed(split.test.tolist(), split.validation.tolist()),
            "draws": {"draw": s.draw, "seed": s.seed},
            "learner": dict(learner.identity),
        }

    def _provenance(self, made_by: Mapping[str, Any]) -> dict[str, Any]:
        from datetime import UTC, datetime
        from importlib.metadata import version

        asked, s = self.asked, self.asked.settings
        libraries = ["iqcurate", "numpy", "scipy", "scikit-learn"]
        if asked.learner != PROBE:
            libraries += ["torch", "torchvision"]
        return {
            "made": datetime.now(UTC).isoformat(timespec="minutes"),
            "experiment": self.command,
            "libraries": {name: version(name) for name in libraries},
            "rule": asked.rule.record(),
            "metrics": list(self.judged.metrics),
            "group": asked.group,
            "test": asked.test_split or asked.test,
            "validation": asked.validation,
            "shares": list(s.shares),
            "seeds": s.seeds,
            "margin": s.margin,
            "measure": s.measure,
            "shuffles": s.shuffles,
            "made_by": dict(made_by),
        }


def _hashed(*parts: Any) -> str:
    text = json.dumps(parts, ensure_ascii=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()
