"""What may be loaded, and the words where something may not."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from weights.conftest import Site, record_of

from iqcurate.errors import WeightsError
from iqcurate.weights import locate, weights_folder
from iqcurate.weights.check import WeightsState, checked
from iqcurate.weights.pins import Pin, pins_text, read_pins

BODY = b"weights " * 1000
SHA = hashlib.sha256(BODY).hexdigest()


def record(known: str = "whole"):
    return record_of(Site(), BODY, known=known)


def pin(folder: Path, sha256: str) -> None:
    (folder / "pins.json").write_bytes(
        pins_text({"model.pth": Pin(sha256, len(BODY), "https://example.org/model.pth")})
    )


@pytest.mark.parametrize(("known", "verified"), [("whole", True), ("digits", False)])
def test_the_published_file_is_found(tmp_path, known, verified):
    (tmp_path / "model.pth").write_bytes(BODY)
    found = locate(record(known), tmp_path)
    assert (found.path, found.sha256, found.verified) == (tmp_path / "model.pth", SHA, verified)


@pytest.mark.parametrize("known", ["whole", "digits"])
def test_other_content_than_published_is_refused(tmp_path, known):
    (tmp_path / "model.pth").write_bytes(BODY[:-1])
    with pytest.raises(WeightsError, match=r"published is .* 'iqcurate weights fetch model'"):
        locate(record(known), tmp_path)


def test_other_content_than_came_first_is_refused(tmp_path):
    (tmp_path / "model.pth").write_bytes(BODY)
    assert locate(record("nothing"), tmp_path).sha256 == SHA
    pin(tmp_path, SHA)
    assert locate(record("nothing"), tmp_path).sha256 == SHA
    pin(tmp_path, "0" * 64)
    with pytest.raises(WeightsError, match=f"{SHA}, but {'0' * 64} came first"):
        locate(record("nothing"), tmp_path)


def test_a_missing_file_names_the_command_the_size_and_the_licence(tmp_path):
    wanted = replace(record(), bytes=108_610_983)
    words = r"'iqcurate weights fetch model' downloads it \(109 MB; licence: MIT\)"
    with pytest.raises(WeightsError, match=words):
        locate(wanted, tmp_path / "nowhere")
    with pytest.raises(WeightsError, match=r"\(size unknown; licence: MIT\)"):
        locate(replace(wanted, bytes=None), tmp_path)


def test_a_file_of_the_users_own_may_hold_anything(tmp_path):
    own = tmp_path / "own.pth"
    with pytest.raises(WeightsError, match=r"own.pth: there is no such file"):
        locate(record(), tmp_path, own)
    own.write_bytes(b"mine")
    found = locate(record(), tmp_path, own)
    assert (found.path, found.verified) == (own, False)
    own.write_bytes(BODY)
    assert locate(record(), tmp_path, own).verified


def test_damaged_pins_are_told(tmp_path):
    (tmp_path / "model.pth").write_bytes(BODY)
    for text in (b"{", b"[]", b'{"format": "other", "version": 1}', b"\xff"):
        (tmp_path / "pins.json").write_bytes(text)
        with pytest.raises(WeightsError, match=r"pins\.json: cannot be read"):
            locate(record("nothing"), tmp_path)


def test_pins_are_read_as_they_were_written(tmp_path):
    pin(tmp_path, SHA)
    assert read_pins(tmp_path)["model.pth"].sha256 == SHA
    assert read_pins(tmp_path / "nowhere") == {}


def test_states(tmp_path):
    def state(known: str, sha256: str | None = None) -> WeightsState:
        noted = Pin(sha256, 1, "here") if sha256 else None
        return checked(record(known), tmp_path / "model.pth", noted)[0]

    assert state("whole") == "missing"
    (tmp_path / "model.pth").write_bytes(BODY)
    assert [state(k) for k in ("whole", "digits", "nothing")] == ["ok", "unverified", "unverified"]
    assert state("nothing", SHA) == "unverified"
    assert state("nothing", "0" * 64) == "changed"
    (tmp_path / "model.pth").write_bytes(BODY + b".")
    assert [state(k) for k in ("whole", "digits")] == ["changed", "changed"]
    (tmp_path / "model.pth").unlink()
    (tmp_path / "model.pth").symlink_to("/media/stick/gone.pth")
    found = checked(record(), tmp_path / "model.pth", None)
    assert found == ("missing", "links to /media/stick/gone.pth, which is not there", None)


def test_the_folder_is_the_one_given_or_named_or_the_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert weights_folder().parts[-2:] == ("iqcurate", "weights")
    monkeypatch.setenv("IQCURATE_WEIGHTS", "~/w")
    assert weights_folder() == Path.home() / "w"
    assert weights_folder(tmp_path) == tmp_path
