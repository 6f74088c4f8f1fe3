"""Download one file over HTTP, going on where an earlier try ended.

What has come is in ``FILE.part``, and ``FILE.part.json`` says of what: the server is asked for the
rest only if it still has the very same file. A server that cannot tell, or cannot send a part,
sends it all again.
"""

from __future__ import annotations

import json
import re
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from errno import ENOSPC
from http.client import HTTPException
from shutil import disk_usage
from typing import TYPE_CHECKING, Protocol

from iqcurate.durable import replace
from iqcurate.errors import WeightsError
from iqcurate.weights.http import Refused, Unreachable, opened
from iqcurate.weights.words import size_text

if TYPE_CHECKING:
    from http.client import HTTPResponse
    from pathlib import Path

TIMEOUT_S = 30.0
"""Longest silence of a server, at each read."""
_TRIES = 5
"""Tries in a row that bring nothing, before giving up."""
_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_CHUNK = 1 << 18
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


class Tell(Protocol):
    """Is told how far a download is, in bytes."""

    def __call__(self, came: int, had: int, total: int | None) -> None:
        """Take the bytes that came now, those of earlier tries, and of all if that is known."""


@dataclass(frozen=True, slots=True)
class _Of:
    """What a part is a part of."""

    url: str
    total: int | None
    etag: str | None
    modified: str | None

    @property
    def validator(self) -> str | None:
        """What a server recognises the same content by, if it gave something that does."""
        if self.etag and not self.etag.startswith("W/"):
            return self.etag
        return self.modified


class _BrokenOffError(Exception):
    """A try ended early; another may bring more."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def download(url: str, part: Path, tell: Tell) -> None:
    """Download what is at `url` to the file `part`, or go on with it.

    Parameters
    ----------
    url
        ``https://`` or ``http://``.
    part
        The file to fill; stays, with its note beside it, where the download does not end.
    tell
        Is told how far it is.

    Raises
    ------
    WeightsError
        Where the server refuses, or no try brings anything more.
    OSError
        Where the file cannot be written.
    """
    before = _size(part)
    tries = 0
    while True:
        had = _size(part)
        try:
            return _try(url, part, tell, before)
        except _BrokenOffError as error:
            tries = 1 if _size(part) > had else tries + 1
            if tries >= _TRIES:
                raise WeightsError(_given_up(url, error, part)) from error
            pause = min(_FIRST_PAUSE_S * 2 ** (tries - 1), _LONGEST_PAUSE_S)
            time.sleep(pause if error.wait is None else min(error.wait, _LONGEST_PAUSE_S))


def forget(part: Path) -> None:
    """Remove a part and its note."""
    part.unlink(missing_ok=True)
    _note_path(part).unlink(missing_ok=True)


def _try(url: str, part: Path, tell: Tell, before: int) -> None:
    of, had = _begun(url, part)
    if of is not None and had == of.total:
        return
    try:
        with opened(url, _headers(of, had), TIMEOUT_S) as answer:
            if answer.status == 206:
                of = _same(answer, of, had, part)
            else:
                of, had = _anew(url, answer, part), 0
            _receive(answer, part, of.total, tell, min(before, had))
    except Refused as refused:
        if refused.status == 416 and had:
            raise _changed(part) from refused
        if not refused.passing:
            raise WeightsError(f"{url}: the server answers {refused}") from refused
        raise _BrokenOffError(f"the server answers {refused}", refused.wait) from refused
    except Unreachable as error:
        raise WeightsError(f"{url}: {error}") from error
    except (HTTPException, ConnectionError, TimeoutError) as error:
        raise _BrokenOffError(_why(error)) from error


def _receive(answer: HTTPResponse, part: Path, total: int | None, tell: Tell, before: int) -> None:
    with part.open("ab") as file:
        size = file.tell()
        _check_space(part, (total or 0) - size)
        tell(size - before, before, total)
        while chunk := _chunk(answer):
            file.write(chunk)
            size += len(chunk)
            tell(size - before, before, total)
    if total is not None and size != total:
        raise _BrokenOffError(f"the connection ended after {size} of {total} bytes")


def _chunk(answer: HTTPResponse) -> bytes:
    try:
        return answer.read1(_CHUNK)
    except OSError as error:  # of the network; those of the disk must not look like it
        raise _BrokenOffError(_why(error)) from error


def _check_space(part: Path, lacking: int) -> None:
    free = disk_usage(part.parent).free
    if lacking > free:
        raise OSError(ENOSPC, f"{size_text(lacking)} are to come and {size_text(free)} are free")


def _begun(url: str, part: Path) -> tuple[_Of | None, int]:
    """What an earlier try left, if the rest of it can be asked for."""
    with suppress(FileNotFoundError, ValueError, TypeError):
        of = _Of(**json.loads(_note_path(part).read_bytes()))
        had = _size(part)
        if of.url == url and of.validator and had and (of.total is None or had <= of.total):
            return of, had
    forget(part)
    return None, 0


def _headers(of: _Of | None, had: int) -> dict[str, str]:
    headers = {"Accept-Encoding": "identity"}
    if of is not None and of.validator:
        headers |= {"Range": f"bytes={had}-", "If-Range": of.validator}
    return headers


def _same(answer: HTTPResponse, of: _Of | None, had: int, part: Path) -> _Of:
    """What the part is of; raises where the answer goes on with something else."""
    found = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    if of is None or found is None or int(found[1]) != had:
        raise _changed(part)
    now = (
        (found[2] != "*" and int(found[2]), of.total),
        (answer.headers.get("ETag"), of.etag),
        (answer.headers.get("Last-Modified"), of.modified),
    )
    if any(new and old and new != old for new, old in now):
        raise _changed(part)
    return of


def _changed(part: Path) -> _BrokenOffError:
    forget(part)
    return _BrokenOffError("the file changed on the server", wait=0)


def _anew(url: str, answer: HTTPResponse, part: Path) -> _Of:
    """Begin a new part, and note of what."""
    told = answer.headers
    if told.get_content_type() == "text/html":
        raise Unreachable("gives a web page instead of the file; must one log in to the network?")
    if told.get("Content-Encoding", "identity") != "identity":
        raise Unreachable(f"gives the file packed as {told['Content-Encoding']}, unasked")
    length = told.get("Content-Length", "")
    of = _Of(
        url, int(length) if length.isdecimal() else None, told.get("ETag"), told["Last-Modified"]
    )
    forget(part)
    replace(_note_path(part), json.dumps(asdict(of)).encode())
    return of


def _note_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _size(part: Path) -> int:
    with suppress(FileNotFoundError):
        return part.stat().st_size
    return 0


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"the server was silent for {TIMEOUT_S:.0f} s"
    return f"the connection broke off ({error or type(error).__name__})"


def _given_up(url: str, error: Exception, part: Path) -> str:
    kept = "; what came is kept, and the same command goes on from there" if _size(part) else ""
    return f"{url}: {error}, {_TRIES} times in a row{kept}"
