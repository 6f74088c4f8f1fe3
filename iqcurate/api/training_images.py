"""Images of an experiment: from scores to labels, groups and qualities, and to features."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from iqcurate.analysis.ranks import mean_rank
from iqcurate.api.curate import curate
from iqcurate.api.inputs import read_scores
from iqcurate.errors import UsageError
from iqcurate.manifest.paths import Finder
from iqcurate.sources.local import absolute, current_folder, file_ref, look

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.api.inputs import Scores, ScoresLike
    from iqcurate.cutoffs import Cutoffs
    from iqcurate.types import ImageRef

    PathLike = str | os.PathLike[str]

_GROUPS = ("group", "split", "label")


@dataclass(frozen=True, slots=True)
class Rule:
    """What is of low quality; described at `iqcurate.curate`.

    Parameters
    ----------
    cutoffs, vote
        Votes, where cut-offs are given.
    drop_worst
        Share of the worst by rank, instead of votes.
    metrics, directions
        Who judges, and which scores are better.
    per_class
        The worst of each class.
    """

    cutoffs: Cutoffs | PathLike | None = None
    vote: str | int = "majority"
    drop_worst: str | float | None = None
    metrics: Sequence[str] | None = None
    directions: Mapping[str, str] | None = None
    per_class: bool = False

    def record(self) -> dict[str, Any]:
        """What a file remembers of it."""
        return {
            "cutoffs": None if self.cutoffs is None else str(self.cutoffs),
            "vote": str(self.vote),
            "drop_worst": None if self.drop_worst is None else str(self.drop_worst),
            "metrics": None if self.metrics is None else list(self.metrics),
            "per_class": self.per_class,
        }


@dataclass(frozen=True, slots=True)
class Judged:
    """N images, sorted by id, and what is known of their quality.

    Parameters
    ----------
    ids, uris, labels, groups, splits
        Text of each; None where not known.
    readable
        bool (N,).
    rank
        float64 (N,): mean percentile rank, 0 for the worst; NaN without a score.
    rejected
        bool (N,): what the rule rejects; None where the worst are to be removed by rank.
    metrics
        Who judged.
    warnings
        Of the cut-offs.
    """

    ids: list[str]
    uris: list[str | None]
    labels: list[str | None]
    groups: list[str | None]
    splits: list[str | None]
    readable: npt.NDArray[np.bool_]
    rank: npt.NDArray[np.float64]
    rejected: npt.NDArray[np.bool_] | None
    metrics: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def readable_ids(self) -> list[str]:
        """Of the images that could be read when they were scored."""
        return [self.ids[i] for i in np.flatnonzero(self.readable).tolist()]

    def refs(self, root: PathLike | None) -> list[ImageRef]:
        """The readable images, to be opened again.

        Parameters
        ----------
        root
            Folder that ids are paths in, for images that moved.
        """
        finder, base = Finder(root), current_folder()
        found = []
        for i in np.flatnonzero(self.readable).tolist():
            path = absolute(finder.path(self.ids[i], self.uris[i]), base)
            found.append(file_ref(self.ids[i], self.uris[i] or self.ids[i], path, look(path)))
        return found


def judged(scores: ScoresLike, rule: Rule, group: str) -> Judged:
    """Read scores and judge them.

    Parameters
    ----------
    scores
        Store, table file, or table in memory.
    rule
        What is of low quality; without cut-offs and share, ranks alone.
    group
        ``group``, ``split`` or ``label``: that column; ``none``; or ``regex:PATTERN`` of the id,
        whose first parentheses (or whole match) name the group.

    Raises
    ------
    UsageError, CutoffError, SourceError, StoreError
        Where scores or rule cannot be used.
    """
    metrics, rejected_ids = rule.metrics, None
    warnings: tuple[str, ...] = ()
    if rule.cutoffs is not None or rule.drop_worst is not None:
        decided = curate(
            scores, rule.cutoffs, vote=rule.vote, metrics=rule.metrics,
            drop_worst=rule.drop_worst, per_class=rule.per_class, directions=rule.directions,
        )  # fmt: skip
        metrics, warnings = decided.metrics["metric"].tolist(), decided.warnings
        table = decided.table
        rejected_ids = table["id"].filter(pc.invert(table["keep"]))
    found = read_scores(scores, metrics, rule.directions)
    table = found.table.sort_by("id")
    ordered = Ordered(found, table)
    rejected = None
    if rejected_ids is not None:
        inside = pc.is_in(table["id"], value_set=rejected_ids.combine_chunks())
        rejected = inside.to_numpy(zero_copy_only=False)
    text = {name: table[name].to_pylist() for name in ("id", "uri", "label", "group", "split")}
    return Judged(
        text["id"], text["uri"], text["label"], _groups(group, text), text["split"],
        ordered.readable, ordered.rank, rejected, tuple(found.directions), warnings,
    )  # fmt: skip


class Ordered:
    """Ranks of the images of a sorted table."""

    def __init__(self, scores: Scores, table: pa.Table) -> None:
        status = pc.fill_null(pc.equal(table["status"], "ok"), True)
        self.readable: npt.NDArray[np.bool_] = status.to_numpy(zero_copy_only=False)
        self.rank = mean_rank(
            (np.where(self.readable, table[name].to_numpy(), np.nan), way)
            for name, way in scores.directions.items()
        )


def _groups(how: str, text: Mapping[str, list[Any]]) -> list[str | None]:
    kind, _, pattern = how.partition(":")
    if kind == "none":
        return [None] * len(text["id"])
    if kind in _GROUPS and not pattern:
        return text[kind]
    if kind != "regex":
        raise UsageError(f"--group {how}: it is {', '.join(_GROUPS)}, none or regex:PATTERN")
    try:
        search = re.compile(pattern)
    except re.error as error:
        raise UsageError(f"--group {how}: {error}") from None
    matches = [search.search(name) for name in text["id"]]
    return [m and m[1 if search.groups else 0] for m in matches]


def features_store(output: Path) -> Path:
    """Where the features of an experiment lie."""
    return output / "features"
