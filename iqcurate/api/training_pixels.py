"""Small pictures to train networks on, made once and kept in the folder of an experiment."""

from __future__ import annotations

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image as Pillow

from iqcurate.api.options import Progress
from iqcurate.decode import DecodeSettings, decode, warm_up
from iqcurate.durable import publish
from iqcurate.reading import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from iqcurate.api.options import ScoreOptions
    from iqcurate.types import ImageRef

_SETTINGS = DecodeSettings()
_PIECE = 64


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pictures of some images.

    Parameters
    ----------
    at
        Row by id, of those that could be read.
    array
        uint8 (n, 3, size, size), a memory map.
    contents
        Hash of each file by id.
    """

    at: Mapping[str, int]
    array: npt.NDArray[np.uint8]
    contents: Mapping[str, str]


class Chosen:
    """Some rows of pictures, copied only where they are asked for.

    Parameters
    ----------
    array
        uint8 (n, 3, size, size), a memory map.
    rows
        Which of it.
    """

    def __init__(self, array: npt.NDArray[np.uint8], rows: Sequence[int]) -> None:
        self._array, self._rows = array, np.asarray(rows, np.int64)

    def __getitem__(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        found: npt.NDArray[np.uint8] = self._array[self._rows[places]]
        return found


def prepare(
    refs: Sequence[ImageRef], folder: Path, size: int, options: ScoreOptions, threads: int
) -> Pixels | None:
    """Read all images, resized to a square; None where that was interrupted.

    What the folder holds of the same files is used again.

    Parameters
    ----------
    refs
        The images.
    folder
        To keep them in.
    size
        Side in pixels.
    options
        Progress and stop.
    threads
        Images at a time.
    """
    listed = [[ref.id, ref.fingerprint] for ref in refs]
    key = hashlib.sha256(json.dumps([size, listed]).encode()).hexdigest()[:16]
    path, index = folder / f"pixels-{key}.npy", folder / f"pixels-{key}.json"
    if not index.exists():
        folder.mkdir(parents=True, exist_ok=True)
        contents = _make(refs, path, size, options, threads)
        if contents is None:
            return None
        draft = index.with_suffix(".tmp")
        draft.write_text(json.dumps(contents), encoding="utf-8")
        publish(draft, index)
    known: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))
    at = {ref.id: row for row, ref in enumerate(refs) if ref.id in known}
    return Pixels(at, np.load(path, mmap_mode="r"), known)


def _make(
    refs: Sequence[ImageRef], path: Path, size: int, options: ScoreOptions, threads: int
) -> dict[str, str] | None:
    """Fill the file; returns the hash of each that could be read."""
    shape = (len(refs), 3, size, size)
    array = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    contents = {}
    warm_up()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(refs), _PIECE):
            if options.stop():
                return None
            some = refs[start : start + _PIECE]
            for row, (picture, sha256) in enumerate(pool.map(partial(_one, size=size), some)):
                if picture is not None:
                    array[start + row] = picture
                    contents[some[row].id] = str(sha256)
            if options.progress is not None:
                done = min(start + _PIECE, len(refs))
                options.progress(Progress(done, total=len(refs), step="images read"))
    array.flush()
    return contents


def _one(ref: ImageRef, size: int) -> tuple[Any, str | None]:
    if ref.failure is not None:
        return None, None
    content = read(ref, _SETTINGS.max_bytes)
    if content.data is None:
        return None, None
    found = decode(content.data, _SETTINGS)
    if found.image is None:
        return None, None
    picture = Pillow.fromarray(np.ascontiguousarray(found.image.rgb))
    small = picture.resize((size, size), Pillow.Resampling.BILINEAR)
    return np.asarray(small).transpose(2, 0, 1), content.sha256
