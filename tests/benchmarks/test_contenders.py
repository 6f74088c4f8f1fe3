"""Who takes part, how often, and what becomes of one that fails."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from benchmarks.contenders import ALL_FILES, Answer, ContenderError, time_set
from benchmarks.peers.client import Peer
from benchmarks.photos import Photo
from iqcurate.kernels import runnable

PHOTOS = [Photo(f"{n}.jpg", Path(f"{n}.jpg"), 1000, 1000, 1, "made up") for n in range(2)]


@dataclass
class Fake:
    name: str
    slow: bool = False
    at_once: bool = False
    most_pixels: int = sys.maxsize
    fails_on: str = ""
    seen: list[list[str]] = field(default_factory=list)

    def time(self, photos):
        self.seen.append([photo.name for photo in photos])
        if self.fails_on in self.seen[-1]:
            raise ContenderError("no such luck")
        return Answer({self.name: float(len(self.seen))})


def run(*fakes, rounds=3, slow_rounds=1):
    return time_set(PHOTOS, fakes, rounds, slow_rounds, lambda text: None)


def test_photo_by_photo_in_each_round_and_slow_ones_in_the_first():
    found, left_out = run(Fake("quick"), Fake("slow", slow=True))
    assert found.seconds["quick"] == {"0.jpg": [1, 3, 5], "1.jpg": [2, 4, 6]}
    assert found.seconds["slow"] == {"0.jpg": [1], "1.jpg": [2]}
    assert left_out == []


def test_one_that_takes_all_at_once_gets_all_at_once():
    fake = Fake("folder", at_once=True)
    found, _ = run(fake)
    assert fake.seen == [["0.jpg", "1.jpg"]] * 3
    assert found.seconds["folder"] == {ALL_FILES: [1, 2, 3]}


def test_one_that_fails_has_no_times_but_a_reason():
    fake = Fake("bad", fails_on="1.jpg")
    found, left_out = run(Fake("good"), fake)
    assert set(found.seconds) == {"good"}
    assert left_out == ["bad: no such luck"]
    assert len(fake.seen) == 2


def test_photos_may_be_too_large_for_one():
    found, left_out = run(Fake("small", most_pixels=999_999))
    assert found.seconds == {}
    assert left_out == ["small: does not take photos of more than 1 MP"]


@pytest.fixture
def start(tmp_path):
    """Start the server of a made study, with this source."""

    def start(source: str) -> Peer:
        (tmp_path / "study.py").write_text(source)
        return Peer("study", Path(sys.executable), [str(tmp_path), "wall"], tmp_path)

    return start


@pytest.fixture
def photo(tmp_path):
    from PIL import Image

    path = tmp_path / "photo.jpg"
    Image.new("RGB", (20, 10)).save(path)
    return Photo(path.name, path, 20, 10, path.stat().st_size, "made up")


def test_a_peer_answers_again_and_again(start, photo):
    source = (
        "import time\ndef load(build):\n    print('noise')\n    return lambda p: time.sleep(.02)"
    )
    with start(source) as peer:
        answers = [peer.time([photo]) for _ in range(2)]
    for answer in answers:
        assert set(answer.seconds) == {f"study all five {build}" for build in runnable()}
        assert all(0.02 <= spent < 10 for spent in answer.seconds.values())
    assert "numpy" in peer.versions


def test_a_peer_that_raises_says_what(start, photo):
    source = "def load(build):\n    return lambda pixels: pixels.nothing"
    with start(source) as peer, pytest.raises(ContenderError, match=r"AttributeError.*nothing"):
        peer.time([photo])


def test_a_peer_that_dies_on_the_way_says_so(start, photo):
    source = "import os\ndef load(build):\n    return lambda pixels: os._exit(1)"
    with start(source) as peer:
        for _ in range(2):
            with pytest.raises(ContenderError, match="without a word"):
                peer.time([photo])


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import no_such_package", "No module named 'no_such_package'"),
        ("import os\ndef load(build): os._exit(1)", "without a word"),
    ],
)
def test_a_peer_that_does_not_start_says_why(start, source, reason):
    with pytest.raises(ContenderError, match=reason):
        start(source)


def test_a_peer_without_its_environment_says_so(tmp_path):
    with pytest.raises(ContenderError, match="does not start"):
        Peer("pyiqa", tmp_path / "python", [], tmp_path)
