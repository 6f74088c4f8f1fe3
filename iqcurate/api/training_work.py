"""Working off the runs of an experiment, each kept as it ends."""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from iqcurate.api.options import Progress
from iqcurate.experiments.training.learners import StoppedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from iqcurate.api.run import RunReport
    from iqcurate.api.training_options import Asked
    from iqcurate.api.training_runs import Archive
    from iqcurate.experiments.training.learners import Learner
    from iqcurate.experiments.training.study import Job, Study


@dataclass(frozen=True, slots=True)
class Work:
    """What is trained, and where it is kept and told.

    Parameters
    ----------
    study, learner
        What is run.
    archive
        Keeps the runs.
    asked
        Threads, progress and stop.
    report
        Counts what was ``trained`` and what was ``kept`` from before.
    """

    study: Study
    learner: Learner
    archive: Archive
    asked: Asked
    report: RunReport

    def finish(self) -> bool:
        """Do all runs that are not done yet; false where that was interrupted."""
        if not self._train(self.study.jobs()):
            return False
        shares = self.study.undecided(self.archive.done)
        return all(self._train(self.study.shuffled_jobs(share)) for share in shares)

    def _train(self, jobs: Sequence[Job]) -> bool:
        from threadpoolctl import threadpool_limits

        archive, alone, stop = self.archive, self.learner.alone, self.asked.run.stop
        left = [job for job in jobs if job not in archive.done]
        threads = 1 if alone else self.asked.threads
        done = len(jobs) - len(left)
        self.report.counts["kept"] += done
        pool, todo = ThreadPoolExecutor(threads), iter(left)
        # One core each: BLAS on several takes longer for matrices of this size.
        with threadpool_limits(None if alone else 1), pool, suppress(StoppedError):
            running: dict[Future[Any], Job] = {}
            while not stop() or running:
                for job in islice(todo, 0 if stop() else threads - len(running)):
                    running[pool.submit(self.study.run, job, self.learner)] = job
                if not running:
                    break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    archive.add(running.pop(future), future.result())
                    done += 1
                    self.report.counts["trained"] += 1
                    self._progress(done, len(jobs))
        self.report.interrupted = done < len(jobs)
        return not self.report.interrupted

    def _progress(self, done: int, of: int) -> None:
        if self.asked.run.progress is not None:
            self.asked.run.progress(Progress(done, total=of, step="models trained"))
