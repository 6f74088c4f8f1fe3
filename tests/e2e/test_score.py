"""The main job, as a user does it."""

from __future__ import annotations

import json
import os
import shutil

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest
from e2e.conftest import copy_samples, held, rows_of, same_rows

import iqcurate

FIVE = ["lapv", "lapm", "wavs", "brisque", "niqe"]


def readers(store) -> dict[str, pd.DataFrame]:
    """The same rows through every door at rest."""
    glob = str(store / "*.parquet")
    frames = {
        "load_scores": iqcurate.load_scores(store),
        "pandas": pd.read_parquet(store),
        "pyarrow": ds.dataset(store).to_table().to_pandas(),
        "duckdb": duckdb.sql(f"select * from '{glob}'").df(),
        "polars": pl.read_parquet(glob).to_pandas(),
        "polars delta": pl.read_delta(str(store)).to_pandas(),
    }
    return {k: f.sort_values("id").reset_index(drop=True) for k, f in frames.items()}


def check_readers(store, n: int) -> None:
    frames = readers(store)
    reference = frames.pop("load_scores")
    assert len(reference) == n
    for name, frame in frames.items():
        assert sorted(frame.columns) == sorted(reference.columns), name
        for column in reference.columns:
            left, right = reference[column], frame[column]
            assert (left.isna() == right.isna()).all(), (name, column)
            kept = left.notna()
            assert left[kept].tolist() == right[kept].tolist(), (name, column)


def test_a_folder_is_scored_and_every_reader_sees_the_same(command, photos, tmp_path):
    out = command("score", "photos", "-o", "scores")
    assert b"5 images: 5 ok" in out.stdout
    rows = rows_of(tmp_path / "scores")
    assert rows["status"].tolist() == ["ok"] * 5
    assert rows[FIVE].notna().all().all()
    assert rows["sha256"].str.len().eq(64).all()
    check_readers(tmp_path / "scores", 5)


def test_scored_again_nothing_is_done(command, photos, tmp_path):
    command("score", "photos", "-o", "scores")
    before = rows_of(tmp_path / "scores")
    told = command.json("score", "photos", "-o", "scores")
    assert told["run"]["unchanged"] == 5
    assert told["run"].get("scored", 0) == 0
    same_rows(before, rows_of(tmp_path / "scores"), but=())


def test_added_metric_added_image_changed_image(command, photos, tmp_path):
    store = tmp_path / "scores"
    command("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    told = command.json("score", "photos", "-o", "scores", "-m", "lapm")
    assert told["run"]["added"] == 5
    check_readers(store, 5)
    copy_samples(photos, 8)
    shutil.copy(photos / "camera.png", photos / "chelsea.png")
    told = command.json("score", "photos", "-o", "scores")
    assert (told["run"]["new"], told["run"]["changed"]) == (3, 1)
    check_readers(store, 8)
    command("score", "photos", "-o", "fresh", "-m", "lapv,niqe,lapm")
    same_rows(rows_of(store), rows_of(tmp_path / "fresh"))


def test_a_touched_image_is_read_but_not_scored(command, photos, tmp_path):
    command("score", "photos", "-o", "scores")
    os.utime(photos / "camera.png", (1, 1))
    before = rows_of(tmp_path / "scores")
    told = command.json("score", "photos", "-o", "scores")
    assert told["run"]["changed"] == 1
    same_rows(before, rows_of(tmp_path / "scores"))
    assert command.json("score", "photos", "-o", "scores")["run"]["unchanged"] == 5


def test_hash_finds_a_change_that_size_and_time_hide(command, photos, tmp_path):
    path = photos / "camera.png"
    command("score", "photos", "-o", "scores", "-m", "lapv")
    stat, data = path.stat(), bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert command.json("score", "photos", "-o", "scores")["run"]["unchanged"] == 5
    command("score", "photos", "-o", "scores", "--hash")
    row = rows_of(tmp_path / "scores").set_index("id").loc["camera.png"]
    assert row["status"] == "truncated"
    assert pd.isna(row["lapv"])


def test_bit_identical_for_any_number_of_workers(command, data, tmp_path):
    names = sorted((data / "imagenet_sample" / "images").iterdir())[:39]
    names += [data / "photos_hires" / "RainDrops.jpg"]
    samples = copy_samples(tmp_path / "more", 10)
    listed = tmp_path / "list.txt"
    listed.write_text("\n".join(map(str, [*names, *sorted(samples.iterdir())])))
    for workers in ("1", "2", "8"):
        command("score", "list.txt", "-o", f"s{workers}", "--workers", workers)
    one = rows_of(tmp_path / "s1")
    assert len(one) == 50
    same_rows(one, rows_of(tmp_path / "s2"), but=())
    same_rows(one, rows_of(tmp_path / "s8"), but=())


def test_a_missing_image_keeps_its_scores_comes_back_and_goes_by_prune(command, photos, tmp_path):
    store = tmp_path / "scores"
    command("score", "photos", "-o", "scores", "-m", "lapv")
    before = rows_of(store)
    (photos / "camera.png").rename(tmp_path / "away.png")
    assert command.json("score", "photos", "-o", "scores")["run"]["missing"] == 1
    row = rows_of(store).set_index("id").loc["camera.png"]
    assert row["status"] == "missing"
    assert row["lapv"] > 0
    assert row["error"].startswith("gone: ")
    (tmp_path / "away.png").rename(photos / "camera.png")
    told = command.json("score", "photos", "-o", "scores")
    assert told["run"].get("scored", 0) == 0
    same_rows(before, rows_of(store), but=())
    (photos / "camera.png").unlink()
    assert command.json("score", "photos", "-o", "scores", "--prune")["run"]["pruned"] == 1
    assert len(rows_of(store)) == 4
    check_readers(store, 4)


def test_more_than_half_missing_needs_yes(command, photos, tmp_path):
    command("score", "photos", "-o", "scores", "-m", "lapv")
    for path in sorted(photos.iterdir())[:3]:
        path.unlink()
    out = command("score", "photos", "-o", "scores", code=1)
    assert b"--yes" in out.stderr
    assert (rows_of(tmp_path / "scores")["status"] == "ok").all()
    assert command.json("score", "photos", "-o", "scores", "--yes")["run"]["missing"] == 3


def test_a_root_that_is_gone_or_empty_marks_nothing(command, photos, tmp_path):
    command("score", "photos", "-o", "scores", "-m", "lapv")
    before = rows_of(tmp_path / "scores")
    photos.rename(tmp_path / "elsewhere")
    command("score", "photos", "-o", "scores", code=1)
    photos.mkdir()
    out = command("score", "photos", "-o", "scores", code=1)
    assert b"photos" in out.stderr
    same_rows(before, rows_of(tmp_path / "scores"), but=())


def test_limit_and_a_second_list_mark_nothing_missing(command, photos, tmp_path):
    command("score", "photos", "-o", "scores", "-m", "lapv")
    command("score", "photos", "-o", "scores", "--limit", "2")
    listed = tmp_path / "list.txt"
    listed.write_text("camera.png\n")
    command("score", "list.txt", "-o", "scores", "--root", "photos")
    assert rows_of(tmp_path / "scores")["status"].tolist() == ["ok"] * 5


def test_a_listed_path_that_is_not_there_is_missing_at_once(command, photos, tmp_path):
    (tmp_path / "list.csv").write_text("path,label\nphotos/camera.png,a\nphotos/none.png,b\n")
    command("score", "list.csv", "-o", "scores", "-m", "lapv")
    rows = rows_of(tmp_path / "scores").set_index("id")
    assert rows.loc["photos/none.png", "status"] == "missing"
    assert rows.loc["photos/camera.png", ["status", "label"]].tolist() == ["ok", "a"]


def test_another_root_needs_append_and_prefixes_ids(command, data, tmp_path):
    train, val = (
        data / "grocery_packages" / s / "Packages" / "Sour-Cream" for s in ("train", "val")
    )
    command("score", train, "-o", "scores", "-m", "lapv")
    n = len(rows_of(tmp_path / "scores"))
    assert b"--append" in command("score", val, "-o", "scores", code=1).stderr
    command("score", val, "-o", "scores", "--append", "val")
    command("score", train, "-o", "scores")
    rows = rows_of(tmp_path / "scores")
    assert (rows["status"] == "ok").all()
    assert rows["id"].str.startswith("val/").sum() == len(rows) - n > 0
    assert rows["label"].str.startswith("Arla").all()


def test_a_folder_that_moved_is_told_by_root(command, photos, tmp_path):
    command("score", "photos", "-o", "scores", "-m", "lapv")
    photos.rename(tmp_path / "moved")
    assert b"--root" in command("score", "moved", "-o", "scores", code=1).stderr
    told = command.json("score", "moved", "-o", "scores", "--root", "moved")
    assert told["run"].get("scored", 0) == 0
    rows = rows_of(tmp_path / "scores")
    assert rows["uri"].str.startswith(str(tmp_path / "moved")).all()


def test_labels_stay_when_they_are_not_said_again(command, photos, tmp_path):
    names = sorted(p.name for p in photos.iterdir())
    (tmp_path / "labels.csv").write_text(
        "id,label,split\n" + "".join(f"{n},x{n[0]},train\n" for n in names)
    )
    command("score", "photos", "-o", "scores", "-m", "lapv")
    assert rows_of(tmp_path / "scores")["label"].isna().all()
    told = command.json("score", "photos", "-o", "scores", "--labels", "labels.csv")
    assert told["run"]["updated"] == 5
    assert told["run"].get("scored", 0) == 0
    command("score", "photos", "-o", "scores", "-m", "lapm")
    rows = rows_of(tmp_path / "scores")
    assert rows["label"].tolist() == [f"x{n[0]}" for n in names]
    assert (rows["split"] == "train").all()


def test_a_scorer_that_changed_is_refused_with_the_ways_out(command, photos, tmp_path):
    store = tmp_path / "scores"
    command("score", "photos", "-o", "scores", "-m", "lapv,lapm")
    path = store / "_iqcurate" / "provenance.json"
    document = json.loads(path.read_text())
    document["columns"]["lapv"]["scorer"] = "an older one"
    path.write_text(json.dumps(document))
    err = command("score", "photos", "-o", "scores", code=1).stderr
    assert b"--rescore lapv" in err
    assert b"--as" in err
    command("score", "photos", "-o", "scores", "-m", "lapv", "--as", "lapv_now")
    rows = rows_of(store)
    assert (rows["lapv"] == rows["lapv_now"]).all()
    told = command.json("score", "photos", "-o", "scores", "--rescore", "lapv")
    assert told["run"]["added"] == 5
    same_rows(rows, rows_of(store))


def test_history_says_what_was_done(command, photos):
    command("score", "photos", "-o", "scores", "-m", "lapv")
    command("score", "photos", "-o", "scores", "-m", "niqe")
    history = command.json("show", "scores", "--history")
    notes = [entry["note"] for entry in history]
    assert any(n.get("scored") == 5 for n in notes)
    assert any(n.get("metrics") == ["niqe"] for n in notes)
    assert b"scored: 5" in command("show", "scores", "--history").stdout


def test_show_finds_the_worst_rows_and_one_image(command, photos):
    command("score", "photos", "-o", "scores")
    worst = command.json("show", "scores", "--worst", "2", "-m", "niqe")
    rows = command.json("show", "scores", "--where", "niqe > 0")
    order = [r["id"] for r in sorted(rows, key=lambda r: -r["niqe"])]
    assert [r["id"] for r in worst] == order[:2]
    one = command.json("show", "scores", "--id", "camera.png")
    assert one["id"] == "camera.png"
    assert one["width"] == 512
    assert b"no column" in command("show", "scores", "--where", "nonsense > 1", code=2).stderr
    assert b"Call" in command("show", "scores", "--where", "open('x')", code=2).stderr
    assert b"Attribute" in command("show", "scores", "--where", "id.str", code=2).stderr
    for args in ([], ["--worst", "5"], ["--id", "camera.png"], ["--where", "status == 'ok'"]):
        assert b"camera.png" in command("show", "scores", *args).stdout


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet", "xlsx"])
def test_export_opens_in_pandas(command, photos, tmp_path, ending):
    (photos / "=cmd.png").write_bytes((photos / "camera.png").read_bytes())
    command("score", "photos", "-o", "scores", "-m", "lapv,niqe")
    command("export", "scores", "-o", f"out.{ending}")
    read = {"csv": pd.read_csv, "parquet": pd.read_parquet, "xlsx": pd.read_excel,
            "jsonl": lambda p: pd.read_json(p, lines=True)}[ending]  # fmt: skip
    frame = read(tmp_path / f"out.{ending}").sort_values("sha256")
    rows = rows_of(tmp_path / "scores").sort_values("sha256")
    np.testing.assert_allclose(np.sort(frame["niqe"]), np.sort(rows["niqe"]), rtol=1e-9)
    assert ("'=cmd.png" if ending == "csv" else "=cmd.png") in set(frame["id"])
    assert b"--force" in command("export", "scores", "-o", f"out.{ending}", code=2).stderr
    command("export", "scores", "-o", f"out.{ending}", "--force")


def test_one_image_is_printed_and_nothing_is_written(command, photos, tmp_path):
    out = command("score", "photos/camera.png")
    assert b"niqe" in out.stdout
    assert not (tmp_path / "scores").exists()
    told = command.json("score", "photos/camera.png", "-m", "lapv")
    values = iqcurate.score_image(photos / "camera.png", ["lapv"])
    assert told["worst"][0]["lapv"] == values["lapv"]


def test_names_on_standard_input(command, photos, tmp_path):
    names = sorted(os.listdir(photos))
    lines = "".join(f"photos/{n}\n" for n in names).encode()
    command("score", "-", "-o", "lines", "-m", "lapv", stdin=lines)
    command("score", "-", "-o", "nulls", "-m", "lapv", stdin=lines.replace(b"\n", b"\0"))
    same_rows(rows_of(tmp_path / "lines"), rows_of(tmp_path / "nulls"), but=())
    assert rows_of(tmp_path / "lines")["id"].tolist() == [f"photos/{n}" for n in names]


def test_a_closed_standard_error_stops_nothing(command, photos, tmp_path):
    command.process("score", photos, "-o", "scores", before=["sh", "-c", 'exec "$@" 2>&-', "sh"])
    assert set(rows_of(tmp_path / "scores")["status"]) == {"ok"}


def test_max_failures_sets_the_exit_code(command, photos, tmp_path):
    (photos / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    command("score", "photos", "-o", "scores", "-m", "lapv", "--max-failures", "0", code=3)
    assert len(rows_of(tmp_path / "scores")) == 6
    command("score", "photos", "-o", "other", "-m", "lapv", "--max-failures", "1")


def test_wrong_calls_say_what_to_do(command, photos):
    assert b"did you mean" in command("score", "photos", "-m", "lapw", code=2).stderr
    assert b"not here" in command("score", "not here", code=1).stderr
    assert b"scores" in command("show", "scores", code=1).stderr
    assert command("score", code=2).stderr
    assert b"tar" in command("score", "photos.tar", code=1).stderr
    assert b"http" in command("score", "https://example.org/a.jpg", code=1).stderr


def test_in_a_large_store_an_added_metric_appears_when_it_is_whole(photos, tmp_path, monkeypatch):
    copy_samples(photos, 9)
    store = tmp_path / "scores"
    iqcurate.score(photos, store, metrics=["lapv"])
    monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", 5)
    shutil.copy(photos / "camera.png", photos / "zzz.png")
    go, done = held(monkeypatch, free=4), []

    def stop() -> bool:
        if done and done[-1].done >= 3:
            go.set()
        return go.is_set()

    options = {"metrics": ["niqe"], "workers": 1, "progress": done.append}
    first = iqcurate.score(photos, store, **options, stop=stop)
    assert first.report.interrupted
    scored = first.report.counts["scored"]
    assert 3 <= scored < 9
    assert "niqe" not in first.frame
    check_readers(store, 9)
    second = iqcurate.score(photos, store, metrics=["niqe"])
    assert second.report.counts["scored"] == 10 - scored
    iqcurate.score(photos, store, metrics=["lapv"])
    fresh = iqcurate.score(photos, tmp_path / "fresh", metrics=["lapv", "niqe"])
    same_rows(iqcurate.load_scores(store), fresh.frame)
    check_readers(store, 10)
