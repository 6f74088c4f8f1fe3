"""Pictures of embeddings: multidimensional scaling to the plane."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial.distance import pdist, squareform

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.floating]

MOST_POINTS = 600
"""Work grows with the square of the points, and more of them hide each other."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Points whose distances are as near as can be to those of the embeddings.

    Parameters
    ----------
    points
        float64 (n, 2).
    stress
        Kruskal's stress-1: 0 is a true picture; above .2 it is a poor one.
    """

    points: Floats
    stress: float


def to_plane(embeddings: Floats) -> Plane:
    """Metric multidimensional scaling (scikit-learn's SMACOF) of Euclidean distances.

    It starts from the two first principal components, which are classical scaling, so that
    nothing is left to chance.

    Parameters
    ----------
    embeddings
        (n, numbers), n at least 3.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import smacof

    embeddings = np.asarray(embeddings, np.float64)
    distances = pdist(embeddings)
    if not distances.any():
        return Plane(np.zeros((len(embeddings), 2)), 0.0)
    if embeddings.shape[1] == 1:
        embeddings = np.column_stack([embeddings, np.zeros(len(embeddings))])
    start = PCA(2, svd_solver="full").fit_transform(embeddings)
    points, raw = smacof(squareform(distances), n_components=2, init=start, n_init=1)
    return Plane(points, float(np.sqrt(raw / (distances**2).sum())))
