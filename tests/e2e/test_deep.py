"""Metrics that run in batches, by a made package, as a user runs them."""

from __future__ import annotations

import json
import signal
import sys
import time

import pytest
from e2e.conftest import rows_of, same_rows
from e2e.test_kill import hold, wait_for_rows
from PIL import Image

import iqcurate
from iqcurate.errors import UsageError
from iqcurate.metrics import registry

PACKAGE = """
import os, signal, time
from concurrent.futures import ThreadPoolExecutor
from iqcurate.operators import Column, Undefined
from iqcurate.spec import Cost, Direction, Input, MetricSpec, Range, Stage, Weights

SHA = "0baf982fcab396fdb1c6d82f8f1eb0d2aea9cdd347fb244cf0b2c748df350069"
FILE = Weights("tone", "tone.pth", "https://example.org/tone.pth", 5, SHA, None, "made terms", "x")
TONE = MetricSpec(
    name="tone", version=1, title="Mean tone", direction=Direction.HIGHER, input=Input.RGB,
    operator="made_deep:Tone:tone", stage=Stage.BATCH, range=Range(0, 255, hard=True), max_side=80,
    precisions=("fp32",), cost=Cost(cpu=0.25, measured="two cores"), weights=(FILE,))

MADE, POOL = [], ThreadPoolExecutor(1)


class Tone:
    device, batch = "made", 4

    def __init__(self, setup, name):
        self.columns = (Column(name),)
        self.side = setup.max_side or TONE.max_side
        MADE.append(self.side)

    def prepare(self, image):
        if image.header.width == 31:
            return Undefined("too_large", "has 31 columns")
        return image.rgb

    def run(self, arrays):
        POOL.submit(time.sleep, float(os.environ.get("TONE_S", "0")) * len(arrays)).result()
        for array in arrays:
            if array.shape[1] == 13 and "TONE_CRASHES" in os.environ:
                os.kill(os.getpid(), signal.SIGSEGV)
                time.sleep(60)
        if sum(array.shape[1] for array in arrays) > 500:
            raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9")
        return [{"tone": array.mean() + min(self.side, 1000) / 1e4} for array in arrays]
"""


@pytest.fixture
def deep(command, tmp_path, monkeypatch):
    """The command, with the package installed and its weights in their folder."""
    site, folder = tmp_path / "site", tmp_path / "weights"
    info = site / "made_deep-1.0.dist-info"
    info.mkdir(parents=True)
    folder.mkdir()
    (site / "made_deep.py").write_text(PACKAGE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-deep\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[iqcurate.metrics]\ntone = made_deep:TONE\n")
    (folder / "tone.pth").write_bytes(b"hello"[::-1])
    command.env |= {"PYTHONPATH": str(site), "IQCURATE_WEIGHTS": str(folder)}
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setenv("IQCURATE_WEIGHTS", str(folder))
    registry._find.cache_clear()
    yield command
    registry._find.cache_clear()
    sys.modules.pop("made_deep", None)


@pytest.fixture
def photos(tmp_path):
    """Forty small ones: number 7 is 31 wide, 11 is 600, 13 is 13."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(40):
        width = {7: 31, 11: 600, 13: 13}.get(i, 100 + i)
        Image.effect_noise((width, 90), 20 + i).convert("RGB").save(folder / f"{i:02}.png")
    return folder


ARGS = ("score", "photos", "-o", "scores", "-m", "tone,lapv")
FRESH = ("score", "photos", "-o", "fresh", "-m", "tone,lapv")


def score(deep, *more, code=0):
    return deep(*ARGS, *more, code=code)


def test_images_too_large_leave_that_metric_null_and_the_rest_goes_on(deep, photos, tmp_path):
    score(deep)
    rows = rows_of(tmp_path / "scores").set_index("id")
    assert (rows["status"] == "ok").all()
    assert rows["lapv"].notna().all()
    reasons = rows["metric_errors"].dropna()
    assert list(rows.index[rows["tone"].isna()]) == ["07.png", "11.png"] == list(reasons.index)
    assert reasons["07.png"] == '{"tone": "too_large: has 31 columns"}'
    assert "out_of_memory: RuntimeError: Default" in reasons["11.png"]
    again = score(deep, "--retry-failed")
    assert b"1 with added metrics" in again.stderr, "the one whose reason may pass"


def test_a_network_that_kills_the_process_costs_one_value(deep, photos, tmp_path):
    deep.env["TONE_CRASHES"] = "1"
    assert deep.process(*ARGS, code=None).returncode == -signal.SIGSEGV
    assert b"process of their own" in deep.process(*ARGS).stderr
    rows = rows_of(tmp_path / "scores").set_index("id")
    assert (rows["status"] == "ok").all()
    assert rows["lapv"].notna().all()
    assert list(rows.index[rows["tone"].isna()]) == ["07.png", "11.png", "13.png"]
    killed = '{"tone": "crashed: it kills the process that scores it (SIGSEGV)"}'
    assert rows.loc["13.png", "metric_errors"] == killed
    assert not (tmp_path / "scores" / "_iqcurate" / "in_work").exists()
    score(deep, "--retry-failed")
    deep(*FRESH)
    same_rows(rows_of(tmp_path / "scores"), rows_of(tmp_path / "fresh"), but=())


def test_a_missing_file_of_weights_is_an_error_before_the_first_image(deep, photos, tmp_path):
    (tmp_path / "weights" / "tone.pth").unlink()
    said = score(deep, code=1).stderr
    assert b"iqcurate weights fetch tone" in said
    assert b"made terms" in said
    assert not (tmp_path / "scores").exists()
    (tmp_path / "own.pth").write_bytes(b"mine")
    score(deep, "--weights", "tone=own.pth")
    (tmp_path / "weights" / "tone.pth").write_bytes(b"wrong")
    assert b"not the file it should be" in score(deep, "--append", "x", code=1).stderr


def test_other_settings_are_refused_and_go_into_a_second_column(deep, photos, tmp_path):
    score(deep)
    said = score(deep, "--max-side", "64", code=1).stderr
    assert b"max_side 64, was 80" in said
    score(deep, "--max-side", "80", "--device", "cpu")
    more = ("score", "photos", "-o", "scores", "-m", "tone", "--max-side", "none", "--as", "tone2")
    deep(*more)
    rows = rows_of(tmp_path / "scores")
    assert (rows["tone2"] - rows["tone"]).dropna().to_numpy() == pytest.approx(0.092)


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--device", "tpu"), b"--device tpu: it is auto, cpu"),
        (("--precision", "fp8"), b"--precision fp8: it is fp32 or bf16"),
        (("--max-side", "9"), b"--max-side 9"),
        (("--max-side", "all"), b"--max-side all"),
        (("--weights", "own.pth"), b"say METRIC=FILE"),
        (("--weights", "musiq=own.pth"), b"not among those to score"),
    ],
)
def test_calls_that_cannot_be_right(deep, photos, args, says):
    assert says in score(deep, *args, code=2).stderr


def test_a_precision_it_cannot_have(deep, photos):
    assert b"metric 'tone' runs in fp32" in score(deep, "--precision", "bf16", code=1).stderr


def test_what_it_takes_is_told(deep, photos, monkeypatch):
    monkeypatch.setenv("TONE_S", "0.15")
    out = score(deep, "--json")
    lines = out.stderr.decode().splitlines()
    (told,) = [line for line in lines if line.startswith("tone: ")]
    assert told.startswith("tone: 0.1")
    assert told.endswith(" s for the rest")
    assert 0.15 <= json.loads(out.stdout)["seconds_an_image"]["tone"] < 0.5


def test_the_list_of_metrics_tells_what_it_takes(deep, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    listed = deep("metrics").stdout.decode().splitlines()
    (line,) = [line for line in listed if "tone" in line]
    assert "0.25" in line
    said = deep("metrics", "tone").stdout.decode()
    assert "two cores" in said
    assert "made terms" in said


@pytest.mark.slow
def test_ctrl_c_while_a_slow_network_runs(deep, photos, tmp_path):
    deep.env["TONE_S"] = "0.5"
    hold(deep, free=1000)
    process = deep.start(*ARGS)
    wait_for_rows(tmp_path / "scores", process)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    saved = len(rows_of(tmp_path / "scores"))
    assert 1 <= saved < 40, "20 s were left"
    score(deep)
    deep(*FRESH)
    same_rows(rows_of(tmp_path / "scores"), rows_of(tmp_path / "fresh"), but=())


def test_ctrl_c_twice_waits_for_no_network(deep, photos, tmp_path):
    deep.env["TONE_S"] = "10"
    process = deep.start(*ARGS)
    assert b"of about 40" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    process.stderr.readline()
    assert b"once more" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - began < 30, "40 s are left of the batch"
    assert (process.returncode, b"stopped at once" in err) == (130, True)
    assert len(score(deep).stderr) > 0
    assert len(rows_of(tmp_path / "scores")) == 40


def test_score_image_keeps_what_it_loaded(deep, photos):
    photo = photos / "01.png"
    values = [iqcurate.score_image(photo, ["tone"])["tone"] for _ in range(3)]
    assert len(set(values)) == 1
    capped = iqcurate.score_image(photo, ["tone", "lapv"], max_side=64, device="cpu")
    assert capped["tone"] == pytest.approx(values[0] - 0.0016)
    assert iqcurate.score_image(photo, ["tone"])["tone"] == values[0]
    assert sys.modules["made_deep"].MADE == [80, 64, 80]
    with pytest.raises(UsageError, match="max-side x"):
        iqcurate.score_image(photo, ["tone"], max_side="x")
