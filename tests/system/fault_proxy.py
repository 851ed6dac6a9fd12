"""A proxy between a publisher and a real server: hands everything on as it came, and makes go wrong what a test asks.

`fault("putRecord", "cut-after")` makes the next call whose method and path hold those words go wrong:

    cut-upload   the line breaks after so many bytes of the body; the server has seen those
    cut-before   it breaks when all is sent, and the server has seen nothing
    cut-after    the server has done its work; its answer is lost
    stall        the same, but the line stays open and silent for so many seconds
    answer       the server hears nothing; the proxy answers with (status, headers, body)

It is a `FakeServer` whose answers come from the server behind. It is there for make-promo alone: snac would deliver
every post to itself by way of its public address, and so stand in its own way.
"""

from __future__ import annotations

import http.client
import socket
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, urlsplit

from system.fake_networks import FakeServer, Seen

_OF_THE_LINE = {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection"}
_PATIENCE_S = 60


class FaultProxy(FakeServer):
    """`target` is set when the server behind is there: its own address is often made of the proxy's."""

    def __init__(self, target: str = "") -> None:
        super().__init__()
        self.target, self._ended = target, threading.Event()

    def stop(self) -> None:
        self._ended.set()
        super().stop()

    def calm(self) -> None:
        """Forgets what came, and the faults that did not."""
        self.requests.clear()
        self._faults.clear()

    def _handled(self, handler: BaseHTTPRequestHandler) -> None:
        parts, length = urlsplit(handler.path), int(handler.headers.get("Content-Length") or 0)
        if handler.headers.get("User-Agent") != "make-promo":
            return _answered(handler, 404, [], b"")
        how, more = self._fault_of(f"{handler.command} {parts.path}")
        body = handler.rfile.read(min(length, more) if how == "cut-upload" else length)
        seen = Seen(str(handler.command), parts.path, dict(parse_qsl(parts.query)), handler.headers, body)
        with self._lock:
            self._noted(seen)
        if how == "answer":
            return _answered(handler, *more)
        if how == "cut-before" or (how != "cut-upload" and len(body) < length):
            return _cut(handler)
        answer = self._forwarded(handler, body, whole=how != "cut-upload")
        if how == "stall":
            self._ended.wait(more)
        if how in ("stall", "cut-after") or answer is None:
            return _cut(handler)
        return _answered(handler, *answer)

    def _forwarded(
        self, handler: BaseHTTPRequestHandler, body: bytes, *, whole: bool
    ) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The server's answer; None when there is none, or the request was broken off on purpose."""
        line = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=_PATIENCE_S)
        try:
            line.putrequest(str(handler.command), handler.path, skip_host=True, skip_accept_encoding=True)
            for name, value in handler.headers.items():
                if name.lower() not in _OF_THE_LINE - {"content-length"}:
                    line.putheader(name, value)
            line.putheader("Connection", "close")
            line.endheaders(body)
            if not whole:
                return None
            reply = line.getresponse()
            return reply.status, reply.getheaders(), reply.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()


def _answered(handler: BaseHTTPRequestHandler, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    with suppress(OSError):  # the client may have gone
        handler.send_response_only(status)
        for name, value in headers:
            if name.lower() not in _OF_THE_LINE:
                handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def _cut(handler: BaseHTTPRequestHandler) -> None:
    with suppress(OSError):
        handler.connection.shutdown(socket.SHUT_RDWR)
