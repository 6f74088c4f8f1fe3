"""The side of the pipe where the other tool runs."""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Handler = Callable[[list[str]], dict[str, dict[str, float]]]


def serve(handle: Callable[[], Handler], packages: Sequence[str]) -> None:
    """Answer requests until standard input ends.

    Parameters
    ----------
    handle
        Makes what answers a list of paths; may print as it likes, that goes to standard error.
    packages
        To report the versions of.
    """
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    handler = handle()
    print(json.dumps({name: version(name) for name in packages}), file=answers)
    for line in sys.stdin:
        print(json.dumps(_answer(handler, json.loads(line)["paths"])), file=answers)


def _answer(handler: Handler, paths: list[str]) -> dict[str, Any]:
    try:
        return dict(handler(paths))
    except Exception as error:  # noqa: BLE001 - whatever it is, the other side reports it
        return {"error": f"{type(error).__name__}: {error}"}
