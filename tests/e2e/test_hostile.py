"""Folders as they are found: odd names, what may not be read, what vanishes, what is no image."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys

import numpy as np
import pandas as pd
import pytest
from e2e.conftest import copy_samples, held, rows_of
from PIL import Image

from iqcurate.sources import local_path, unescape

NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def as_nobody() -> list[str]:
    """Prefix that runs a command as somebody who may not read everything."""
    if os.geteuid() != 0:
        return []
    assert shutil.which("setpriv"), "root can read everything: this test needs setpriv"
    return NOBODY


def open_to_all(folder) -> None:
    """Let another user work in a folder and reach it."""
    for path in [*folder.parents]:
        if path.stat().st_uid == os.geteuid() and path != path.parent:
            path.chmod(path.stat().st_mode | 0o755)
    folder.chmod(0o777)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


NAMES = [
    b"new\nline.png",
    "emoji \N{CAMERA} \N{HEBREW LETTER ALEF}.png".encode(),
    b"100%.png",
    b"%41.png",
    b"x" * 246 + b".png",
    b"[bold]markup[link=x].png",
    b"=formula, \"quoted\" 'name'.png",
    b"-o.png",
    b" space .png",
    b"\x1b[31mred.png",
]
if sys.platform != "darwin":  # its file systems take only UTF-8
    NAMES.append(b"not utf-8 \xff\xfe.png")


def test_any_name_gets_a_row_whose_id_turns_back_into_it(command, tmp_path):
    folder = os.fsencode(tmp_path / "photos")
    os.mkdir(folder)
    source = next(copy_samples(tmp_path / "one", 1).iterdir())
    for name in NAMES:
        shutil.copy(os.fsencode(source), os.path.join(folder, name))
    out = command("score", "photos", "-o", "scores", "-m", "lapv")
    assert b"\x1b" not in out.stdout + out.stderr
    rows = rows_of(tmp_path / "scores")
    assert (rows["status"] == "ok").all()
    assert {unescape(i) for i in rows["id"]} == set(NAMES)
    for uri in rows["uri"]:
        assert os.path.isfile(local_path(uri))
    told = command.json("score", "photos", "-o", "scores")
    assert told["run"]["unchanged"] == len(NAMES)
    for where in ("lapv > 0", "status == 'ok'"):
        command("show", "scores", "--where", where)
    command("export", "scores", "-o", "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == len(NAMES) + 1


def test_what_is_no_regular_file_is_counted_and_never_opened(command, photos, tmp_path):
    os.mkfifo(photos / "pipe.png")
    (photos / ".hidden.png").write_bytes(b"")
    (photos / "loop").symlink_to(photos)
    (photos / "dead.png").symlink_to(photos / "nowhere")
    (photos / "notes.txt").write_text("no image")
    told = command.json("score", "photos", "-o", "scores", "-m", "lapv")
    assert told["run"]["scored"] == 5
    assert sum(told["skipped"].values()) >= 4
    listed = tmp_path / "list.txt"
    listed.write_text("photos/pipe.png\nphotos/notes.txt\nphotos\n")
    command("score", "list.txt", "-o", "listed", "-m", "lapv")
    rows = rows_of(tmp_path / "listed").set_index("id")
    assert set(rows["status"]) == {"unsupported"}


def test_a_store_inside_the_folder_it_scores(command, photos):
    command("score", "photos", "-o", "photos/scores", "-m", "lapv")
    told = command.json("score", "photos", "-o", "photos/scores", "-m", "lapm")
    assert told["images"] == 5
    assert told["run"]["added"] == 5


def test_images_and_store_in_one_folder_is_refused(command, photos):
    assert b"not empty" in command("score", "photos", "-o", "photos", code=1).stderr


def test_what_another_user_may_not_read_is_a_row_or_a_counted_skip(command, photos, tmp_path):
    (photos / "closed").mkdir()
    shutil.copy(photos / "camera.png", photos / "closed" / "in.png")
    (photos / "open").mkdir()
    shutil.copy(photos / "camera.png", photos / "open" / "in.png")
    open_to_all(tmp_path)
    run = ("score", "photos", "-o", "scores", "-m", "lapv")
    command.process(*run, before=as_nobody())
    (photos / "closed").chmod(0)
    (photos / "camera.png").chmod(0)
    os.utime(photos / "camera.png", (1, 1))
    out = command.process(*run, before=as_nobody())
    assert b"cannot be read" in out.stderr
    rows = rows_of(tmp_path / "scores").set_index("id")
    assert rows.loc["closed/in.png", "status"] == "ok", "an incomplete listing marks nothing"
    assert rows.loc["camera.png", "status"] == "unreadable"
    assert rows.loc["camera.png", "error"].startswith("permission: ")
    assert rows.loc["camera.png", "lapv"] > 0
    (photos / "closed").chmod(0o755)
    (photos / "camera.png").chmod(0o644)
    command.process(*run, "--retry-failed", before=as_nobody())
    assert (rows_of(tmp_path / "scores")["status"] == "ok").all()


def test_output_that_may_not_be_written(command, photos, tmp_path):
    open_to_all(tmp_path)
    (tmp_path / "locked").mkdir(mode=0o555)
    out = command.process("score", "photos", "-o", "locked/s", before=as_nobody(), code=1)
    assert b"locked" in out.stderr
    command("score", "photos", "-o", "scores", "-m", "lapv")
    for path in [tmp_path / "scores", *(tmp_path / "scores").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    command.process("show", "scores", before=as_nobody())
    out = command.process("score", "photos", "-o", "scores", before=as_nobody(), code=1)
    assert b"scores" in out.stderr


def test_a_file_that_vanishes_after_it_was_listed(photos, tmp_path, monkeypatch):
    import iqcurate

    for i in range(30):
        shutil.copy(photos / "camera.png", photos / f"{i:02}.png")

    go = held(monkeypatch, free=3)

    def vanish(state) -> None:
        if state.done:
            for path in photos.iterdir():
                path.unlink()
            go.set()

    result = iqcurate.score(photos, tmp_path / "s", metrics=["lapv"], progress=vanish, workers=1)
    rows = result.frame.set_index("id")
    assert rows.loc["00.png", "status"] == "ok"
    gone = rows.loc[rows["status"] == "missing"]
    assert len(gone) >= 1
    assert gone["error"].str.startswith("gone: ").all()
    assert set(rows["status"]) == {"ok", "missing"}


def test_every_file_of_the_corrupt_corpus_gets_its_status(command, data, tmp_path):
    """Under its own name, and under a wrong one."""
    with (data / "corrupt" / "expected.csv").open(newline="") as file:
        expected = {r["file"]: set(r["status"].split("|")) for r in csv.DictReader(file)}
    out = command.process("score", data / "corrupt", "-o", "scores", "-m", "lapv", "--all-files")
    assert b"TIFF" not in out.stderr
    assert b"Warning" not in out.stderr
    rows = rows_of(tmp_path / "scores").set_index("id")["status"].to_dict()
    assert expected.keys() <= rows.keys()
    disagree = {k: rows[k] for k in expected if rows[k] not in expected[k]}
    assert {k: v for k, v in disagree.items() if k not in DISAGREE} == {}
    wrong = tmp_path / "wrong"
    wrong.mkdir()
    endings = [".jpg", ".png", ".tif", ".gif", ".bmp", ".webp"]
    for i, name in enumerate(sorted(expected)):
        shutil.copy(data / "corrupt" / name, wrong / f"{i:04}{endings[i % 6]}")
    command("score", "wrong", "-o", "wrong_scores", "-m", "lapv")
    again = rows_of(tmp_path / "wrong_scores").set_index("id")["status"].to_dict()
    names = {f"{i:04}{endings[i % 6]}": name for i, name in enumerate(sorted(expected))}
    assert {names[k]: v for k, v in again.items()} == {names[k]: rows[names[k]] for k in again}
    assert len(again) == len(expected)


DISAGREE = {
    "pillow/10ct_32bit_128.tiff": "floats from -3.14 to 3.14: neither [0, 1] nor [0, 255]",
}
"""File -> why its status differs from the table, which asks only whether Pillow loads it."""


@pytest.mark.parametrize("name", ["constant", "ramp", "1x1", "1x5000", "95x95", "two-level", "0"])
def test_odd_pictures_get_a_row_and_a_reason(command, tmp_path, name):
    ramp = np.tile(np.arange(256, dtype=np.uint8), (200, 1))
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (5000, 256), dtype=np.uint8)
    pictures = {
        "constant": np.full((200, 200), 77, np.uint8),
        "ramp": ramp,
        "1x1": noise[:1, :1],
        "1x5000": noise[:, :1],
        "95x95": noise[:95, :95],
        "two-level": (noise[:200] > 127).astype(np.uint8) * 255,
    }
    (tmp_path / "p").mkdir()
    path = tmp_path / "p" / f"{name}.png"
    if name in pictures:
        Image.fromarray(pictures[name]).save(path)
    else:
        path.write_bytes(b"")
    command("score", "p", "-o", "scores")
    row = rows_of(tmp_path / "scores").iloc[0]
    reasons = {} if pd.isna(row["metric_errors"]) else json.loads(row["metric_errors"])
    if name == "0":
        assert row["status"] == "unreadable"
        assert "empty" in row["error"]
        return
    assert row["status"] == "ok"
    for metric in ("lapv", "lapm", "wavs", "brisque", "niqe"):
        assert (row[metric] == row[metric]) != (metric in reasons), metric
    assert ("niqe" in reasons) == (name != "two-level")
    assert ("brisque" in reasons) == (name in ("constant", "1x1", "1x5000") or "brisque" in reasons)
