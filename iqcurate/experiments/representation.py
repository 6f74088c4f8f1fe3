"""How subsets of categories lie in one model's representation, after Lee et al. 2024."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from iqcurate.experiments.distances import spread
from iqcurate.experiments.right import share_of
from iqcurate.experiments.scaling import MOST_POINTS, to_plane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    from iqcurate.experiments.subsets import Drawn

    Floats = npt.NDArray[np.floating]
    Rows = npt.NDArray[np.int64]

_LEAST_POINTS = 3


@dataclass(frozen=True, slots=True)
class Represented:
    """What a model makes of images.

    Parameters
    ----------
    place
        Row of each image in the other arrays, int64 (N,), -1 for images without.
    embeddings
        float (n, numbers), NaN where there is none.
    right
        ``top1`` and ``top5`` -> 1 where an image was predicted rightly, 0 where not, NaN where that
        is not known; float64 (n,).
    """

    place: Rows
    embeddings: Floats
    right: Mapping[str, npt.NDArray[np.float64]]


def measure(drawn: Sequence[Drawn], found: Represented) -> pd.DataFrame:
    """Measure each subset.

    Returns
    -------
    One row a subset: ``metric``, ``subset``, ``categories``, ``images`` (with an embedding),
    ``total_distance``, ``mean_distance`` with ``distance_low`` and ``distance_high`` (95%),
    ``within``, ``between``, ``relative`` (mean distance over that of all images drawn for the
    metric), and for ``top1`` and ``top5`` the share, ``_low``, ``_high`` (95%) and ``_images``.
    """
    whole = {metric: _mean_of_all(drawn, metric, found) for metric in _metrics(drawn)}
    return pd.DataFrame([_row(each, found, whole[each.metric]) for each in drawn])


def picture(drawn: Sequence[Drawn], found: Represented) -> pd.DataFrame:
    """Show the images of each metric's subsets in the plane.

    Returns
    -------
    One row an image and subset: ``metric``, ``subset``, ``row`` (of the images), ``category`` (its
    number in the subset), ``x``, ``y`` and the picture's ``stress``. Of more than `MOST_POINTS`
    images of a metric some are left out, evenly.
    """
    made = [_plane([d for d in drawn if d.metric == m], found) for m in _metrics(drawn)]
    made = [frame for frame in made if frame is not None]
    return pd.concat(made, ignore_index=True) if made else pd.DataFrame()


def _metrics(drawn: Sequence[Drawn]) -> list[str]:
    return list(dict.fromkeys(each.metric for each in drawn))


def _row(each: Drawn, found: Represented, whole: float | None) -> dict[str, Any]:
    vectors, units = _vectors(each, found)
    distances = spread(vectors, units)
    row: dict[str, Any] = {
        "metric": each.metric,
        "subset": each.subset,
        "categories": len(np.unique(units)),
        "images": len(vectors),
        "total_distance": distances.total,
        "mean_distance": distances.mean,
        "distance_low": distances.low,
        "distance_high": distances.high,
        "within": distances.within,
        "between": distances.between,
        "relative": distances.mean / whole if distances.mean is not None and whole else None,
    }
    for name, right in found.right.items():
        values = right[found.place[each.rows]]
        known = np.isfinite(values)
        share = share_of(values[known] > 0, each.units[known])
        figures = asdict(share) if share else dict.fromkeys(("share", "low", "high", "worth"))
        row |= {name: figures["share"], f"{name}_low": figures["low"]}
        row |= {f"{name}_high": figures["high"], f"{name}_images": int(known.sum())}
    return row


def _vectors(each: Drawn, found: Represented) -> tuple[Floats, Rows]:
    vectors = found.embeddings[found.place[each.rows]]
    known = np.isfinite(vectors).all(axis=1)
    return vectors[known], each.units[known]


def _mean_of_all(drawn: Sequence[Drawn], metric: str, found: Represented) -> float | None:
    rows = np.unique(np.concatenate([each.rows for each in drawn if each.metric == metric]))
    vectors = found.embeddings[found.place[rows]]
    vectors = vectors[np.isfinite(vectors).all(axis=1)]
    return spread(vectors, np.zeros(len(vectors), np.int64)).mean


def _plane(drawn: Sequence[Drawn], found: Represented) -> pd.DataFrame | None:
    most = MOST_POINTS // len(drawn)
    frames = []
    for each in drawn:
        n = len(each.rows)
        some = np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(int))
        frames.append(
            pd.DataFrame({
                "metric": each.metric, "subset": each.subset, "row": each.rows[some],
                "category": each.units[some],
            })
        )  # fmt: skip
    frame = pd.concat(frames, ignore_index=True)
    rows = np.unique(frame["row"])
    vectors = found.embeddings[found.place[rows]]
    known = np.isfinite(vectors).all(axis=1)
    rows, vectors = rows[known], vectors[known]
    if len(rows) < _LEAST_POINTS:
        return None
    plane = to_plane(vectors)
    points = pd.DataFrame(plane.points, columns=["x", "y"], index=rows)
    return frame.join(points, on="row", how="inner").assign(stress=plane.stress)
