"""Images without scores and scores without a value, with their reasons."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of failure: how many images it has, and the rows of the first few."""

    name: str
    code: str
    images: int
    examples: tuple[int, ...]


def failures(status: pa.ChunkedArray, error: pa.ChunkedArray) -> list[Kind]:
    """Kinds of images that could not be read, by status and code, the most frequent first.

    Parameters
    ----------
    status, error
        Text (N,), null where nothing is known, which counts as readable.
    """
    bad = pc.fill_null(pc.not_equal(status, "ok"), False).to_numpy()
    rows = np.flatnonzero(bad)
    names = status.take(pa.array(rows)).to_pylist()
    texts = error.take(pa.array(rows)).to_pylist()
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    counts: Counter[tuple[str, str]] = Counter()
    for row, name, text in zip(rows.tolist(), names, texts, strict=True):
        kind = (str(name), (text or "").partition(":")[0])
        counts[kind] += 1
        if len(found[kind]) < EXAMPLES:
            found[kind].append(row)
    return [Kind(*kind, n, tuple(found[kind])) for kind, n in counts.most_common()]


def undefined(
    reasons: pa.ChunkedArray | None, readable: pa.Array, metrics: Sequence[str]
) -> list[Kind]:
    """Why readable images have no score of a metric, by metric and reason.

    Parameters
    ----------
    reasons
        The column ``metric_errors``, JSON text (N,), or None.
    readable
        bool (N,).
    metrics
        Those that are looked at.
    """
    if reasons is None:
        return []
    rows = np.flatnonzero(pc.and_(pc.is_valid(reasons), readable).to_numpy())
    counts: Counter[tuple[str, str]] = Counter()
    found: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for row, text in zip(rows.tolist(), reasons.take(pa.array(rows)).to_pylist(), strict=True):
        for metric, why in json.loads(text).items():
            if metric in metrics:
                kind = (metric, str(why).partition(":")[0])
                counts[kind] += 1
                if len(found[kind]) < EXAMPLES:
                    found[kind].append(row)
    return [Kind(*kind, n, tuple(found[kind])) for kind, n in counts.most_common()]
