"""What goes into the engine and what comes out of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from iqcurate.operators import Record
    from iqcurate.types import Failure, Header, Image, ImageRef


@dataclass(frozen=True, slots=True)
class Variant:
    """A version of a decoded image: itself, or a distortion of it at some level.

    `apply` may raise `UndefinedScoreError`: then this version has no values, and that reason.
    """

    name: str = "clean"
    level: float = 0.0
    apply: Callable[[Image], Image] | None = None


CLEAN = Variant()


@dataclass(frozen=True, slots=True)
class Task:
    """The unit of work.

    Parameters
    ----------
    ref
        The image.
    columns
        Wanted of it.
    variants
        One row each, of one decoded image.
    known_sha256
        Hash of the content that was scored before, if any.
    if_same
        Wanted instead of `columns` where the content still has that hash.
    alone
        It may kill the process that scores it, so it gets one of its own.
    canvas
        What the variants are made of: the decoded image, or this function's answer to it.
    """

    ref: ImageRef
    columns: frozenset[str]
    variants: tuple[Variant, ...] = (CLEAN,)
    known_sha256: str | None = None
    if_same: frozenset[str] = frozenset()
    alone: bool = False
    canvas: Callable[[Image], Image] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one variant of one task.

    Parameters
    ----------
    values
        Of the columns that were computed: a value, or `Undefined` with its reason. Empty where
        the image could not be read.
    unchanged
        The content is what was scored before, so only `Task.if_same` was computed.
    """

    task: Task
    variant: Variant
    header: Header | None
    nbytes: int | None
    sha256: str | None
    failure: Failure | None
    values: Record = field(default_factory=dict)
    unchanged: bool = False

    @property
    def wanted(self) -> frozenset[str]:
        """Columns to compute."""
        return self.task.if_same if self.unchanged else self.task.columns
