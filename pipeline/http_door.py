"""The door to the networks: one request, one answer, and nothing said about it that opens an account.

Bodies come from the disk piece by piece. Each read has its own patience, each answer a size that it may have. A bearer
token goes to the host it was meant for and to no other: a redirect is followed only for reading, and only to the same
host. Certificates are checked; plain http is for this computer alone. What fails is a sentence (`Unanswered`), which
also says whether the server may have heard us.
"""

from __future__ import annotations

import io
import json
import logging
import re
import ssl
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlencode, urljoin, urlsplit

from pipeline.secret import HIDDEN, Secret, blackened

CONNECT_S = 10.0
ANSWER_S = 30.0
FILE_ANSWER_S = 600.0  # a server may work on a whole film before it says a word
LOOPBACK = ("127.0.0.1", "::1", "localhost")

_PIECE = 1 << 18
_MOST_ANSWER = 4 << 20
_MOST_WORDS = 300
_MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)


class Unanswered(Exception):
    """No answer came. `heard`: the server may have had the request all the same."""

    def __init__(self, words: str, *, heard: bool) -> None:
        super().__init__(words)
        self.words = words
        self.heard = heard


@dataclass(frozen=True, kw_only=True)
class FileBody:
    """A file as a body: `count` bytes from `start`, or all that follows. It is read only while it is sent."""

    path: Path
    mime: str = "application/octet-stream"
    name: str = ""  # as the server is told, in a form
    start: int = 0
    count: int | None = None

    @property
    def size(self) -> int:
        return self.path.stat().st_size - self.start if self.count is None else self.count

    def pieces(self) -> Iterator[bytes]:
        left = self.size
        with self.path.open("rb") as stream:
            stream.seek(self.start)
            while left > 0 and (piece := stream.read(min(_PIECE, left))):
                left -= len(piece)
                yield piece
        if left:
            raise OSError(f"{self.path.name} became shorter while it was sent")


@dataclass(frozen=True, kw_only=True)
class Request:
    """`body` is bytes or a file; `form` goes as multipart, words first, then files (bytes go as a file too)."""

    method: str
    url: str = field(repr=False)  # some are permissions
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    body: bytes | FileBody | None = field(default=None, repr=False)
    form: Mapping[str, str | bytes | FileBody] = field(default_factory=dict, repr=False)
    bearer: Secret | None = None
    scheme: str = "Bearer"  # the word before it: Facebook's stores want `OAuth`
    answer_s: float = ANSWER_S


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`headers` by their names in small letters."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)
    words: str = ""  # what the server says went wrong, as `said` gives it
    secrets: Collection[Secret] = field(default=(), repr=False, compare=False)  # all that went through its door

    def said(self, text: object, *, also: re.Pattern[str] | None = None) -> str:
        """Something in the answer, fit to be read by people: on one line, not too long, and with dots where a secret
        stood, or what looks like one (`also`)."""
        told = blackened(str(text), self.secrets)
        told = also.sub(HIDDEN, told) if also else told
        return "".join(c if c.isprintable() else " " for c in told)[:_MOST_WORDS]

    def values(self) -> dict[str, Any]:
        """The JSON object of the answer; an empty one when it is none."""
        found = _json(self.body)
        return found if isinstance(found, dict) else {}

    def rows(self) -> list[dict[str, Any]]:
        """The JSON objects of an answer that is a list."""
        found = _json(self.body)
        return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Sends(Protocol):
    def send(self, request: Request) -> Answer: ...


class Door:
    """To the networks. It remembers the secrets that went through it, to keep them out of all it says."""

    def __init__(self, *, connect_s: float = CONNECT_S) -> None:
        self._connect_s = connect_s
        self._secrets: set[Secret] = set()
        for name in ("httpx", "httpcore"):  # they would log addresses, and some addresses are permissions
            logging.getLogger(name).setLevel(logging.WARNING)

    def __repr__(self) -> str:
        return "Door()"

    def guard(self, *secrets: Secret) -> None:
        """Secrets that go in a body, and so are not seen as bearers."""
        self._secrets.update(secrets)

    def send(self, request: Request) -> Answer:
        """The answer, whatever its status. Unanswered when there is none."""
        if request.bearer:
            self.guard(request.bearer)
        url = f"{request.url}?{urlencode(request.params)}" if request.params else request.url
        for _ in range(_MOST_REDIRECTS + 1):
            _refuse_plain(url)
            answer = self._asked(request, url)
            if answer.status not in _REDIRECTS or "location" not in answer.headers:
                return answer
            reads = request.method in ("GET", "HEAD")
            try:
                onward = urljoin(url, answer.headers["location"])
            except ValueError:
                onward = ""
            if not reads or _origin(onward) != _origin(url):
                host = urlsplit(onward).hostname or "another place"
                words = f"{_host(url)} sends us on to {host}, and accounts are not shown there"
                raise Unanswered(words, heard=not reads)  # it may send us on to look at what it has just done
            url = onward
        raise Unanswered(f"{_host(url)} sends us in circles", heard=False)

    def _asked(self, request: Request, url: str) -> Answer:
        import httpx

        until = time.monotonic() + request.answer_s * 2 + 60 + _seconds_to_send(request)
        timeout = httpx.Timeout(request.answer_s, connect=self._connect_s)
        local = urlsplit(url).hostname in LOOPBACK
        try:
            with ExitStack() as opened:
                client = opened.enter_context(httpx.Client(timeout=timeout, trust_env=not local, verify=_trusted()))
                asked = client.build_request(request.method, url, **_sent(request, opened))
                reply = client.send(asked, stream=True)
                opened.callback(reply.close)
                body = bytearray()
                for piece in reply.iter_bytes():
                    body += piece
                    if len(body) > _MOST_ANSWER or time.monotonic() > until:
                        raise Unanswered(f"the answer of {_host(url)} does not end", heard=True)
                headers = {name.lower(): value for name, value in reply.headers.items()}
        except httpx.InvalidURL:
            raise Unanswered("the address of the server is not an address", heard=False) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unanswered(_unreached(error, url), heard=False) from None
        except (httpx.HTTPError, httpx.StreamError, ssl.SSLError) as error:
            slow = isinstance(error, httpx.TimeoutException)
            how = "did not answer in time" if slow else "broke the connection before it answered"
            raise Unanswered(f"{_host(url)} {how}", heard=True) from None
        answer = Answer(status=reply.status_code, headers=headers, body=bytes(body), secrets=self._secrets)
        return replace(answer, words=answer.said(_complaint(answer.body))) if answer.status >= 400 else answer


@cache
def _trusted() -> ssl.SSLContext:
    """Whom we believe; read once, for it takes a while."""
    import httpx

    return httpx.create_ssl_context()


def _sent(request: Request, opened: ExitStack) -> dict[str, Any]:
    headers = {"User-Agent": "make-promo", "Connection": "close", **request.headers}
    if request.bearer:
        headers["Authorization"] = f"{request.scheme} {request.bearer.reveal()}"
    told: dict[str, Any] = {"headers": headers}
    if request.json is not None:
        told["json"] = request.json
    elif isinstance(request.body, FileBody):
        headers |= {"Content-Length": str(request.body.size), "Content-Type": request.body.mime}
        told["content"] = request.body.pieces()
    elif request.body is not None:
        told["content"] = request.body
    elif request.form:
        told["data"] = {name: value for name, value in request.form.items() if isinstance(value, str)}
        told["files"] = {
            name: (part.name or part.path.name, opened.enter_context(_Span(part)), part.mime)
            if isinstance(part, FileBody)
            else (name, part, FileBody.mime)
            for name, part in request.form.items()
            if not isinstance(part, str)
        }
    return told


class _Span(io.RawIOBase):
    """The bytes of a FileBody as if they were a file of their own, for a form."""

    def __init__(self, body: FileBody) -> None:
        self._stream, self._body, self._at, self._size = body.path.open("rb"), body, 0, body.size

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._at
        self._stream.seek(self._body.start + self._at)
        piece = self._stream.read(left if size < 0 else min(size, left))
        if left and size and not piece:
            raise OSError(f"{self._body.path.name} became shorter while it was sent")
        self._at += len(piece)
        return piece

    def close(self) -> None:
        self._stream.close()
        super().close()


def _seconds_to_send(request: Request) -> float:
    """A film may take its time on a slow line: 64 kB a second is waited for."""
    parts = [request.body, *request.form.values()]
    return sum(part.size for part in parts if isinstance(part, FileBody)) / 64_000


def is_safe(url: str) -> bool:
    """https, or this very computer."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _refuse_plain(url: str) -> None:
    if not is_safe(url):
        raise Unanswered(f"{_host(url)} is not reached by https, so nothing is sent there", heard=False)


def _host(url: str) -> str:
    """All that is ever told of an address: its query may be a permission."""
    try:
        return urlsplit(url).hostname or "the server"
    except ValueError:
        return "the server"


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2].lower()


def _unreached(error: Exception, url: str) -> str:
    told = str(error).lower()
    if "certificate" in told or "ssl" in told:
        return f"{_host(url)} has a certificate that this computer does not trust"
    return f"{_host(url)} cannot be reached"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _complaint(body: bytes) -> str:
    """The sentence in an error's body, as the networks write it; nothing of a web page."""
    found = _json(body)
    values = found if isinstance(found, dict) else {}
    inner = values.get("error")
    if isinstance(inner, dict):
        values = {**values, **inner}
    parts = [values.get(name) for name in ("error", "message", "detail", "error_description")]
    return ": ".join(dict.fromkeys(part for part in parts if isinstance(part, str)))
