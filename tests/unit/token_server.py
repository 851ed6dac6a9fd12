"""A small server that has the sign-in addresses of every network, checks strictly what it is sent, and repeats all of
it in its complaints, as careless servers do. What it gives has values that stand out."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

CODE, CLIENT, CLIENT_SECRET = "planted-code-0001", "the-app", "planted-client-secret/0002"
ACCESS, LONG, REFRESH, PAGE = "planted-access-0003", "planted-long-0004", "planted-refresh-0005", "planted-page-0006"
PLANTED = (CODE, CLIENT_SECRET, ACCESS, LONG, REFRESH, PAGE)


@dataclass
class Came:
    """One request: its words are those of the query or of the form."""

    method: str
    path: str
    words: dict[str, str]
    authorization: str
    body: bytes = b""

    @property
    def client(self) -> tuple[str, str, str]:
        """Where the app showed itself, its id and its secret."""
        if self.authorization.startswith("Basic "):
            name, _, word = base64.b64decode(self.authorization[6:]).decode().partition(":")
            return "basic", unquote(name), unquote(word)
        return "body", self.words.get("client_id", ""), self.words.get("client_secret", "")


@dataclass
class Answering:
    """What the server does: `challenge` and `redirect` are those of the sign-in that is under way."""

    challenge: str = ""
    redirect: str = ""
    lasts_s: int | None = 3600
    refresh: bool = True
    wrapped: bool = False
    more: dict[str, Callable[[Came], tuple[int, Any]]] = field(default_factory=dict)


class TokenServer:
    def __init__(self) -> None:
        self.does, self.came, self.echo = Answering(), list[Came](), 0
        here = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                text = body.decode() if "json" not in str(self.headers.get("Content-Type")) else ""
                words = {name: values[0] for name, values in parse_qs(parts.query or text).items()}
                came = Came(self.command, parts.path, words, str(self.headers.get("Authorization", "")), body)
                here.came.append(came)
                status, values = here.answer(came)
                data = json.dumps(values).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def answer(self, came: Came) -> tuple[int, Any]:
        if work := self.does.more.get(came.path):
            return work(came)
        grant = came.words.get("grant_type", "")
        if grant == "authorization_code":
            return self._code(came)
        if grant in ("fb_exchange_token", "th_exchange_token"):
            known = came.words.get("fb_exchange_token") or came.words.get("access_token")
            if known != ACCESS or came.words.get("client_secret") != CLIENT_SECRET or came.method != "GET":
                return self.refused(came)
            return 200, {"access_token": LONG, "token_type": "bearer", "expires_in": 5_184_000}
        return self.refused(came)

    def refused(self, came: Came, error: str = "invalid_grant") -> tuple[int, Any]:
        verifier = came.words.get("code_verifier", "")
        words = list(came.words.items())
        parts = (came.client, came.authorization, verifier, came.body.decode()[-200:], words[:3], words[3:])
        self.echo = (self.echo + 1) % len(parts)  # one after the other, for only the beginning of a complaint is shown
        return 400, {"error": error, "error_description": f"I got {parts[self.echo]}"}

    def _code(self, came: Came) -> tuple[int, Any]:
        words = came.words
        if words.get("code") != CODE or words.get("redirect_uri") != self.does.redirect or came.method != "POST":
            return self.refused(came)
        digest = hashlib.sha256(words.get("code_verifier", "").encode()).digest()
        proven = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (self.does.challenge and proven != self.does.challenge) or ("code_verifier" in words) != bool(
            self.does.challenge
        ):
            return self.refused(came)
        told = {"access_token": ACCESS, "token_type": "bearer"}
        told |= {"refresh_token": REFRESH} if self.does.refresh else {}
        told |= {"expires_in": self.does.lasts_s} if self.does.lasts_s else {}
        return 200, {"data": [told]} if self.does.wrapped else told
