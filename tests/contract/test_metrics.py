"""Every registered metric, of this package or of another, keeps the contract."""

from __future__ import annotations

import pytest

from iqcurate.metrics.registry import all_specs, broken_plugins
from iqcurate.testing import CHECKS


@pytest.mark.parametrize("name", all_specs())
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_contract(check, name):
    check(all_specs()[name])


def test_no_plugin_is_broken():
    assert broken_plugins() == {}
