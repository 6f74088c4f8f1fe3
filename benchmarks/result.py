"""What one run of the benchmark found, as it is kept in a file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.contenders import Scores, Seconds, Timed
    from benchmarks.photos import Photo
    from benchmarks.runs import Series


@dataclass
class PhotoSet:
    """A set of photos and what was timed on it.

    Parameters
    ----------
    photos
        Name, width, height, bytes, and how it was made.
    seconds, scores
        See `benchmarks.contenders`.
    """

    photos: list[dict[str, Any]]
    seconds: Seconds
    scores: Scores

    @classmethod
    def of(cls, photos: list[Photo], found: Timed) -> Self:
        """Put together what was found; where the files lie is left out."""
        described = [asdict(photo) for photo in photos]
        for photo in described:
            del photo["path"]
        return cls(described, found.seconds, found.scores)

    @property
    def builds(self) -> list[str]:
        """Kernel builds that were timed, from plain to demanding."""
        return [what.split()[-1] for what in self.seconds if what.startswith("iqcurate all five")]

    def totals(self, what: str) -> list[float]:
        """Return seconds for all photos, in each round."""
        return [sum(each) for each in zip(*self.seconds[what].values(), strict=True)]


@dataclass
class Result:
    """Everything, with every repetition.

    Parameters
    ----------
    date
        Day and time of the start.
    note
        Of who ran it.
    clock
        By which `sets` were timed, ``wall`` or ``cpu``.
    machine, versions, peers
        What it ran on and with; `peers` are the others that took part.
    left_out
        What was not measured, and why.
    sets
        Of photos.
    images, threads, runs
        See `benchmarks.runs.time_runs`; so many files, on one and on so many threads.
    huge
        See `benchmarks.limits.score_huge`.
    tiny, again
        See `benchmarks.limits.resume`; so many files.
    """

    date: str
    note: str
    clock: str
    machine: dict[str, Any]
    versions: dict[str, str]
    peers: dict[str, dict[str, str]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    sets: dict[str, PhotoSet] = field(default_factory=dict)
    images: int = 0
    threads: int = 1
    runs: Series = field(default_factory=dict)
    huge: Series = field(default_factory=dict)
    tiny: int = 0
    again: Series = field(default_factory=dict)

    def save(self, path: Path) -> None:
        """Write it as JSON, a line for each list of numbers."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_layout(_rounded(asdict(self))) + "\n")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote."""
        stored = json.loads(path.read_text())
        stored["sets"] = {name: PhotoSet(**found) for name, found in stored["sets"].items()}
        return cls(**stored)


def _rounded(value: Any) -> Any:
    """Keep six digits of each number: more than any clock gives."""
    if isinstance(value, float):
        return float(f"{value:.6g}")
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    return [_rounded(each) for each in value] if isinstance(value, list) else value


def _layout(value: Any, depth: int = 0) -> str:
    if not isinstance(value, dict) or not value:
        return json.dumps(value)
    pad = "  " * (depth + 1)
    lines = [f"{pad}{json.dumps(k)}: {_layout(v, depth + 1)}" for k, v in value.items()]
    return "{\n" + ",\n".join(lines) + "\n" + "  " * depth + "}"
