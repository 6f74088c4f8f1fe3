"""The part of A that is like B, as a manifest."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from iqcurate.analysis.compare.shift import same_mix
from iqcurate.analysis.effect import effect
from iqcurate.analysis.match.match import Sets, match
from iqcurate.api.curate import set_aside
from iqcurate.errors import UsageError
from iqcurate.manifest.decision import Decision, Ground, Stated
from iqcurate.manifest.output import plan_output
from iqcurate.manifest.packed import Packed
from iqcurate.manifest.rows import Manifest, check_metric_names

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.analysis.effect import Effect
    from iqcurate.analysis.match.match import Matched
    from iqcurate.api.two_sets import TwoSets

    PathLike = str | os.PathLike[str]
    Floats = npt.NDArray[np.float64]

_NAMED = 5


@dataclass(frozen=True)
class MatchResult:
    """What is kept of A, and how near it comes to B.

    Parameters
    ----------
    manifest
        The rows of A, made when they are asked for.
    effect
        What is kept of each class and split.
    margins
        One row a metric: ``ks_before`` and ``ks_after`` (distance from B of all of A, and of what
        is kept; null where nothing is), ``eps`` (allowed), ``within``.
    parts
        One row a class that was matched, or one for all: ``class``, ``n_a``, ``n_b`` (images
        with a score), ``kept``, ``eps``.
    counts
        Images of A: ``images``, ``kept``, ``rejected``, ``unreadable``.
    warnings
        Sentences for whoever relies on it.
    """

    manifest: Manifest = field(repr=False)
    effect: Effect
    margins: pd.DataFrame
    parts: pd.DataFrame
    counts: Mapping[str, int]
    warnings: tuple[str, ...]

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The manifest in pandas."""
        table = pa.Table.from_batches(self.manifest.batches(), self.manifest.schema)
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def save(
        self,
        path: PathLike,
        *,
        link: str = "symlink",
        null: bool = False,
        root: PathLike | None = None,
        force: bool = False,
    ) -> int:
        """Write the manifest, or what it keeps; as `iqcurate.api.curated.CurateResult.save`."""
        output = plan_output(path, link=link, null=null, root=root, force=force)
        return output.write(self.manifest)


def match_sets(sets: TwoSets, eps: float | None, per_class: bool, seed: int) -> MatchResult:
    """Choose the part of A that is like B; see `iqcurate.api.compare.compare`.

    Raises
    ------
    UsageError
        Where A or B has no image with a score, `eps` is no distance, or no class is in both.
    """
    if eps is not None and not 0 <= eps <= 1:
        raise UsageError(f"--eps {eps:g}: it is a distance from 0 to 1")
    codes, names = sets.classes
    if per_class:
        _check_classes(sets)
    check_metric_names(sets.directions)
    a, b = _columns(sets)
    divided = Sets(a, b, codes if per_class else None, names, sets.units)
    found = match(divided, eps, seed)
    margins = pd.DataFrame(list(_margins(sets, found, per_class, list(a))))
    table, texts = set_aside(sets.a)
    ground = np.where(sets.readable[0], Ground.BASIS, Ground.UNREADABLE).astype(np.uint8)
    decision = Decision(found.keep, ground, Stated(found.texts, found.group))
    manifest = Manifest(table.table, Packed(texts), tuple(sets.directions), decision)
    readable = sets.readable[0]
    return MatchResult(
        manifest,
        effect(found.keep, readable, table.table["label"], table.table["split"]),
        margins,
        pd.DataFrame([
            {"class": p.name, "n_a": p.n_a, "n_b": p.n_b, "kept": p.kept, "eps": p.eps}
            for p in found.parts
        ]),
        {
            "images": len(readable),
            "kept": int(found.keep.sum()),
            "rejected": int((readable & ~found.keep).sum()),
            "unreadable": int((~readable).sum()),
        },
        (*_unmatched(sets, a), *_warnings(found, margins)),
    )  # fmt: skip


def _check_classes(sets: TwoSets) -> None:
    codes, names = sets.classes
    if not names:
        raise UsageError("--per-class: no image has a label; score with --label-from or --labels")
    n = sets.a.table.num_rows
    if not (np.isin(codes[:n], codes[n:]) & (codes[:n] >= 0)).any():
        raise UsageError("--per-class: no label is in both A and B")


def _columns(sets: TwoSets) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Scores of A and of B in each metric that both have scores of."""
    columns = {name: sets.columns(name) for name in sets.directions}
    have = {name: [np.isfinite(v).any() for v in both] for name, both in columns.items()}
    for i, part in enumerate((sets.a, sets.b)):
        if not any(each[i] for each in have.values()):
            letter = "AB"[i]
            raise UsageError(
                f"{letter} ({part.name}) has no readable image with a score: nothing to match"
            )
    used = [name for name, each in have.items() if all(each)]
    if not used:
        raise UsageError("no metric has scores in both A and B: nothing to match")
    a, b = ({name: columns[name][i] for name in used} for i in (0, 1))
    fewest = min(np.isfinite(list(each.values())).any(axis=0).sum() for each in (a, b))
    if len(used) > 1 and fewest < 2:
        raise UsageError(
            "several metrics are matched by a model, which takes two images with scores of A and "
            "of B; match one alone (-m NAME)"
        )
    return a, b


def _unmatched(sets: TwoSets, used: Mapping[str, object]) -> Iterator[str]:
    if left := [name for name in sets.directions if name not in used]:
        yield f"{', '.join(left)}: A or B has no scores of it, so it is not matched"


def _margins(
    sets: TwoSets, found: Matched, per_class: bool, metrics: Sequence[str]
) -> Iterator[dict[str, object]]:
    """Distances of each metric; with classes matched, of A with its classes weighted as in B."""
    parts = [part for part in found.parts if part.eps is not None]
    images = sum(part.n_b for part in parts)
    eps = sum((part.eps or 0) * part.n_b for part in parts) / images if images else None
    for name in metrics:
        before, after = (_distance(sets, name, keep, per_class) for keep in (None, found.keep))
        within = None if after is None or eps is None else after <= eps + 1e-9
        yield {"metric": name, "ks_before": before, "ks_after": after, "eps": eps, "within": within}


def _distance(
    sets: TwoSets, metric: str, keep: npt.NDArray[np.bool_] | None, per_class: bool
) -> float | None:
    pair = sets.pair(metric, keep)
    if not len(pair.a) or not len(pair.b):
        return None
    mixed = same_mix(pair) if per_class else None
    return float(np.abs(pair.apart).max()) if mixed is None else mixed


def _warnings(found: Matched, margins: pd.DataFrame) -> Iterator[str]:
    if not found.keep.any():
        yield (
            "no image is kept: no part of A is that near to B; a larger --eps, or fewer metrics "
            "(-m), may leave some"
        )
        return
    for row in margins.to_dict("records"):
        if row["within"] is False:
            yield (
                f"{row['metric']}: what is kept is {row['ks_after']:.3f} away from B, allowed were "
                f"{row['eps']:.3f}: match it alone (-m {row['metric']}), or with fewer others"
            )
    without = [str(part.name) for part in found.parts if part.n_a and not part.n_b]
    emptied = [str(part.name) for part in found.parts if part.n_a and part.n_b and not part.kept]
    for names, why in (
        (without, "have no image in B, so nothing of them is kept"),
        (emptied, "have nothing near enough to B, so nothing of them is kept"),
    ):
        if names:
            few = ", ".join(names[:_NAMED]) + (", ..." if len(names) > _NAMED else "")
            yield f"{len(names)} classes {why}: {few}"
