"""What stands out is flagged, what is ordinary is not, and the user has the last word."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from iqcurate.analysis.fences import Limits, Log, Logit, Side, limits
from iqcurate.analysis.flags import NAMES, find_flags
from iqcurate.errors import UsageError

N = 2000


def table(n=N, **columns):
    """A score table of ordinary images, all different."""
    random = np.random.default_rng(0)
    hashes = random.integers(0, 2**64, n, dtype=np.uint64)
    made = {
        "status": ["ok"] * n,
        "width": np.full(n, 640),
        "height": np.full(n, 480),
        "sha256": [f"{i:064x}" for i in range(n)],
        "split": ["train"] * n,
        "label": ["a"] * n,
        "brightness_p95": 255 / (1 + np.exp(-random.normal(1.5, 0.6, n))),
        "brightness_p5": 255 / (1 + np.exp(-random.normal(-2, 0.7, n))),
        "entropy": 8 / (1 + np.exp(-random.normal(2.3, 0.5, n))),
        "blur_effect": 1 / (1 + np.exp(-random.normal(-1, 0.3, n))),
        "colourfulness": random.uniform(5, 90, n),
        "phash": [int(h).to_bytes(8) for h in hashes],
    }
    return pd.DataFrame(made | columns)


def flagged(frame, name, **options):
    found = find_flags(frame, **options)
    return next(f for f in found.flags if f.name == name)


def doubles(frame, name, **options):
    return next(d for d in find_flags(frame, **options).doubles if d.name == name)


def test_ordinary_images_are_seldom_flagged():
    found = find_flags(table())
    assert sorted([f.name for f in found.flags] + [d.name for d in found.doubles]) == sorted(NAMES)
    assert all(len(f.rows) <= 0.004 * N for f in found.flags)
    assert all(not d.groups for d in found.doubles)
    assert found.missing == {}


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("dark", "brightness_p95", 30.0),
        ("light", "brightness_p5", 200.0),
        ("low_information", "entropy", 1.0),
        ("blurry", "blur_effect", 0.8),
        ("greyscale", "colourfulness", 0.2),
        ("odd_size", "width", 64),
        ("odd_aspect_ratio", "height", 64),
    ],
)
def test_what_stands_out_is_flagged_also_where_there_are_many(name, column, value):
    frame = table()
    bad = np.arange(0, N, 25 if name.startswith("odd") else 7)
    frame.loc[bad, column] = value
    found = flagged(frame, name)
    assert set(bad) <= set(found.rows.tolist())
    assert len(found.rows) <= len(bad) + 0.004 * N
    assert (found.judged, found.by_hand) == (N, False)


def test_the_farthest_come_first():
    frame = table()
    frame.loc[[5, 6, 7], "brightness_p95"] = [30.0, 10.0, 20.0]
    assert flagged(frame, "dark").rows[:3].tolist() == [6, 7, 5]


def test_limits_of_the_user():
    frame = table(width=np.arange(1, N + 1), height=np.full(N, 100))
    found = flagged(frame, "odd_size", given={"odd_size": Limits(low=1000, high=150_000)})
    assert found.by_hand
    assert sorted(found.rows.tolist()) == [*range(9), *range(1500, N)]


def test_where_nothing_varies_whatever_differs_is_odd():
    frame = table()
    frame.loc[3, "width"] = 641
    assert flagged(frame, "odd_size").rows.tolist() == [3]
    assert flagged(table(), "odd_size").rows.tolist() == []


def test_nulls_and_failures_are_not_judged():
    frame = table()
    frame.loc[0, "status"], frame.loc[0, "brightness_p95"] = "truncated", 1.0
    frame.loc[1, "brightness_p95"], frame.loc[2, "phash"] = np.nan, None
    frame["width"] = frame["width"].astype("Int64")
    frame.loc[0, "width"] = pd.NA
    found = flagged(frame, "dark")
    assert (found.judged, set(found.rows.tolist()) & {0, 1}) == (N - 2, set())


def test_too_few_images_have_no_limits():
    found = flagged(table(10), "dark")
    assert (found.limits, found.rows.tolist(), found.judged) == (None, [], 10)
    given = flagged(table(10), "dark", given={"dark": Limits(low=255.1)})
    assert len(given.rows) == 10


def test_exact_duplicates_across_splits_and_labels():
    frame = table(100)
    frame.loc[[1, 50, 60], "sha256"] = "x"
    frame.loc[[2, 51], "sha256"] = "y"
    frame.loc[[3, 52], "sha256"] = "z"
    frame.loc[50, "split"], frame.loc[51, "label"] = "test", "b"
    frame.loc[[4, 5], "sha256"] = None
    frame.loc[52, "status"], frame.loc[60, "split"] = "missing", None
    found = doubles(frame, "exact_duplicates")
    assert [g.tolist() for g in found.groups] == [[1, 50, 60], [2, 51]]
    assert (found.across_splits, found.across_labels) == (1, 1)


def test_near_duplicates_are_not_the_exact_ones():
    frame = table(100)
    near = bytes([frame["phash"][7][0] ^ 0b101]) + frame["phash"][7][1:]
    frame.at[40, "phash"] = near
    frame.at[41, "phash"], frame.loc[41, "sha256"] = frame["phash"][8], frame["sha256"][8]
    frame.loc[40, "split"] = "test"
    found = doubles(frame, "near_duplicates")
    assert [g.tolist() for g in found.groups] == [[7, 40]]
    assert (found.across_splits, found.bits, found.by_hand) == (1, 6, False)
    assert not doubles(frame, "near_duplicates", most_bits=1).groups


def test_what_was_not_scored_is_named():
    frame = table().drop(columns=["entropy", "phash"])
    assert find_flags(frame).missing == {"low_information": "entropy", "near_duplicates": "phash"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"given": {"drak": Limits(low=1)}}, "no limits can be given for 'drak'"),
        ({"rate": 0.3}, "between 0 and 0.25"),
        ({"most_bits": 40}, "0 to 31 of 64"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(UsageError, match=message):
        find_flags(table(10), **options)


def test_hashes_of_another_length_are_refused():
    with pytest.raises(UsageError, match="not of 8 bytes"):
        find_flags(table(30, phash=[b"short"] * 30))


@pytest.mark.parametrize("scale", [Logit(0, 1), Log()])
def test_a_limit_is_what_the_rate_says(scale):
    normal = np.random.default_rng(1).normal(-1, 0.4, 200_000)
    values = 1 / (1 + np.exp(-normal)) if isinstance(scale, Logit) else np.exp(normal)
    found = limits(values, scale, Side.BOTH, 0.01)
    shares = (values < found.low).mean(), (values > found.high).mean()
    assert shares == pytest.approx((0.01, 0.01), rel=0.1)
    assert limits(values, scale, Side.LOW).high == math.inf
