from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings

import pytest

from iqcurate.quiet import no_warnings


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def test_native_messages_are_dropped_and_pythons_come_through():
    done = run(
        "import faulthandler, os, sys\n"
        "from iqcurate.quiet import own_stderr\n"
        "with own_stderr():\n"
        "    os.write(2, b'from a library')\n"
        "    print('from python', file=sys.stderr)\n"
        "    faulthandler.dump_traceback()\n"
        "os.write(2, b'afterwards')\n"
        "print('and python', file=sys.stderr)\n"
    )
    assert done.returncode == 0
    assert "from a library" not in done.stderr
    for part in ("from python", "most recent call first", "afterwards", "and python"):
        assert part in done.stderr
    assert done.stdout == ""


def test_a_crash_still_shows_where():
    done = run(
        "import faulthandler\n"
        "from iqcurate.quiet import own_stderr\n"
        "faulthandler.enable()\n"
        "with own_stderr():\n"
        "    faulthandler._sigsegv()\n"
    )
    assert done.returncode < 0
    assert "Segmentation fault" in done.stderr


def test_an_error_leaves_stderr_as_it_was():
    done = run(
        "import os, sys\n"
        "from iqcurate.quiet import own_stderr\n"
        "before = sys.stderr\n"
        "try:\n"
        "    with own_stderr(): raise ValueError\n"
        "except ValueError: pass\n"
        "assert sys.stderr is before\n"
        "os.write(2, b'heard')\n"
    )
    assert (done.returncode, done.stderr) == (0, "heard")


def test_a_replaced_or_closed_stderr_is_left_alone():
    done = run(
        "import io, os, sys\n"
        "from iqcurate.quiet import own_stderr\n"
        "for stream in (None, io.StringIO()):\n"
        "    real, sys.stderr = sys.stderr, stream\n"
        "    with own_stderr(): os.write(2, b'heard')\n"
        "    sys.stderr = real\n"
    )
    assert (done.returncode, done.stderr) == (0, "heardheard")


def test_warnings_are_dropped_in_this_thread_only():
    other: list[Warning] = []

    def elsewhere() -> None:
        try:
            warnings.warn("seen", UserWarning, stacklevel=1)
        except UserWarning as warning:
            other.append(warning)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with no_warnings():
            warnings.warn("not seen", UserWarning, stacklevel=1)
            with no_warnings():
                pass
            warnings.warn("not seen", UserWarning, stacklevel=1)
            thread = threading.Thread(target=elsewhere)
            thread.start()
            thread.join()
        with pytest.raises(UserWarning):
            warnings.warn("seen", UserWarning, stacklevel=1)
    assert len(other) == 1
