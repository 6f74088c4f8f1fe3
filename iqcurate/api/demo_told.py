"""What the demonstration says of its results, in sentences, and the photos that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from iqcurate.api.metrics import list_metrics
from iqcurate.spec import Direction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from iqcurate.analysis.accuracy import Accuracy
    from iqcurate.api.curated import CurateResult
    from iqcurate.cutoffs import Cutoff

_SHEET, _COLUMNS = 48, 8  # photos of a contact sheet


def told_sets(tables: Mapping[str, Path], folder: Path) -> str:
    """How many images there are, and where."""
    sizes = {name: len(pd.read_csv(table)) for name, table in tables.items()}
    each = ", ".join(f"{name} {size}" for name, size in sizes.items())
    return (
        f"{sum(sizes.values())} images in {folder}: {each}. The file images.csv of each set says "
        "what was done to each image."
    )


def told_focus(scores: pd.DataFrame, table: Path) -> str:
    """How well each score follows the focus of D1."""
    joined = scores.merge(pd.read_csv(table)[["path", "step"]], left_on="id", right_on="path")
    found = []
    for spec in list_metrics():
        if spec.name not in joined.columns or spec.direction is Direction.NONE:
            continue
        sign = -1 if spec.direction is Direction.HIGHER else 1
        samples = (sample for _, sample in joined.groupby("group"))
        follows = np.mean(
            [sample[spec.name].corr(sample["step"], "spearman") for sample in samples]
        )
        found.append(f"{spec.name} {sign * follows:.2f}")
    return (
        "D1 holds the same codes further and further out of focus. How well the scores fall with "
        f"it (1: at each step, 0: not at all): {', '.join(found)}."
    )


def told_accuracy(summary: Accuracy) -> list[str]:
    """How often the probe is right."""
    if summary.accuracy is None:
        return ["No image has a prediction."]
    right = summary.judged - summary.wrong
    return [f"Accuracy {summary.accuracy:.3f}: {right} right, {summary.wrong} wrong."]


def told_cutoff(name: str, cutoff: Cutoff) -> str:
    """A cut-off, and what it would do."""
    if cutoff.cutoff is None or cutoff.interval is None:
        return f"{name}: {cutoff.verdict}. {cutoff.reason}"
    low, high = cutoff.interval
    right, wrong = (cutoff.effect.get(f"rejected_{kind}") for kind in ("right", "wrong"))
    found = f"{name}: {cutoff.verdict}. {cutoff.cutoff:.4g} ({low:.4g} to {high:.4g})"
    if right is None or wrong is None:
        return found
    return f"{found}, rejects {wrong:.0%} of the wrong and {right:.0%} of the right ones"


def told_kept(curated: CurateResult) -> list[str]:
    """What is kept, and what whoever relies on it should know."""
    counts = curated.counts
    kept = f"{counts['kept']} of {counts['images']} images are kept, {counts['rejected']} rejected."
    return [kept, *curated.warnings]


def told_check(manifest: pd.DataFrame, predictions: pd.DataFrame) -> str:
    """How often the probe is right on all, the kept and the rejected images."""
    joined = manifest[["id", "keep"]].merge(predictions[["id", "correct"]], on="id")
    joined = joined.dropna(subset="correct")
    right = joined["correct"].astype(bool)
    shares = {"all": right, "the kept": right[joined.keep], "the rejected": right[~joined.keep]}
    each = (f"{s.mean():.1%} of {name} ({len(s)})" for name, s in shares.items() if len(s))
    return f"The probe is right on {', '.join(each)}."


def save_sheets(manifest: pd.DataFrame, folder: Path) -> None:
    """Photos that are kept, and photos that are rejected, as `kept.jpg` and `rejected.jpg`."""
    from iqcurate.synthetic.sheet import contact_sheet

    for name, rows in (("kept", manifest[manifest.keep]), ("rejected", manifest[~manifest.keep])):
        some = rows.uri.iloc[:: max(1, len(rows) // _SHEET)][:_SHEET]
        if len(some):
            contact_sheet([Path(uri) for uri in some], _COLUMNS).save(
                folder / f"{name}.jpg", quality=88
            )
