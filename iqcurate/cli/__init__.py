"""The command line: reads arguments, shows results, holds no logic."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import NoReturn

from iqcurate.cli.stop import (
    INTERRUPTED,
    Interrupted,
    StopAtOnce,
    interruptible,
    say_interrupted,
)
from iqcurate.errors import IqcurateError, UsageError


def main() -> None:
    """Run the command of this process, whose terminal no native library may write to."""
    if sys.stderr is None:  # closed by who started us: no file of ours may take its descriptor
        # never closed, and no Path is worth an import here
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
    try:
        with interruptible():
            from iqcurate.quiet import own_stderr

            with own_stderr(), interruptible():  # no second signal while stderr is put back
                call()
    except SystemExit as ended:
        if ended.code == INTERRUPTED:
            _leave()
        raise
    except (Interrupted, KeyboardInterrupt):
        say_interrupted()
        sys.exit(INTERRUPTED)


def _leave() -> NoReturn:
    """End now: a network may be at work, and Python would wait for its threads."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(INTERRUPTED)


def call(argv: list[str] | None = None) -> None:
    """Run `iqcurate` with some arguments; errors become a line and an exit code.

    Raises
    ------
    SystemExit
        Always.
    """
    from iqcurate.cli.app import app

    try:
        app(argv)
    except UsageError as error:
        _fail(error, 2)
    except (IqcurateError, OSError) as error:
        _fail(error, 1)
    except StopAtOnce:
        sys.stderr.write(
            "\nstopped at once; what was finished is saved. To go on: the same command again\n"
        )
        sys.exit(INTERRUPTED)


def _fail(error: Exception, code: int) -> None:
    if isinstance(error, BrokenPipeError):
        sys.stderr.close()
    else:
        sys.stderr.write(f"iqcurate: {error}\n")
    sys.exit(code)
