"""Downloads, from a server that does all that servers do."""

from __future__ import annotations

import hashlib
import json
import random
import threading
from collections import deque
from http.client import HTTPMessage
from urllib.request import Request

import pytest
from weights.conftest import record_of

from iqcurate.errors import UsageError, WeightsError
from iqcurate.weights import transfer
from iqcurate.weights.fetch import fetch
from iqcurate.weights.http import Unreachable, _Redirects
from iqcurate.weights.locate import locate
from iqcurate.weights.pins import read_pins

BODY = random.Random(1).randbytes(600_000)
OTHER = random.Random(2).randbytes(600_000)


def got(record, folder, **options):
    said = options.pop("said", [])
    options.setdefault("tell", lambda *_: None)
    return fetch(record, folder, wait=said.append, **options)


def left_over(folder) -> set[str]:
    return {p.name for p in folder.iterdir() if not p.name.endswith(".lock")}


def stopped_after(enough: int):
    """Stop as by Ctrl-C once that many bytes have come."""

    def tell(came, had, total):
        if came >= enough:
            raise KeyboardInterrupt

    return tell


def test_a_file_comes_whole_and_leaves_nothing_else(site, tmp_path):
    record = record_of(site, BODY)
    told = []
    found = got(record, tmp_path / "new" / "w", tell=lambda *state: told.append(state))
    assert found.path.read_bytes() == BODY
    assert found.verified
    assert found.sha256 == hashlib.sha256(BODY).hexdigest()
    assert left_over(tmp_path / "new" / "w") == {"model.pth"}
    assert told[0] == (0, 0, len(BODY))
    assert told[-1] == (len(BODY), 0, len(BODY))
    assert site.requests[0]["User-Agent"].startswith("iqcurate/")


def test_a_file_that_is_there_is_not_fetched_again(site, tmp_path):
    for known, requests in (("whole", 0), ("digits", 0), ("nothing", 1)):
        record = record_of(site, BODY, known=known)
        (tmp_path / known).mkdir()
        (tmp_path / known / "model.pth").write_bytes(BODY)
        before = len(site.requests)
        assert got(record, tmp_path / known).path.read_bytes() == BODY
        assert len(site.requests) - before == requests, known
        got(record, tmp_path / known)
        assert len(site.requests) - before == requests, known


def test_a_damaged_file_is_fetched_again(site, tmp_path):
    record = record_of(site, BODY)
    (tmp_path / "model.pth").write_bytes(BODY[:-1])
    assert got(record, tmp_path).path.read_bytes() == BODY


@pytest.mark.parametrize("known", ["whole", "digits", "nothing"])
def test_an_interrupted_download_goes_on_where_it_ended(site, tmp_path, known):
    record = record_of(site, BODY, known=known)
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(200_000))
    assert not (tmp_path / "model.pth").exists()
    had = (tmp_path / "model.pth.part").stat().st_size
    assert 0 < had < len(BODY)
    told = []
    assert got(record, tmp_path, tell=lambda *s: told.append(s)).path.read_bytes() == BODY
    assert site.ranges_asked() == [None, f"bytes={had}-"]
    assert told[0] == (0, had, len(BODY))
    assert told[-1] == (len(BODY) - had, had, len(BODY))
    assert "model.pth.part" not in left_over(tmp_path)


def test_a_finished_download_that_was_not_named_is_not_asked_for_again(site, tmp_path):
    record = record_of(site, BODY)
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(len(BODY)))
    assert got(record, tmp_path).path.read_bytes() == BODY
    assert len(site.requests) == 1


def test_dropped_connections_are_tried_again_from_where_they_ended(site, tmp_path, pauses):
    site.cuts = deque([100_000, 100_000, 1])
    assert got(record_of(site, BODY), tmp_path).path.read_bytes() == BODY
    asked = [None, "bytes=100000-", "bytes=200000-", "bytes=200001-"]
    assert site.ranges_asked() == asked
    assert pauses == [1.0, 1.0, 1.0]  # each brought something


def test_a_body_that_always_ends_early_is_given_up(site, tmp_path, pauses):
    site.cuts = deque([300_000] + [0] * 10)
    record = record_of(site, BODY)
    with pytest.raises(WeightsError, match="ended after 300000 of 600000 bytes, 5 times in a row"):
        got(record, tmp_path)
    assert pauses == [1.0, 2.0, 4.0, 8.0]
    assert not (tmp_path / "model.pth").exists()
    site.cuts.clear()
    assert got(record, tmp_path).path.read_bytes() == BODY


def test_a_server_in_trouble_is_asked_again_when_it_wants(site, tmp_path, pauses):
    site.statuses = deque([(503, {"Retry-After": "7"}), (502, {}), (429, {"Retry-After": "9999"})])
    assert got(record_of(site, BODY), tmp_path).path.read_bytes() == BODY
    assert pauses == [7.0, 2.0, 60.0]


def test_a_server_that_stays_in_trouble_is_given_up(site, tmp_path, pauses):
    site.statuses = deque([(500, {})] * 20)
    with pytest.raises(WeightsError, match="500 Internal Server Error, 5 times in a row"):
        got(record_of(site, BODY), tmp_path)
    assert len(site.requests) == 5


def test_a_silent_server_is_given_up(site, tmp_path, pauses, monkeypatch):
    monkeypatch.setattr(transfer, "TIMEOUT_S", 0.05)
    monkeypatch.setattr(transfer, "_TRIES", 2)
    site.gate = threading.Event()
    with pytest.raises(WeightsError, match=r"silent for 0 s.*goes on from there"):
        got(record_of(site, BODY), tmp_path)
    site.gate.set()
    site.gate = None
    assert got(record_of(site, BODY), tmp_path).path.read_bytes() == BODY


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refusal_is_told_at_once(site, tmp_path, pauses, status):
    site.statuses = deque([(status, {})])
    with pytest.raises(WeightsError, match=rf"{site.url}/model.pth: the server answers {status}"):
        got(record_of(site, BODY), tmp_path)
    assert len(site.requests) == 1


def test_nobody_there_is_told_at_once(site, tmp_path, pauses):
    record = record_of(site, BODY)
    with pytest.raises(WeightsError, match="nobody answers there"):
        got(record, tmp_path, mirror="http://127.0.0.1:9")
    assert pauses == []


@pytest.mark.parametrize("known", ["whole", "digits"])
def test_wrong_content_is_refused_and_not_kept(site, tmp_path, known):
    record = record_of(site, BODY, known=known)
    site.files["model.pth"] = OTHER
    with pytest.raises(WeightsError, match=r"sha256 is .*, published is .*Nothing was kept$"):
        got(record, tmp_path)
    assert left_over(tmp_path) == set()
    assert len(site.requests) == 1


def test_a_redirect_is_followed_also_by_a_part(site, tmp_path):
    record = record_of(site, BODY)
    moved = (302, {"Location": f"{site.url}/elsewhere?signed=1"})
    site.files["elsewhere?signed=1"] = BODY
    site.statuses = deque([moved])
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(1000))
    site.statuses = deque([moved])
    assert got(record, tmp_path).path.read_bytes() == BODY
    assert [r["path"] for r in site.requests] == ["/model.pth", "/elsewhere?signed=1"] * 2
    assert site.ranges_asked()[-1] is not None


def test_a_redirect_in_a_circle_ends(site, tmp_path, pauses):
    site.statuses = deque([(302, {"Location": f"{site.url}/model.pth"})] * 50)
    with pytest.raises(WeightsError, match="302 Found"):
        got(record_of(site, BODY), tmp_path)
    assert len(site.requests) < 20


def test_a_redirect_from_https_to_http_is_not_followed():
    asked = Request("https://example.org/model.pth")
    with pytest.raises(Unreachable, match=r"not https: http://example\.org/"):
        _Redirects().redirect_request(
            asked, None, 302, "Found", HTTPMessage(), "http://example.org/model.pth"
        )
    there = "https://cdn.example.org/model.pth"
    followed = _Redirects().redirect_request(asked, None, 302, "Found", HTTPMessage(), there)
    assert followed.full_url == there


@pytest.mark.parametrize(
    "behaviour",
    [{"ranges": False}, {"etags": False}, {"etags": False, "ranges": False}],
    ids=["no ranges", "no validator", "neither"],
)
def test_a_server_that_cannot_go_on_sends_it_all_again(site, tmp_path, behaviour):
    vars(site).update(behaviour)
    record = record_of(site, BODY, known="nothing")
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(1000))
    told = []
    assert got(record, tmp_path, tell=lambda *s: told.append(s)).path.read_bytes() == BODY
    assert told[-1] == (len(BODY), 0, len(BODY))


def test_a_date_will_do_to_go_on(site, tmp_path):
    site.etags = False
    site.dates["model.pth"] = "Sat, 19 Oct 2024 10:00:00 GMT"
    record = record_of(site, BODY, known="nothing")
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(1000))
    assert got(record, tmp_path).path.read_bytes() == BODY
    assert site.requests[-1]["If-Range"] == site.dates["model.pth"]


@pytest.mark.parametrize(
    "behaviour",
    [{}, {"heeds_if_range": False}, {"etags": False, "heeds_if_range": False}],
    ids=["says so", "other tag", "other date"],
)
@pytest.mark.parametrize("size", [len(OTHER), 400_000, 1000])
def test_halves_of_two_files_are_never_joined(site, tmp_path, pauses, behaviour, size):
    vars(site).update(behaviour)
    site.dates["model.pth"] = "Sat, 19 Oct 2024 10:00:00 GMT"
    record = record_of(site, BODY, known="nothing")
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(200_000))
    site.files["model.pth"] = OTHER[:size]
    site.dates["model.pth"] = "Sun, 20 Oct 2024 10:00:00 GMT"
    assert got(record, tmp_path).path.read_bytes() == OTHER[:size]


def test_halves_that_a_server_mixed_up_are_fetched_again(site, tmp_path, monkeypatch):
    """It calls two files by one tag: only the hash tells."""
    monkeypatch.setattr("weights.conftest.hashlib.md5", lambda _: hashlib.sha1(b""))
    record = record_of(site, BODY)
    site.files["model.pth"] = OTHER
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(200_000))
    site.files["model.pth"] = BODY
    assert got(record, tmp_path).path.read_bytes() == BODY
    asked = site.ranges_asked()
    assert len(asked) == 3
    assert asked[1] is not None
    assert asked[2] is None


def test_a_damaged_note_of_a_part_means_from_the_start(site, tmp_path):
    record = record_of(site, BODY, known="nothing")
    for note in (b"", b"[]", b"{}", json.dumps({"url": 1}).encode()):
        (tmp_path / "model.pth.part").write_bytes(OTHER[:1000])
        (tmp_path / "model.pth.part.json").write_bytes(note)
        assert got(record, tmp_path, repin=True).path.read_bytes() == BODY
    assert set(site.ranges_asked()) == {None}


def test_a_part_of_one_address_is_not_gone_on_with_at_another(site, tmp_path):
    record = record_of(site, BODY, known="nothing")
    site.etags = False
    site.dates = dict.fromkeys(["model.pth", "mirror/model.pth"], "Thu, 01 Jan 1970 00:00:00 GMT")
    with pytest.raises(KeyboardInterrupt):
        got(record, tmp_path, tell=stopped_after(1000))
    site.files["mirror/model.pth"] = OTHER
    found = got(record, tmp_path, mirror=f"{site.url}/mirror/")
    assert found.path.read_bytes() == OTHER


def test_a_body_without_length_comes_whole(site, tmp_path):
    site.says_length = False
    told = []
    found = got(record_of(site, BODY), tmp_path, tell=lambda *s: told.append(s))
    assert found.path.read_bytes() == BODY
    assert told[-1] == (len(BODY), 0, None)


def test_the_login_page_of_a_network_is_no_file(site, tmp_path):
    site.kind = "text/html; charset=utf-8"
    with pytest.raises(WeightsError, match="a web page instead of the file"):
        got(record_of(site, BODY, known="nothing"), tmp_path)
    assert left_over(tmp_path) == set()


def test_what_came_first_is_pinned_and_other_content_refused(site, tmp_path):
    record = record_of(site, BODY, known="nothing")
    assert not got(record, tmp_path).verified
    pin = read_pins(tmp_path)["model.pth"]
    sha256 = hashlib.sha256(BODY).hexdigest()
    assert (pin.sha256, pin.bytes, pin.source) == (sha256, len(BODY), record.url)
    (tmp_path / "model.pth").unlink()
    site.files["model.pth"] = OTHER
    with pytest.raises(WeightsError, match=r"came first.*weights fetch model --repin"):
        got(record, tmp_path)
    assert left_over(tmp_path) == {"pins.json"}
    assert got(record, tmp_path, repin=True).path.read_bytes() == OTHER
    assert locate(record, tmp_path).sha256 == hashlib.sha256(OTHER).hexdigest()


def test_repin_never_accepts_what_speaks_against_a_published_hash(site, tmp_path):
    record = record_of(site, BODY, known="digits")
    site.files["model.pth"] = OTHER
    with pytest.raises(WeightsError, match="published is"):
        got(record, tmp_path, repin=True)


def test_a_mirror_is_a_folder_of_files_of_the_same_names(site, tmp_path):
    record = record_of(site, BODY, file="a+b c.pth")
    site.files = {"deep/a%2Bb%20c.pth": BODY}
    for mirror in (f"{site.url}/deep", f"{site.url}/deep/"):
        assert got(record, tmp_path / str(len(mirror)), mirror=mirror).verified
    for mirror in ("file:///etc", "ftp://example.org", "/media/stick"):
        with pytest.raises(UsageError, match="begins with https:// or http://"):
            got(record, tmp_path / "other", mirror=mirror)


def test_a_disk_without_room_is_told_before_the_download(site, tmp_path, monkeypatch):
    room = transfer.disk_usage(tmp_path)._replace(free=500_000)
    monkeypatch.setattr(transfer, "disk_usage", lambda _: room)
    with pytest.raises(WeightsError, match="600 kB are to come and 500 kB are free; free some"):
        got(record_of(site, BODY), tmp_path)


def test_a_folder_that_is_a_file_is_told(site, tmp_path):
    (tmp_path / "w").write_text("")
    with pytest.raises(WeightsError, match="w: File exists"):
        got(record_of(site, BODY), tmp_path / "w")


def test_two_threads_fetch_once(site, tmp_path):
    record = record_of(site, BODY)
    site.gate = threading.Event()
    said: list[str] = []
    threads = [
        threading.Thread(target=got, args=(record, tmp_path), kwargs={"said": said})
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for _ in range(500):
        if said:
            break
        threading.Event().wait(0.01)
    site.gate.set()
    for thread in threads:
        thread.join()
    assert len(site.requests) == 1
    assert ["another process is writing" in text for text in said] == [True]
    assert (tmp_path / "model.pth").read_bytes() == BODY
