"""The folder that holds the files of weights."""

from __future__ import annotations

import os
from pathlib import Path

VARIABLE = "IQCURATE_WEIGHTS"
"""Environment variable that names the folder."""


def weights_folder(given: Path | None = None) -> Path:
    """Return the folder of weights: the one given, else ``IQCURATE_WEIGHTS``, else the cache.

    It need not exist.
    """
    if given is not None:
        return given.expanduser()
    if named := os.environ.get(VARIABLE):
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("iqcurate", appauthor=False) / "weights"
