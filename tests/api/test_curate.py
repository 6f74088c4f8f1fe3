"""From scores and cut-offs to manifests, by the Python API."""

from __future__ import annotations

import csv
import json
import os
from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import iqcurate
from iqcurate.cutoffs import Cutoff, Cutoffs, Reference, Verdict
from iqcurate.errors import CutoffError, RobustnessError, SourceError, UsageError
from iqcurate.manifest.output import plan_output
from iqcurate.manifest.packed import PIECE
from iqcurate.sources import escape, local_path
from iqcurate.spec import Direction
from iqcurate.tabular import unguard

HIGHER, LOWER = Direction.HIGHER, Direction.LOWER


def cutoff(value, direction=HIGHER, verdict=Verdict.USABLE, **more) -> Cutoff:
    return Cutoff(value, direction, None, verdict, "the reason", "kde", **more)


def cutoffs(**values) -> Cutoffs:
    return Cutoffs({n: v if isinstance(v, Cutoff) else cutoff(v) for n, v in values.items()})


PAPER = cutoffs(
    lapm=cutoff(0.206), wavs=cutoff(0.159), musiq=cutoff(34.4, verdict=Verdict.SET_BY_HAND)
)


def test_the_votes_of_the_paper():
    rows = [(.053, .037, 18.4), (.059, .032, 20.5), (.060, .044, 22.2),
            (.585, .620, 55.4), (.698, .621, 51.3), (.687, .622, 50.9)]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["lapm", "wavs", "musiq"]).assign(id=list("abcdef"))
    for vote in ("majority", "all", "any", 2):
        found = iqcurate.curate(frame, PAPER, vote=vote, directions={"musiq": "higher"}).frame
        assert found["keep"].tolist() == [False] * 3 + [True] * 3
    assert found["votes_low"].tolist() == [3, 3, 3, 0, 0, 0]
    assert found["reason"][0] == (
        "rejected: 3 of 3 votes are low: lapm 0.053 is below 0.206, wavs 0.037 is below 0.159, "
        "musiq 18.4 is below 34.4"
    )
    assert found["reason"][5] == "kept: 0 of 3 votes are low"


def every_pattern(metrics: int) -> pd.DataFrame:
    """Scores for each pattern of low, pass and abstain around a cut-off of 1."""
    patterns = list(product([0.5, 1.0, np.nan], repeat=metrics))
    frame = pd.DataFrame(patterns, columns=[f"m{i}" for i in range(metrics)])
    return frame.assign(id=[f"{i:03}" for i in range(len(patterns))])


@pytest.mark.parametrize("undecided", ["keep", "reject"])
@pytest.mark.parametrize("metrics", [1, 2, 3, 4])
def test_every_pattern_of_votes_becomes_a_row(metrics, undecided):
    frame = every_pattern(metrics)
    names = [c for c in frame if c != "id"]
    for policy in ["majority", "any", "all", *range(1, metrics + 1)]:
        limits = cutoffs(**dict.fromkeys(names, 1.0))
        rows = iqcurate.curate(frame, limits, vote=policy, undecided=undecided).frame
        for given, row in zip(frame[names].to_numpy(), rows.to_dict("records"), strict=True):
            lows, passes = int((given == 0.5).sum()), int((given == 1.0).sum())
            votes = ["low" if v == 0.5 else "pass" if v == 1 else "abstain" for v in given]
            assert [row[f"{n}_vote"] for n in names] == votes
            assert (row["votes_low"], row["votes_cast"]) == (lows, lows + passes)
            rejects = {"majority": lows > passes, "any": lows > 0, "all": passes == 0}
            keeps = not rejects.get(policy, lows >= policy if isinstance(policy, int) else None)
            assert row["keep"] == (keeps if lows + passes else undecided == "keep")
            assert row["reason"].startswith("kept: " if row["keep"] else "rejected: ")
            assert row["reason"].count("is below") == lows
            assert ("undecided" in row["reason"]) == (not lows + passes)


def test_what_could_not_be_read_is_never_kept():
    frame = pd.DataFrame({"id": list("abcd"), "lapm": [5.0, np.nan, 5.0, 5.0],
                          "status": ["missing", "truncated", "ok", None],
                          "error": ["gone: no such file", None, None, None]})  # fmt: skip
    result = iqcurate.curate(frame, cutoffs(lapm=1.0))
    rows = result.frame
    assert rows["keep"].tolist() == [False, False, True, True]
    assert rows["reason"][0] == "rejected: not readable (missing): gone: no such file"
    assert rows["reason"][1] == "rejected: not readable (truncated)"
    assert rows["lapm_vote"].tolist() == ["abstain", "abstain", "pass", "pass"]
    assert result.counts["unreadable"] == 2


def test_the_columns_are_those_that_are_promised():
    frame = pd.DataFrame({"id": ["a"], "niqe": [9.0], "lapm": [1.0], "label": ["x"]})
    limits = cutoffs(lapm=cutoff(2.0), niqe=cutoff(5.0, LOWER))
    rows = iqcurate.curate(frame, limits).frame
    assert list(rows) == [
        "id", "uri", "label", "split", "group", "keep", "reason", "votes_low", "votes_cast",
        "lapm", "lapm_vote", "niqe", "niqe_vote", "status", "sha256",
    ]  # fmt: skip
    assert rows["reason"][0].endswith("lapm 1 is below 2, niqe 9 is above 5")


def test_a_score_next_to_its_cutoff_is_told_apart():
    frame = pd.DataFrame({"id": ["a"], "lapm": [0.20599999]})
    reason = iqcurate.curate(frame, cutoffs(lapm=0.206)).frame["reason"][0]
    assert reason.endswith("lapm 0.20599999 is below 0.206")


def family_data(n: int = 200) -> pd.DataFrame:
    quality = np.random.default_rng(0).permutation(n) / n
    other = np.random.default_rng(1).random(n)
    ids = [f"{i:03}" for i in range(n)]
    return pd.DataFrame({"id": ids, "lapm": quality, "wavs": quality**2, "niqe": other})


def test_metrics_that_rank_alike_are_named_and_can_share_a_vote():
    frame = family_data()
    limits = cutoffs(lapm=0.3, wavs=0.01, niqe=cutoff(0.5, LOWER))
    apart = iqcurate.curate(frame, limits, vote=2)
    assert any("lapm, wavs rank the images almost alike" in w for w in apart.warnings)
    shared = iqcurate.curate(frame, limits, vote=2, one_vote_per_family=True).frame
    assert set(shared["votes_cast"]) == {2}
    both = shared[(shared["lapm_vote"] == "low") & (shared["wavs_vote"] == "low")]
    assert (both["votes_low"] >= 1).all()
    tie = shared[(shared["lapm_vote"] == "low") & (shared["wavs_vote"] == "pass")]
    assert len(tie)
    assert (tie["votes_low"] == (tie["niqe_vote"] == "low")).all(), "a tie in a family passes"
    rejected = both[both["votes_low"] == 2].iloc[0]
    assert "(one vote for lapm, wavs), niqe" in rejected["reason"]
    assert " and wavs" in rejected["reason"]
    with pytest.raises(UsageError, match="only 2 votes"):
        iqcurate.curate(frame, limits, vote=3, one_vote_per_family=True)


def test_scores_that_contradict_each_other_are_named():
    frame = family_data().rename(columns={"wavs": "mine"})
    limits = cutoffs(lapm=0.3, mine=cutoff(0.3, LOWER))
    found = iqcurate.curate(frame, limits, directions={"mine": "lower"})
    assert any("opposite order" in w for w in found.warnings)


def class_data() -> pd.DataFrame:
    """Class c has low scores; b ties; a is fine."""
    scores = [*np.linspace(5, 9, 20), *[3.0] * 10, *np.linspace(0.1, 1, 10)]
    labels = ["a"] * 20 + ["b"] * 10 + ["c"] * 10
    ids = [f"{i:02}" for i in range(39, -1, -1)]
    return pd.DataFrame({"id": ids, "label": labels, "split": "train", "lapm": scores})


def test_what_the_filter_does_to_the_classes_is_told():
    found = iqcurate.curate(class_data(), cutoffs(lapm=2.0))
    assert found.effect.vanished == ["c"]
    assert any("1 of 3 classes vanish: c" in w for w in found.warnings)
    assert found.effect.association.cramers_v == pytest.approx(1, abs=0.02)
    assert found.effect.splits["kept"].tolist() == [30]
    assert found.metrics.to_dict("records") == [
        {"metric": "lapm", "cutoff": 2.0, "direction": "higher", "verdict": "usable",
         "low": 10, "pass": 30, "abstain": 0}
    ]  # fmt: skip


def test_the_best_of_a_class_can_be_kept():
    found = iqcurate.curate(class_data(), cutoffs(lapm=4.0), min_per_class=4)
    rows = found.frame.set_index("id")
    assert rows.groupby("label")["keep"].sum().to_dict() == {"a": 20, "b": 4, "c": 4}
    assert found.counts["brought_back"] == 8
    best = rows[(rows["label"] == "c") & rows["keep"]]
    assert best["lapm"].min() == pytest.approx(0.7)
    assert (
        best["reason"]
        .iloc[0]
        .startswith("kept: among the best 4 of its class, although 1 of 1 vote is low: lapm")
    )
    tied = sorted(rows[(rows["label"] == "b") & rows["keep"]].index)
    assert tied == ["10", "11", "12", "13"], "of equal ones the first by id"
    shuffled = class_data().sample(frac=1, random_state=3)
    again = iqcurate.curate(shuffled, cutoffs(lapm=4.0), min_per_class=4).frame
    assert again.set_index("id")["keep"].sort_index().equals(rows["keep"].sort_index())


def test_unreadable_images_are_not_brought_back():
    frame = class_data().assign(status="ok")
    frame.loc[frame["label"] == "c", "status"] = "unreadable"
    rows = iqcurate.curate(frame, cutoffs(lapm=2.0), min_per_class=5).frame
    assert not rows.loc[rows["label"] == "c", "keep"].any()


def test_the_worst_go_by_rank():
    frame = class_data().assign(niqe=lambda f: -f["lapm"])
    frame.loc[0, ["lapm", "niqe"]] = np.nan
    rows = iqcurate.curate(frame, drop_worst="30%").frame.set_index("id")
    assert (~rows["keep"]).sum() == 11, "30% of the 39 that have scores"
    assert (~rows["keep"] & (rows["label"] == "c")).sum() == 10
    assert list(rows.index[~rows["keep"] & (rows["label"] == "b")]) == ["10"]
    assert rows.loc["39", "keep"]
    assert "undecided" in rows.loc["39", "reason"]
    assert rows["votes_low"].isna().all()
    assert rows["lapm_vote"].isna().all()
    reason = rows.loc["10", "reason"]
    assert reason == "rejected: among the worst 30%: mean rank 0.385 (0 worst, 1 best)"
    assert rows.loc["20", "reason"] == "kept: not among the worst 30%"


def test_the_worst_of_each_class():
    found = iqcurate.curate(class_data(), drop_worst=0.5, per_class=True, metrics=["lapm"])
    assert found.effect.classes["kept"].tolist() == [10, 5, 5] or set(
        found.effect.classes["kept_share"]
    ) == {0.5}
    assert "of its class" in found.frame["reason"][39]
    assert found.effect.association.cramers_v == 0


# ---- which cut-offs are used


def test_usable_weak_and_set_by_hand_cutoffs_vote_others_do_not():
    frame = pd.DataFrame({"id": ["a"], "lapm": [1.0], "wavs": [1.0], "lapv": [1.0]})
    limits = cutoffs(
        lapm=cutoff(2.0, verdict=Verdict.WEAK),
        wavs=cutoff(2.0, verdict=Verdict.SET_BY_HAND),
        lapv=cutoff(2.0, verdict=Verdict.NONE),
        niqe=cutoff(None, LOWER, Verdict.REFUSED),
    )
    found = iqcurate.curate(frame, limits)
    assert found.metrics["metric"].tolist() == ["lapm", "wavs"]
    assert "lapm: its cut-off is weak: the reason" in found.warnings
    assert sum("is not used" in w for w in found.warnings) == 2
    asked = iqcurate.curate(frame, limits, metrics=["lapv"])
    assert asked.metrics["metric"].tolist() == ["lapv"]
    assert asked.warnings[:1] == ("lapv: its cut-off is not supported by the data: the reason",)


@pytest.mark.parametrize(
    ("limits", "options", "error", "says"),
    [
        (cutoffs(lapm=cutoff(None, verdict=Verdict.NONE)), {}, CutoffError, "--drop-worst 20%"),
        (cutoffs(), {}, CutoffError, "nothing to judge"),
        (cutoffs(lapm=cutoff(None, verdict=Verdict.REFUSED)), {"metrics": ["lapm"]}, CutoffError,
         "lapm: refused"),
        (cutoffs(lapm=1.0), {"metrics": ["wavs"]}, UsageError, "no cut-off for wavs"),
        (cutoffs(lapm=1.0, wavs=1.0), {}, UsageError, "no scores named 'wavs'"),
        (cutoffs(lapm=cutoff(1.0, LOWER)), {}, CutoffError, "--direction lapm=lower"),
        (cutoffs(lapm=1.0), {"vote": "most"}, UsageError, "majority, any, all"),
        (cutoffs(lapm=1.0), {"vote": 2}, UsageError, "only 1 votes"),
        (cutoffs(lapm=1.0), {"undecided": "maybe"}, UsageError, "keep or reject"),
        (cutoffs(lapm=1.0), {"drop_worst": 0.1}, UsageError, "choose one"),
        (cutoffs(lapm=1.0), {"per_class": True}, UsageError, "--drop-worst"),
        (cutoffs(lapm=1.0), {"min_per_class": 0}, UsageError, "from 1"),
        (None, {}, UsageError, "--cutoffs FILE"),
        (None, {"drop_worst": "30"}, UsageError, "30% or 0.3"),
        (None, {"drop_worst": "nan"}, UsageError, "30% or 0.3"),
        (None, {"drop_worst": "1e400%"}, UsageError, "30% or 0.3"),
        (None, {"drop_worst": 0.1, "one_vote_per_family": True}, UsageError, "for votes"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(limits, options, error, says):
    frame = pd.DataFrame({"id": ["a", "b"], "lapm": [1.0, 2.0]})
    with pytest.raises(error, match=says):
        iqcurate.curate(frame, limits, **options)


def test_a_column_that_somebody_turned_round_is_used_when_that_is_said():
    frame = pd.DataFrame({"id": ["a", "b"], "niqe": [-9.0, -2.0]})
    limits = cutoffs(niqe=cutoff(-5.0, HIGHER))
    with pytest.raises(CutoffError, match="higher is better, the scores of the table say lower"):
        iqcurate.curate(frame, limits)
    rows = iqcurate.curate(frame, limits, directions={"niqe": "higher"}).frame
    assert rows["keep"].tolist() == [False, True]


def test_an_unknown_column_has_the_direction_of_its_cutoff():
    frame = pd.DataFrame({"id": ["a", "b"], "Their Score": [1.0, 3.0]})
    limits = Cutoffs({"Their Score": cutoff(2.0, LOWER)})
    assert iqcurate.curate(frame, limits).frame["keep"].tolist() == [True, False]


@pytest.mark.parametrize("name", ["votes_low", "x_vote", "=1+1", "keep"])
def test_a_column_that_a_manifest_cannot_have(name):
    frame = pd.DataFrame({"id": ["a"], name: [1.0]})
    with pytest.raises(UsageError, match="rename"):
        iqcurate.curate(frame, Cutoffs({name: cutoff(1.0)}))


def test_scores_that_moved_are_told():
    rng = np.random.default_rng(0)
    then = rng.normal(size=1000)
    grid = tuple(np.quantile(then, np.linspace(0, 1, 101)))
    limits = cutoffs(
        lapm=cutoff(-1.0, n_right=950, n_wrong=50, reference=Reference(min(then), max(then), grid))
    )
    frame = pd.DataFrame({"id": [str(i) for i in range(500)], "lapm": rng.normal(size=500)})
    assert not iqcurate.curate(frame, limits).warnings
    frame["lapm"] -= 1
    (warning,) = iqcurate.curate(frame, limits).warnings
    assert warning.startswith("lapm: the scores have moved since the cut-off was found")
    frame["status"] = ["ok"] * 2 + ["truncated"] * 498
    assert not iqcurate.curate(frame, limits).warnings, "unreadable images do not count"


# ---- robustness


def robustness(tmp_path, **document):
    path = tmp_path / "robustness.json"
    base = {"format": "iqcurate-robustness", "version": 1, "metrics": {
        "lapm": {"verdict": "fails", "reason": "it falls by 31% under rotation",
                 "tests": {"crop": {"verdict": "survives"},
                           "rotate": {"verdict": "fails", "figures": {"response": -0.31}}}},
        "wavs": {"verdict": "survives", "reason": "", "tests": {}}}}  # fmt: skip
    path.write_text(json.dumps(base | document))
    return path


def test_a_metric_that_failed_a_test_of_robustness_is_used_with_a_warning(tmp_path):
    frame = pd.DataFrame({"id": ["a"], "lapm": [1.0], "wavs": [1.0], "lapv": [1.0]})
    limits = cutoffs(lapm=2.0, wavs=2.0, lapv=2.0)
    found = iqcurate.curate(frame, limits, robustness=robustness(tmp_path))
    assert found.warnings[:-1] == (
        "lapm: failed rotate in the tests of robustness: it falls by 31% under rotation",
    )
    assert found.warnings[-1] == "no image is kept"
    assert len(found.metrics) == 3


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"format": "iqcurate-cutoffs"}, "not a file of robustness"),
        ({"version": 9}, "version is 9"),
        ({"metrics": {"lapm": {"verdict": "good", "reason": "", "tests": {}}}}, "lapm > verdict"),
    ],
)
def test_a_file_of_robustness_that_cannot_be_used(tmp_path, document, says):
    frame = pd.DataFrame({"id": ["a"], "lapm": [1.0]})
    with pytest.raises(RobustnessError, match=says):
        iqcurate.curate(frame, cutoffs(lapm=2.0), robustness=robustness(tmp_path, **document))


# ---- files

HOSTILE = [
    "=1+1.png", "+cmd|' /C calc'!A0", "-x", "@sum", "'=quoted", "a,b;c.png", 'say "x".png',
    "new\nline.png", "car\rriage.png", "\ttab", " space ", "<script>alert(1)</script>.png",
    "NULL", "nan", "007", "1e5", "2024-01-01", "true", "\ufeffbom", "\u202egnp.exe", "日本/é.png",
    "\x1b[31mred", "C:\\x.png", "%41.png", "a\u2028b", "'", "#row",
]  # fmt: skip


@pytest.fixture
def hostile():
    rng = np.random.default_rng(0)
    n = len(HOSTILE)
    frame = pd.DataFrame({
        "id": HOSTILE, "uri": [f"/data/{x}" for x in HOSTILE], "label": HOSTILE[::-1],
        "split": ["train", None] * (n // 2) + ["val"] * (n % 2), "group": HOSTILE,
        "lapm": rng.integers(0, 9, n).astype(float), "niqe": rng.normal(size=n),
        "status": "ok", "error": None, "sha256": None,
    })  # fmt: skip
    frame.loc[1, "niqe"] = np.nan
    frame.loc[2, ["status", "error"]] = ["unreadable", 'io: =HYPERLINK("x")\n<b>']
    return iqcurate.curate(frame, cutoffs(lapm=4.0, niqe=cutoff(0.5, LOWER)))


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_manifest_round_trips_with_hostile_names(hostile, tmp_path, ending):
    path = tmp_path / f"m.{ending}"
    assert hostile.save(path) == len(HOSTILE)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    again = iqcurate.read_manifest(path)
    pd.testing.assert_frame_equal(again, hostile.frame)
    assert again["id"].tolist() == HOSTILE


def test_an_empty_manifest_round_trips(tmp_path):
    frame = pd.DataFrame({"id": pd.Series([], dtype=str), "lapm": pd.Series([], dtype=float)})
    found = iqcurate.curate(frame, cutoffs(lapm=1.0), min_per_class=2)
    for ending in ("csv", "parquet"):
        found.save(tmp_path / f"m.{ending}")
        pd.testing.assert_frame_equal(
            iqcurate.read_manifest(tmp_path / f"m.{ending}"), found.frame, check_dtype=False
        )


def test_a_spreadsheet_runs_nothing(hostile, tmp_path):
    import openpyxl

    hostile.save(tmp_path / "m.csv")
    with (tmp_path / "m.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    dangerous = [c for c in cells if c[:1] in set("=+-@\t\r") and not _is_number(c)]
    assert dangerous == []
    assert [unguard(c) for c in cells if c.startswith("'=1")] == ["=1+1.png"] * 3
    hostile.save(tmp_path / "m.xlsx")
    sheet = openpyxl.load_workbook(tmp_path / "m.xlsx").active
    assert {c.data_type for row in sheet.iter_rows(min_row=2) for c in row} <= {"s", "n", "b"}


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def test_a_manifest_can_be_curated_again(hostile, tmp_path):
    hostile.save(tmp_path / "m.csv")
    again = iqcurate.curate(tmp_path / "m.csv", cutoffs(lapm=4.0, niqe=cutoff(0.5, LOWER)))
    assert again.frame["keep"].tolist() == hostile.frame["keep"].tolist()


def test_what_is_no_manifest(tmp_path):
    (tmp_path / "a.csv").write_text("id,x\n1,2\n")
    with pytest.raises(SourceError, match="is no manifest: it has no column uri"):
        iqcurate.read_manifest(tmp_path / "a.csv")
    with pytest.raises(SourceError, match="cannot be read"):
        iqcurate.read_manifest(tmp_path / "b.txt")
    with pytest.raises(SourceError, match=r"c\.xlsx: no such file or folder"):
        iqcurate.read_manifest(tmp_path / "c.xlsx")
    (tmp_path / "c.xlsx").touch()
    with pytest.raises(SourceError, match=r"must end in \.csv"):
        iqcurate.read_manifest(tmp_path / "c.xlsx")


NAMES = [b"a.png", b"sub/b c.png", b"new\nline.png", b"\xff\xfe.png", b"%41.png", b"100%.png",
         b"-o.png", b"<img src=x>.png", b"cr\r", b"dir/..x/...png"]  # fmt: skip


@pytest.fixture
def photos(tmp_path):
    """Files with odd names, and their scores as a store would have them."""
    folder = os.fsencode(tmp_path / "photos")
    for name in NAMES:
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(name)
    ids = [escape(name) for name in NAMES]
    uris = [f"{escape(folder)}/{i}" for i in ids]
    scores = [1.0 if name == b"a.png" else 5.0 for name in NAMES]
    frame = pd.DataFrame({"id": ids, "uri": uris, "lapm": scores})
    return iqcurate.curate(frame, cutoffs(lapm=2.0))


def test_a_plain_list_holds_paths_that_open(photos, tmp_path):
    with pytest.raises(UsageError, match="--null"):
        photos.save(tmp_path / "kept.txt")
    assert not (tmp_path / "kept.txt").exists()
    assert photos.save(tmp_path / "kept.txt", null=True) == len(NAMES) - 1
    paths = (tmp_path / "kept.txt").read_bytes().split(b"\0")
    assert paths.pop() == b""
    assert [os.stat(p).st_size for p in paths] == [len(name) for name in NAMES[1:]]
    again = iqcurate.read_manifest(tmp_path / "kept.txt")
    assert [local_path(uri) for uri in again["uri"]] == paths
    assert again["keep"].all()


@pytest.mark.parametrize("name", ["a\r", "a\nb"])
def test_a_name_that_would_not_come_back_from_a_list_is_refused(tmp_path, name):
    with pytest.raises(UsageError, match="--null"):
        one(tmp_path, name, uri=f"/data/{name}").save(tmp_path / "kept.txt")
    assert not (tmp_path / "kept.txt").exists()


def tree(folder) -> dict[bytes, bytes]:
    """Relative path -> content of all files but hidden ones at the top."""
    top, found = os.fsencode(folder), {}
    for where, _, files in os.walk(top):
        for name in files:
            path = os.path.join(where, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, top)] = file.read()
    return {path: content for path, content in found.items() if path != b".iqcurate-copy"}


@pytest.mark.parametrize("link", ["symlink", "hardlink", "copy"])
def test_a_filtered_copy_keeps_structure_and_content(photos, tmp_path, link):
    assert photos.save(f"{tmp_path}/kept/", link=link) == len(NAMES) - 1
    assert tree(tmp_path / "kept") == {name: name for name in NAMES[1:]}
    made = tmp_path / "kept" / "sub" / "b c.png"
    assert made.is_symlink() == (link == "symlink")
    assert (made.stat().st_ino == (tmp_path / "photos/sub/b c.png").stat().st_ino) == (
        link != "copy"
    )
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept", "photos"]


def test_a_copy_is_replaced_only_when_nothing_else_is_in_it(photos, tmp_path):
    kept = f"{tmp_path}/kept/"
    photos.save(kept)
    with pytest.raises(UsageError, match="--force"):
        photos.save(kept)
    photos.save(kept, force=True)
    (tmp_path / "kept" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not written by this command"):
        photos.save(kept, force=True)
    assert (tmp_path / "kept" / "mine.txt").exists()
    with pytest.raises(UsageError, match="not written by this command"):
        photos.save(tmp_path / "photos", force=True)
    assert len(tree(tmp_path / "photos")) == len(NAMES)


def test_a_copy_that_fails_leaves_nothing(photos, tmp_path):
    photos.save(f"{tmp_path}/kept/")
    (tmp_path / "photos" / "-o.png").unlink()
    with pytest.raises(SourceError, match=r"-o\.png: the file is not there; nothing was written"):
        photos.save(f"{tmp_path}/kept/", force=True, link="copy")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept", "photos"]
    assert (tmp_path / "kept" / "sub" / "b c.png").is_symlink(), "the former copy is still there"


def test_images_that_moved_are_found_below_another_root(photos, tmp_path):
    (tmp_path / "photos").rename(tmp_path / "moved")
    with pytest.raises(SourceError, match="--root"):
        photos.save(f"{tmp_path}/kept/")
    photos.save(f"{tmp_path}/kept/", root=tmp_path / "moved")
    assert tree(tmp_path / "kept") == {name: name for name in NAMES[1:]}


def one(tmp_path, *names, uri=None):
    image = tmp_path / "in" / "image.png"
    image.parent.mkdir(exist_ok=True)
    image.write_text("image")
    frame = pd.DataFrame({"id": names, "uri": uri or str(image), "lapm": 5.0})
    return iqcurate.curate(frame, cutoffs(lapm=1.0))


@pytest.mark.parametrize(
    ("name", "where"),
    [
        ("../../evil.png", "evil.png"),
        ("/etc/evil.png", "etc/evil.png"),
        ("a/../../../evil.png", "a/evil.png"),
        ("%2E%2E/%2e%2e%2Fevil.png", "evil.png"),
        ("./a//b.png", "a/b.png"),
        ("shard.tar/x.png", "shard.tar/x.png"),
    ],
)
@pytest.mark.parametrize("link", ["symlink", "copy"])
def test_nothing_is_written_outside_the_copy(tmp_path, name, where, link):
    deep = tmp_path / "out" / "deep"
    deep.mkdir(parents=True)
    one(tmp_path, name).save(f"{deep}/kept/", link=link)
    assert tree(deep / "kept") == {os.fsencode(where): b"image"}
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["deep"]
    assert [p.name for p in deep.iterdir()] == ["kept"]


@pytest.mark.parametrize("names", [["a", "a/b.png"], ["x.png", "../x.png"], [".."], ["/"]])
def test_ids_that_cannot_lie_side_by_side_are_refused(tmp_path, names):
    for link in ("symlink", "hardlink", "copy"):
        with pytest.raises(UsageError, match=r"of that name already|is no path"):
            one(tmp_path, *names).save(f"{tmp_path}/kept/", link=link)
    assert [p.name for p in tmp_path.iterdir()] == ["in"]


@pytest.mark.parametrize("target", ["/etc", "/dev/null", "s3://bucket/x.png"])
def test_only_regular_files_are_linked(tmp_path, target):
    with pytest.raises(SourceError, match="nothing was written"):
        one(tmp_path, "a", uri=target).save(f"{tmp_path}/kept/")


def test_a_finished_manifest_is_not_overwritten(tmp_path):
    found = one(tmp_path, "a")
    for name in ("m.csv", "m.txt", "m.parquet"):
        (tmp_path / name).write_text("precious")
        with pytest.raises(UsageError, match="--force"):
            found.save(tmp_path / name)
        assert (tmp_path / name).read_text() == "precious"
        found.save(tmp_path / name, force=True)
        assert len(iqcurate.read_manifest(tmp_path / name)) == 1


@pytest.mark.parametrize(
    ("path", "options", "says"),
    [
        ("m.tsv", {}, r"\.csv, \.jsonl"),
        ("kept", {}, "or in / for a folder"),
        ("none/m.csv", {}, "make it first"),
        ("kept/", {"link": "move"}, "symlink, hardlink, copy"),
        ("in/image.png/", {}, "no folder"),
    ],
)
def test_an_output_that_cannot_be(tmp_path, path, options, says):
    found = one(tmp_path, "a")
    with pytest.raises(UsageError, match=says):
        found.save(f"{tmp_path}/{path}", **options)


def test_many_rows_go_through_in_pieces(tmp_path):
    n = 80_000
    rng = np.random.default_rng(0)
    table = pa.table({"id": [f"{i:06}" for i in range(n)], "label": ["x", "y"] * (n // 2),
                      "lapm": rng.normal(size=n), "wavs": rng.normal(size=n)})  # fmt: skip
    pq.write_table(table, tmp_path / "s.parquet", row_group_size=30_000)
    found = iqcurate.curate(tmp_path / "s.parquet", cutoffs(lapm=0.0, wavs=0.0), vote="any")
    found.save(tmp_path / "m.parquet")
    rows = pq.read_table(tmp_path / "m.parquet").to_pandas()
    assert rows["id"].tolist() == table["id"].to_pylist()
    expected = ~((rows["lapm"] < 0) | (rows["wavs"] < 0))
    assert (rows["keep"] == expected).all()
    lows = (rows["lapm"] < 0).astype(int) + (rows["wavs"] < 0)
    assert (rows["reason"].str.count("is below") == lows).all()
    said = rows["reason"].str.extract(r"lapm (\S+) is below")[0].astype(float)
    low = rows["lapm"] < 0
    np.testing.assert_allclose(said[low], rows["lapm"][low], rtol=1e-3)


def test_writing_tells_how_far_it_is(tmp_path):
    n = 2 * PIECE + 5
    scores = pd.DataFrame({"id": [f"{i:06}" for i in range(n)], "lapm": np.arange(n, dtype=float)})
    result = iqcurate.curate(scores, drop_worst="50%")
    for name in ("m.csv", "kept.txt"):
        done = []
        plan_output(tmp_path / name).write(result.manifest, lambda rows, _, d=done: d.append(rows))
        assert done == [PIECE, 2 * PIECE, n]
