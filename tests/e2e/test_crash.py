"""A file that kills the process that decodes it: once, not twice."""

from __future__ import annotations

import signal

import pytest
from e2e.conftest import rows_of, same_rows
from PIL import Image

BROKEN_DECODER = """
import os, signal, time, simplejpeg

decode = simplejpeg.decode_jpeg

def decode_jpeg(data, *args, **kwargs):
    if b"made to kill" in data:
        os.kill(os.getpid(), signal.{how})
        time.sleep(60)  # the thread that asks may live on for a moment
    return decode(data, *args, **kwargs)

simplejpeg.decode_jpeg = decode_jpeg
"""


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(12):
        picture = Image.effect_noise((160, 120), 20 + i).convert("RGB")
        comment = b"made to kill" if i in (4, 9) else b"harmless"
        picture.save(folder / f"{i:02}.jpg", comment=comment)
    return folder


def break_decoder(command, tmp_path, how: str) -> None:
    """Every Python that the command starts has a decoder that cannot stand some files."""
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sitecustomize.py").write_text(BROKEN_DECODER.format(how=how))
    command.env["PYTHONPATH"] = str(tmp_path / "broken")


@pytest.mark.parametrize("how", ["SIGSEGV", pytest.param("SIGKILL", marks=pytest.mark.slow)])
def test_a_file_that_kills_the_process_gets_a_row_in_the_next_runs(command, photos, tmp_path, how):
    break_decoder(command, tmp_path, how)
    args = ("score", "photos", "-o", "scores", "-m", "lapv")
    died = 0
    while (out := command.process(*args, code=None)).returncode < 0:
        assert out.returncode == -getattr(signal, how)
        died += 1
    assert 1 <= died <= 2, "no file kills twice"
    assert b"process of their own" in out.stderr
    rows = rows_of(tmp_path / "scores").set_index("id")
    assert len(rows) == 12
    bad = rows.loc[["04.jpg", "09.jpg"]]
    assert set(bad["status"]) == {"unreadable"}
    assert set(bad["error"]) == {f"crashed: it kills the process that scores it ({how})"}
    assert bad["sha256"].notna().all()
    assert set(rows.drop(bad.index)["status"]) == {"ok"}
    assert not (tmp_path / "scores" / "_iqcurate" / "in_work").exists()

    before = rows_of(tmp_path / "scores")
    command.process(*args, "--retry-failed")
    same_rows(rows_of(tmp_path / "scores"), before, but=())
    command(*args, "--retry-failed")  # in this process, whose decoder is whole
    healed = rows_of(tmp_path / "scores")
    assert set(healed["status"]) == {"ok"}
    command("score", "photos", "-o", "fresh", "-m", "lapv")
    same_rows(healed, rows_of(tmp_path / "fresh"), but=())


def test_a_run_over_other_images_forgets_no_suspect(command, photos, tmp_path):
    (photos / "09.jpg").unlink()
    (tmp_path / "val").mkdir()
    (photos / "00.jpg").rename(tmp_path / "val" / "00.jpg")
    break_decoder(command, tmp_path, "SIGKILL")
    args = ("score", "photos", "-o", "scores", "-m", "lapv", "--workers", "1")
    assert command.process(*args, code=None).returncode == -signal.SIGKILL
    command("score", "val", "-o", "scores", "-m", "lapv", "--append", "val")
    command.process(*args)
    assert len(rows_of(tmp_path / "scores")) == 11
