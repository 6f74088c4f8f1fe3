"""From probabilities and a label to the columns of a prediction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from iqcurate.models.classes import Classes

    Floats = npt.NDArray[np.floating[Any]]

PREDICTION = {
    "predicted": "string",
    "confidence": "float64",
    "p_true": "float64",
    "correct": "bool",
    "correct_top5": "bool",
    "model": "string",
    "fold": "int64",
}
"""Columns of a prediction and their types."""
_TOP = 5


@dataclass(frozen=True, slots=True)
class Judge:
    """Turns the probabilities of an image into a prediction.

    Parameters
    ----------
    classes
        Of the model.
    style
        How they are written; see `Classes.shown`.
    model
        What tables call it.
    """

    classes: Classes
    style: int
    model: str

    def __call__(
        self, probabilities: Floats, label: str | None, fold: int | None = None
    ) -> dict[str, Any]:
        """Columns of a prediction.

        ``predicted`` is the most probable class, written as the label where that is right;
        ``confidence`` its probability; ``p_true`` that of the label's class. What the label
        decides is None where it is no class. ``correct_top5`` is None with 5 classes or fewer.
        """
        p = np.asarray(probabilities, np.float64)
        best, truth = int(p.argmax()), self.classes.find(label)
        right = truth == best
        known = truth is not None
        in_top = bool((p > p[truth]).sum() < _TOP) if known and len(p) > _TOP else None
        return {
            "predicted": label if right else self.classes.shown(best, self.style),
            "confidence": float(p[best]),
            "p_true": float(p[truth]) if truth is not None else None,
            "correct": right if known else None,
            "correct_top5": in_top,
            "model": self.model,
            "fold": fold,
        }
