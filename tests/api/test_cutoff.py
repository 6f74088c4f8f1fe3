"""Cut-offs from tables: predictions of any make, joined to scores of any make."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

import iqcurate
from iqcurate.api.ids import find_double, hashes, positions
from iqcurate.api.inputs import read_scores
from iqcurate.api.join import join
from iqcurate.api.mismatch import guess
from iqcurate.api.predictions import read_predictions
from iqcurate.cutoffs import Verdict, read_cutoffs
from iqcurate.errors import SourceError, UsageError


def tables(n: int = 600, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Scores, of which sharpness goes with errors and niqe does not, and predictions."""
    random = np.random.default_rng(seed)
    sharp, label = random.normal(size=n), random.integers(5, size=n)
    wrong = random.random(n) < 1 / (1 + np.exp(2.2 + 1.2 * sharp))
    p_true = np.clip(np.where(wrong, 0.2, 0.8) + 0.1 * sharp, 0, 1)
    ids = [f"set/{i:04}.jpg" for i in range(n)]
    scores = pd.DataFrame({
        "id": ids, "label": label.astype(str), "lapm": np.exp(sharp), "brisque": 20 - 9 * sharp,
        "niqe": random.gamma(9, 0.5, n), "mine": sharp,
    })  # fmt: skip
    predictions = pd.DataFrame({
        "id": ids, "label": label, "predicted": np.where(wrong, (label + 1) % 5, label),
        "p_true": p_true, "confidence": np.maximum(p_true, 1 - p_true), "model": "m",
    })  # fmt: skip
    return scores, predictions.sample(frac=1, random_state=0)


def test_from_tables_to_a_file(tmp_path):
    scores, predictions = tables()
    result = iqcurate.find_cutoffs(scores, predictions, bootstraps=200)
    verdicts = {name: cutoff.verdict for name, cutoff in result.metrics.items()}
    assert verdicts == {
        "lapm": Verdict.USABLE, "brisque": Verdict.USABLE, "niqe": Verdict.NONE
    }  # fmt: skip
    assert result.metrics["lapm"].evidence["srcc"] > 0.5
    assert result.metrics["brisque"].evidence["srcc"] < -0.5
    assert result.frame["metric"].tolist() == ["lapm", "brisque", "niqe"]
    assert result.frame.set_index("metric").loc["lapm", "cutoff"] == result.metrics["lapm"].cutoff
    assert result.notes == (
        "columns of numbers not used, because which way they point is not known: mine; "
        "--direction mine=higher (or lower) would use one",
    )
    result.save(tmp_path / "c.json")
    assert read_cutoffs(tmp_path / "c.json") == result.cutoffs
    assert result.cutoffs.provenance["models"] == ["m"]
    assert result.cutoffs.provenance["resampled_by"] == "id"
    with pytest.raises(UsageError, match="--force"):
        result.save(tmp_path / "c.json")
    result.save(tmp_path / "c.json", force=True)


def test_the_same_data_in_another_order_or_format_gives_the_same(tmp_path):
    scores, predictions = tables()
    scores["group"] = [f"g{i % 70}" if i % 3 else None for i in range(len(scores))]
    known = iqcurate.find_cutoffs(scores, predictions, bootstraps=200)
    assert known.cutoffs.provenance["resampled_by"] == "group"
    mixed = scores.sample(frac=1, random_state=1)
    for ending in (".csv", ".tsv", ".jsonl", ".parquet", ""):
        paths = [tmp_path / f"{name}{ending}" for name in ("scores", "predictions")]
        for path, frame in zip(paths, (mixed, predictions), strict=True):
            if ending in (".csv", ".tsv"):
                frame.to_csv(path, index=False, sep="\t" if ending == ".tsv" else ",")
            elif ending == ".jsonl":
                frame.to_json(path, orient="records", lines=True, double_precision=15)
            elif ending:
                frame.to_parquet(path)
        given = paths if ending else (mixed, predictions)
        found = iqcurate.find_cutoffs(*given, bootstraps=200)
        for name, cutoff in known.metrics.items():
            assert found.metrics[name].verdict is cutoff.verdict
            assert found.metrics[name].cutoff == pytest.approx(cutoff.cutoff, rel=1e-9)
            assert found.metrics[name].interval == pytest.approx(cutoff.interval, rel=1e-9)


def test_a_store_of_scores_will_do(tmp_path):
    from e2e.conftest import copy_samples

    photos = copy_samples(tmp_path / "photos", 4)
    iqcurate.score(photos, tmp_path / "scores", metrics=["lapm", "niqe"])
    rows = iqcurate.load_scores(tmp_path / "scores")
    predictions = pd.DataFrame({"id": rows["id"], "correct": [True, False, True, True]})
    refused = iqcurate.find_cutoffs(tmp_path / "scores", predictions)
    assert {c.verdict for c in refused.metrics.values()} == {Verdict.REFUSED}
    by_path = pd.DataFrame({"path": rows["uri"], "correct": [1, 0, 1, 1]})
    again = iqcurate.find_cutoffs(tmp_path / "scores", by_path)
    assert again.metrics == refused.metrics, "where the image is, is as good as its id"


@pytest.mark.parametrize(
    ("change", "options"),
    [
        (lambda p: p.rename(columns={"label": "target", "predicted": "output"}),
         {"label": "target", "predicted": "output"}),
        (lambda p: p.drop(columns="label"), {}),
        (lambda p: p.assign(label=p["label"].astype(float)), {}),
        (lambda p: p.assign(label=[f"{x}" for x in p["label"]]), {}),
        (lambda p: p.assign(correct=p["label"] == p["predicted"]).drop(columns="predicted"), {}),
        (lambda p: p.assign(correct=np.where(p["label"] == p["predicted"], "True", "false"))
         .drop(columns=["predicted", "label"]), {}),
        (lambda p: p.assign(right=(p["label"] == p["predicted"]).astype(int), predicted="x"),
         {"correct": "right"}),
        (lambda p: p.rename(columns={"id": "Image"}), {}),
        (lambda p: p.assign(id="no id", key=p["id"]), {"id": "key"}),
        (lambda p: p.assign(label="other", truth=p["label"]), {"label": "truth"}),
        (lambda p: p.assign(variant="clean", level=0), {}),
    ],
)  # fmt: skip
def test_predictions_in_many_shapes_mean_the_same(change, options):
    scores, predictions = tables(200)
    usual = join(read_scores(scores), read_predictions(predictions))
    changed = join(read_scores(scores), read_predictions(change(predictions), options))
    np.testing.assert_array_equal(changed.wrong, usual.wrong)
    np.testing.assert_array_equal(changed.classes, usual.classes)
    assert usual.wrong.sum() == (predictions["label"] != predictions["predicted"]).sum()


@pytest.mark.parametrize(
    ("change", "options", "error", "says"),
    [
        (lambda p: p.drop(columns="predicted"), {}, UsageError, "--columns predicted=NAME"),
        (lambda p: p, {"label": "target"}, UsageError, "no column 'target'; it has id, label"),
        (lambda p: p, {"labels": "label"}, UsageError, "it is one of id, label"),
        (lambda p: p.drop(columns="id"), {}, SourceError, "no column of ids"),
        (lambda p: pd.concat([p, p.iloc[:1]]), {}, SourceError, "2 rows have the id 'set/"),
        (lambda p: p.assign(correct="perhaps"), {}, UsageError, "holds 'perhaps', not true or"),
        (lambda p: p.assign(p_true="high"), {}, UsageError, "'p_true' does not hold numbers"),
        (lambda p: p.assign(predicted="cat"), {}, UsageError, "such as '0'.*such as 'cat'"),
        (lambda p: p.assign(id="x" + p["id"].str.upper()), {}, UsageError, "no row of"),
    ],
)
def test_predictions_that_cannot_be_used_say_why(change, options, error, says):
    scores, predictions = tables(50)
    with pytest.raises(error, match=says):
        iqcurate.find_cutoffs(scores, change(predictions), columns=options)


def test_without_any_label_right_and_wrong_cannot_be_told():
    scores, predictions = (t.drop(columns="label") for t in tables(50))
    with pytest.raises(UsageError, match=r"neither .* have labels"):
        iqcurate.find_cutoffs(scores, predictions)


def test_what_has_no_partner_is_counted_and_shown():
    scores, predictions = tables(100)
    predictions = predictions.sort_values("id")
    predictions.loc[predictions.index[:7], "id"] = [f"other/{i}.jpg" for i in range(7)]
    predictions.loc[predictions.index[7:10], "predicted"] = np.nan
    scores.loc[20:29, "lapm"] = [np.nan, np.inf, -np.inf, *[np.nan] * 7]
    joined = join(read_scores(scores), read_predictions(predictions))
    assert joined.notes == (
        "7 of 100 images have no prediction (such as 'set/0000.jpg')",
        "7 of 100 predictions have no image (such as 'other/0.jpg')",
        "3 predictions are empty and not used",
    )
    assert len(joined.rows) == 90
    cutoffs = iqcurate.find_cutoffs(scores, predictions).metrics
    assert cutoffs["niqe"].n_right + cutoffs["niqe"].n_wrong == 90
    assert cutoffs["lapm"].n_right + cutoffs["lapm"].n_wrong == 80


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        (
            "/data/photos/{}",
            "without '/data/photos/' at the beginning of the ids of P (an absolute",
        ),
        ("train/{}", "without 'train/' at the beginning of the ids of P"),
        ("x//{}", "without 'x//'"),
    ],
)
def test_another_root_is_guessed(theirs, says):
    ours = [f"cats/{i}.jpg" for i in range(20)]
    words = guess([theirs.format(i) for i in ours], ours, "P", "S")
    assert words.startswith("20 of 20 would match ")
    assert says in words
    back = guess(ours, [theirs.format(i) for i in ours], "P", "S")
    assert "of the ids of S" in back


@pytest.mark.parametrize(
    ("theirs", "says"),
    [
        ("CATS/É {}.JPG", "upper and lower case"),
        ("cats/é {}.png", "file extension"),
        ("cats\\é {}.jpg", "if \\ were /"),
        ("./cats//é {}.jpg", "written plainly, without ./ or //"),
        ("cats/%C3%A9%20{}.jpg", "%-escapes"),
        ("cats/e\u0301 {}.jpg", "NFC"),
        ("dogs/É {}.webp", "by the name of the file alone"),
        ("something/else{}", ""),
    ],
)
def test_other_ways_of_writing_are_guessed(theirs, says):
    ours = [f"cats/é {i}.jpg" for i in range(20)]
    words = guess([theirs.format(i) for i in range(20)], ours, "P", "S")
    assert says in words
    assert bool(says) == bool(words)


def test_distorted_variants_are_joined_each_to_its_own():
    scores, predictions = tables(200)
    blurred = scores.assign(variant="blur", level=2.0, lapm=scores["lapm"] / 2)
    both = pd.concat([scores.assign(variant="clean", level=0.0), blurred])
    said = pd.concat([
        predictions.assign(variant="clean", level=0),
        predictions.assign(variant="blur", level=2, predicted=99, label=99),
    ])  # fmt: skip
    joined = join(read_scores(both, variants=True), read_predictions(said))
    clean = join(read_scores(scores), read_predictions(predictions))
    assert len(joined.wrong) == 400
    assert joined.wrong.sum() == clean.wrong.sum(), "none of the blurred ones is wrong here"
    assert len(np.unique(joined.units)) == 200, "variants of one image are drawn together"
    only_clean = join(read_scores(both, variants=True), read_predictions(predictions))
    assert len(only_clean.wrong) == 200
    assert read_scores(both).table.num_rows == 200, "elsewhere only the images count"
    few = iqcurate.find_cutoffs(both, said, metrics=["lapm"], bootstraps=200)
    assert few.cutoffs.provenance["images"] == 400
    with pytest.raises(SourceError, match=r"2 rows have the id 'set/.*', variant blur 2"):
        read_predictions(pd.concat([said, said.tail(1)]))


def test_groups_are_drawn_whole_and_may_come_with_the_predictions():
    scores, predictions = tables(600)
    group = predictions["id"].str[4:7]
    alone = iqcurate.find_cutoffs(scores, predictions, metrics=["lapm"], bootstraps=200)
    grouped = iqcurate.find_cutoffs(
        scores, predictions.assign(burst=group), metrics=["lapm"], bootstraps=200,
        columns={"group": "burst"},
    )  # fmt: skip
    assert grouped.cutoffs.provenance["resampled_by"] == "group"
    assert grouped.metrics["lapm"].cutoff == alone.metrics["lapm"].cutoff
    assert grouped.metrics["lapm"].interval != alone.metrics["lapm"].interval


def test_further_partitions_show_how_the_cutoff_moves():
    scores, predictions = tables()
    other = predictions["predicted"].where(np.arange(600) % 15 > 0, 0)
    said = predictions.assign(predicted_2=other, predicted_3=other[::-1].to_numpy(), predicted_x=1)
    result = iqcurate.find_cutoffs(scores, said, metrics=["lapm"], bootstraps=100)
    alone = iqcurate.find_cutoffs(scores, predictions, metrics=["lapm"], bootstraps=100)
    second = iqcurate.find_cutoffs(
        scores, predictions.assign(predicted=other), metrics=["lapm"], bootstraps=100
    )
    found, evidence = result.metrics["lapm"], result.metrics["lapm"].evidence
    assert (found.cutoff, found.interval) == (
        alone.metrics["lapm"].cutoff, alone.metrics["lapm"].interval
    )  # fmt: skip
    assert (evidence["partitions"], evidence["partitions_with_cutoff"]) == (3, 3)
    for each in (found.cutoff, second.metrics["lapm"].cutoff):
        assert evidence["partitions_low"] <= each <= evidence["partitions_high"]
    assert evidence["partitions_low"] < evidence["partitions_high"]


def test_without_predictions_only_what_needs_none():
    scores, _ = tables()
    with pytest.raises(UsageError, match="give --predictions"):
        iqcurate.find_cutoffs(scores)
    with pytest.raises(UsageError, match="give --predictions"):
        iqcurate.find_cutoffs(scores, method="youden", by_hand={"lapm": 1.0})
    fifth = iqcurate.find_cutoffs(scores, method="quantile:0.2")
    for name, better in (("lapm", 1), ("brisque", -1)):
        cutoff = fifth.metrics[name]
        assert cutoff.verdict is Verdict.SET_BY_HAND
        low = better * scores[name] < better * cutoff.cutoff
        assert low.mean() == pytest.approx(0.2, abs=0.002)
        assert cutoff.effect["rejected"] == low.mean()
        assert cutoff.n_wrong is None
    hand = iqcurate.find_cutoffs(scores, by_hand={"lapm": 0.2})
    assert list(hand.metrics) == ["lapm"]
    assert (hand.metrics["lapm"].cutoff, hand.metrics["lapm"].method) == (0.2, "hand")


def test_by_hand_beside_predictions_shows_what_it_would_do():
    scores, predictions = tables()
    result = iqcurate.find_cutoffs(scores, predictions, by_hand={"lapm": 1.0}, bootstraps=200)
    hand = result.metrics["lapm"]
    assert hand.verdict is Verdict.SET_BY_HAND
    assert hand.effect["rejected_wrong"] > hand.effect["rejected_right"] > 0
    assert result.metrics["brisque"].method == "kde"


def test_normalised_is_shown_and_not_saved():
    scores, predictions = tables()
    raw = iqcurate.find_cutoffs(scores, predictions, metrics=["brisque"], bootstraps=200)
    scaled = iqcurate.find_cutoffs(
        scores, predictions, metrics=["brisque"], bootstraps=200, normalise=True
    )
    assert scaled.cutoffs == raw.cutoffs
    low, high = scores["brisque"].min(), scores["brisque"].max()
    shown = scaled.shown("brisque")
    assert shown.cutoff == pytest.approx((raw.metrics["brisque"].cutoff - low) / (high - low))
    assert 0 <= shown.interval[0] <= shown.cutoff <= shown.interval[1] <= 1
    assert scaled.frame["cutoff"][0] == shown.cutoff
    hand = iqcurate.find_cutoffs(scores, by_hand={"brisque": 0.25}, normalise=True)
    assert hand.metrics["brisque"].cutoff == pytest.approx(low + 0.25 * (high - low))
    assert hand.shown("brisque").cutoff == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"method": "best"}, "no method 'best'"),
        ({"method": "accuracy"}, "needs a share"),
        ({"method": "accuracy:high"}, "needs a share"),
        ({"method": "quantile:1.5"}, "between 0 and 1"),
        ({"method": "youden", "count_weighted": True}, "no curves"),
        ({"by_hand": {"lapv": 1.0}}, "no scores named 'lapv'|'lapv', which is no column"),
        ({"by_hand": {"mine": 1.0}}, "'mine'"),
        ({"by_hand": {"lapm": float("nan")}}, "is no number"),
        ({"bootstraps": 10}, "too few"),
    ],
)
def test_calls_that_cannot_be_right(options, says):
    scores, predictions = tables(100)
    with pytest.raises(UsageError, match=says):
        iqcurate.find_cutoffs(scores, predictions, **options)


def test_a_column_with_a_direction_takes_part():
    scores, predictions = tables()
    cutoff = iqcurate.find_cutoffs(
        scores, predictions, metrics=["mine"], directions={"mine": "higher"}, bootstraps=200
    ).metrics["mine"]
    assert cutoff.verdict is Verdict.USABLE
    turned = iqcurate.find_cutoffs(
        scores, predictions, metrics=["mine"], directions={"mine": "lower"}, bootstraps=200
    ).metrics["mine"]
    assert turned.verdict is Verdict.NONE


def legend(figure) -> list[str]:
    return [t.get_text() for t in figure.axes[0].get_legend().get_texts()]


@pytest.mark.parametrize(
    ("method", "column", "normalise"),
    [("kde", "p_true", False), ("plain", None, True), ("youden", "confidence", True)],
)
def test_plots_show_the_cutoff_where_the_curves_are(tmp_path, normalise, method, column):
    scores, predictions = tables()
    dropped = [c for c in ("p_true", "confidence") if c != column]
    result = iqcurate.find_cutoffs(
        scores, predictions.drop(columns=dropped), metrics=["brisque", "niqe"], method=method,
        normalise=normalise, bootstraps=100,
    )  # fmt: skip
    paths = result.save_plots(tmp_path / "plots")
    assert [p.name for p in paths] == ["brisque.png", "niqe.png"]
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in paths)
    figure = result.plot("brisque")
    wrong = result.metrics["brisque"].n_wrong
    assert f"predicted wrong ({wrong})" in legend(figure)
    assert "brisque (lower is better)" in figure.axes[-1].get_xlabel()
    title = figure.get_suptitle() + figure.axes[0].get_title(loc="left")
    assert title.startswith(f"brisque: {result.metrics['brisque'].verdict}")
    if result.metrics["brisque"].cutoff is not None:
        assert f"{result.shown('brisque').cutoff:.4g}" in title
        assert "cut-off" in legend(figure)


def test_hard_cases_have_plots_too(tmp_path):
    scores, predictions = tables(120)
    scores = scores.assign(flat=1.0, steps=(scores["mine"] > 0).astype(int), empty=np.nan)
    scores["a/$b$"] = scores["mine"]
    directions = dict.fromkeys(("flat", "steps", "empty", "a/$b$"), "higher")
    result = iqcurate.find_cutoffs(scores, predictions, directions=directions, bootstraps=100)
    assert result.metrics["empty"].verdict is Verdict.REFUSED
    assert result.metrics["flat"].verdict is Verdict.NONE
    assert len(result.save_plots(tmp_path)) == 7
    assert (tmp_path / "a__b_.png").exists()
    assert "worth nothing" in " ".join(legend(result.plot("niqe")))
    quantile = iqcurate.find_cutoffs(scores, method="quantile:0.1")
    assert len(quantile.plot("lapm").axes) == 1


def test_a_large_plot_says_what_it_leaves_out():
    scores, predictions = tables(20_000)
    result = iqcurate.find_cutoffs(scores, predictions, metrics=["lapm"], bootstraps=100)
    assert any("of them drawn" in text for text in legend(result.plot("lapm")))


def test_ids_are_found_whatever_their_hashes(monkeypatch):
    import pyarrow as pa

    random = np.random.default_rng(0)
    have = pa.chunked_array([[f"{i}é" for i in range(500)], [f"b{i}" for i in range(500)]])
    want = pa.chunked_array([[f"{i}é" for i in random.permutation(700)], ["b3", ""]])
    expected = [
        have.to_pylist().index(t) if t in have.to_pylist() else -1 for t in want.to_pylist()
    ]
    assert positions(want, have).tolist() == expected
    assert find_double(have) is None
    twice = pa.chunked_array([have.to_pylist(), ["b7", "b7"]])
    assert find_double(twice) == ("b7", 3)
    monkeypatch.setattr("iqcurate.api.ids.hashes", lambda ids: hashes(ids) % np.uint64(50))
    assert positions(want, have).tolist() == expected
    assert find_double(have) is None
    assert find_double(twice) == ("b7", 3)


def test_json_of_a_result_has_no_odd_numbers(tmp_path):
    scores, predictions = tables(100)
    iqcurate.find_cutoffs(scores, predictions, bootstraps=100).save(tmp_path / "c.json")

    def refuse(text: str) -> float:
        raise AssertionError(text)

    json.loads((tmp_path / "c.json").read_text(), parse_constant=refuse)


def parted(kind: str, n: int = 1200) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two splits of which `val` is sharper: a trap, or errors that go with sharpness in one."""
    random = np.random.default_rng(1)
    val, label = random.random(n) < 0.4, random.integers(5, size=n)
    sharp = random.normal(size=n) + 1.2 * val
    by_quality = 1 / (1 + np.exp(1.5 + 1.2 * sharp))
    wrong = (
        random.random(n)
        < {
            "trap": np.where(val, 0.35, 0.92),
            "train alone": np.where(val, 0.3, by_quality),
            "honest": by_quality,
        }[kind]
    )
    ids = [f"{i}.png" for i in range(n)]
    scores = pd.DataFrame(
        {"id": ids, "label": label, "split": np.where(val, "val", "train"), "lapm": np.exp(sharp)}
    )
    predicted = np.where(wrong, (label + 1) % 5, label)
    return scores, pd.DataFrame({"id": ids, "label": label, "predicted": predicted})


def test_a_cutoff_that_only_tells_splits_apart_is_doubted_in_words():
    """Sharper `val` was easier for another reason: nothing but the split tells the errors."""
    result = iqcurate.find_cutoffs(*parted("trap"), bootstraps=200)
    assert result.metrics["lapm"].verdict is Verdict.USABLE, (
        "the tests of the verdict cannot see it"
    )
    error, split = result.notes
    assert error.startswith("69% of the predictions are wrong")
    assert split.startswith(
        "lapm: within each split (train, val) it is not shown that wrong images"
    )
    assert "predict --group-from" in split
    assert result.cutoffs.provenance["doubts"] == [error, split]
    kept = iqcurate.curate(parted("trap")[0], result.cutoffs)
    assert f"of the cut-offs: {split}" in kept.warnings


def test_a_cutoff_that_one_split_alone_supports_is_doubted_by_name():
    result = iqcurate.find_cutoffs(*parted("train alone", 4000), bootstraps=200)
    assert result.metrics["lapm"].verdict is Verdict.USABLE
    assert [n for n in result.notes if "in the split 'train' alone" in n]


def test_most_right_images_rejected_is_doubted_and_an_honest_cutoff_is_not():
    scores, predictions = parted("honest")
    assert iqcurate.find_cutoffs(scores, predictions, bootstraps=200).notes == ()
    for method in ("kde", "accuracy:0.98"):
        found = iqcurate.find_cutoffs(scores, predictions, method=method, bootstraps=200)
        harsh = found.metrics["lapm"].effect["rejected_right"] > 0.5
        assert harsh == (method != "kde")
        assert [n.startswith("most images that are predicted rightly") for n in found.notes] == (
            [True] if harsh else []
        )
