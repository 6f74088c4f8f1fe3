"""About how many images a source has, found quickly, for the time that is left."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from iqcurate.formats import IMAGE_EXTENSIONS
from iqcurate.sources.table import is_table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_ENDINGS = tuple(e.encode() for e in IMAGE_EXTENSIONS)
_WITH_HEADER = (b".csv", b".tsv")
_CHUNK = 1 << 20


def estimate(sources: Sequence[str], stop: Callable[[], bool]) -> int | None:
    """Count by name alone, opening no image; None where that is impossible or was stopped."""
    names = [os.fsencode(source) for source in sources]
    try:
        counts = [_count(name, stop) for name in names]
    except OSError:
        return None
    return None if None in counts or stop() else sum(c for c in counts if c)


def _count(name: bytes, stop: Callable[[], bool]) -> int | None:
    if name == b"-":
        return None
    if os.path.isdir(name):  # noqa: PTH112 - bytes
        return _in_folder(name, stop)
    return _in_list(name, stop) if is_table(name) else 1


def _in_folder(top: bytes, stop: Callable[[], bool]) -> int:
    total, folders = 0, [top]
    while folders and not stop():
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.name.startswith(b"."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    total += entry.name.lower().endswith(_ENDINGS)
    return total


def _in_list(name: bytes, stop: Callable[[], bool]) -> int:
    if name.lower().endswith(b".parquet"):
        import pyarrow.parquet as pq

        return int(pq.read_metadata(os.fsdecode(name)).num_rows)
    lines = 0
    with open(name, "rb") as file:  # noqa: PTH123 - bytes
        while (chunk := file.read(_CHUNK)) and not stop():
            lines += chunk.count(b"\n")
    return lines - (lines > 0 and name.lower().endswith(_WITH_HEADER))
