"""How often predictions are right."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_WORST = 5
_OF_PARTITION = re.compile(r"correct(_\d+)?")


@dataclass(frozen=True, slots=True)
class ClassAccuracy:
    """Accuracy on the images of one label."""

    label: str
    images: int
    accuracy: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """What a table of predictions says at a glance.

    Parameters
    ----------
    images, predicted, labelled
        Rows, those with a prediction, those with a label.
    judged, wrong
        Those of which it is known whether they are right, and those that are not.
    accuracy, top5
        Shares of right ones, in [0, 1]; None where nothing is judged.
    partitions
        Accuracy in each partition of a probe, if there are several.
    classes
        Labels among those judged.
    worst
        Labels with the least accuracy, worst first.
    failures
        Why images have no prediction: code -> number.
    """

    images: int
    predicted: int
    labelled: int
    judged: int
    wrong: int
    accuracy: float | None
    top5: float | None
    partitions: tuple[float, ...]
    classes: int
    worst: tuple[ClassAccuracy, ...]
    failures: dict[str, int]


def accuracy_of(frame: pd.DataFrame) -> Accuracy:
    """Summarise predictions with the columns that `iqcurate.predict` gives."""
    judged = frame[frame["correct"].notna()]
    right = judged["correct"].astype(bool)
    by_class = right.groupby(judged["label"], sort=True).agg(["size", "mean"])
    by_class = by_class.sort_values(["mean", "size"], ascending=[True, False], kind="stable")
    columns = [name for name in frame.columns if _OF_PARTITION.fullmatch(name)]
    shares = [_share(frame[name]) for name in columns]
    missing = frame[frame["predicted"].isna()]
    codes = Counter(str(error).partition(":")[0] for error in missing["error"])
    return Accuracy(
        images=len(frame),
        predicted=len(frame) - len(missing),
        labelled=int(frame["label"].notna().sum()),
        judged=len(judged),
        wrong=int((~right).sum()),
        accuracy=_share(frame["correct"]),
        top5=_share(frame["correct_top5"]),
        partitions=tuple(s for s in shares if s is not None) if len(shares) > 1 else (),
        classes=len(by_class),
        worst=tuple(
            ClassAccuracy(str(label), int(size), float(mean))
            for label, size, mean in by_class.head(_WORST).itertuples()
        ),
        failures=dict(codes.most_common()),
    )


def _share(column: pd.Series) -> float | None:
    known = column.dropna()
    return float(known.astype(bool).mean()) if len(known) else None
