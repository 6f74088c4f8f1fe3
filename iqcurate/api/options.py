"""What a caller can ask of `score`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from iqcurate.decode import DecodeSettings
from iqcurate.sources.base import SourceOptions
from iqcurate.store.resume import ResumeOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is.

    Parameters
    ----------
    done
        Images that were read and scored, or failed.
    skipped
        Images that needed no work.
    failed
        Of `done`, those that could not be scored.
    total
        Images of the source, about; None while that is not known.
    """

    done: int = 0
    skipped: int = 0
    failed: int = 0
    total: int | None = None


@dataclass(frozen=True, slots=True)
class ScoreOptions:
    """Options of `iqcurate.score`, where each is described."""

    metrics: Sequence[str] | None = None
    workers: int | None = None
    limit: int | None = None
    append: str | None = None
    rescore: Sequence[str] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    prune: bool = False
    yes: bool = False
    source: SourceOptions = field(default_factory=SourceOptions)
    decode: DecodeSettings = field(default_factory=DecodeSettings)
    resume: ResumeOptions = field(default_factory=ResumeOptions)
    progress: Callable[[Progress], None] | None = None
    stop: Callable[[], bool] = bool
