"""Cut-offs of metrics, and the portable file that holds them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iqcurate.errors import CutoffError
from iqcurate.portable import Kind, check_document, read_document, save_document
from iqcurate.spec import Direction

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

KIND = Kind(
    "iqcurate-cutoffs", 1, "cutoffs.json", "file of cut-offs", "iqcurate cutoff", CutoffError
)


class Verdict(StrEnum):
    """What a cut-off is worth."""

    USABLE = "usable"
    """Quality by this metric goes with errors, also within classes, and the cut-off helps."""
    WEAK = "weak"
    """There is something, but too little is known to rely on the cut-off."""
    NONE = "none"
    """Right and wrong images do not differ in this metric."""
    REFUSED = "refused"
    """Too few right or wrong images to say anything."""
    SET_BY_HAND = "set_by_hand"
    """A person or a rule without predictions chose it."""


@dataclass(frozen=True, slots=True)
class Reference:
    """How the scores that a cut-off was found on are distributed.

    Parameters
    ----------
    min, max
        Of the scores.
    quantiles
        At evenly spaced probabilities from 0 to 1, ascending.
    """

    min: float
    max: float
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Cutoff:
    """Where a metric separates images to keep from images to reject.

    Parameters
    ----------
    cutoff
        Scores strictly worse are low; None where there is no telling.
    direction
        Which scores are better.
    interval
        95% confidence interval of the cut-off.
    verdict, reason
        What it is worth, and why, in a sentence.
    method
        How it was found: ``kde``, ``plain``, ``youden``, ``accuracy``, ``quantile``, ``hand``.
    n_right, n_wrong
        Images with a score that were predicted rightly and wrongly.
    auc
        Probability that a wrong image scores worse than a right one, with its 95% interval:
        (low, point, high).
    crossings
        All crossings of the two curves.
    effect
        What rejecting would do: ``rejected_right``, ``rejected_wrong`` (shares of each),
        ``rejected`` (of all), ``error_before``, ``error_kept`` and ``inside_interval`` (share of
        images).
    evidence
        What the verdict rests on: ``p_pooled`` and ``p_within`` (one-sided Brunner-Munzel),
        ``auc_within``, ``n_wrong_within``, ``gain_low`` (lower 95% bound of the share of wrong
        minus that of right images rejected, at the worse end of the interval), ``held_out`` with
        ``held_out_low`` and ``held_out_high`` (error of rejected minus kept images that the
        cut-off did not see), ``srcc`` (of the probability of the true class with the score),
        ``partitions_low`` and ``partitions_high`` (the smallest and largest cut-off over the
        ``partitions`` of a cross-validation, of which ``partitions_with_cutoff`` have one).
    reference
        Distribution of the scores, to notice drift.
    """

    cutoff: float | None
    direction: Direction
    interval: tuple[float, float] | None
    verdict: Verdict
    reason: str
    method: str
    n_right: int | None = None
    n_wrong: int | None = None
    auc: tuple[float, float, float] | None = None
    crossings: tuple[float, ...] = ()
    effect: Mapping[str, float | None] = field(default_factory=dict)
    evidence: Mapping[str, float | None] = field(default_factory=dict)
    reference: Reference | None = None

    @property
    def digits(self) -> int:
        """Significant digits, at least 4, that tell it from the ends of its interval."""
        values = [v for v in (self.cutoff, *(self.interval or ())) if v is not None]
        different = len(set(values))
        enough = (n for n in range(4, 17) if len({f"{v:.{n}g}" for v in values}) == different)
        return next(enough, 17)


@dataclass(frozen=True, slots=True)
class Cutoffs:
    """Cut-offs by score column, and where they come from."""

    metrics: Mapping[str, Cutoff]
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the file; it appears under its name when it is whole."""
        save_document(to_document(self), Path(path))


def read_cutoffs(path: str | os.PathLike[str]) -> Cutoffs:
    """Read a file of cut-offs.

    Raises
    ------
    CutoffError
        Where it cannot be read, is no such file, or is of another version.
    """
    path = Path(path)
    document = read_document(path, KIND)
    try:
        return from_document(document)
    except CutoffError as error:
        raise CutoffError(f"{path}: {error}") from None


def to_document(cutoffs: Cutoffs) -> dict[str, Any]:
    """Turn cut-offs into what the file holds; its schema is ``schemas/cutoffs.json``."""
    metrics = {name: _to_record(cutoff) for name, cutoff in cutoffs.metrics.items()}
    return {
        "format": KIND.format,
        "version": KIND.version,
        "metrics": metrics,
        "provenance": dict(cutoffs.provenance),
    }


def from_document(document: Any) -> Cutoffs:
    """Turn what a file holds into cut-offs.

    Raises
    ------
    CutoffError
        Where it does not fit the schema.
    """
    check_document(document, KIND)
    metrics = {name: _from_record(record) for name, record in document["metrics"].items()}
    return Cutoffs(metrics, document.get("provenance", {}))


def _to_record(cutoff: Cutoff) -> dict[str, Any]:
    reference = cutoff.reference
    return {
        "cutoff": cutoff.cutoff,
        "direction": str(cutoff.direction),
        "interval": None if cutoff.interval is None else list(cutoff.interval),
        "verdict": str(cutoff.verdict),
        "reason": cutoff.reason,
        "method": cutoff.method,
        "n_right": cutoff.n_right,
        "n_wrong": cutoff.n_wrong,
        "auc": None if cutoff.auc is None else list(cutoff.auc),
        "crossings": list(cutoff.crossings),
        "effect": dict(cutoff.effect),
        "evidence": dict(cutoff.evidence),
        "reference": reference
        and {"min": reference.min, "max": reference.max, "quantiles": list(reference.quantiles)},
    }


def _from_record(record: Mapping[str, Any]) -> Cutoff:
    interval, auc, reference = record["interval"], record.get("auc"), record.get("reference")
    return Cutoff(
        cutoff=_finite(record["cutoff"]),
        direction=Direction(record["direction"]),
        interval=None if interval is None else (interval[0], interval[1]),
        verdict=Verdict(record["verdict"]),
        reason=record["reason"],
        method=record["method"],
        n_right=record.get("n_right"),
        n_wrong=record.get("n_wrong"),
        auc=None if auc is None else (auc[0], auc[1], auc[2]),
        crossings=tuple(record.get("crossings", ())),
        effect=record.get("effect", {}),
        evidence=record.get("evidence", {}),
        reference=reference
        and Reference(reference["min"], reference["max"], tuple(reference["quantiles"])),
    )


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise CutoffError(f"a cut-off is {value}")
    return value
