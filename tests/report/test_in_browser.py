"""The page of an audit in a real browser."""

from __future__ import annotations

import json
import re
import time

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from browsing import Browser
from made_images import photo, saved

import iqcurate
from iqcurate.cutoffs import Cutoff, Cutoffs, Verdict, read_cutoffs
from iqcurate.spec import Direction

DIRECTIONS = {"lapv": "higher", "lapm": "higher", "wavs": "higher"}
DIRECTIONS |= {"brisque": "lower", "niqe": "lower"}


def chosen(values: dict[str, float]) -> Cutoffs:
    made = {
        n: Cutoff(v, Direction(DIRECTIONS[n]), None, Verdict.SET_BY_HAND, "mine", "hand")
        for n, v in values.items()
    }
    return Cutoffs(made)


def page_of(table, folder, **options):
    path = folder / "report.html"
    iqcurate.audit(table, **options).save(path, force=True)
    return path


def counts(browser) -> dict[str, int]:
    text = browser.text("#live-text")
    found = {
        k: re.search(rf"{k}: (?:about )?([\d,]+)", text)
        for k in ("Kept", "rejected", "not readable")
    }
    return {k: int(m[1].replace(",", "")) if m else 0 for k, m in found.items()}


def class_shares(browser) -> dict[str, str]:
    rows = browser.run(
        "return [...document.querySelectorAll('#class-table tbody tr')]"
        ".map(row => [row.cells[0].textContent, row.cells[2].textContent])"
    )
    return dict(rows)


def set_cutoff(browser, metric: int, value: float) -> None:
    browser.set(f".metric:nth-child({metric + 1}) input[type=number]", repr(value))


CHOICES = [
    ("majority", {"lapm": 15.2, "brisque": 25.0, "niqe": 4.5}),
    ("any", {"lapm": 10.0, "brisque": 40.0}),
    ("all", {"brisque": 22.0, "niqe": 4.0}),
    ("2", {"lapm": 20.0, "brisque": 20.0, "niqe": 4.0}),
    ("majority", {"niqe": 3.9}),
]


def nearest_score(scores: pd.Series, value: float) -> float:
    """A cut-off that an image scores exactly, which is not worse than it."""
    known = scores.dropna()
    return float(known.iloc[(known - value).abs().argmin()])


def test_sliders_count_as_curate_does(browser, scores, tmp_path):
    browser.open(page_of(scores, tmp_path))
    assert counts(browser)["Kept"] == (scores["status"] == "ok").sum(), "no metric votes yet"
    names = browser.run("return NAMES")
    for vote, values in CHOICES:
        exact = {n: nearest_score(scores[n], v) for n, v in values.items()}
        for m, name in enumerate(names):
            if name in exact:
                set_cutoff(browser, m, exact[name])
            browser.set(f".metric:nth-child({m + 1}) input[type=checkbox]", name in exact, "change")
        browser.set("#vote", vote, "change")
        truth = iqcurate.curate(scores, chosen(exact), vote=vote)
        told = counts(browser)
        assert told["Kept"] == truth.counts["kept"], (vote, exact)
        assert told["rejected"] == truth.counts["rejected"]
        assert told["not readable"] == truth.counts["unreadable"] > 0
        shares = class_shares(browser)
        for row in truth.effect.classes.itertuples():
            assert (
                shares["(none)" if pd.isna(row.name) else row.name]
                == f"{100 * row.kept_share:.1f}%"
            )
    assert browser.problems() == []


def test_metrics_that_rank_alike_can_share_a_vote(browser, scores, tmp_path):
    noise = np.random.default_rng(0).normal(size=len(scores))
    rows = scores.assign(
        lapv=scores["lapm"] ** 2 + 5 * noise, wavs=scores["lapm"] / 4 + 0.1 * noise
    )
    found = chosen({"lapm": 20.0, "lapv": 400.0, "wavs": 6.0, "brisque": 20.0, "niqe": 4.0})
    browser.open(page_of(rows, tmp_path, cutoffs=found))
    for vote in ("majority", "2", "all"):
        browser.set("#vote", vote, "change")
        for shared in (True, False):
            browser.set("#family", shared, "change")
            truth = iqcurate.curate(rows, found, vote=vote, one_vote_per_family=shared)
            assert counts(browser)["Kept"] == truth.counts["kept"], (vote, shared)
            assert ("--one-vote-per-family" in browser.text("#commands")) is shared
    browser.set("#family", True, "change")
    assert "lapm, lapv, wavs share one vote" in browser.text("#vote-note").replace(
        "lapv, lapm", "lapm, lapv"
    )
    assert "5 metrics vote with 3 votes" in browser.text("#live-more")
    assert browser.run("return [...document.getElementById('vote').options].at(-1).disabled")
    assert browser.problems() == []


def test_a_slider_moves_by_keys_and_goes_back(browser, scores, tmp_path):
    from selenium.webdriver.common.keys import Keys

    browser.open(page_of(scores, tmp_path))
    slider = browser.driver.find_element("css selector", ".metric input[type=range]")
    before = browser.text("#live-text")
    slider.send_keys(Keys.ARROW_RIGHT * 40)
    browser.wait(lambda: browser.text("#live-text") != before)
    value = browser.run("return STATE.lines[0].value")
    truth = iqcurate.curate(scores, chosen({"lapm": value}))
    assert counts(browser)["Kept"] == truth.counts["kept"] < len(scores)
    browser.wait(lambda: browser.text("#live-said") == browser.text("#live-text"))
    browser.run("document.getElementById('reset').click()")
    browser.wait(lambda: browser.text("#live-text") == before)


def test_saved_cutoffs_are_what_curate_reads(browser, scores, tmp_path):
    found = chosen({"lapm": 18.0, "brisque": 30.0})
    browser.open(page_of(scores, tmp_path, cutoffs=found, vote="any"))
    truth = iqcurate.curate(scores, found, vote="any")
    assert counts(browser)["Kept"] == truth.counts["kept"], "as it opens"
    assert f"{truth.counts['kept']}" in browser.text("#tiles")
    box = "return document.querySelector('.metric input[type=number]').value"
    assert browser.run(box) == "18"
    browser.run("STATE.lines[0].value = 18.000000123; update(null)")
    assert browser.run(box) == "18", "as people read numbers; what is saved is exact"
    browser.run("STATE.lines[0].value = 18; update(null)")
    set_cutoff(browser, 1, 17.123456789012345)
    browser.run("document.getElementById('save').click()")
    file = browser.downloads / "cutoffs.json"
    browser.wait(file.exists)
    told = json.loads(file.read_text())
    read = read_cutoffs(file)
    file.unlink()
    assert {n: c.cutoff for n, c in read.metrics.items()} == {
        "lapm": 18.0,
        "brisque": 17.123456789012345,
    }
    assert {c.verdict for c in read.metrics.values()} == {Verdict.SET_BY_HAND}
    assert "30" in told["metrics"]["brisque"]["reason"]
    assert "confirmed" in told["metrics"]["lapm"]["reason"]
    assert iqcurate.curate(scores, read, vote="any").counts["kept"] == counts(browser)["Kept"]
    assert "--vote any --dry-run" in browser.text("#commands")


HOSTILE = (
    "<script>window.hurt=1</script>.jpg",
    "</script><img src=x onerror='window.hurt=2'>.jpg",
    "\"quotes\" & 'apostrophes' &lt;b&gt;.jpg",
    "صورة قديمة.jpg",
    "\u202egpj.exe",
    "🥭 манго \u2028.jpg",
    "${window.hurt=3}`<!--.jpg",
)


def test_names_are_inert_and_shown_as_they_are(browser, tmp_path):
    folder = tmp_path / "p"
    folder.mkdir()
    frame = pd.DataFrame({
        "id": HOSTILE, "label": HOSTILE[::-1], "split": HOSTILE, "sha256": "same",
        "status": ["ok"] * 5 + ["unreadable"] * 2, "error": [None] * 5 + [f"io: {HOSTILE[0]}"] * 2,
        "<b>metric</b>": np.arange(7.0), "lapm": np.arange(7.0)[::-1],
    })  # fmt: skip
    table = tmp_path / "<i>scores' &.parquet"
    frame.to_parquet(table)
    page = page_of(table, tmp_path, directions={"<b>metric</b>": "higher"}, title=HOSTILE[1])
    browser.open(page)
    assert browser.problems() == []
    assert browser.run("return window.hurt === undefined")
    assert (
        browser.run("return document.querySelectorAll('main script, main b, img[src=x]').length")
        == 0
    )
    assert browser.text("h1") == HOSTILE[1]
    assert set(class_shares(browser)) == set(HOSTILE)
    assert "<b>metric</b>" in browser.text("#metrics")
    listed = browser.text("#duplicate-list")
    assert all(name in listed for name in HOSTILE)
    assert HOSTILE[0] in browser.text("#failure-list")
    isolated = "return [...document.querySelectorAll('bdi')].map(b => b.textContent)"
    assert set(HOSTILE) <= set(browser.run(isolated))
    browser.run("document.querySelector('#galleries .picture').click()")
    assert browser.run("return document.getElementById('dialog').open")
    assert "original not reached" in browser.text("#dialog")
    assert "iqcurate curate '" in browser.text("#commands")


def tables() -> dict[str, pd.DataFrame]:
    one = {"id": ["a"], "lapm": [3.0], "niqe": [2.0], "label": ["x"], "width": [10], "height": [5]}
    failed = {
        "id": list("abc"),
        "status": ["missing"] * 3,
        "error": ["gone: no"] * 3,
        "lapm": [np.nan] * 3,
    }
    n = 10_000
    many = {"id": [str(i) for i in range(n)], "label": [f"c{i % 5000}" for i in range(n)],
            "lapm": np.random.default_rng(0).normal(size=n)}  # fmt: skip
    some = {"id": list("abcd"), "lapm": [1.0, 2.0, 3.0, 3.0], "niqe": [np.nan] * 4}
    return {
        "empty": pd.DataFrame({"id": pd.Series([], dtype=str), "lapm": pd.Series([], dtype=float)}),
        "one": pd.DataFrame(one), "failed": pd.DataFrame(failed), "classes": pd.DataFrame(many),
        "all null": pd.DataFrame(some), "no scores": pd.DataFrame({"id": ["a"], "uri": ["b"]}),
        "all equal": pd.DataFrame({"id": list("abc"), "lapm": [2.0] * 3, "brisque": [0.0] * 3}),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kept", "says"),
    [
        ("empty", 0, "There are no images."),
        ("one", 1, "All 1 image could be read."),
        ("failed", 0, "3 of 3 images (100.0%) could not be read: 3 missing."),
        ("classes", 10_000, "1 to 25 of 5,000 classes"),
        ("all null", 4, "niqe has no score for any image."),
        ("no scores", 1, "no scores with a direction"),
        ("all equal", 3, "All 3 images could be read."),
    ],
)
def test_odd_sets_have_sensible_pages(browser, tmp_path, name, kept, says):
    browser.open(page_of(tables()[name], tmp_path))
    assert browser.problems() == []
    assert counts(browser)["Kept"] == kept
    assert says in browser.text("main")
    assert "NaN" not in browser.text("body > main")
    assert "undefined" not in browser.text("body > main")
    if name == "classes":
        browser.set("#class-table input[type=search]", "c4999")
        assert "1 to 1 of 1 class" in browser.text("#class-table")


def test_pictures_and_predictions(browser, tmp_path):
    """Real pictures appear; the error of what is kept moves with the cut-offs."""
    n = 60
    for i in range(n):
        (tmp_path / f"{i:02d}.jpg").write_bytes(saved(photo(), "JPEG", quality=5 + i))
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {"path": [f"{i:02d}.jpg" for i in range(n)], "lapm": np.arange(n) / 2, "label": "a"}
    )
    wrong = rng.random(n) < np.linspace(0.9, 0.1, n)
    said = pd.DataFrame(
        {"path": table["path"], "label": "a", "predicted": np.where(wrong, "b", "a")}
    )
    (tmp_path / "00.jpg").unlink()
    browser.open(page_of(table, tmp_path, predictions=said, root=tmp_path))
    assert browser.problems() == []
    shown = (
        "return [...document.querySelectorAll('#panel-worst .picture')]"
        ".map(p => p.querySelector('img') !== null)"
    )
    assert browser.run(shown) == [False] + [True] * 23
    loaded = "return [...document.images].every(i => i.complete && i.naturalWidth === 144)"
    browser.wait(lambda: browser.run(loaded))
    set_cutoff(browser, 0, 15.0)
    error = wrong[30:].mean()
    assert (
        f"predicted wrongly: {100 * error:.1f}% of the kept, {100 * wrong.mean():.1f}% of all"
        in browser.text("#live-more")
    )


def test_phone_and_dark(scores, tmp_path):
    page = page_of(scores, tmp_path)
    browser = Browser(tmp_path, phone=True, dark=True)
    try:
        browser.open(page)
        assert browser.run("return document.documentElement.scrollWidth <= innerWidth")
        dark = "return getComputedStyle(document.body).backgroundColor"
        before = browser.run(dark)
        assert max(map(int, re.findall(r"\d+", before))) < 60
        browser.run("document.getElementById('theme').click()")
        assert min(map(int, re.findall(r"\d+", browser.run(dark)))) > 200
        unnamed = (
            "return [...document.querySelectorAll('input, select, button')].filter(e => "
            "!e.labels?.length && !e.getAttribute('aria-label') && !e.textContent.trim())"
            ".map(e => e.outerHTML)"
        )
        assert browser.run(unnamed) == []
    finally:
        browser.close()


def made_rows(path, n: int, classes: int) -> None:
    rng = np.random.default_rng(0)
    quality = rng.normal(size=n)
    columns = {
        "id": [f"class{i % classes:04d}/image_{i:07d}.jpg" for i in range(n)],
        "label": [f"class{i % classes:04d}" for i in range(n)],
        "split": np.where(rng.random(n) < 0.1, "val", "train"),
        "sha256": [f"{i:064x}" for i in rng.integers(0, 50 * n, n)],
        "width": rng.integers(200, 4000, n), "height": rng.integers(200, 4000, n),
        "bytes": rng.integers(1_000, 1_000_000, n),
        "lapv": np.exp(6 + quality + rng.normal(size=n)),
        "lapm": np.exp(3 + 0.4 * quality + 0.3 * rng.normal(size=n)),
        "wavs": np.exp(2 + 0.3 * quality + 0.3 * rng.normal(size=n)),
        "brisque": 20 - 8 * quality + 10 * rng.normal(size=n),
        "niqe": np.exp(1.5 - 0.2 * quality + 0.3 * rng.normal(size=n)),
    }  # fmt: skip
    pq.write_table(pa.table(columns), path)


def test_a_sample_says_that_it_is_one(browser, tmp_path):
    made_rows(tmp_path / "s.parquet", 60_000, 20)
    scores = pd.read_parquet(tmp_path / "s.parquet")
    browser.open(page_of(tmp_path / "s.parquet", tmp_path))
    cutoff = float(scores["lapm"].quantile(0.3))
    set_cutoff(browser, 1, cutoff)
    text = browser.text("#live-text")
    assert "about" in text
    assert "estimated" in text
    points = float(re.search(r"± ([\d.]+) points", text)[1])
    truth = iqcurate.curate(scores, chosen({"lapm": cutoff})).counts["kept"]
    assert abs(counts(browser)["Kept"] - truth) / 600 < 2 * points < 2
    assert "24,000 of the 60,000 images (seed 0)" in browser.text("#exactness")
    assert "--dry-run" in browser.text("#live-more")
    assert browser.problems() == []


@pytest.mark.slow
def test_a_million_rows(browser, tmp_path, command_time):
    made_rows(tmp_path / "s.parquet", 1_000_000, 5000)
    seconds, megabytes = command_time("audit", tmp_path / "s.parquet", "-o", tmp_path / "r.html")
    assert seconds < 20
    assert megabytes < 2000
    assert (tmp_path / "r.html").stat().st_size < 5e6
    began = time.monotonic()
    browser.open(tmp_path / "r.html")
    set_cutoff(browser, 0, 100.0)
    assert time.monotonic() - began < 2
    assert browser.problems() == []
