"""What CleanVision flags, with its own thresholds; runs in the environment of CleanVision.

    python -m benchmarks.peers.cleanvision_flags < paths.json > flags.json

Reads a list of paths; writes ``{"flags": {NAME: [PATH, ...]}, "error": TEXT or null}``.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import chain

from cleanvision import Imagelab

_SETS = ("exact_duplicates", "near_duplicates")
_OURS = {"grayscale": "greyscale"}


def main() -> None:
    """Answer."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    try:
        found: dict[str, object] = {"flags": _flags(json.load(sys.stdin)), "error": None}
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side reports it
        found = {"flags": {}, "error": f"{type(error).__name__}: {error}"}
    json.dump(found, answers)
    answers.close()


def _flags(paths: list[str]) -> dict[str, list[str]]:
    lab = Imagelab(filepaths=paths)
    lab.find_issues(n_jobs=1, verbose=False)
    flags: dict[str, list[str]] = {}
    for column in lab.issues:
        name = column.removeprefix("is_").removesuffix("_issue")
        if column.startswith("is_") and name not in _SETS:
            flags[_OURS.get(name, name)] = list(lab.issues.index[lab.issues[column]])
    for name in _SETS:
        flags[name] = list(chain(*lab.info[name]["sets"]))
    return flags


if __name__ == "__main__":
    main()
