"""Every registered metric, of this package or of another, keeps the contract."""

from __future__ import annotations

import pytest

from iqcurate.metrics.registry import all_specs, broken_plugins
from iqcurate.testing import CHECKS

NAMES = [name for name, spec in all_specs().items() if spec.extra != "deep"]  # see tests/deep


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check, name):
    check(all_specs()[name])


def test_no_plugin_is_broken():
    assert broken_plugins() == {}
