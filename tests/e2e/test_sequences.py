"""Runs after runs: whatever happened before, the table ends as a fresh run would make it."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
from collections import Counter

import numpy as np
import pandas as pd
import pytest
from e2e.conftest import held
from PIL import Image

import iqcurate
from iqcurate.errors import IqcurateError, SourceError, StoreError, UsageError


def picture(path, seed: int, size=(24, 20)):
    """A small noise picture, the same for the same seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def cut(path, seed: int):
    """A picture without its second half."""
    data = picture(path, seed).read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def counts(result) -> dict[str, int]:
    return {k: v for k, v in result.report.counts.items() if v}


def cells(store, name: str) -> pd.Series:
    return iqcurate.load_scores(store).set_index("id").loc[name]


@pytest.fixture
def folder(tmp_path):
    for i in range(4):
        picture(tmp_path / "p" / f"{i}.png", i)
    return tmp_path / "p"


@pytest.fixture
def store(tmp_path):
    return tmp_path / "s"


def test_a_truncated_image_that_returns_is_truncated_still(folder, store, tmp_path):
    broken = cut(folder / "t.png", 9)
    iqcurate.score(folder, store, metrics=["megapixels"])
    broken.rename(tmp_path / "t.png")
    iqcurate.score(folder, store)
    assert cells(store, "t.png")["status"] == "missing"
    (tmp_path / "t.png").rename(broken)
    iqcurate.score(folder, store)
    assert cells(store, "t.png")["status"] == "truncated"


def test_a_header_metric_is_added_to_truncated_images_once(folder, store):
    cut(folder / "t.png", 9)
    (folder / "empty.png").write_bytes(b"")
    iqcurate.score(folder, store, metrics=["lapv"])
    assert counts(iqcurate.score(folder, store, metrics=["lapv", "header"]))["scored"] == 4
    assert cells(store, "t.png")["megapixels"] == pytest.approx(24 * 20 / 1e6)
    again = counts(iqcurate.score(folder, store))
    assert again == {"unchanged": 6}


def test_an_image_that_was_too_large_is_scored_when_the_limit_is_raised(folder, store):
    picture(folder / "big.png", 9, (70, 60))
    iqcurate.score(folder, store, metrics=["lapv"], max_pixels=1000)
    assert cells(store, "big.png")["status"] == "too_large"
    assert counts(iqcurate.score(folder, store, max_pixels=1000)) == {"unchanged": 5}
    iqcurate.score(folder, store)
    row = cells(store, "big.png")
    assert (row["status"], row["width"], row["mode"]) == ("ok", 70, "RGB")
    iqcurate.score(folder, store.with_name("b"), metrics=["lapv"], max_bytes=3000)
    iqcurate.score(folder, store.with_name("b"), hash_contents=True)
    assert cells(store.with_name("b"), "big.png")["height"] == 60


def test_a_path_that_was_a_folder_for_a_while_is_an_image_again(folder, store, tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text("p/0.png\np/1.png\n")
    iqcurate.score(listed, store, metrics=["lapv"])
    before = cells(store, "p/0.png")
    (folder / "0.png").rename(tmp_path / "away.png")
    (folder / "0.png").mkdir()
    iqcurate.score(listed, store)
    assert cells(store, "p/0.png")["status"] == "unsupported"
    (folder / "0.png").rmdir()
    (tmp_path / "away.png").rename(folder / "0.png")
    iqcurate.score(listed, store)
    pd.testing.assert_series_equal(cells(store, "p/0.png"), before)
    assert counts(iqcurate.score(listed, store)) == {"unchanged": 2}


def test_a_list_with_another_root_is_no_move(folder, store, tmp_path):
    for i in range(4):
        picture(tmp_path / "other" / f"{i}.png", 10 + i)
    (tmp_path / "l.csv").write_text("path\n0.png\n1.png\n")
    iqcurate.score(folder, store, metrics=["lapv"])
    before = iqcurate.load_scores(store)
    with pytest.raises(StoreError, match="no move"):
        iqcurate.score(tmp_path / "l.csv", store, root=tmp_path / "other")
    with pytest.raises(StoreError, match="no move"):
        iqcurate.score(tmp_path / "other", store, root=tmp_path / "other")
    pd.testing.assert_frame_equal(iqcurate.load_scores(store), before)
    assert counts(iqcurate.score(folder, store)) == {"unchanged": 4}


def test_a_named_source_moves_under_its_name_only(folder, store, tmp_path):
    for i in range(4):
        picture(tmp_path / "val" / f"{i}.png", 10 + i)
    iqcurate.score(folder, store, metrics=["lapv"])
    iqcurate.score(tmp_path / "val", store, append="val")
    (tmp_path / "val").rename(tmp_path / "moved")
    with pytest.raises(StoreError, match="--append"):
        iqcurate.score(tmp_path / "moved", store, root=tmp_path / "moved")
    assert len(iqcurate.load_scores(store)) == 8
    moved = iqcurate.score(tmp_path / "moved", store, root=tmp_path / "moved", append="val")
    assert counts(moved) == {"updated": 4}
    assert cells(store, "val/0.png")["uri"] == str(tmp_path / "moved" / "0.png")


def test_two_images_never_share_an_id(folder, store, tmp_path):
    picture(tmp_path / "v" / "0.png", 10)
    iqcurate.score(folder, store, metrics=["lapv"])
    iqcurate.score(tmp_path / "v", store, append="val")
    picture(folder / "val" / "0.png", 11)
    with pytest.raises(SourceError, match=r"val/0\.png"):
        iqcurate.score(folder, store)
    assert cells(store, "val/0.png")["uri"] == str(tmp_path / "v" / "0.png")
    picture(folder / "new" / "0.png", 12)
    shutil.rmtree(folder / "val")
    iqcurate.score(folder, store)
    with pytest.raises(StoreError, match=r"new/0\.png"):
        iqcurate.score(tmp_path / "v", store, append="new")


def test_an_interrupted_rescore_goes_on(folder, store, monkeypatch):
    for i in range(4, 10):
        picture(folder / f"{i}.png", i)
    iqcurate.score(folder, store, metrics=["lapv", "lapm"])
    before = iqcurate.load_scores(store)
    go, done = held(monkeypatch, free=3), []

    def stop() -> bool:
        if done and done[-1].done >= 2:
            go.set()
        return go.is_set()

    half = {"rescore": ["lapv"], "workers": 1, "progress": done.append}
    first = iqcurate.score(folder, store, **half, stop=stop)
    scored = first.report.counts["scored"]
    assert 0 < scored < 10
    assert first.frame["lapv"].notna().sum() == scored
    assert counts(iqcurate.score(folder, store, rescore=["lapv"]))["scored"] == 10 - scored
    assert counts(iqcurate.score(folder, store, rescore=["lapv"]))["scored"] == 10
    pd.testing.assert_frame_equal(iqcurate.load_scores(store), before)
    with pytest.raises(UsageError, match="limit"):
        iqcurate.score(folder, store, rescore=["lapv"], limit=2)


def test_a_half_scored_column_is_never_seen_in_a_large_store(folder, store, monkeypatch):
    iqcurate.score(folder, store, metrics=["lapv"])
    monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", 2)
    limited = iqcurate.score(folder, store, metrics=["megapixels"], limit=2)
    assert "megapixels" not in limited.frame
    assert "megapixels" in limited.report.notes[0]
    picture(folder / "x.png", 9)
    other = iqcurate.score(folder, store, metrics=["lapv"])
    assert "megapixels" not in other.frame
    assert "x.png" in set(other.frame["id"])
    (folder / "0.png").unlink()
    whole = iqcurate.score(folder, store, prune=True)
    assert whole.frame["megapixels"].notna().all()
    assert set(whole.frame["id"]) == {"1.png", "2.png", "3.png", "x.png"}


def test_a_changed_image_loses_a_score_that_is_only_staged(folder, store, monkeypatch):
    iqcurate.score(folder, store, metrics=["lapv"])
    monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", 2)
    iqcurate.score(folder, store, metrics=["megapixels"], limit=2)
    picture(folder / "0.png", 9, (70, 60))
    iqcurate.score(folder, store, metrics=["lapv"])
    assert iqcurate.score(folder, store).frame["megapixels"].tolist() == [0.0042] + [0.00048] * 3


def test_what_is_remembered_of_listing_can_be_ended(folder, store, tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("id,label\n0.png,a\n")
    iqcurate.score(folder, store, metrics=["lapv"], labels=labels)
    labels.unlink()
    with pytest.raises(UsageError, match="--labels none"):
        iqcurate.score(folder, store)
    iqcurate.score(folder, store, labels="none")
    iqcurate.score(folder, store)
    assert cells(store, "0.png")["label"] == "a"


def test_a_listing_of_another_kind_keeps_what_the_folder_remembers(store, tmp_path):
    picture(tmp_path / "p" / "cat" / "0.png", 1)
    (tmp_path / "p" / "list.txt").write_text("cat/0.png\n")
    iqcurate.score(tmp_path / "p", store, metrics=["lapv"], label_from="none")
    iqcurate.score(tmp_path / "p" / "list.txt", store)
    iqcurate.score(tmp_path / "p", store)
    assert pd.isna(cells(store, "cat/0.png")["label"])


NAMES = ["a.png", "b.png", "sub/c.png", "sub/d.png", "e.dat", "f%.png"]
ASKED = [["lapv"], ["megapixels"], ["lapv", "megapixels"], ["aspect_ratio", "lapm"], None, None]


class World:
    """A folder and a second source that change at random, and runs over them."""

    def __init__(self, seed: int, base, large) -> None:
        self.chance = random.Random(seed)
        self.sources = {"": base / "p", "v": base / "w"}
        self.store = base / "s"
        self.large = large
        self.away: dict = {}
        self.next = 1000 * seed
        picture(self.sources[""] / "keep" / "k.png", 1)
        picture(self.sources["v"] / "k.png", 2)

    def change_a_file(self) -> None:
        path = self.sources[self.chance.choice(["", "", "v"])] / self.chance.choice(NAMES)
        path.parent.mkdir(exist_ok=True)
        self.next += 1
        what = self.chance.choice(["new", "new", "touch", "away", "back", "cut", "junk", "big"])
        if what in ("new", "big"):
            picture(path.with_suffix(".png"), self.next, (70, 60) if what == "big" else (24, 20))
        elif what == "cut":
            cut(path.with_suffix(".png"), self.next)
        elif what == "junk":
            path.write_bytes(b"junk")
        elif what == "touch" and path.exists():
            path.touch()
        elif what == "away" and path.exists():
            self.away[path] = (path.read_bytes(), path.stat().st_mtime_ns)
            path.unlink()
        elif what == "back" and path in self.away:
            data, mtime = self.away[path]
            path.write_bytes(data)
            os.utime(path, ns=(mtime, mtime))

    def run(self, name: str, **options):
        append = {"append": name} if name else {}
        return iqcurate.score(self.sources[name], self.store, **append, **options)

    def run_at_random(self, monkeypatch) -> None:
        chance = self.chance
        options = {"metrics": chance.choice(ASKED), "workers": chance.choice([1, 2])}
        odds = {"hash_contents": 0.15, "retry_failed": 0.2, "prune": 0.1, "yes": 0.5}
        options |= {n: True for n, p in odds.items() if chance.random() < p}
        if chance.random() < 0.15:
            options["limit"] = chance.randint(1, 3)
        elif chance.random() < 0.15 and options["metrics"]:
            options["rescore"] = options["metrics"][:1]
        if chance.random() < 0.15:
            options["max_pixels"] = 1000
        left = chance.randint(0, 5)

        def interrupt(_progress) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise KeyboardInterrupt

        if chance.random() < 0.3:
            options["progress"] = interrupt
        few = chance.choice([1_000_000, 2]) if self.large else 1_000_000
        monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", few)
        monkeypatch.setattr("iqcurate.store.scores.COMMIT_EVERY_S", chance.choice([0.0, 10.0]))
        with contextlib.suppress(IqcurateError, KeyboardInterrupt):
            self.run(chance.choice(["", "", "v"]), **options)

    def settle_and_compare(self) -> None:
        document = json.loads((self.store / "_iqcurate" / "provenance.json").read_text())
        for name in document["sources"]:
            self.run(name, yes=True, retry_failed=True)
            assert set(counts(self.run(name, yes=True))) <= {"unchanged"}
            rows = iqcurate.load_scores(self.store).set_index("id")
            assert rows.index.is_unique
            metrics = [c for c in rows.columns if c in document["columns"]]
            fresh = iqcurate.score(self.sources[name], metrics=metrics).frame
            fresh["id"] = (f"{name}/" if name else "") + fresh["id"]
            fresh = fresh.set_index("id")
            own = rows.loc[rows.index.str.startswith("v/") == bool(name)]
            gone = own.loc[own.index.difference(fresh.index), "status"]
            assert set(gone) <= {"missing"}
            got = own.loc[fresh.index, fresh.columns]
            pd.testing.assert_frame_equal(got, fresh, check_dtype=False)


def play(seed: int, base, monkeypatch) -> None:
    world = World(seed, base / str(seed), large=seed % 2 == 1)
    world.run("", metrics=["lapv"])
    for _ in range(6):
        for _ in range(world.chance.randint(1, 3)):
            world.change_a_file()
        world.run_at_random(monkeypatch)
    monkeypatch.setattr("iqcurate.store.table.STREAM_FROM", 1_000_000)
    world.settle_and_compare()


@pytest.mark.parametrize("seed", range(5))
def test_any_sequence_ends_as_a_fresh_run(seed, tmp_path, monkeypatch):
    play(seed, tmp_path, monkeypatch)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 250))
def test_many_sequences_end_as_a_fresh_run(seed, tmp_path, monkeypatch):
    play(seed, tmp_path, monkeypatch)


def test_counts_say_what_happened(folder, store):
    (folder / "empty.png").write_bytes(b"")
    first = iqcurate.score(folder, store, metrics=["lapv"])
    assert counts(first) == {"new": 5, "scored": 4, "failed": 1}
    compared = counts(iqcurate.score(folder, store, hash_contents=True))
    assert compared == Counter({"compared": 4, "same": 4, "retried": 1, "failed": 1})
