"""What all tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of real test data, or skip."""
    folder = os.environ.get("IQCURATE_TEST_DATA")
    if not folder:
        pytest.skip("IQCURATE_TEST_DATA is not set")
    return Path(folder).resolve()
