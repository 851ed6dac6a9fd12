"""What a token is given for: a code, a refresh token, another token. Requests to a network's token address, and what
its answers hold."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

from pipeline.http_door import Answer, Request
from pipeline.networks import Client as Way
from pipeline.networks import OAuth, Swap
from pipeline.secret import Secret

_FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
_APP = ("invalid_client", "unauthorized_client")
_MOST_SECONDS = 10 * 365 * 86_400


@dataclass(frozen=True, kw_only=True)
class Client:
    """An app at a network. `secret` is missing for apps that cannot keep one."""

    id: str
    secret: Secret | None = None
    way: Way = "body"


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """`lasts_s`: how long `access` is good, where it was told."""

    access: Secret
    refresh: Secret | None = None
    lasts_s: int | None = None


def spellings(*secrets: Secret | None) -> list[Secret]:
    """Secrets as they are, and as a form or an address spells them: a careless server repeats what it was sent."""
    values = [secret.reveal() for secret in secrets if secret]
    return [Secret(value) for value in dict.fromkeys([*values, *map(quote_plus, values)])]


class Denied(Exception):
    """The network gives no token. `app`: it is the app that it does not know; `code`: the error's name."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words

    @property
    def app(self) -> bool:
        return self.code in _APP


def code_request(oauth: OAuth, address: str, client: Client, code: Secret, verifier: Secret, redirect: str) -> Request:
    """Tokens for the code that the browser brought."""
    given = {"grant_type": "authorization_code", "code": code.reveal(), "redirect_uri": redirect}
    if oauth.pkce == "S256":
        given["code_verifier"] = verifier.reveal()
    return _posted(address, given, client)


def swap_request(swap: Swap, address: str, client: Client, token: Secret) -> Request:
    """Another token for `token`."""
    given = {"grant_type": swap.grant, swap.field: token.reveal()}
    if swap.method == "POST":
        return _posted(address, given, client if swap.client == "both" else None)
    if swap.client == "both":
        given["client_id"] = client.id
    if swap.client != "none" and client.secret:
        given["client_secret"] = client.secret.reveal()
    return Request(method="GET", url=address, params=given)


def _posted(address: str, given: Mapping[str, str], client: Client | None) -> Request:
    """The app shows itself in the body or, as RFC 6749 2.3.1 has it, by its name and word in a header."""
    form, bearer = dict(given), None
    if client and client.secret and client.way in ("basic", "public"):
        pair = f"{quote(client.id, safe='')}:{quote(client.secret.reveal(), safe='')}"
        bearer = Secret(base64.b64encode(pair.encode()).decode())
    elif client:
        form["client_id"] = client.id
        form |= {"client_secret": client.secret.reveal()} if client.secret else {}
    body = urlencode(form).encode()
    return Request(method="POST", url=address, headers=_FORM, body=body, bearer=bearer, scheme="Basic")


def tokens_of(answer: Answer, wrapped: str = "") -> Tokens:
    """Denied when the answer holds none. `wrapped`: the name of the list in which they may lie."""
    values = answer.values()
    inner = values.get(wrapped) if wrapped else None
    if isinstance(inner, list) and inner and isinstance(inner[0], dict):
        values = inner[0]
    access, refresh = values.get("access_token"), values.get("refresh_token")
    if answer.status >= 300 or not isinstance(access, str) or not access:
        raise Denied(_code(values), answer.words or f"error {answer.status}")
    return Tokens(
        access=Secret(access),
        refresh=Secret(refresh) if isinstance(refresh, str) and refresh else None,
        lasts_s=_seconds(values.get("expires_in")),
    )


def _code(values: Mapping[str, Any]) -> str:
    error = values.get("error")
    return error if isinstance(error, str) else ""


def _seconds(value: Any) -> int | None:
    try:
        return min(int(value), _MOST_SECONDS) if int(value) > 0 else None
    except (TypeError, ValueError, OverflowError):
        return None
