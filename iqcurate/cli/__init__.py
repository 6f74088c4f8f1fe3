"""The command line: reads arguments, shows results, holds no logic."""

from __future__ import annotations

import sys

from iqcurate.errors import IqcurateError, UsageError

INTERRUPTED = 130


def main() -> None:
    """Run `iqcurate`; errors become a line and an exit code."""
    from iqcurate.cli.app import app
    from iqcurate.quiet import own_stderr

    with own_stderr():
        try:
            app()
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
