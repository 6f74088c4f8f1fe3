"""One score of several: how much an image looks as if it came from B.

Rosenbaum and Rubin 1983, Biometrika 70(1):41: images with equal probabilities of being from B are
distributed alike in everything that the probability rests on. Each image is told by a model that
did not see it (nor its group), so that the model shows the distributions and not single images.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from iqcurate.analysis.cutoffs.ranks import rank

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Units = npt.NDArray[np.int32]
    Mask = npt.NDArray[np.bool_]

FOLDS = 5
_MOST = 50_000
"""Images that a model learns from at most; its forty or so weights need no more."""
_AT_ONCE = 50_000
_KNOTS = np.linspace(-2.5, 2.5, 6)
_STRENGTH = 0.3


def propensity(a: Floats, b: Floats, units: Units | None, seed: int) -> tuple[Floats, Floats]:
    """Log odds of being from B, of each image of A and of B.

    A logistic regression on cubic splines of each score and products of every two, all in normal
    scores of the pooled ranks; that a score is missing is a feature of its own.

    Parameters
    ----------
    a, b
        Scores, float64 (N, metrics) and (M, metrics), not finite where there is
        none; at least two images each.
    units
        int32 (N + M,) from 0: images of one unit are told by a model that saw none of it, where
        both sets have at least `FOLDS` units; None where each is one of its own.
    seed
        Of the folds.

    Returns
    -------
    float64 (N,) and (M,).
    """
    plain, in_b = _plain(np.concatenate([a, b])), np.repeat([False, True], [len(a), len(b)])
    fold = _folds(in_b, units, seed)
    random, odds = np.random.default_rng(seed), np.empty(len(in_b))
    for k in range(int(fold.max()) + 1):
        learn, told = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        if len(learn) > _MOST:
            learn = random.choice(learn, _MOST, replace=False)
        model = _model(a.shape[1])
        model.fit(plain[learn], in_b[learn])
        for start in range(0, len(told), _AT_ONCE):
            some = told[start : start + _AT_ONCE]
            odds[some] = model.decision_function(plain[some])
    return odds[: len(a)], odds[len(a) :]


def _plain(scores: Floats) -> Floats:
    """Normal scores of the ranks, 0 where there is none; then columns that say where."""
    columns, missing = [], []
    for values in scores.T:
        have = np.isfinite(values)
        made = np.zeros(len(values))
        if have.any():
            found = rank(values[have])
            made[have] = found.normal_scores()[found.level]
        columns.append(made)
        if not have.all():
            missing.append((~have).astype(float))
    return np.column_stack([*columns, *missing])


def _model(metrics: int) -> Any:
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, SplineTransformer, StandardScaler

    scores = slice(0, metrics)
    splines = SplineTransformer(
        knots=np.repeat(_KNOTS[:, None], metrics, axis=1), include_bias=False,
        extrapolation="linear",
    )  # fmt: skip
    features = ColumnTransformer(
        [
            ("splines", splines, scores),
            ("products", PolynomialFeatures(2, include_bias=False), scores),
        ],
        remainder="passthrough",
    )
    return make_pipeline(features, StandardScaler(), LogisticRegression(C=_STRENGTH, max_iter=2000))


def _folds(in_b: Mask, units: Units | None, seed: int) -> npt.NDArray[np.int64]:
    """Fold of each image; units stay whole, A and B are spread evenly.

    With few units a model would see hardly any of A or of B: then images are spread.
    """
    from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

    if units is not None and min(len(np.unique(units[k])) for k in (in_b, ~in_b)) < FOLDS:
        units = None
    k = int(min(FOLDS, in_b.sum(), (~in_b).sum()))
    kind = StratifiedKFold if units is None else StratifiedGroupKFold
    fold = np.zeros(len(in_b), np.int64)
    parts = kind(k, shuffle=True, random_state=seed).split(np.zeros(len(in_b)), in_b, units)
    for number, (_, test) in enumerate(parts):
        fold[test] = number
    return fold
