"""Runs of an experiment, kept one a line as they end, so that a kill loses what is in work only."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from iqcurate.durable import sync
from iqcurate.errors import StoreError, UsageError
from iqcurate.experiments.training.design import Arm, Kind
from iqcurate.experiments.training.study import Outcome
from iqcurate.store.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType
    from typing import IO

    import numpy.typing as npt

    from iqcurate.experiments.training.study import Job

_FORMAT, _VERSION = "iqcurate-training-runs", 1
RUNS = "runs.jsonl"


@dataclass
class Archive:
    """The file of runs of an experiment, open for more; a context manager.

    Parameters
    ----------
    folder
        Of the experiment.
    made_by
        All that runs depend on: those of another experiment are refused.
    done
        The runs that it holds.
    """

    folder: Path
    made_by: Mapping[str, Any]
    done: dict[Job, Outcome] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Open it; raises `StoreError` where it is of another experiment, or somebody writes."""
        self._lock = Lock(self.folder)
        try:
            self._file = self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._lock.finish()
        self._lock.release()

    def add(self, job: Job, outcome: Outcome) -> None:
        """Keep a run; on the disk when this returns."""
        self._write(_record(job, outcome))
        self.done[job] = outcome

    def _open(self) -> IO[str]:
        path = self.folder / RUNS
        if not path.exists():
            path.touch()
            sync(self.folder)
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1  # a kill may have left half a line
        lines = [json.loads(line) for line in content[:whole].splitlines()]
        if lines:
            self._check(lines[0], path)
            self.done |= dict(map(_outcome, lines[1:]))
        os.truncate(path, whole)
        file = path.open("a", encoding="utf-8")
        if not lines:
            self._file = file
            self._write({"format": _FORMAT, "version": _VERSION, "made_by": dict(self.made_by)})
        return file

    def _write(self, record: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()
        os.fsync(self._file.fileno())

    def _check(self, head: Mapping[str, Any], path: Path) -> None:
        if head.get("format") != _FORMAT or head.get("version") != _VERSION:
            raise StoreError(f"{path}: not a file of runs that this iqcurate can continue")
        before, now = head["made_by"], json.loads(json.dumps(self.made_by))
        differ = [n for n in {**before, **now} if before.get(n) != now.get(n)]
        if differ:
            raise StoreError(
                f"{self.folder} holds runs that were made with other {', '.join(differ)}: name "
                "another output with -o, or remove that folder"
            )


def check_folder(folder: Path) -> None:
    """Raise `UsageError` where a folder holds something else than an experiment."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file: -o names a folder")
    if not folder.exists() or (folder / RUNS).exists():
        return
    strange = [p.name for p in folder.iterdir() if p.name not in ("features", "_iqcurate")]
    if strange:
        raise UsageError(f"{folder} holds something else ({strange[0]}): name a new folder with -o")


def _record(job: Job, outcome: Outcome) -> dict[str, Any]:
    arm, number = job
    record: dict[str, Any] = {
        "arm": str(arm.kind), "share": arm.share, "shuffle": arm.shuffle, "number": number,
        "images": outcome.images, "groups": outcome.groups,
        "measures": {
            part: {name: _finite(value) for name, value in found.items()}
            for part, found in outcome.measures.items()
        },
        "seconds": round(outcome.seconds, 4),
    }  # fmt: skip
    return record | {"test": _digits(outcome.test), "validation": _digits(outcome.validation)}


def _outcome(record: Mapping[str, Any]) -> tuple[Job, Outcome]:
    arm = Arm(Kind(record["arm"]), record["share"], record["shuffle"])
    measures = {
        part: {name: float("nan") if value is None else value for name, value in found.items()}
        for part, found in record["measures"].items()
    }
    return (arm, record["number"]), Outcome(
        record["images"], record["groups"], measures, _mask(record["test"]),
        _mask(record["validation"]), record["seconds"],
    )  # fmt: skip


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _digits(mask: npt.NDArray[np.bool_]) -> str:
    return (mask.astype(np.uint8) + ord("0")).astype(np.uint8).tobytes().decode()


def _mask(digits: str) -> npt.NDArray[np.bool_]:
    return np.asarray(np.frombuffer(digits.encode(), np.uint8) == ord("1"))
