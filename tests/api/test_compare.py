"""`iqcurate.compare` and the command."""

from __future__ import annotations

import json
import subprocess

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.stats import ks_2samp

import iqcurate
from iqcurate.cli import call
from iqcurate.errors import UsageError

FAST = {"bootstraps": 100}


def table(n: int, shift: float, seed: int, folder: str = "") -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    quality = rng.normal(shift, 1, n)
    return pd.DataFrame({
        "id": [f"{folder}{i:04d}.jpg" for i in range(n)],
        "label": ["xy"[i % 2] for i in range(n)],
        "status": ["truncated" if i % 50 == 7 else "ok" for i in range(n)],
        "lapm": np.exp(3 + 0.3 * quality),
        "niqe": 5 - quality + 0.5 * rng.normal(size=n),
    })  # fmt: skip


A, B = table(400, 0, 0, "a/"), table(150, 1, 1, "b/")


@pytest.fixture
def command(capsys):
    def run(*args: object) -> subprocess.CompletedProcess[str]:
        with pytest.raises(SystemExit) as ended:
            call(["compare", *map(str, args), "--bootstraps", "100"])
        out, err = capsys.readouterr()
        return subprocess.CompletedProcess(args, ended.value.code or 0, out, err)

    return run


def test_figures_are_of_readable_images_and_gates_are_set_on_them():
    result = iqcurate.compare(A, B, fail_if=["lapm_ks > 0.2", "better > 0"], **FAST)
    one, other = (rows.query("status == 'ok'") for rows in (A, B))
    truth = ks_2samp(one["lapm"], other["lapm"]).statistic
    assert result.figures["lapm_ks"] == pytest.approx(truth)
    assert (result.figures["images_a"], result.figures["readable_a"]) == (400, len(one))
    assert [gate.failed for gate in result.gates] == [True, False]
    assert not result.passed
    assert result.sentence.startswith("A is worse than B in lapm, niqe")
    assert list(result.frame["way"]) == ["worse", "worse"]
    assert set(result.classes["class"]) == {"x", "y"}
    assert "| lapm | higher |" in result.markdown
    assert iqcurate.compare(B, A, **FAST).sentence.startswith("A is better than B in lapm, niqe")
    same = iqcurate.compare(A, A.assign(id="c/" + A["id"]), **FAST)
    assert same.figures["ks_max"] == 0
    with pytest.raises(UsageError, match="did you mean lapm_ks"):
        iqcurate.compare(A, B, fail_if=["lapm_kss > 1"], **FAST)


def test_the_part_that_is_like_b_goes_to_every_format(tmp_path):
    result = iqcurate.compare(A, B, metrics=["lapm"], match=True, **FAST)
    found, rows = result.matched, result.matched.frame
    kept = rows[rows["keep"]]
    assert 30 < len(kept) == found.counts["kept"] < 392
    target = B.query("status == 'ok'")["lapm"]
    (margin,) = found.margins.to_dict("records")
    assert margin["ks_after"] == pytest.approx(ks_2samp(kept["lapm"], target).statistic)
    assert margin["ks_after"] <= margin["eps"] + 1e-9 < margin["ks_before"]
    assert margin["within"]
    assert not kept["id"].duplicated().any()
    assert set(kept["status"]) == {"ok"}
    assert rows["reason"].str.match(r"(kept|rejected): ").all()
    unreadable = rows[rows["status"] != "ok"]["reason"]
    assert (unreadable == "rejected: not readable (truncated)").all()
    for name in ("m.csv", "m.parquet", "m.jsonl"):
        found.save(tmp_path / name)
        assert list(iqcurate.read_manifest(tmp_path / name)["keep"]) == list(rows["keep"])
    found.save(tmp_path / "kept.txt")
    assert len((tmp_path / "kept.txt").read_text().split()) == len(kept)


def test_classes_of_which_b_has_none_are_named():
    only_x = B[B["label"] == "x"]
    result = iqcurate.compare(A, only_x, metrics=["lapm"], match=True, per_class=True, **FAST)
    parts = result.matched.parts.set_index("class")
    assert parts.loc["y", "kept"] == 0 < parts.loc["x", "kept"]
    assert "have no image in B, so nothing of them is kept: y" in result.matched.warnings[0]


def test_parts_of_one_table():
    rows = pd.concat([A.assign(split="train"), B.assign(split="val")])
    result = iqcurate.compare(
        rows, rows, where_a="split == 'train'", where_b="split == 'val'", **FAST
    )
    truth = iqcurate.compare(A, B, **FAST)
    assert result.figures == truth.figures
    assert result.sets.a.name.endswith("where split == 'train'")


def test_images_that_are_in_both_are_noticed():
    kept = A[A["lapm"] > 15]
    result = iqcurate.compare(A, kept, **FAST)
    assert f"{len(kept)} images of B are in A, too" in " ".join(result.warnings)
    assert result.sets.units is not None
    assert not any("are in A, too" in text for text in iqcurate.compare(A, B, **FAST).warnings)


def test_what_to_know_of_the_tables():
    sized = [rows.assign(width=w, height=300) for rows, w in ((A, 400), (B, 4000))]
    result = iqcurate.compare(sized[0].assign(wavs=1.0), sized[1], **FAST)
    told = " ".join(result.warnings)
    assert "wavs: only in" in told
    assert "has 0.12 megapixels, that of B 1.2" in told


def test_an_unknown_direction_is_taken_from_the_other_set():
    one, other = (rows.rename(columns={"lapm": "focus"}) for rows in (A, B))
    result = iqcurate.compare(one, other, directions={"focus": "higher"}, **FAST)
    assert set(result.metrics) == {"focus", "niqe"}


def test_what_cannot_be_done():
    for options, said in (
        ({"metrics": ["lapv"]}, "no scores named 'lapv'"),
        ({"matters": 0.0}, "--matters 0"),
        ({"eps": 0.1}, "give it too"),
        ({"match": True, "eps": 1.5}, "--eps 1.5"),
        ({"where_a": "nonsense > 1"}, "there is no column 'nonsense'"),
        ({"bootstraps": 5}, "too few"),
    ):
        with pytest.raises(UsageError, match=said):
            iqcurate.compare(A, B, **options)
    with pytest.raises(UsageError, match="no scores in common"):
        iqcurate.compare(A.drop(columns="niqe"), B.drop(columns="lapm"))
    empty = B.assign(lapm=np.nan, niqe=np.nan)
    result = iqcurate.compare(A, empty, **FAST)
    assert "cannot be told" in result.sentence
    for none in (empty, B.head(0)):
        with pytest.raises(UsageError, match="no readable image with a score"):
            iqcurate.compare(A, none, match=True, **FAST)
    with pytest.raises(UsageError, match="no image has a label"):
        iqcurate.compare(
            A.drop(columns="label"), B.drop(columns="label"), match=True, per_class=True, **FAST
        )
    for rows, said in ((B.assign(label="z"), "no label is in both"), (B.head(1), "two images")):
        with pytest.raises(UsageError, match=said):
            iqcurate.compare(A, rows, match=True, per_class=said != "two images", **FAST)
    assert "no image of A has a score" in iqcurate.compare(A.head(0), B, **FAST).words("lapm")
    apart = iqcurate.compare(A, B.assign(lapm=1e6), metrics=["lapm"], match=True, **FAST)
    assert apart.matched.counts["kept"] == 0
    assert "no image is kept" in apart.matched.warnings[0]


def test_a_metric_of_which_one_set_has_no_scores_is_not_matched():
    matched = iqcurate.compare(A.assign(niqe=np.nan), B, match=True, **FAST).matched
    assert "niqe: A or B has no scores of it" in matched.warnings[0]
    alone = iqcurate.compare(A, B, metrics=["lapm"], match=True, **FAST).matched
    assert matched.counts == alone.counts


def test_the_command(command, tmp_path):
    A.to_csv(tmp_path / "a.csv", index=False)
    B.to_csv(tmp_path / "b.csv", index=False)
    done = command(
        tmp_path / "a.csv", tmp_path / "b.csv", "--match", "-m", "lapm", "-o", tmp_path / "m.csv",
        "--plots", tmp_path / "plots", "--markdown", tmp_path / "s.md", "--fail-if", "worse > 0",
        "--json",
    )  # fmt: skip
    assert done.returncode == 4, done.stderr
    told = json.loads(done.stdout)
    assert told["standing"] == "worse"
    assert told["match"]["kept"] == iqcurate.read_manifest(tmp_path / "m.csv")["keep"].sum()
    assert (tmp_path / "plots" / "lapm.png").stat().st_size > 10_000
    assert "❌ failed" in (tmp_path / "s.md").read_text()
    plain = command(tmp_path / "a.csv", tmp_path / "b.csv")
    assert plain.returncode == 0
    assert "A is worse than B in lapm, niqe" in plain.stdout
    alone = command(tmp_path / "a.csv")
    assert alone.returncode == 2
    assert "name what to compare with" in alone.stderr
    assert command(tmp_path / "a.csv", tmp_path / "b.csv", "-o", "x.csv").returncode == 2


@pytest.mark.slow
def test_a_million_images_in_thousands_of_classes(tmp_path, command_time):
    for name, n, shift in (("a", 800_000, 0.0), ("b", 200_000, 0.2)):
        rng = np.random.default_rng(len(name) + n)
        quality = rng.normal(shift, 1, n)
        columns = {
            "id": [f"{name}/{i:07d}.jpg" for i in range(n)],
            "label": [f"class{k:04d}" for k in rng.integers(0, 5000, n)],
            "status": ["ok"] * n,
        }
        for metric, way in (("lapv", 1), ("lapm", 1), ("wavs", 1), ("brisque", -1), ("niqe", -1)):
            columns[metric] = way * quality + rng.normal(size=n)
        pq.write_table(pa.table(columns), tmp_path / f"{name}.parquet")
    paths = tmp_path / "a.parquet", tmp_path / "b.parquet"
    seconds, megabytes = command_time("compare", *paths, "--json")
    assert seconds < 20
    assert megabytes < 2000
    for number, which in enumerate((("-m", "lapm"), (), ("-m", "lapm", "--per-class"))):
        more, _ = command_time(
            "compare", *paths, *which, "--match", "-o", tmp_path / f"{number}.parquet", "--json"
        )
        assert more < 60 + seconds
