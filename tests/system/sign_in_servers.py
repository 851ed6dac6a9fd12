"""A certified OAuth server with the addresses of the networks, and the person with a browser who signs in there."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
from system.real_servers import REQUIRED, installed, node

CLIENT = {
    "client_id": "our-app",
    "redirect_uris": ["http://127.0.0.1/"],  # RFC 8252: any port
    "application_type": "native",
    "response_types": ["code"],
    "grant_types": ["authorization_code", "refresh_token"],
}
YOUTUBE = {
    "routes": {"authorization": "/o/oauth2/v2/auth", "token": "/token"},
    "scopes": ["https://www.googleapis.com/auth/youtube.upload", "https://www.googleapis.com/auth/youtube.force-ssl"],
    "client": {**CLIENT, "client_secret": "the-secret-of-our-app", "token_endpoint_auth_method": "client_secret_post"},
    "pkce": True,
    "api": {
        "/youtube/v3/channels": {
            "items": [
                {
                    "id": "UCwalks",
                    "snippet": {"title": "Walks of Brent"},
                    "contentDetails": {"relatedPlaylists": {"uploads": "UUwalks"}},
                }
            ]
        }
    },
}
X = {
    "routes": {"authorization": "/i/oauth2/authorize", "token": "/2/oauth2/token", "revocation": "/2/oauth2/revoke"},
    "scopes": ["tweet.read", "tweet.write", "users.read", "media.write"],
    "client": {**CLIENT, "token_endpoint_auth_method": "none"},
    "pkce": True,
    "rotates": True,
    "api": {"/2/users/me": {"data": {"id": "42", "username": "walks"}}},
}
SHORT = {**X, "seconds": 3}
MASTODON = {
    "routes": {"authorization": "/oauth/authorize", "token": "/oauth/token"},
    "scopes": ["profile", "write:media", "write:statuses"],
    "pkce": True,
    "api": {"/api/v1/accounts/verify_credentials": {"id": "42", "acct": "walks", "username": "walks"}},
}


def needed(told: str) -> NoReturn:
    """Skips a test whose server is missing, loudly; fails where it must not be."""
    if os.environ.get(REQUIRED):
        pytest.fail(told)
    warnings.warn(told, stacklevel=2)
    pytest.skip(told)


@contextmanager
def oidc_servers(folder: Path, *settings: dict[str, Any]) -> Iterator[list[str]]:
    """The address of a server for each of the `settings`."""
    script = installed("oidc.cjs")
    with (folder / "oidc.log").open("wb") as log:
        run = subprocess.Popen(
            [node(), str(script), json.dumps(settings)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
            env={**os.environ, "NODE_NO_WARNINGS": "1"},
        )  # fmt: skip
    assert run.stdin
    assert run.stdout
    try:
        line = run.stdout.readline()
        assert line, (folder / "oidc.log").read_text("utf-8")
        yield json.loads(line)["urls"]
    finally:
        run.stdin.close()
        run.wait(30)
        run.stdout.close()


def at(url: str) -> dict[str, str]:
    """Settings by which an account finds its network at `url`."""
    return {"authorize": url, "oauth": url, "api": url}


class Officer:
    """Answers what is asked, and does in a browser what `does` says with the address that is opened."""

    def __init__(self, does: Callable[[str], object] | None = None, *words: str) -> None:
        self._does, self._words = does, list(words)
        self.questions: list[str] = []
        self.told: list[str] = []
        self.opened: list[str] = []

    def word(self, question: str, *, hidden: bool = False) -> str:
        self.questions.append(question)
        return self._words.pop(0)

    def choose(self, question: str, options: Sequence[str]) -> int:
        self.questions.append(question)
        return list(options).index(self._words.pop(0))

    def tell(self, words: str) -> None:
        self.told.append(words)

    def browse(self, address: str) -> None:
        self.opened.append(address)
        if self._does:
            threading.Thread(target=self._does, args=(address,), daemon=True).start()


def agrees(address: str, **headers: str) -> httpx.Response:
    """Signs in, agrees, and is sent back; the page that is shown at last."""
    with httpx.Client(follow_redirects=True, trust_env=False, timeout=20) as browser:
        return browser.get(address, headers=headers)


def refuses(address: str) -> httpx.Response:
    return agrees(address, **{"x-test": "deny"})


def sent_to(address: str) -> str:
    """Agrees, and gives the address to which the browser is sent back, without opening it."""
    with httpx.Client(trust_env=False, timeout=20) as browser:
        reply = browser.get(address)
        while "?code=" not in (onward := str(reply.next_request.url if reply.next_request else "")):
            assert onward, reply.text
            reply = browser.get(onward)
        return onward
