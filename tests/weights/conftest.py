"""A web server of our own, and no other one in reach."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from iqcurate.spec import Weights
from iqcurate.weights import transfer


@dataclass
class Site:
    """What the server holds and how it behaves; every setting may change between requests."""

    files: dict[str, bytes] = field(default_factory=dict)
    ranges: bool = True
    """Sends a part where one is asked for."""
    heeds_if_range: bool = True
    etags: bool = True
    dates: dict[str, str] = field(default_factory=dict)
    """Last-Modified, by path."""
    cuts: deque[int] = field(default_factory=deque)
    """How many bytes of the body the next answers give before the connection ends."""
    statuses: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    """What the next answers are instead of the file."""
    kind: str = "application/octet-stream"
    says_length: bool = True
    gate: threading.Event | None = None
    """Bodies wait for it after their first half."""
    requests: list[dict[str, str]] = field(default_factory=list)
    """Headers of each request, with its path."""
    url: str = ""

    def ranges_asked(self) -> list[str | None]:
        return [asked.get("Range") for asked in self.requests]


class Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.requests.append({**self.headers, "path": self.path})
        if site.statuses:
            return self._answer(*site.statuses.popleft(), b"<h1>no</h1>")
        path = self.path.lstrip("/")
        if path not in site.files:
            return self._answer(404, {}, b"")
        body = site.files[path]
        told = {"Content-Type": site.kind}
        if site.etags:
            told["ETag"] = f'"{hashlib.md5(body).hexdigest()}"'
        if path in site.dates:
            told["Last-Modified"] = site.dates[path]
        asked = self.headers.get("Range")
        fits = self.headers.get("If-Range") in (told.get("ETag"), told.get("Last-Modified"))
        if asked and site.ranges and (fits or not site.heeds_if_range):
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            if first >= len(body):
                return self._answer(416, {"Content-Range": f"bytes */{len(body)}"}, b"")
            told["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
            return self._answer(206, told, body[first:])
        return self._answer(200, told, body)

    def _answer(self, status: int, told: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in told.items():
            self.send_header(name, value)
        if self.site.says_length:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status in (200, 206) and self.site.cuts:
            body = body[: self.site.cuts.popleft()]
        half = len(body) // 2
        self.wfile.write(body[:half])
        self.wfile.flush()
        if self.site.gate:
            self.site.gate.wait(20)
        self.wfile.write(body[half:])
        self.close_connection = True

    def log_message(self, *args) -> None:
        pass


class Server(ThreadingHTTPServer):
    def handle_error(self, *args) -> None:
        """Say nothing: many a client here goes away early."""


@pytest.fixture
def site():
    """A server that runs in a thread."""
    site = Site()
    handler = type("SiteHandler", (Handler,), {"site": site})
    server = Server(("127.0.0.1", 0), handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    if site.gate:
        site.gate.set()
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def only_this_machine(monkeypatch):
    """Fail at once where something looks for another machine."""
    connect = socket.socket.connect

    def local(self, address):
        if self.family != socket.AF_UNIX:
            assert address[0] in ("127.0.0.1", "::1"), f"the network was tried: {address}"
        return connect(self, address)

    def resolve(host, *args, **kwargs):
        assert host in ("127.0.0.1", "localhost"), f"the network was tried: {host}"
        return lookup(host, *args, **kwargs)

    lookup = socket.getaddrinfo
    monkeypatch.setattr(socket.socket, "connect", local)
    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("IQCURATE_WEIGHTS", raising=False)
    monkeypatch.delenv("IQCURATE_WEIGHTS_MIRROR", raising=False)


@pytest.fixture
def pauses(monkeypatch) -> list[float]:
    """The pauses between tries, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr(transfer.time, "sleep", taken.append)
    return taken


def record_of(site: Site, body: bytes, *, known: str = "whole", file: str = "model.pth") -> Weights:
    """A record of a file on the site; `known` of its sha256: "whole", "digits" or "nothing"."""
    site.files.setdefault(file, body)
    sha256 = hashlib.sha256(body).hexdigest()
    return Weights(
        name="model",
        file=file,
        url=f"{site.url}/{file}",
        bytes=len(body),
        sha256=sha256 if known == "whole" else None,
        sha256_prefix=sha256[:8] if known == "digits" else None,
        licence="MIT",
        trained_on="nothing",
    )
