"""What the intervals and verdicts promise, on samples whose truth is known.

The slow tests repeat what docs/cutoffs.md publishes, with its 1000 draws; the others see that
nothing is badly off.
"""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.coverage import CASES, VERDICTS, WRONG, coverage, true_crossing, verdicts
from iqcurate.cutoffs import Verdict

NULLS = [name for name in VERDICTS if name.startswith(("equal", "AUC .5", "plain classes"))]


def test_the_true_crossings_are_where_they_are_known_to_be():
    assert true_crossing(*CASES["two Gaussians, equal spread"]) == pytest.approx(-0.5, abs=1e-3)
    assert true_crossing(*CASES["lognormal"]) == pytest.approx(np.exp(-0.4), abs=1e-3)


@pytest.mark.parametrize(
    ("name", "n_wrong"), [("lognormal", 30), ("no crossing between the modes", 100)]
)
def test_intervals_hold_the_truth_mostly(name, n_wrong):
    assert coverage(name, n_wrong, 20) >= 0.8


def test_no_effect_is_seldom_taken_for_one():
    assert verdicts("AUC .5, sd ratio 2, 100 of 1000", 20)[Verdict.NONE] >= 18
    assert verdicts("plain classes are hard, about 120 of 1000", 20)[Verdict.NONE] >= 18


def test_an_effect_is_mostly_found():
    assert verdicts("AUC .7, 100 of 1000", 20)[Verdict.USABLE] >= 18


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_coverage_of_all_cases():
    held = {(name, n): coverage(name, n, 1000) for name in CASES for n in WRONG}
    assert min(held.values()) >= 0.85, held
    assert np.mean(list(held.values())) >= 0.92, held


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", NULLS)
def test_nulls_are_none(name):
    assert verdicts(name, 1000)[Verdict.NONE] >= 975


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_power():
    few = verdicts("AUC .7, 35 of 700", 1000)
    assert few[Verdict.WEAK] + few[Verdict.USABLE] >= 850
    assert verdicts("AUC .7, 100 of 1000", 1000)[Verdict.USABLE] >= 900
