"""How good predictions are."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Ints = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.floating[Any]]
    Mask = npt.NDArray[np.bool_]

ACCURACY, BALANCED = "accuracy", "balanced_accuracy"
MEASURES = (ACCURACY, BALANCED)
"""What verdicts can be about: means over images of right or wrong."""
AUC = "auc"


def image_weights(labels: Ints, measure: str) -> npt.NDArray[np.float64]:
    """What each of n images counts for in a measure of `MEASURES`; they sum to 1."""
    if measure == ACCURACY:
        return np.full(len(labels), 1 / len(labels))
    sizes = np.bincount(labels)
    return np.asarray(1 / (sizes[labels] * np.count_nonzero(sizes)))


def auc(probabilities: Floats, labels: Ints) -> float:
    """Area under the ROC curve; with more classes the M of Hand and Till 2001.

    M is the mean over pairs of classes of the mean of both classes' AUC against the other.

    Parameters
    ----------
    probabilities
        (n, classes).
    labels
        int (n,): class of each; classes without an image are left out.

    Returns
    -------
    In [0, 1], 0.5 for guessing; NaN where the images are of one class.
    """
    present = np.unique(labels)
    columns = {k: probabilities[:, k] for k in present}
    sorted_by = {(k, j): np.sort(columns[k][labels == j]) for k in present for j in present}

    def above(k: int, j: int) -> float:
        """How often the probability of k is higher for an image of k than for one of j."""
        of, others = sorted_by[k, k], sorted_by[k, j]
        below = np.searchsorted(others, of) + np.searchsorted(others, of, side="right")
        return float(below.mean()) / (2 * len(others))

    pairs = [(above(k, j) + above(j, k)) / 2 for k, j in combinations(present, 2)]
    return float(np.mean(pairs)) if pairs else float("nan")


def measures(probabilities: Floats, labels: Ints) -> dict[str, float]:
    """Accuracy, balanced accuracy (mean over the classes present) and AUC; NaN without images."""
    if not len(labels):
        return dict.fromkeys((*MEASURES, AUC), float("nan"))
    right = probabilities.argmax(axis=1) == labels
    found = {name: float(right @ image_weights(labels, name)) for name in MEASURES}
    return found | {AUC: auc(probabilities, labels)}
