"""Every architecture keeps the contract of metrics."""

from __future__ import annotations

import pytest

from iqcurate.metrics.deep.specs import DEEP
from iqcurate.testing import CHECKS

ARCHITECTURES = [
    "cnniqa",
    "clipiqa",
    *(pytest.param(m, marks=pytest.mark.slow) for m in ("musiq", "hyperiqa", "dbcnn", "maniqa")),
]


@pytest.mark.parametrize("metric", ARCHITECTURES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check, metric, setup_of, load_once):
    check(DEEP[metric], setup_of(metric))
