"""A web server on this computer alone that waits for one answer of a sign-in (RFC 8252 7.3).

Only the path that was promised counts, and only a request for our own host: a foreign name that leads here gets
nothing. What came is handed on; the page that is shown says that the window can be closed, and loads nothing.
"""

from __future__ import annotations

import errno
import os
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import Any
from urllib.parse import urlsplit

from pipeline.errors import ToolError
from pipeline.oauth.opening import is_answer

PATIENCE_S = 300.0
_IDLE_S = 10.0
_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>make-promo</title></head>
<body><h1>{0}</h1><p>{1}</p></body>
</html>
"""
_DONE = ("Thank you", "You can close this window and go back to make-promo.")
_NOT_HERE = ("Nothing is here", "This page is only for the end of a sign-in.")
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Connection": "close",
}


class Waiting:
    """`redirect` is the address for the browser to come back to."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._answers: queue.Queue[str] = queue.Queue()
        self._first = threading.Semaphore(1)
        self._servers = [_Server(socket.AF_INET, "127.0.0.1", port, self)]
        self.port = int(self._servers[0].server_address[1])
        if host == "localhost":
            self._servers += self._other()
        self.path = path
        self.redirect = f"http://{host}:{self.port}{path}"
        self.hosts = {f"{name}:{self.port}" for name in ("127.0.0.1", "localhost", "[::1]")}
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def _other(self) -> list[_Server]:
        """`localhost` may mean ::1 to a browser: nobody else shall listen there."""
        try:
            return [_Server(socket.AF_INET6, "::1", self.port, self)]
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                self._servers[0].server_close()
                raise
            return []  # this computer has no such address

    def answer(self, label: str, patience_s: float) -> str:
        """The query that came. ToolError when none comes in time."""
        until = time.monotonic() + patience_s
        while (left := until - time.monotonic()) > 0:
            try:
                return self._answers.get(timeout=min(left, 0.5))  # short, so that Ctrl-C is heard on Windows too
            except queue.Empty:
                continue
        remedy = (
            f"run login again; if the browser showed an error about the address to come back to, the app must have "
            f"exactly {self.redirect} (or give another: --redirect)"
        )
        raise ToolError.at(label, "nobody finished the sign-in in the browser", remedy)

    def is_first(self) -> bool:
        """Only the first answer counts: True once."""
        return self._first.acquire(blocking=False)

    def came(self, query: str) -> None:
        self._answers.put(query)

    def close(self) -> None:
        for server in self._servers:
            server.shutdown()
            server.server_close()


@contextmanager
def waiting(host: str, port: int, path: str) -> Iterator[Waiting]:
    """ToolError when the port is taken. `port` 0: any that is free."""
    try:
        server = Waiting(host, port, path)
    except OSError:
        what = f"another program uses port {port} of this computer"
        remedy = "close it, or let the app come back to another port: --redirect http://localhost:PORT/"
        raise ToolError.at("login", what, remedy) from None
    try:
        yield server
    finally:
        server.close()


class _Server(ThreadingMixIn, TCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = os.name != "nt"  # there it would let another program share the port

    def __init__(self, family: socket.AddressFamily, host: str, port: int, owner: Waiting) -> None:
        self.address_family, self.owner = family, owner
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        if exclusive := getattr(socket, "SO_EXCLUSIVEADDRUSE", None):
            self.socket.setsockopt(socket.SOL_SOCKET, exclusive, 1)
        super().server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that hangs up is no failure, and a traceback would show what it sent."""


class _Handler(BaseHTTPRequestHandler):
    timeout = _IDLE_S
    server_version = "make-promo"
    sys_version = ""

    def do_GET(self) -> None:
        owner = self.server.owner  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        ours = self.headers.get("Host", "") in owner.hosts and parts.path == owner.path and is_answer(parts.query)
        first = ours and owner.is_first()
        self._show(200 if first else 404, _DONE if first else _NOT_HERE)
        if first:  # after the page, for the program may end when it has the answer
            owner.came(parts.query)

    def _show(self, status: int, words: tuple[str, str]) -> None:
        data = _PAGE.format(*words).encode()
        self.send_response(status)
        for name, value in {**_HEADERS, "Content-Length": str(len(data))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        """Nothing: the address holds the code."""
