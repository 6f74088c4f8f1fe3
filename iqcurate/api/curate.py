"""From scores and cut-offs to a manifest."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from iqcurate.analysis.effect import Effect, effect, encode
from iqcurate.analysis.ranks import mean_rank
from iqcurate.analysis.votes import WORDS, Policy
from iqcurate.api import judges
from iqcurate.api.curated import CurateResult
from iqcurate.api.inputs import read_scores
from iqcurate.api.share import read_share
from iqcurate.cutoffs import Cutoff, Cutoffs, read_cutoffs
from iqcurate.errors import UsageError
from iqcurate.manifest.decide import bring_back, by_rank, by_votes, hold_ballot
from iqcurate.manifest.decision import Ballot, Ground, Line, Ranking
from iqcurate.manifest.packed import Packed
from iqcurate.manifest.rows import Manifest, check_metric_names
from iqcurate.robustness import read_robustness

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy.typing as npt
    import pyarrow as pa

    from iqcurate.api.inputs import Scores, ScoresLike
    from iqcurate.manifest.decision import Decision

    PathLike = str | os.PathLike[str]


_ONLY_WRITTEN = ("uri", "group", "error", "sha256")
_METRIC_COLUMNS = ("metric", "cutoff", "direction", "verdict", *WORDS.values())


def curate(
    scores: ScoresLike,
    cutoffs: Cutoffs | PathLike | None = None,
    *,
    vote: str | int = "majority",
    metrics: Sequence[str] | None = None,
    drop_worst: str | float | None = None,
    per_class: bool = False,
    min_per_class: int | None = None,
    undecided: str = "keep",
    one_vote_per_family: bool = False,
    robustness: PathLike | None = None,
    directions: Mapping[str, str] | None = None,
) -> CurateResult:
    """Decide which images to keep, by votes of the metrics or by rank.

    Parameters
    ----------
    scores
        Store, table file, or table in memory; see `iqcurate.api.inputs.read_scores`.
    cutoffs
        Cut-offs, or their file; left out with `drop_worst`.
    vote
        ``majority`` of the votes cast, ``any``, ``all``, or a number of low votes that rejects.
        A metric votes low where the score is strictly worse than its cut-off, and abstains
        where there is none.
    metrics
        Who judges; default: cut-offs that are usable, set by hand, or (with a warning) weak;
        with `drop_worst` all scores that have a direction.
    drop_worst
        Instead of votes: the share to drop, by the mean of the percentile ranks, such as
        ``"30%"`` or .3.
    per_class
        Take that share of each class.
    min_per_class
        Keep at least so many readable images of each class, the best by mean rank.
    undecided
        ``keep`` or ``reject`` readable images for which no metric has a score.
    one_vote_per_family
        Metrics that rank the images almost alike share one vote, that of most of them.
    robustness
        File that says which metrics fail tests of robustness; they are used with a warning.
    directions
        Column -> ``higher`` or ``lower``, where the scores themselves do not say.

    Raises
    ------
    UsageError
        Where the arguments contradict each other, or name a metric that is not there.
    CutoffError
        Where the cut-offs cannot be used: none is left, or they do not fit the scores.
    SourceError, StoreError
        Where the scores cannot be read.
    """
    share = None if drop_worst is None else read_share("--drop-worst", drop_worst)
    _check_options(share, cutoffs, per_class, one_vote_per_family, undecided, min_per_class)
    policy = Policy.parse(vote)
    warnings: list[str] = []
    chosen = {} if cutoffs is None else judges.choose(_read(cutoffs), metrics, warnings.append)
    assumed = {name: cutoff.direction for name, cutoff in chosen.items()}
    found = read_scores(scores, list(chosen) or metrics, directions, assumed)
    judges.check_directions(chosen, found)
    found, texts = set_aside(found)
    work = _Work(
        found, Packed(texts), tuple(chosen or found.directions), chosen, undecided == "keep"
    )
    if robustness is not None:
        judges.tell_failed(work.names, read_robustness(robustness), warnings.append)
    judges.tell_drift(chosen, work.columns(), warnings.append)
    families = judges.find_families(
        work.columns(), found.directions, warnings.append, one_vote_per_family
    )
    if share is None:
        decision = work.by_votes(policy, families if one_vote_per_family else ())
    else:
        decision = work.by_rank(share, per_class)
    if min_per_class is not None:
        decision = work.bring_back(decision, min_per_class)
    return work.result(decision, warnings)


def _read(cutoffs: Cutoffs | PathLike) -> Cutoffs:
    return cutoffs if isinstance(cutoffs, Cutoffs) else read_cutoffs(cutoffs)


def set_aside(scores: Scores) -> tuple[Scores, dict[str, pa.ChunkedArray]]:
    """Part scores from the texts on which nothing depends."""
    texts = {name: scores.table[name] for name in _ONLY_WRITTEN}
    return replace(scores, table=scores.table.drop_columns(list(_ONLY_WRITTEN))), texts


@dataclass
class _Work:
    """Scores in hand, and what several steps need of them."""

    scores: Scores
    texts: Packed
    names: tuple[str, ...]
    chosen: Mapping[str, Cutoff]
    keep_undecided: bool

    def __post_init__(self) -> None:
        check_metric_names(self.names)
        self.table = self.scores.table

    def columns(self) -> Iterator[tuple[str, npt.NDArray[np.float64]]]:
        """Scores of readable images by metric, NaN elsewhere; one metric in memory at a time."""
        for name in self.names:
            yield name, np.where(self.readable, self.scores.values(name), np.nan)

    @cached_property
    def readable(self) -> npt.NDArray[np.bool_]:
        status = self.table["status"]
        readable: npt.NDArray[np.bool_] = pc.fill_null(pc.equal(status, "ok"), True).to_numpy()
        return readable

    @cached_property
    def classes(self) -> npt.NDArray[np.int32]:
        return encode(self.table["label"])[0]

    @cached_property
    def rank(self) -> npt.NDArray[np.float64]:
        return mean_rank((v, self.scores.directions[n]) for n, v in self.columns())

    def by_votes(self, policy: Policy, families: tuple[tuple[str, ...], ...]) -> Decision:
        cutoffs = {n: (c.cutoff, c.direction) for n, c in self.chosen.items()}
        lines = {n: Line(value, way) for n, (value, way) in cutoffs.items() if value is not None}
        ballot = hold_ballot(self.columns(), lines, families)
        if policy.least > len(ballot.units):
            raise UsageError(f"--vote {policy}: there are only {len(ballot.units)} votes")
        return by_votes(ballot, policy, self.readable, self.keep_undecided)

    def by_rank(self, share: float, per_class: bool) -> Decision:
        ranking, ids = Ranking(self.rank, share, per_class), self.table["id"]
        return by_rank(ranking, ids, self.classes, self.readable, self.keep_undecided)

    def bring_back(self, decision: Decision, least: int) -> Decision:
        return bring_back(decision, self.rank, self.table["id"], self.classes, least)

    def result(self, decision: Decision, warnings: list[str]) -> CurateResult:
        found = effect(decision.keep, self.readable, self.table["label"], self.table["split"])
        _tell_effect(found, warnings.append)
        manifest = Manifest(self.table, self.texts, self.names, decision)
        metrics = [self._metric(name, decision) for name in self.names]
        return CurateResult(
            manifest,
            found,
            pd.DataFrame(metrics, columns=list(_METRIC_COLUMNS)),
            _counts(decision),
            tuple(warnings),
        )

    def _metric(self, name: str, decision: Decision) -> dict[str, object]:
        row: dict[str, object] = {"metric": name, "direction": str(self.scores.directions[name])}
        if isinstance(decision.basis, Ballot):
            cutoff, votes = self.chosen[name], decision.basis.votes[name][self.readable]
            row |= {"cutoff": cutoff.cutoff, "verdict": str(cutoff.verdict)}
            row |= {word: int((votes == number).sum()) for number, word in WORDS.items()}
        return row


def _check_options(
    share: float | None,
    cutoffs: object,
    per_class: bool,
    one_vote_per_family: bool,
    undecided: str,
    min_per_class: int | None,
) -> None:
    if share is None and cutoffs is None:
        raise UsageError("say by what to judge: --cutoffs FILE, or --drop-worst 20%")
    if share is not None and cutoffs is not None:
        raise UsageError("--drop-worst goes by rank, without --cutoffs: choose one")
    if share is not None and one_vote_per_family:
        raise UsageError("--one-vote-per-family is for votes, --drop-worst goes by rank")
    if share is None and per_class:
        raise UsageError("--per-class says of what --drop-worst takes its share")
    if undecided not in ("keep", "reject"):
        raise UsageError(f"--undecided {undecided}: it is keep or reject")
    if min_per_class is not None and min_per_class < 1:
        raise UsageError(f"--min-per-class {min_per_class}: it is a number from 1")


def _tell_effect(found: Effect, tell: Callable[[str], None]) -> None:
    if found.images and not found.kept:
        tell("no image is kept")
    elif found.vanished:
        few = ", ".join(found.vanished[:5]) + (", ..." if len(found.vanished) > 5 else "")
        tell(
            f"{len(found.vanished)} of {len(found.classes)} classes vanish: {few}; "
            "--min-per-class N keeps the best N of each"
        )


def _counts(decision: Decision) -> dict[str, int]:
    keep, ground = decision.keep, decision.ground
    return {
        "images": len(keep),
        "kept": int(keep.sum()),
        "rejected": int((~keep & (ground == Ground.BASIS)).sum()),
        "unreadable": int((ground == Ground.UNREADABLE).sum()),
        "undecided": int((ground == Ground.UNDECIDED).sum()),
        "brought_back": int((ground == Ground.BROUGHT_BACK).sum()),
    }
