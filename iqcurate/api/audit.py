"""From scores to a page that shows them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from iqcurate.analysis.audit.summary import check_gates
from iqcurate.analysis.flags import find_flags
from iqcurate.api import about
from iqcurate.api.against import against_data, against_figures, on_against
from iqcurate.api.audited import AuditResult
from iqcurate.api.beside import gather
from iqcurate.api.compare import compare
from iqcurate.api.inputs import read_scores
from iqcurate.api.shown import Shown
from iqcurate.report.flag_words import read_limits
from iqcurate.report.sentences import WEIGHTS

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence

    from iqcurate.api.inputs import ScoresLike
    from iqcurate.api.predictions import PredictionsLike
    from iqcurate.cutoffs import Cutoffs

    PathLike = str | os.PathLike[str]


def audit(
    scores: ScoresLike,
    predictions: PredictionsLike | None = None,
    *,
    cutoffs: Cutoffs | PathLike | None = None,
    manifest: PathLike | None = None,
    robustness: PathLike | None = None,
    against: ScoresLike | None = None,
    metrics: Sequence[str] | None = None,
    directions: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
    vote: str | int = "majority",
    fail_if: Sequence[str] = (),
    limits: Mapping[str, str] | None = None,
    near_bits: int | None = None,
    title: str | None = None,
    root: PathLike | None = None,
    pictures: bool = True,
    seed: int = 0,
) -> AuditResult:
    """Look at a data set's quality: by metric, class and split, with what else the scores go with.

    Parameters
    ----------
    scores
        Store, table file, or table in memory; see `iqcurate.api.inputs.read_scores`.
    predictions
        What a classifier said; gives cut-offs where none are given, and the error of what is
        kept.
    cutoffs
        Cut-offs, or their file.
    manifest
        What was kept, to be shown beside what the cut-offs would keep.
    robustness
        File that says which metrics fail tests of robustness.
    against
        Scores of another data set: the page shows how the two differ, as
        `iqcurate.api.compare.compare` tells it.
    metrics
        Only these scores; default: all that have a direction.
    directions
        Column -> ``higher`` or ``lower``, where the scores themselves do not say.
    columns
        Which columns of the predictions are ours: ``{"label": "target"}``.
    vote
        How votes decide when the page is opened: ``majority``, ``any``, ``all``, or a number.
    fail_if
        Conditions on the figures that must not hold, such as ``truncated > 0``.
    limits
        Limits of your own for images that are flagged as unlike the rest: ``{"dark": "32.."}``.
    near_bits
        In how many of 64 bits the perceptual hashes of near duplicates may differ; default:
        from the data.
    title
        Name of the data set; default: from the scores.
    root
        Folder that ids are paths in, for images that moved.
    pictures
        Open originals again, to show some of them small.
    seed
        Of the sample that is shown of more than 50,000 images.

    Raises
    ------
    UsageError
        Where the call cannot be right, or a condition names a figure that is not there.
    CutoffError
        Where the cut-offs are for other scores.
    SourceError, StoreError
        Where a table cannot be read.

    Examples
    --------
    >>> result = iqcurate.audit("scores/", cutoffs="cutoffs.json")
    >>> [finding.text for finding in result.findings]
    >>> result.save("report.html")
    """
    found = read_scores(scores, metrics, directions, whole=True)
    beside = gather(found, predictions, cutoffs, manifest, robustness, columns, vote)
    noticed = find_flags(about.flag_columns(found), read_limits(limits or {}), near_bits)
    work = Shown(found, beside, noticed, about.metric_names(scores), seed)
    other = None
    if against is not None:
        other = compare(scores, against, metrics=metrics, directions=directions, seed=seed)
    figures = work.figures() | ({} if other is None else against_figures(other))
    findings = [*work.findings, *(() if other is None else on_against(other))]
    findings.sort(key=lambda finding: WEIGHTS.index(finding.weight))
    gates = check_gates(figures, fail_if)
    data = work.data(about.describe(scores, found, title), root, pictures)
    data["figures"], data["gates"] = figures, [asdict(gate) for gate in gates]
    data["findings"] = [asdict(finding) for finding in findings]
    data["against"] = None if other is None else against_data(other)
    return AuditResult(tuple(findings), figures, gates, tuple(work.warnings), data)
