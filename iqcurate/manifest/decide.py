"""From votes or ranks to what is kept."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from iqcurate.analysis.ranks import best, worst
from iqcurate.analysis.votes import family_vote, tally, vote
from iqcurate.manifest.decision import Ballot, Decision, Ground, Ranking

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy.typing as npt
    import pyarrow as pa

    from iqcurate.analysis.votes import Policy
    from iqcurate.manifest.decision import Line

    Codes: TypeAlias = npt.NDArray[np.int32]
    Mask: TypeAlias = npt.NDArray[np.bool_]


def hold_ballot(
    scores: Iterable[tuple[str, npt.NDArray[np.float64]]],
    lines: Mapping[str, Line],
    families: Iterable[tuple[str, ...]] = (),
) -> Ballot:
    """Let each metric vote, and each of `families` share one vote.

    Parameters
    ----------
    scores
        Of each metric of `lines`: float64 (N,), NaN where there is none.
    lines
        Cut-off and direction of each metric.
    families
        Metrics that share a vote.
    """
    votes = {n: vote(values, lines[n].cutoff, lines[n].direction) for n, values in scores}
    shared = tuple(families)
    alone = tuple((n,) for n in votes if not any(n in family for family in shared))
    units = sorted((*shared, *alone), key=lambda unit: list(votes).index(unit[0]))
    low, cast = tally([family_vote([votes[n] for n in unit]) for unit in units])
    return Ballot(lines, tuple(units), votes, low, cast)


def by_votes(ballot: Ballot, policy: Policy, readable: Mask, keep_undecided: bool) -> Decision:
    """Reject what the policy rejects, and what could not be read.

    Parameters
    ----------
    ballot
        The votes.
    policy
        How many low votes reject.
    readable
        bool (N,).
    keep_undecided
        What happens to readable images on which no vote was cast.
    """
    rejected = policy.rejects(ballot.low, ballot.cast)
    return _decision(~rejected, ballot.cast > 0, readable, keep_undecided, ballot)


def by_rank(
    ranking: Ranking,
    ids: pa.ChunkedArray,
    classes: Codes,
    readable: Mask,
    keep_undecided: bool,
) -> Decision:
    """Reject the worst share by rank, and what could not be read.

    Parameters
    ----------
    ranking
        The ranks, and the share to drop.
    ids, classes
        Of each image: text (N,) and int32 (N,), -1 for no class.
    readable, keep_undecided
        As for `by_votes`; without a score there is no rank.
    """
    parts = classes if ranking.per_class else None
    rejected = worst(ranking.rank, ids, ranking.share, parts)
    return _decision(~rejected, ~np.isnan(ranking.rank), readable, keep_undecided, ranking)


def bring_back(
    decision: Decision,
    rank: npt.NDArray[np.float64],
    ids: pa.ChunkedArray,
    classes: Codes,
    least: int,
) -> Decision:
    """Keep the best rejected images of each class that has fewer than `least`.

    Only images with a rank come back: an unreadable one has no quality.

    Parameters
    ----------
    decision
        What was decided until now.
    rank
        Mean rank, float64 (N,), NaN for unreadable images and those without a score.
    ids, classes
        As for `by_rank`.
    least
        Images a class.
    """
    labelled = classes >= 0
    kept = np.bincount(classes[labelled & decision.keep], minlength=classes.max(initial=-1) + 1)
    back = best(rank, ids, classes, ~decision.keep, np.maximum(least - kept, 0))
    ground = np.where(back, np.uint8(Ground.BROUGHT_BACK), decision.ground)
    return replace(decision, keep=decision.keep | back, ground=ground, min_per_class=least)


def _decision(
    stays: Mask, decided: Mask, readable: Mask, keep_undecided: bool, basis: Ballot | Ranking
) -> Decision:
    keep = np.where(decided, stays, keep_undecided) & readable
    ground = np.where(decided, Ground.BASIS, Ground.UNDECIDED).astype(np.uint8)
    ground[~readable] = Ground.UNREADABLE
    return Decision(keep, ground, basis)
