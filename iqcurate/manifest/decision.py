"""What was decided about each image, and on what ground."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import numpy.typing as npt

    from iqcurate.spec import Direction


class Ground(IntEnum):
    """What decided about an image."""

    BASIS = 0
    """The votes of the metrics, or its rank."""
    UNREADABLE = 1
    """It could not be read."""
    UNDECIDED = 2
    """No metric has a score for it; a policy decides."""
    BROUGHT_BACK = 3
    """Rejected, but among the best of a class that would have too few."""


@dataclass(frozen=True, slots=True)
class Line:
    """Where a metric parts low scores from others, and which scores are better."""

    cutoff: float
    direction: Direction


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes on N images.

    Parameters
    ----------
    lines
        By metric.
    units
        Who has a vote: each a metric, or a family of metrics that share one.
    votes
        Of each metric, int8 (N,), see `iqcurate.analysis.votes`.
    low, cast
        Low votes and votes cast of the units, int16 (N,).
    """

    lines: Mapping[str, Line]
    units: tuple[tuple[str, ...], ...]
    votes: Mapping[str, npt.NDArray[np.int8]]
    low: npt.NDArray[np.int16]
    cast: npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Ranking:
    """The ranks of N images.

    Parameters
    ----------
    rank
        Mean rank, float64 (N,) from 0 (worst) to 1, NaN without a score.
    share
        The worst share that is dropped, from 0 to 1.
    per_class
        Whether that share is taken of each class.
    """

    rank: npt.NDArray[np.float64]
    share: float
    per_class: bool


@dataclass(frozen=True, slots=True)
class Stated:
    """Reasons that somebody else found for N images.

    Parameters
    ----------
    texts
        Each a clause that goes on from "kept: ".
    codes
        Number of the text of each image, int32 (N,).
    """

    texts: tuple[str, ...]
    codes: npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about N images.

    Parameters
    ----------
    keep
        bool (N,).
    ground
        `Ground`, uint8 (N,).
    basis
        What the decision rests on.
    min_per_class
        Images of a class that are kept whatever the basis says; None for no such promise.
    """

    keep: npt.NDArray[np.bool_]
    ground: npt.NDArray[np.uint8]
    basis: Ballot | Ranking | Stated
    min_per_class: int | None = None
