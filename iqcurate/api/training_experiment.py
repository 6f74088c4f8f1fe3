"""An experiment with training sets: from scores to a study, a learner, runs and answers."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from iqcurate.api.run import RunReport
from iqcurate.api.training_features import compute
from iqcurate.api.training_images import features_store, judged
from iqcurate.api.training_options import PROBE
from iqcurate.api.training_pixels import Chosen, prepare
from iqcurate.api.training_record import made_by, provenance
from iqcurate.api.training_result import TrainingResult
from iqcurate.api.training_runs import Archive, check_folder
from iqcurate.api.training_work import Work
from iqcurate.errors import UsageError
from iqcurate.experiments.training.design import Quality
from iqcurate.experiments.training.learners import Probe
from iqcurate.experiments.training.split import hold_out, left_out, take
from iqcurate.experiments.training.study import Study
from iqcurate.experiments.training.variety import warnings
from iqcurate.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Set
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.api.inputs import ScoresLike
    from iqcurate.api.training_options import Asked
    from iqcurate.experiments.training.learners import Learner
    from iqcurate.experiments.training.split import Split
    from iqcurate.models.labelled import Labelled

    Made = tuple[Study, Learner, Mapping[str, str]]
    """The study of the images that can be used, what is trained, and hashes of files by id."""

_MOVED = "where they moved, --root says to which folder"
HIGH_VS_ALL, REMOVE_WORST = "high-vs-all", "remove-worst"


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
        self._given(self._taking(set(self.judged.readable_ids), {}))  # before long work
        self.output.mkdir(parents=True, exist_ok=True)
        made = self._learner()
        result = TrainingResult(self.output, self.report)
        if made is not None:
            study, learner, contents = made
            about = made_by(self.command, self.judged, study, learner, contents)
            with Archive(self.output, about) as archive:
                if Work(study, learner, archive, self.asked, self.report).finish():
                    told = provenance(self.command, self.asked, self.judged, about)
                    done = study.own(archive.done)
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

    def study(self, usable: Set[str], contents: Mapping[str, str]) -> Study:
        """The study of the images with these ids; `contents` are hashes of the files by id."""
        of = self.judged
        taking = self._taking(usable, contents)
        rows, given = taking.rows, self._given(taking)
        s = self.asked.settings
        split = hold_out(taking, self.asked.test, self.asked.validation, s.seed, given)
        rejected = None if of.rejected is None else of.rejected[rows]
        quality = Quality(of.rank[rows], rejected, self.asked.rule.per_class)
        self._tell(taking, split, len(of.ids) - len(usable))
        study = Study(taking, split, quality, s)
        for warning in warnings(study):
            self.report.note(warning)
        return study

    def _taking(self, usable: Set[str], contents: Mapping[str, str]) -> Labelled:
        of = self.judged
        mask = np.array([name in usable for name in of.ids], bool)
        unread = counted(len(mask) - int(mask.sum()), "image")
        if not mask.any():
            raise UsageError(f"{unread}, and none could be read: {_MOVED}")
        try:
            return take(of.labels, of.groups, [contents.get(n) for n in of.ids], mask)
        except UsageError as error:
            if mask.all():
                raise
            raise UsageError(f"{error}; {unread} could not be read: {_MOVED}") from None

    def _given(self, taking: Labelled) -> npt.NDArray[np.bool_] | None:
        """Test images that the user names, bool (n,)."""
        name = self.asked.test_split
        if name is None:
            return None
        given = np.array([self.judged.splits[i] == name for i in taking.rows], bool)
        if not given.any():
            raise UsageError(f"no image has the split {name!r}")
        return given

    def _tell(self, taking: Labelled, split: Split, unread: int) -> None:
        gone = [f"{counted(unread, 'image')} that could not be read"] if unread else []
        if bound := len(taking.rows) - sum(map(len, (split.pool, split.validation, split.test))):
            images, of = counted(bound, "image"), self.asked.test_split
            gone.append(f"{images} of the same group or content as images of the split {of!r}")
        for what in gone + left_out(taking):
            self.report.note(f"left out: {what}")
        if all(self.judged.groups[row] is None for row in taking.rows):
            self.report.note(
                "no groups are known: if photos of one object or scene belong together, say "
                "--group, or the models are tested on what they have almost seen"
            )
