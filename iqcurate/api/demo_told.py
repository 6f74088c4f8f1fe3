"""What the demonstration says of its results, in sentences, and the photos that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from iqcurate.cutoffs import Verdict
from iqcurate.robustness import Survival

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from iqcurate.analysis.accuracy import Accuracy
    from iqcurate.api.curated import CurateResult
    from iqcurate.api.score import ScoreResult
    from iqcurate.cutoffs import Cutoff
    from iqcurate.robustness import Robustness

_SHEET, _COLUMNS = 48, 8  # photos of a contact sheet


def told_sets(sizes: Mapping[str, int], folder: Path) -> str:
    """How many images there are, where, and what for."""
    return (
        f"{sum(sizes.values())} photos in {folder}: D1 ({sizes['D1']}) shows the same codes "
        f"further and further out of focus, D2 ({sizes['D2']}) is to find cut-offs, "
        f"D3 ({sizes['D3']}) to use them. What was done to each photo is in images.csv there."
    )


def told_scores(scores: Mapping[str, ScoreResult]) -> str:
    """How many images have scores."""
    frames = [result.frame for result in scores.values()]
    return f"{sum((f.status == 'ok').sum() for f in frames)} of {sum(map(len, frames))} scored."


def told_robustness(metrics: Mapping[str, Robustness]) -> list[str]:
    """Verdicts with the sizes of the responses, how scores follow real focus, and why some fail."""
    lines = [f"{'metric':<8} {'verdict':<12} {'cropped':>8} {'turned':>8} {'blurred':>8}"]
    for name, found in metrics.items():
        sizes = (_points(found.tests[test].figures) for test in ("crop", "rotate", "blur"))
        verdict = str(found.verdict).replace("_", " ")
        lines.append(f"{name:<8} {verdict:<12} " + " ".join(f"{size:>8}" for size in sizes))
    lines.append(
        "In percentile points of the scores: at most 5 by cropping and turning, at least 20 by "
        "blurring."
    )
    lines += [
        f"{name} {found.reason}."
        for name, found in metrics.items()
        if found.verdict is not Survival.SURVIVES
    ]
    focus = {name: found.correlations["sequences"] for name, found in metrics.items()}
    each = ", ".join(f"{n} {_signed(figures['srcc_signed'])}" for n, figures in focus.items())
    chance = next(iter(focus.values()))["independent_srcc"]
    return [
        *lines,
        "Do the scores of D1 get worse with each step out of focus? Rank correlation, 1 if they "
        f"always do, by chance alone {chance:.2f} up or down: {each}.",
    ]


def _points(figures: Mapping[str, float | None]) -> str:
    return _signed(figures.get("response"), 1)


def _signed(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def told_accuracy(summary: Accuracy) -> list[str]:
    """How often the probe is right."""
    if summary.accuracy is None:
        return ["No image has a prediction."]
    right = summary.judged - summary.wrong
    return [f"{right} right, {summary.wrong} wrong: accuracy {summary.accuracy:.3f}."]


def told_cutoffs(cutoffs: Mapping[str, Cutoff]) -> list[str]:
    """Cut-offs, and what they would do; a reason that several share is given once."""
    head = _columns("metric", "verdict", "cut-off (interval)", "rejects of wrong", "of right")
    why: dict[str, list[str]] = {}
    for name, cutoff in cutoffs.items():
        if cutoff.verdict is not Verdict.USABLE:
            why.setdefault(f"{cutoff.verdict}: {cutoff.reason}.", []).append(name)
    reasons = [f"{', '.join(names)} {reason}" for reason, names in why.items()]
    return [head, *(_told_cutoff(*each) for each in cutoffs.items()), *reasons]


def _told_cutoff(name: str, cutoff: Cutoff) -> str:
    shares = (cutoff.effect.get(f"rejected_{kind}") for kind in ("wrong", "right"))
    wrong, right = ("-" if share is None else f"{share:.0%}" for share in shares)
    if cutoff.cutoff is None or cutoff.interval is None:
        return _columns(name, cutoff.verdict, "-", wrong, right)
    low, high = cutoff.interval
    where = f"{cutoff.cutoff:.4g} ({low:.4g} to {high:.4g})"
    return _columns(name, cutoff.verdict, where, wrong, right)


def _columns(name: str, verdict: str, where: str, wrong: str, right: str) -> str:
    return f"{name:<8} {verdict:<8} {where:<24} {wrong:>16} {right:>9}"


def told_kept(curated: CurateResult) -> list[str]:
    """What is kept, and what whoever relies on it should know."""
    counts = curated.counts
    kept = f"{counts['kept']} of {counts['images']} photos are kept, {counts['rejected']} rejected."
    return [kept, *(f"{warning}." for warning in curated.warnings)]


def told_check(manifest: pd.DataFrame, predictions: pd.DataFrame) -> str:
    """How often the probe is right on all, the kept and the rejected images."""
    joined = manifest[["id", "keep"]].merge(predictions[["id", "correct"]], on="id")
    joined = joined.dropna(subset="correct")
    right = joined["correct"].astype(bool)
    shares = {"": right, " kept": right[joined.keep], " rejected": right[~joined.keep]}
    each = (f"{s.mean():.1%} of the {len(s)}{name}" for name, s in shares.items() if len(s))
    return f"It is right on {', '.join(each)} (guessing: 50%)."


def save_sheets(manifest: pd.DataFrame, folder: Path) -> None:
    """Photos that are kept, and photos that are rejected, as `kept.jpg` and `rejected.jpg`."""
    from iqcurate.synthetic.sheet import contact_sheet

    for name, rows in (("kept", manifest[manifest.keep]), ("rejected", manifest[~manifest.keep])):
        some = rows.uri.iloc[:: max(1, len(rows) // _SHEET)][:_SHEET]
        if len(some):
            contact_sheet([Path(uri) for uri in some], _COLUMNS).save(
                folder / f"{name}.jpg", quality=88
            )
