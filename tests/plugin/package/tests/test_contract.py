"""What the author of the plugin runs."""

import pytest
from iqcurate_contrast import RMS_CONTRAST

from iqcurate.testing import CHECKS


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_my_metric(check):
    check(RMS_CONTRAST)
