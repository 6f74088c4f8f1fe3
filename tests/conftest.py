"""What all tests share."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

with suppress(ImportError):  # the tests of a wheel do without
    from hypothesis import HealthCheck, settings

    settings.register_profile(
        "steady",
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("steady")


# A shell that starts the tests in its background has them, and all they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def needs(*packages: str) -> None:
    """Import packages of an extra, or skip; where all are to be there, a lack is an error."""
    for name in packages:
        if os.environ.get("IQCURATE_ALL_EXTRAS"):
            importlib.import_module(name)
        else:
            pytest.importorskip(name)


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real test data, or skip."""
    folder = os.environ.get("IQCURATE_TEST_DATA")
    if not folder:
        pytest.skip("IQCURATE_TEST_DATA is not set")
    return Path(folder).resolve()


@pytest.fixture
def command_time():
    """Runs the command; gives its processor seconds and its peak memory in MB."""

    def run(*args) -> tuple[float, float]:
        process = subprocess.Popen([sys.executable, "-m", "iqcurate", *map(os.fspath, args)])
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        unit = 1 if sys.platform == "darwin" else 1024
        return used.ru_utime + used.ru_stime, used.ru_maxrss * unit / 1e6

    return run
