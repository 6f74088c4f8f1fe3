"""`iqcurate.audit` and the command."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import iqcurate
from iqcurate.cutoffs import Cutoff, Cutoffs, Verdict
from iqcurate.errors import CutoffError, UsageError
from iqcurate.spec import Direction


def table(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    quality = rng.normal(size=n)
    return pd.DataFrame({
        "id": [f"{i:03d}.jpg" for i in range(n)],
        "label": ["ab"[i % 2] for i in range(n)],
        "split": ["train" if i % 3 else "test" for i in range(n)],
        "sha256": [f"{i if i else 1:064d}" for i in range(n)],
        "width": rng.integers(100, 5000, n), "height": 100,
        "bytes": rng.integers(100, 5000, n),
        "lapm": 10 + quality, "niqe": 5 - quality + 0.5 * rng.normal(size=n),
        "brightness": 9.0 * quality + rng.normal(size=n),
    })  # fmt: skip


def cutoffs(**values: float) -> Cutoffs:
    ways = {"lapm": Direction.HIGHER, "niqe": Direction.LOWER}
    return Cutoffs(
        {
            n: Cutoff(v, ways[n], None, Verdict.SET_BY_HAND, "mine", "hand")
            for n, v in values.items()
        }
    )


def test_figures_and_what_stands_out():
    result = iqcurate.audit(table(), cutoffs=cutoffs(lapm=9.5, niqe=6.0), vote="any")
    truth = iqcurate.curate(table(), cutoffs(lapm=9.5, niqe=6.0), vote="any")
    figures = result.figures
    assert figures["kept"] == truth.counts["kept"]
    assert figures["niqe_p95"] == pytest.approx(table()["niqe"].quantile(0.95))
    assert (figures["exact_duplicates"], figures["exact_duplicates_across_splits"]) == (1, 1)
    assert figures["exact_duplicates_across_labels"] == 1
    told = " ".join(finding.text for finding in result.findings)
    for words in ("go with brightness", "leakage", f"keep {truth.counts['kept']} of 300 images"):
        assert words in told
    assert "file size" not in told
    weights = [finding.weight for finding in result.findings]
    assert weights == sorted(weights, key=["look", "note", "good"].index)
    assert result.metrics.set_index("metric").loc["lapm", "cutoff"] == 9.5
    means = result.classes.set_index(["class", "metric"])["mean"]
    truth_mean = table().groupby("label")["lapm"].mean()["a"]
    assert means["a", "lapm"] == pytest.approx(truth_mean, rel=1e-3)


def test_predictions_give_cutoffs_and_those_that_are_not_to_be_relied_on_do_not_vote():
    rows = table(600)
    wrong = np.random.default_rng(1).random(600) < 1 / (1 + np.exp(2 * (rows["lapm"] - 9.5)))
    said = pd.DataFrame({"id": rows["id"], "correct": ~wrong})
    result = iqcurate.audit(rows, said)
    truth = iqcurate.find_cutoffs(rows, said, directions={"lapm": "higher"}, metrics=["lapm"])
    (lapm,) = (m for m in result.data["metrics"] if m["name"] == "lapm")
    assert lapm["start"] == truth.metrics["lapm"].cutoff
    assert lapm["votes"]
    chance = np.random.default_rng(2).random(600) < 0.3
    result = iqcurate.audit(rows, said.assign(correct=chance))
    assert not any(m["votes"] for m in result.data["metrics"])
    assert result.figures["kept"] is None
    assert "can be relied on" in " ".join(finding.text for finding in result.findings)


def test_a_manifest_is_shown_beside(tmp_path):
    made = iqcurate.curate(table(), cutoffs(lapm=9.0))
    made.save(tmp_path / "m.csv")
    result = iqcurate.audit(table().iloc[:250], manifest=tmp_path / "m.csv")
    kept = made.frame["keep"].iloc[:250]
    found = result.data["manifest"]
    assert (found["kept"], found["rejected"], found["unknown"]) == (kept.sum(), (~kept).sum(), 0)
    assert "50 of its 300 rows are of no image" in " ".join(result.warnings)
    worst = result.data["pictures"]["records"][result.data["pictures"]["worst"][0]]
    row = made.frame.set_index("id").loc[worst["id"]]
    assert (worst["kept"], worst["reason"]) == (row["keep"], row["reason"])
    made.save(tmp_path / "kept.txt")
    for rows in (table(), table().assign(uri=table()["id"])):
        listed = iqcurate.audit(rows, manifest=tmp_path / "kept.txt")
        assert listed.data["manifest"]["kept"] == made.counts["kept"]


def test_images_unlike_the_rest_and_near_duplicates():
    rng = np.random.default_rng(0)
    hashes = [bytes(row) for row in rng.integers(0, 256, (300, 8), np.uint8)]
    hashes[7] = hashes[8]
    rows = table().assign(brightness_p95=np.append(rng.uniform(195, 205, 299), 9.0), phash=hashes)
    result = iqcurate.audit(rows)
    assert result.figures["dark"] == 1
    assert result.figures["near_duplicates"] == 1
    assert result.figures["blurry"] is None
    assert "blurry" in result.data["missing_flags"]
    (dark,) = (flag for flag in result.data["flags"] if flag["name"] == "dark")
    assert result.data["pictures"]["records"][dark["pictures"][0]]["id"] == "299.jpg"
    told = " ".join(finding.text for finding in result.findings)
    assert "1 dark" in told
    assert "1 image is nearly the same picture as another" in told
    mine = iqcurate.audit(rows, limits={"dark": "199.."}, near_bits=0)
    assert mine.figures["dark"] == (rows["brightness_p95"] < 199).sum() > 1
    (dark,) = (flag for flag in mine.data["flags"] if flag["name"] == "dark")
    assert dark["rule"].endswith("than 199 (0 is black, 255 white). The limit is yours.")
    with pytest.raises(UsageError, match=r"write LOW\.\.HIGH"):
        iqcurate.audit(rows, limits={"dark": "195"})


def test_beside_another_data_set():
    worse = table().assign(lapm=table()["lapm"] - 2, id="b/" + table()["id"], sha256=None)
    result = iqcurate.audit(table(), against=worse, fail_if=["against_lapm_ks > 0.1"])
    truth = iqcurate.compare(table(), worse)
    assert result.figures["against_lapm_ks"] == truth.figures["lapm_ks"] > 0.5
    assert not result.passed
    shown = result.data["against"]
    assert shown["sentence"] == truth.sentence
    assert any(truth.sentence in finding.text for finding in result.findings)
    (lapm,) = (m for m in shown["metrics"] if m["name"] == "lapm")
    assert (lapm["verdict"], lapm["way"]) == ("shifted", "better")
    assert sum(lapm["a"]) == pytest.approx(1, abs=0.02)
    assert "showAgainst" in result.html


def test_most_images_of_one_size_are_named_in_one_sentence():
    rows = table().assign(width=100)
    rows.loc[5, "width"] = 110
    (odd,) = (f for f in iqcurate.audit(rows).data["flags"] if f["name"] == "odd size")
    assert odd["rule"] == "Not 10,000 pixels, as nearly all have. The limit is from this set."
    assert odd["images"] == 1


def test_what_is_of_another_format_lacks_nothing():
    rows = table(60).assign(jpeg_quality=75.0, metric_errors=None)
    rows.loc[:9, "jpeg_quality"] = np.nan
    rows.loc[:8, "metric_errors"] = '{"jpeg_quality": "other_format: needs JPEG, is PNG"}'
    rows.loc[9, "metric_errors"] = '{"jpeg_quality": "no_table: the file has no table"}'
    result = iqcurate.audit(rows)
    assert result.figures["jpeg_quality_n"] == 50
    assert result.figures["jpeg_quality_undefined"] == 1
    assert [(k["name"], k["code"]) for k in result.data["undefined"]] == [
        ("jpeg_quality", "no_table")
    ]
    (found,) = (m for m in result.data["metrics"] if m["name"] == "jpeg_quality")
    assert (found["other_format"], found["undefined"]) == (9, 1)


def test_what_cannot_be_done():
    with pytest.raises(UsageError, match="there are only 1 votes"):
        iqcurate.audit(table(), cutoffs=cutoffs(lapm=1.0), vote=2)
    with pytest.raises(CutoffError, match="no scores named 'niqe'"):
        iqcurate.audit(table().drop(columns="niqe"), cutoffs=cutoffs(niqe=1.0))
    with pytest.raises(UsageError, match="did you mean niqe_p95"):
        iqcurate.audit(table(), fail_if=["nique_p95 > 1"])


def test_the_same_scores_give_the_same_page():
    one, two = (iqcurate.audit(table(), seed=3).data for _ in range(2))
    for data in (one, two):
        data["about"].pop("made")
    assert json.dumps(one) == json.dumps(two)


def test_the_page_names_the_best_and_worst_class():
    rows = table()
    rows.loc[rows["label"] == "b", ["lapm", "niqe"]] += [5, 5]
    found = iqcurate.audit(rows, pictures=False).data["categories"]["metrics"]
    ends = {(m["name"], e["what"]): e["name"] for m in found for e in m["ends"]}
    assert ends["lapm", "best mean"] == ends["niqe", "worst mean"] == "b"
    assert ends["lapm", "worst mean"] == ends["niqe", "best mean"] == "a"
    assert iqcurate.audit(rows.assign(label=None), pictures=False).data["categories"] is None
