"""Deep metrics as a user runs them, with a file of weights at hand and no network."""

from __future__ import annotations

import random
import shutil
import signal
import time

import numpy as np
import pytest
from deep.conftest import SIZES
from deep.made import pictures
from e2e.conftest import Command, copy_samples, rows_of
from PIL import Image

NO_NETWORK = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("the network was tried")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
"""
DEEP = ("musiq", "hyperiqa", "cnniqa")


@pytest.fixture
def command(tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(NO_NETWORK)
    made = Command(tmp_path)
    made.env |= {"PYTHONPATH": str(site), "IQCURATE_WEIGHTS": str(tmp_path / "none")}
    return made


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i, pixels in enumerate(pictures(SIZES)):
        Image.fromarray(pixels).save(folder / f"{i}.png")
    return folder


def test_a_file_on_a_stick_is_enough(command, photos, checkpoint, tmp_path):
    stick = tmp_path / "stick.pth"
    shutil.copy(checkpoint("cnniqa"), stick)
    args = ("score", "photos", "-o", "scores", "-m", "cnniqa,lapv")
    said = command(*args, code=1).stderr
    assert b"iqcurate weights fetch cnniqa" in said
    command(*args, "--weights", "cnniqa=stick.pth")
    rows = rows_of(tmp_path / "scores")
    assert np.ptp(rows["cnniqa"]) > 0.1
    assert rows["lapv"].notna().all()
    stick.write_bytes(b"another")
    other = command(*args, "--weights", "cnniqa=stick.pth", code=1).stderr
    assert b"cnniqa" in other


def test_the_list_and_classical_metrics_import_no_torch(command, photos):
    code = "import sys; sys.modules['torch'] = sys.modules['pyiqa'] = None; from iqcurate.cli import main; main()"  # noqa: E501
    command.argv = [command.argv[0], "-c", code]
    listed = command.process("metrics").stdout
    assert all(name.encode() in listed for name in (*DEEP, "maniqa", "clipiqa", "dbcnn"))
    assert b"PolyForm" in command.process("metrics", "musiq").stdout
    assert b"TOPIQ" in command.process("metrics", "pyiqa:topiq_nr").stdout
    command.process("score", "photos", "-m", "lapv", "-o", "scores")


@pytest.mark.slow
def test_mixed_images_killed_and_resumed(command, checkpoint, tmp_path):
    folder = copy_samples(tmp_path / "photos", 6)
    photo = Image.open(min(folder.iterdir())).convert("RGB")
    photo.resize((16, 16)).save(folder / "tiny.png")
    photo.resize((4000, 3000)).save(folder / "large.jpg")
    photo.convert("L").resize((300, 250)).save(folder / "grey.png")
    photo.convert("RGBA").resize((300, 250)).save(folder / "rgba.png")
    (folder / "corrupt.jpg").write_bytes((folder / "large.jpg").read_bytes()[:5000])
    weights = [x for m in DEEP for x in ("--weights", f"{m}={checkpoint(m)}")]

    def args(store):
        return ("score", "photos", "-o", store, "-m", ",".join([*DEEP, "lapv", "niqe"]), *weights)

    command.process(*args("fresh"))
    chance = random.Random(3)
    for _ in range(3):
        process = command.start(*args("scores"))
        time.sleep(chance.uniform(5, 20))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    command.process(*args("scores"))
    left, right = (rows_of(tmp_path / name).set_index("id") for name in ("scores", "fresh"))
    assert list(left.index) == list(right.index)
    assert (left["status"] == right["status"]).all()
    assert left["status"]["corrupt.jpg"] == "truncated"
    for metric, spread in (("musiq", 100), ("hyperiqa", 1), ("cnniqa", 1)):
        scored = left["status"] == "ok"
        assert left[metric][scored].notna().all()
        np.testing.assert_allclose(left[metric], right[metric], atol=1e-4 * spread)
    np.testing.assert_array_equal(left["lapv"], right["lapv"])
