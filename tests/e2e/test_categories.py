"""`iqcurate categories`, as a user runs it."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import iqcurate
from iqcurate.errors import UsageError

SUBSETS = ("average_high", "average_low", "range_high", "range_low")


def scores(categories: int = 24, size: int = 12) -> pd.DataFrame:
    """Two metrics that point opposite ways; category 0 is the best, 1 the worst."""
    rng = np.random.default_rng(0)
    codes = np.repeat(np.arange(categories), size)
    centre = np.where(codes == 0, 6.0, np.where(codes == 1, -6.0, 0.0))
    width = np.where(codes == 2, 5.0, np.where(codes == 3, 0.1, 1.0))
    quality = centre + width * rng.normal(size=len(codes))
    return pd.DataFrame({
        "id": [f"{i:04d}.jpg" for i in range(len(codes))],
        "label": [f"class {c}" for c in codes],
        "status": "ok", "lapm": 20 + quality, "niqe": 10 - quality,
    })  # fmt: skip


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "scores.parquet"
    scores().to_parquet(path)
    return path


def test_each_metric_names_the_planted_categories(command, table):
    found = command.json("categories", table)
    outermost = {(r["metric"], r["subset"]): r["category"] for r in found["subsets"]}
    for metric in ("lapm", "niqe", "mean_rank"):
        assert outermost[metric, "average_high"] == "class 0"
        assert outermost[metric, "average_low"] == "class 1"
    for metric in ("lapm", "niqe"):
        assert outermost[metric, "range_high"] == "class 2"
        assert outermost[metric, "range_low"] == "class 3"
    assert len(found["categories"]) == 3 * 24


def test_the_subsets_are_manifests_that_keep_readable_images(command, table, tmp_path):
    rows = scores()
    rows.loc[rows["id"] == "0003.jpg", "status"] = "truncated"
    rows.to_parquet(table)
    command("categories", table, "-m", "lapm", "--subsets", "made")
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == [
        f"lapm-{name}.csv" for name in SUBSETS
    ]
    frame = iqcurate.read_manifest(tmp_path / "made" / "lapm-average_high.csv")
    assert set(frame["label"]) == {"class 0"}
    assert len(frame) == 12
    assert frame.loc[~frame["keep"], "id"].tolist() == ["0003.jpg"]
    assert "not readable (truncated)" in frame.loc[~frame["keep"], "reason"].item()
    assert frame.loc[frame["keep"], "reason"].unique().tolist() == [
        "kept: its label 'class 0' is number 1 from the best by mean lapm"
    ]
    assert (
        b"is there already"
        in command("categories", table, "-m", "lapm", "--subsets", "made", code=2).stderr
    )


def test_tables_plots_and_markdown_are_written(command, table, tmp_path):
    done = command(
        "categories", table, "-m", "lapm", "-o", "c.csv", "--plots", "plots", "--markdown", "c.md",
        "--share", "10%", "--rarefy", "4",
    )  # fmt: skip
    assert b"class 0" in done.stdout
    frame = pd.read_csv(tmp_path / "c.csv")
    assert frame["mean_place"].tolist() == frame["mean_place"].round().tolist()
    assert len(list((tmp_path / "plots").glob("*.png"))) == 1
    assert "| best mean | class 0 | 12 |" in (tmp_path / "c.md").read_text()


def test_a_metric_that_is_the_same_everywhere_orders_nothing_and_says_so(command, tmp_path):
    scores().assign(jpeg_quality=75.0).to_parquet(tmp_path / "even.parquet")
    found = command.json("categories", "even.parquet", "-m", "lapm,jpeg_quality")
    assert {r["metric"] for r in found["subsets"]} == {"lapm", "mean_rank"}
    assert any("jpeg_quality: the same mean in all" in text for text in found["warnings"])


def test_one_image_a_category_forbids_ranges_and_says_so(command, tmp_path):
    rows = scores(24, 1)
    rows.to_csv(tmp_path / "one.csv", index=False)
    done = command("categories", "one.csv")
    assert b"no category is ranked: fewer than 10 scores" in done.stderr
    found = command.json("categories", "one.csv", "--least", "1")
    assert {r["subset"] for r in found["subsets"]} == {"average_high", "average_low"}
    assert {r["rarefied_range"] for r in found["categories"]} == {None}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--by", "colour"], "one of label, group, split"),
        (["--by", "group"], "no image has a group"),
        (["--share", "70%"], "at most 50%"),
        (["-m", "niqe", "--direction", "niqe=up"], "higher or lower"),
        (["--format", "doc", "--subsets", "made"], "one of csv"),
    ],
)
def test_a_wrong_call_says_what_would_be_right(command, table, arguments, words):
    assert words in command("categories", table, *arguments, code=2).stderr.decode()


def test_more_images_than_there_are_and_no_scores_at_all(tmp_path):
    found = iqcurate.categories(scores(), rarefy=100)
    assert found.frame["rarefied_range"].isna().all()
    assert set(found.subsets["subset"]) == {"average_high", "average_low"}
    nothing = iqcurate.categories(scores()[["id", "label"]].assign(lapm=np.nan))
    assert len(nothing.save_plots(tmp_path)) == 1


def test_there_is_no_manifest_of_an_unknown_subset():
    found = iqcurate.categories(scores())
    with pytest.raises(UsageError, match="one of average_high"):
        found.manifest("lapm", "best")


MILLION = """
import sys, time
import numpy as np, pandas as pd
import iqcurate
from memory import most_memory
rng = np.random.default_rng(0)
n = 1_000_000
codes = rng.integers(0, 5000, n)
rows = pd.DataFrame({"id": [f"photos/{i:07d}.jpg" for i in range(n)],
    "label": np.array([f"category {c:04d}" for c in range(5000)])[codes]})
for name in ("lapv", "lapm", "wavs", "brisque", "niqe"):
    rows[name] = rng.lognormal(size=n) + 0.3 * (codes % 7)
rows.to_parquet(sys.argv[1])
"""
MEASURED = """
import sys, time
import iqcurate
from memory import most_memory
began = time.process_time()
found = iqcurate.categories(sys.argv[1])
print(time.process_time() - began, most_memory(), len(found.frame))
"""


@pytest.mark.slow
def test_a_million_rows_and_five_thousand_categories(tmp_path):
    """20 s and 2 GB, here in CPU time."""

    def run(code: str) -> list[float]:
        done = subprocess.run(
            [sys.executable, "-c", code, tmp_path / "scores.parquet"],
            env={"PYTHONPATH": "tests"}, capture_output=True, check=True,
        )  # fmt: skip
        return [float(word) for word in done.stdout.split()]

    run(MILLION)
    seconds, memory, rows = run(MEASURED)
    assert rows == 6 * 5000
    assert seconds < 20
    assert memory < 2 << 30
