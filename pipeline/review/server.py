"""The server behind the review page: on 127.0.0.1 alone, for whoever has the address with its random token.

Other pages in the same browser must not be able to use it: every address holds the token, the Host and Origin headers
must be ours (so a foreign name that leads here does not help), nothing is kept in cookies, and the page may load
nothing but its own files. What lies in the promo's folder is served as if from a stranger: a page among it runs in a
sandbox, without the right to send anything here.
"""

from __future__ import annotations

import secrets
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import parse_qs, urlsplit

from pipeline.approvals.answer import Answer
from pipeline.errors import BriefError, PromoError
from pipeline.review import pages
from pipeline.review.desk import Desk
from pipeline.review.serving import Unsatisfiable, opened, part_of

HOST = "127.0.0.1"
_MOST_BODY = 64 << 10
_PARTING_S = 0.7
_OWN = {"review.css": "text/css; charset=utf-8", "review.js": "text/javascript; charset=utf-8"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STRANGERS = (
    "sandbox allow-scripts; default-src 'self' data: blob: 'unsafe-inline'; connect-src 'none'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_DONE = {
    "approve": "The approval is written down.",
    "changes": "Your wish for changes is written down.",
    "comment": "Your comment is written down.",
}


class Server(ThreadingHTTPServer):
    """One promo's review. `clock` gives the time of each decision."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, folder: Path, desk: Desk, clock: Callable[[], datetime]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.folder, self.desk, self.clock = folder, desk, clock
        self._secret = secrets.token_urlsafe(32)
        self.origin = f"http://{HOST}:{self.server_port}"
        self.address = f"{self.origin}/{self._secret}/"

    def below(self, path: str) -> str | None:
        """What of the address stands behind the token; None without the token."""
        first, _, rest = path.removeprefix("/").partition("/")
        known = secrets.compare_digest(first.encode(), self._secret.encode())
        return rest if known and path.startswith(f"/{first}/") else None

    def stop_soon(self) -> None:
        """Ends `serve_forever`, not from within a request, and once the last page has loaded its style."""
        timer = threading.Timer(_PARTING_S, self.shutdown)
        timer.daemon = True
        timer.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A player that stops listening is no failure; anything else is, and is said."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30  # seconds; a connection that says nothing is closed

    @property
    def ours(self) -> Server:
        return cast(Server, self.server)

    def do_GET(self) -> None:
        name = self._wanted()
        if name is None:
            return
        if name.startswith("files/"):
            self._file(name.removeprefix("files/"))
        elif self.headers.get("Sec-Fetch-Site", "none") not in ("none", "same-origin"):
            self.send_error(HTTPStatus.FORBIDDEN)
        elif name in _OWN:
            self._send(pages.shown(self.ours.folder, name), kind=_OWN[name])
        elif name == "":
            self._page(done=_DONE.get(urlsplit(self.path).query, ""))
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        self.close_connection = True  # a body that we do not read must not be taken for the next request
        name = self._wanted()
        if name is None:
            return
        site = self.headers.get("Sec-Fetch-Site", "same-origin")
        if self.headers.get("Origin") != self.ours.origin or site != "same-origin":
            self.send_error(HTTPStatus.FORBIDDEN)
            return
        steps = {"decide": self._decide, "comment": self._comment, "done": self._done}
        if name not in steps:
            self.send_error(HTTPStatus.NOT_FOUND)
        elif (values := self._form()) is not None:
            steps[name](values)

    def _refused(self) -> None:
        self.close_connection = True
        self.send_error(HTTPStatus.METHOD_NOT_ALLOWED)

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = do_TRACE = do_CONNECT = _refused

    def _wanted(self) -> str | None:
        """What is asked for; None (and answered) for whoever is not from our page."""
        if self.headers.get_all("Host") != [f"{HOST}:{self.ours.server_port}"]:
            self.send_error(HTTPStatus.MISDIRECTED_REQUEST)
            return None
        name = self.ours.below(self.path.partition("?")[0])
        if name is None:
            self.send_error(HTTPStatus.NOT_FOUND)
        return name

    def _form(self) -> dict[str, list[str]] | None:
        """The fields of the form; None (and answered) when it is none, or too long."""
        length = self.headers.get("Content-Length", "")
        kind = self.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self.headers.get("Transfer-Encoding") or not (length.isascii() and length.isdecimal()):
            self.send_error(HTTPStatus.LENGTH_REQUIRED)
        elif len(length) > 9 or int(length) > _MOST_BODY:
            self.send_error(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif kind != "application/x-www-form-urlencoded":
            self.send_error(HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        else:
            text = self.rfile.read(int(length)).decode("ascii", "replace")
            with suppress(ValueError):
                return parse_qs(text, errors="replace", max_num_fields=500)
            self.send_error(HTTPStatus.BAD_REQUEST)
        return None

    def _decide(self, values: dict[str, list[str]]) -> None:
        decision: Literal["approve", "changes"] = "approve" if values.get("decision") == ["approve"] else "changes"
        answer = Answer(
            decision=decision, by=_first(values, "by"), note=_first(values, "note"),
            ticks=tuple(values.get("tick", ())), reasons=tuple(values.get("reason", ())),
        )  # fmt: skip
        self._tried(
            lambda: self.ours.desk.answer(
                self.ours.folder, answer, now=self.ours.clock(), seen=_first(values, "seen") or "unseen"
            ),
            values,
            after=decision,
        )

    def _comment(self, values: dict[str, list[str]]) -> None:
        def pin() -> None:
            try:
                comment = pages.write_comment({name: found[0] for name, found in values.items()})
            except ValueError as error:
                raise BriefError.at("time", str(error), "write the time as 0:07, and the place in per cent") from None
            seen = _first(values, "seen") or "unseen"
            self.ours.desk.comment(self.ours.folder, comment, now=self.ours.clock(), seen=seen)

        self._tried(pin, values, after="comment")

    def _tried(self, step: Callable[[], object], values: Mapping[str, list[str]], after: str) -> None:
        """Done, and the page is asked for anew (so that reloading sends nothing twice); or shown with what is wrong."""
        try:
            step()
        except PromoError as error:
            self._page(pages.Sent(values=values, problems=error.problems))
            return
        self._headed(HTTPStatus.SEE_OTHER, {"Location": f"{self.ours.address}?{after}", "Content-Length": "0"})

    def _done(self, values: Mapping[str, list[str]]) -> None:
        look = self.ours.desk.look(self.ours.folder, now=self.ours.clock())
        self._send(pages.closing(look).encode(), kind="text/html; charset=utf-8")
        self.ours.stop_soon()

    def _page(self, sent: pages.Sent | None = None, done: str = "") -> None:
        """The page, or what keeps it from being shown (a file that is just being written, a broken sidecar)."""
        try:
            look = self.ours.desk.look(self.ours.folder, now=self.ours.clock())
            text = pages.page(look, self.ours.desk.login, sent or pages.Sent(), done)
        except PromoError as error:
            self._send(str(error).encode(), kind="text/plain; charset=utf-8", status=HTTPStatus.CONFLICT)
            return
        status = HTTPStatus.UNPROCESSABLE_ENTITY if sent else HTTPStatus.OK
        self._send(text.encode(), kind="text/html; charset=utf-8", status=status)

    def _file(self, name: str) -> None:
        found = opened(self.ours.folder, name)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        stream, size, kind = found
        with stream:
            head = {"Content-Type": kind, "Accept-Ranges": "bytes", "Cross-Origin-Resource-Policy": "cross-origin"}
            try:
                part = None if "If-Range" in self.headers else part_of(self.headers.get("Range"), size)
            except Unsatisfiable:
                empty = {"Content-Range": f"bytes */{size}", "Content-Length": "0"}
                self._headed(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, head | empty, _STRANGERS)
                return
            first, end = part or (0, size)
            if part:
                head["Content-Range"] = f"bytes {first}-{end - 1}/{size}"
            status = HTTPStatus.PARTIAL_CONTENT if part else HTTPStatus.OK
            self._headed(status, head | {"Content-Length": str(end - first)}, _STRANGERS)
            stream.seek(first)
            _copied(stream, self.wfile, end - first)

    def _send(self, body: bytes, *, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self._headed(status, {"Content-Type": kind, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _headed(self, status: HTTPStatus, head: dict[str, str], policy: str = _POLICY) -> None:
        self.send_response(status)
        always = {
            "Content-Security-Policy": policy,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        for name, value in (always | head).items():
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """A plain sentence, and nothing of what was asked for."""
        status = HTTPStatus(code)
        self.close_connection = True
        self._send(f"{status.phrase}\n".encode(), kind="text/plain; charset=utf-8", status=status)

    def version_string(self) -> str:
        return "make-promo"

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: addresses hold the token."""


def _first(values: Mapping[str, list[str]], name: str) -> str:
    return next(iter(values.get(name, ())), "")


def _copied(source: Any, target: Any, count: int) -> None:
    while count > 0 and (chunk := source.read(min(count, 256 << 10))):
        target.write(chunk)
        count -= len(chunk)
