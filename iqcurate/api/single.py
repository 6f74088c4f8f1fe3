"""Score one image, without a store."""

from __future__ import annotations

import os
from contextlib import nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Unpack

import numpy as np

from iqcurate.api.options import make_setup
from iqcurate.engine import Engine
from iqcurate.errors import UsageError
from iqcurate.metrics.registry import load_operators, resolve
from iqcurate.metrics.settings import check_setup, settings
from iqcurate.sources.local import open_file
from iqcurate.spec import Stage
from iqcurate.store.scores import split_values
from iqcurate.tasks import Row, Task
from iqcurate.types import Header, Image, ImageRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    import numpy.typing as npt

    from iqcurate.api.options import SetupOptions
    from iqcurate.operators import Setup
    from iqcurate.spec import MetricSpec


@dataclass(frozen=True, slots=True)
class ImageScores:
    """Scores of one image.

    Parameters
    ----------
    values
        By metric; None where it has no value.
    reasons
        Why a metric has none.
    error
        Why the image could not be read; None where it could.
    """

    values: dict[str, float | None]
    reasons: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    def __getitem__(self, metric: str) -> float | None:
        return self.values[metric]


_last: dict[str, Engine] = {}
_one_at_a_time = Lock()
"""Networks are run by one thread at a time."""


def score_image(
    image: str | os.PathLike[str] | npt.NDArray[Any],
    metrics: Sequence[str] | None = None,
    **options: Unpack[SetupOptions],
) -> ImageScores:
    """Score one image; what was loaded for it stays for the next of the same metrics.

    Parameters
    ----------
    image
        A path, or an array (H, W), (H, W, 1) or (H, W, 3) of uint8, or of uint16 where 65535
        is white.
    metrics
        Names or groups; default: lapv, lapm, wavs, brisque, niqe.
    device, precision, max_side, weights, weights_dir
        Of deep metrics, see `iqcurate.score`.

    Raises
    ------
    UsageError
        Where an array is no image of these kinds.
    MetricError, WeightsError, DeviceError
        Where a metric is unknown or cannot be loaded.
    """
    specs = {s.name: s for s in resolve(metrics)}
    wanted = frozenset(specs)
    with _one_at_a_time if any(s.stage is Stage.BATCH for s in specs.values()) else nullcontext():
        engine = _kept(specs, make_setup(None, **options))
        if isinstance(image, np.ndarray):
            row = engine.score_decoded(image_of(image), wanted)
        elif isinstance(image, str | os.PathLike):
            row = _score_path(engine, Path(image), wanted)
        else:
            raise UsageError(f"an image is a path or a NumPy array, not {type(image).__name__}")
    values, reasons = split_values(row)
    return ImageScores(
        {name: values.get(name) for name in specs},
        reasons,
        row.failure.error if row.failure else None,
    )


def _kept(specs: Mapping[str, MetricSpec], setup: Setup) -> Engine:
    """The engine of the last call, if it would be made again; a network takes seconds to load."""
    check_setup(specs.values(), setup)
    key = repr((list(specs), setup, [settings(spec, setup) for spec in specs.values()]))
    engine = _last.get(key)
    if engine is None:
        _last.clear()
        engine = _last[key] = Engine(load_operators(specs, setup))
    return engine


def _score_path(engine: Engine, path: Path, wanted: frozenset[str]) -> Row:
    ref = ImageRef(str(path), str(path), partial(open_file, os.fsencode(path)), "")
    return engine.score_now(Task(ref, wanted))


def image_of(array: npt.NDArray[Any]) -> Image:
    """Wrap an array as `score_image` takes it; 16 bits are scaled to 8 and rounded."""
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[:, :, 0]
    if array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3) or not array.size:
        raise UsageError(f"an image has shape (H, W) or (H, W, 3), this array has {array.shape}")
    if array.dtype not in (np.uint8, np.uint16):
        raise UsageError(
            f"an image is uint8 or uint16, this array is {array.dtype}: scale it first"
        )
    bits = array.dtype.itemsize * 8 * (array.shape[2] if array.ndim == 3 else 1)
    if array.dtype == np.uint16:
        array = np.floor(array / 257.0 + 0.5)
    height, width = array.shape[:2]
    header = Header(width, height, "RGB" if array.ndim == 3 else "L", "array", bits)
    return Image(header, np.array(array, dtype=np.uint8, order="C"))
