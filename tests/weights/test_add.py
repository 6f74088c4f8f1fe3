"""Files that the user has."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil

import pytest
from weights.conftest import Site, record_of

from iqcurate.errors import WeightsError
from iqcurate.weights import locate
from iqcurate.weights.add import add
from iqcurate.weights.pins import read_pins

BODY = b"weights " * 1000
SHA = hashlib.sha256(BODY).hexdigest()


@pytest.fixture
def stick(tmp_path):
    file = tmp_path / "stick" / "any name.bin"
    file.parent.mkdir()
    file.write_bytes(BODY)
    return file


def added(known, stick, folder, **options):
    return add(record_of(Site(), BODY, known=known), stick, folder, wait=print, **options)


@pytest.mark.parametrize("known", ["whole", "digits", "nothing"])
def test_a_file_is_copied_under_its_name(tmp_path, stick, known):
    found = added(known, stick, tmp_path / "w")
    stick.unlink()
    assert found.path == tmp_path / "w" / "model.pth"
    assert found.path.read_bytes() == BODY
    assert found.verified == (known == "whole")
    assert locate(record_of(Site(), BODY, known=known), tmp_path / "w") == found
    names = {p.name for p in found.path.parent.iterdir() if not p.name.endswith(".lock")}
    assert names == {"model.pth"} | ({"pins.json"} if known != "whole" else set())


def test_a_link_takes_no_room_and_is_checked_like_a_copy(tmp_path, stick):
    found = added("nothing", stick, tmp_path / "w", link=True)
    assert found.path.is_symlink()
    assert found.path.samefile(stick)
    stick.write_bytes(b"something else")
    with pytest.raises(WeightsError, match="came first"):
        locate(record_of(Site(), BODY, known="nothing"), tmp_path / "w")


def test_a_link_of_a_relative_path_leads_there(tmp_path, stick, monkeypatch):
    monkeypatch.chdir(stick.parent)
    found = added("whole", type(stick)(stick.name), tmp_path / "w", link=True)
    assert found.path.read_bytes() == BODY


@pytest.mark.parametrize("known", ["whole", "digits"])
def test_another_file_is_refused_and_nothing_written(tmp_path, stick, known):
    record = record_of(Site(), BODY, known=known)
    stick.write_bytes(b"of another model")
    for repin in (False, True):
        with pytest.raises(WeightsError, match=r"is not model\.pth: .*--weights METRIC=FILE"):
            add(record, stick, tmp_path / "w", repin=repin, wait=print)
    assert not (tmp_path / "w").exists()


def test_what_came_first_stays_unless_told_otherwise(tmp_path, stick):
    record = record_of(Site(), BODY, known="nothing")
    added("nothing", stick, tmp_path / "w")
    stick.write_bytes(b"a newer one")
    with pytest.raises(WeightsError, match=r"came first.*add model FILE --repin"):
        add(record, stick, tmp_path / "w", wait=print)
    assert locate(record, tmp_path / "w").sha256 == SHA
    add(record, stick, tmp_path / "w", repin=True, wait=print)
    assert (tmp_path / "w" / "model.pth").read_bytes() == b"a newer one"
    assert read_pins(tmp_path / "w")["model.pth"].source == "added"


def test_a_file_that_is_in_the_folder_already_is_pinned(tmp_path, stick):
    folder = stick.parent
    here = stick.rename(folder / "model.pth")
    for link in (False, True):
        found = added("nothing", here, folder, link=link)
        assert found.path.read_bytes() == BODY
        assert not found.path.is_symlink()
    assert read_pins(folder)["model.pth"].sha256 == SHA


def test_what_is_no_file_is_told(tmp_path, stick):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "nothing", tmp_path, tmp_path / "pipe"):
        with pytest.raises(WeightsError, match="there is no such file"):
            added("whole", path, tmp_path / "w")


def test_a_stick_that_reads_differently_each_time_is_told(tmp_path, stick, monkeypatch):
    def copied_badly(source, target):
        target.write_bytes(BODY[:-1] + b"?")

    monkeypatch.setattr("shutil.copyfile", copied_badly)
    with pytest.raises(WeightsError, match="reads differently each time"):
        added("whole", stick, tmp_path / "w")
    assert not (tmp_path / "w" / "model.pth").exists()


def test_a_full_disk_keeps_no_half_copy(tmp_path, stick, monkeypatch):
    def fill(source, target):
        target.write_bytes(source.read_bytes()[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(target))

    monkeypatch.setattr(shutil, "copyfile", fill)
    with pytest.raises(WeightsError, match="free some space"):
        added("whole", stick, tmp_path / "w")
    assert [p for p in (tmp_path / "w").iterdir() if p.suffix != ".lock"] == []
