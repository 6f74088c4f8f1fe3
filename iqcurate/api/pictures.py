"""Small pictures of images of a score table: the only place where originals are opened again."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from iqcurate.decode import DecodeSettings, decode, warm_up
from iqcurate.manifest.paths import Finder
from iqcurate.reading import read
from iqcurate.report.thumbnails import thumbnail
from iqcurate.sources.local import absolute, current_folder, file_ref, look

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from iqcurate.types import Image

_SETTINGS = DecodeSettings()
_MOST_WORKERS = 8


def thumbnails(
    images: Iterable[tuple[int, str, str | None]],
    root: str | os.PathLike[str] | None,
    make: Callable[[Image], str] = thumbnail,
) -> dict[int, str]:
    """Make small pictures of those images that can be reached.

    Parameters
    ----------
    images
        Number, id and uri of each.
    root
        Folder that ids are paths in, for images that moved.
    make
        Makes the small picture.

    Returns
    -------
    By number; an image that is gone or cannot be decoded now is left out.
    """
    warm_up()
    base, finder = current_folder(), Finder(root)
    workers = min(_MOST_WORKERS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(partial(_one, finder, base, make), images)
        return {number: picture for number, picture in found if picture is not None}


def _one(
    finder: Finder, base: bytes, make: Callable[[Image], str], image: tuple[int, str, str | None]
) -> tuple[int, str | None]:
    number, name, uri = image
    path = absolute(finder.path(name, uri), base)
    if b"\0" in path:
        return number, None
    content = read(file_ref(name, uri or name, path, look(path)), _SETTINGS.max_bytes)
    if content.data is None:
        return number, None
    decoded = decode(content.data, _SETTINGS)
    return number, None if decoded.image is None else make(decoded.image)
