"""Open an address over HTTP, and say in words what went wrong."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from email.message import Message
    from http.client import HTTPMessage, HTTPResponse
    from typing import IO

_PASSING = {408, 425, 429}
_NOWHERE = (
    "no network? Files fetched on another machine can be copied: iqcurate weights add NAME FILE"
)


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """The server answered something else than the file."""

    def __init__(self, status: int, wait: float | None) -> None:
        words = {s.value: s.phrase for s in HTTPStatus}
        super().__init__(f"{status} {words.get(status, '')}".strip())
        self.status = status
        self.wait = wait
        """Seconds after which the server wants to be asked again, if it says so."""

    @property
    def passing(self) -> bool:
        """Whether another try may get another answer."""
        return self.status >= 500 or self.status in _PASSING


class Unreachable(Exception):  # noqa: N818
    """There is no way to the server, and another try would find none."""


class _Redirects(request.HTTPRedirectHandler):
    """Follows redirects, but not from https to something that anybody on the way can change."""

    def redirect_request(
        self,
        req: request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> request.Request | None:
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise Unreachable(f"leads to an address that is not https: {newurl}")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def opened(url: str, headers: Mapping[str, str], timeout: float) -> Iterator[HTTPResponse]:
    """Ask for what is at an address.

    Parameters
    ----------
    url
        ``https://`` or ``http://``. Proxies of the environment are used.
    headers
        To send.
    timeout
        Longest silence in seconds.

    Raises
    ------
    Refused
        The server answers with an error.
    Unreachable
        There is no way to it.
    ConnectionError, TimeoutError
        The connection breaks off.
    """
    try:
        answer = _opener().open(request.Request(url, headers=_named(headers)), timeout=timeout)  # noqa: S310 - the opener knows http and https alone
    except HTTPError as error:
        with error:
            raise Refused(error.code, _wait(error.headers)) from error
    except URLError as error:
        raise _plain(error.reason) from error
    except OSError as error:
        raise _plain(error) from error
    except ValueError as error:
        raise Unreachable(f"is no address of http or https ({error})") from error
    with answer:
        yield cast("HTTPResponse", answer)


def _opener() -> request.OpenerDirector:
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        request.UnknownHandler(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    from importlib.metadata import version

    return {"User-Agent": f"iqcurate/{version('iqcurate')}", **headers}


def _wait(headers: Message) -> float | None:
    text = headers.get("Retry-After", "")
    return float(text) if text.isdecimal() else None


def _plain(reason: object) -> Exception:
    """What a failure to connect means: broken off, or no way at all."""
    if isinstance(reason, socket.gaierror):
        return Unreachable(f"the name of the server is not found; {_NOWHERE}")
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Unreachable(f"the server's certificate is not trusted ({reason.verify_message})")
    if isinstance(reason, ConnectionRefusedError):
        return Unreachable("nobody answers there; are the address and HTTPS_PROXY right?")
    if isinstance(reason, ConnectionError | TimeoutError):
        return reason
    if isinstance(reason, ssl.SSLError):
        return ConnectionError(str(reason))
    if isinstance(reason, OSError):
        return Unreachable(f"cannot be reached ({reason.strerror or reason}); {_NOWHERE}")
    return Unreachable(str(reason))
