"""A tile server on this machine that can do what servers do, and what they should not: it answers by a table of
replies, speaks ranges and marks, can be slow, broken, endless or elsewhere, and remembers who asked for what."""

from __future__ import annotations

import gzip
import hashlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What is answered. `how`: plain; `drip`: a byte now and then; `endless`: never done; `cut`: less than promised;
    `reset`: the connection breaks; `silent`: nothing at all. `etag`: "" for none. `ranges`: parts are given."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/x-protobuf"
    headers: Mapping[str, str] = field(default_factory=dict)
    etag: str = ""
    ranges: bool = False
    zipped: bool = False  # for the way
    how: str = "plain"
    pause_s: float = 0.0  # before the answer


@dataclass(frozen=True, kw_only=True)
class Request:
    path: str
    headers: Mapping[str, str]  # names in small letters
    status: int


Table = Callable[[str], Reply | None]


class TileServer:
    """`table` says what a path is answered with; None: 404. It may be changed while the server runs."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.requests: list[Request] = []
        self.most_at_once = 0  # connections
        self.connections = 0  # in all
        self.stopped = threading.Event()
        self._open = 0
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        keeper = self

        class Handler(_Handler):
            server_of = keeper

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._http.block_on_close = False
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.stopped.set()
        self._http.shutdown()
        self._http.server_close()

    @property
    def port(self) -> int:
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, part: str = "") -> list[str]:
        """The paths that were asked for so far, those with `part` in them."""
        return [request.path for request in self.requests if part in request.path]

    def opened(self, change: int) -> None:
        with self._lock:
            self._open += change
            self.connections += max(0, change)
            self.most_at_once = max(self.most_at_once, self._open)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_of: TileServer

    def setup(self) -> None:
        super().setup()
        self.server_of.opened(1)

    def finish(self) -> None:
        self.server_of.opened(-1)
        with suppress(OSError):
            super().finish()

    def handle(self) -> None:
        with suppress(OSError):
            super().handle()

    def log_message(self, *_: object) -> None:
        """Keeps the test's output clean."""

    def do_GET(self) -> None:
        reply = self.server_of.table(self.path) or Reply(
            status=404, kind="text/html", body=b"<html>no such tile</html>"
        )
        if self._unchanged(reply):
            reply = Reply(status=304, etag=reply.etag, headers=reply.headers)
        elif reply.ranges and reply.status == 200:
            reply = self._part(reply)
        said = {name.lower(): value for name, value in self.headers.items()}
        self.server_of.requests.append(Request(path=self.path, headers=said, status=reply.status))
        if reply.pause_s:
            self.server_of.stopped.wait(reply.pause_s)
        getattr(self, f"_{reply.how}")(reply)

    def _unchanged(self, reply: Reply) -> bool:
        return bool(reply.etag) and self.headers.get("If-None-Match") == reply.etag

    def _part(self, reply: Reply) -> Reply:
        found = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not found or self.headers.get("If-Range") not in (None, reply.etag):
            return reply
        low, high = int(found[1]), min(int(found[2]), len(reply.body) - 1)
        headers = {**reply.headers, "Content-Range": f"bytes {low}-{high}/{len(reply.body)}"}
        return Reply(status=206, body=reply.body[low : high + 1], etag=reply.etag, headers=headers, kind=reply.kind)

    def _head(self, reply: Reply, length: int | None) -> None:
        self.send_response_only(reply.status)
        headers = {"Content-Type": reply.kind} | ({"ETag": reply.etag} if reply.etag else {}) | dict(reply.headers)
        if reply.zipped:
            headers["Content-Encoding"] = "gzip"
        if length is not None and reply.status not in (204, 304):
            headers["Content-Length"] = str(length)
        for name, value in headers.items():
            self.send_header(name, value)
        if length is None:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def _plain(self, reply: Reply) -> None:
        body = gzip.compress(reply.body, mtime=0) if reply.zipped else reply.body
        self._head(reply, len(body))
        if reply.status not in (204, 304):
            self.wfile.write(body)

    def _drip(self, reply: Reply) -> None:
        self._head(reply, len(reply.body))
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            if self.server_of.stopped.wait(0.05):
                return

    def _endless(self, reply: Reply) -> None:
        self._head(reply, None)
        while not self.server_of.stopped.is_set():
            self.wfile.write(reply.body or bytes(65_536))

    def _cut(self, reply: Reply) -> None:
        self._head(reply, len(reply.body) + 1000)
        self.wfile.write(reply.body)
        self.close_connection = True

    def _reset(self, _: Reply) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _silent(self, _: Reply) -> None:
        self.server_of.stopped.wait(30)
        self.close_connection = True

    def _slow_head(self, _: Reply) -> None:
        """A head that never ends, a byte now and then."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
        while not self.server_of.stopped.wait(0.05):
            self.wfile.write(b"x")


def marked(body: bytes, **more: object) -> Reply:
    """A reply with a mark of its own."""
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return Reply(body=body, etag=etag, **more)  # type: ignore[arg-type]


def waited(until: Callable[[], bool], most_s: float = 5.0) -> bool:
    """Whether something became true in time."""
    end = time.monotonic() + most_s
    while not until() and time.monotonic() < end:
        time.sleep(0.01)
    return until()
