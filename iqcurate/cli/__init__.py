"""The command line: reads arguments, shows results, holds no logic."""

from __future__ import annotations

import sys

from iqcurate.errors import IqcurateError, UsageError

INTERRUPTED = 130


def main() -> None:
    """Run the command of this process, whose terminal no native library may write to."""
    from iqcurate.quiet import own_stderr

    with own_stderr():
        call()


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
    except IqcurateError as error:
        _fail(error, 1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except KeyboardInterrupt:
        sys.stderr.write("\ninterrupted; what was scored is saved\n")
        sys.exit(INTERRUPTED)


def _fail(error: Exception, code: int) -> None:
    sys.stderr.write(f"iqcurate: {error}\n")
    sys.exit(code)
