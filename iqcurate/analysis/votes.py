"""From scores and cut-offs to votes, and from votes to a decision on each image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from iqcurate.errors import UsageError
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Scores: TypeAlias = npt.NDArray[np.float64]
    Votes: TypeAlias = npt.NDArray[np.int8]
    Counts: TypeAlias = npt.NDArray[np.int16]
    Mask: TypeAlias = npt.NDArray[np.bool_]

LOW, PASS, ABSTAIN = 1, 0, -1
WORDS = {LOW: "low", PASS: "pass", ABSTAIN: "abstain"}


@dataclass(frozen=True, slots=True)
class Policy:
    """How many low votes reject an image.

    Parameters
    ----------
    name
        ``any``: one; ``all``: every vote cast; ``majority``: more than half of the votes cast;
        ``least``: at least that many.
    least
        The number, for ``least`` only.
    """

    name: str
    least: int = 0

    @classmethod
    def parse(cls, text: str | int) -> Policy:
        """Read ``any``, ``all``, ``majority`` or a number; `UsageError` where it is neither."""
        if text in ("any", "all", "majority"):
            return cls(str(text))
        if str(text).isdecimal() and int(text) > 0:
            return cls("least", int(text))
        raise UsageError(f"--vote {text}: it is majority, any, all, or a number from 1")

    def rejects(self, low: Counts, cast: Counts) -> Mask:
        """Tell which images are rejected by their votes; never one without a vote cast.

        Parameters
        ----------
        low, cast
            Low votes and votes cast of each image, int16 (N,).
        """
        enough: Mask
        if self.name == "majority":
            enough = 2 * low > cast
        elif self.name == "all":
            enough = low == cast
        else:
            enough = low >= max(self.least, 1)
        return enough & (cast > 0)

    def __str__(self) -> str:
        return str(self.least) if self.name == "least" else self.name


def vote(scores: Scores, cutoff: float, direction: Direction) -> Votes:
    """Vote of one metric on each image.

    Parameters
    ----------
    scores
        float64 (N,), NaN where there is none.
    cutoff
        In the units of the scores.
    direction
        Which scores are better.

    Returns
    -------
    int8 (N,): `LOW` where the score is strictly worse than the cut-off, `PASS` where it is not,
    `ABSTAIN` where there is none.
    """
    worse = scores < cutoff if direction is Direction.HIGHER else scores > cutoff
    votes = worse.astype(np.int8)
    votes[np.isnan(scores)] = ABSTAIN
    return votes


def family_vote(votes: Sequence[Votes]) -> Votes:
    """One vote for metrics that rank alike: low where most of the votes cast are low.

    A tie passes; the family abstains where all its members do.
    """
    low, cast = tally(votes)
    shared = (2 * low > cast).astype(np.int8)
    shared[cast == 0] = ABSTAIN
    return shared


def tally(votes: Sequence[Votes]) -> tuple[Counts, Counts]:
    """Count the low votes and the votes cast on each image, int16 (N,) each."""
    low = reduce(np.add, (v == LOW for v in votes), np.zeros(len(votes[0]), np.int16))
    cast = reduce(np.add, (v != ABSTAIN for v in votes), np.zeros(len(votes[0]), np.int16))
    return low, cast
