"""Signed requests: a token that has run out is renewed once, by one process, and stored before it is used."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from pipeline.accounts import Account, MemoryVault
from pipeline.http_door import Answer, Door, Request
from pipeline.publishers import Failure, Pace
from pipeline.publishers.bearer import Bearer
from pipeline.secret import Secret

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PACE = Pace(sleep=lambda _: None, clock=lambda: NOW, tries=3)


class Wire:
    """A door to a network whose tokens are `access-N` and `refresh-N`, of which only the newest are good. `log` has
    what was done, and what the vault held when it was."""

    def __init__(self, vault: MemoryVault, **gives: Any) -> None:
        self.vault, self.number, self.log, self.gives = vault, 1, list[str](), gives
        self.errors: list[Answer] = []

    def send(self, request: Request) -> Answer:
        path = request.url.split("://")[1].partition("/")[2]
        if "token" in path:
            return self._token(request)
        bearer = request.bearer.reveal() if request.bearer else ""
        self.log.append(f"{path} {request.scheme} {bearer}")
        if bearer != f"access-{self.number}":
            return Answer(status=401, words="expired")
        assert self.vault.get("access") == request.bearer, "used before it was stored"
        return Answer(status=200, body=b'{"ok": true}')

    def _token(self, request: Request) -> Answer:
        if self.errors:
            return self.errors.pop(0)
        body = request.body.decode() if isinstance(request.body, bytes) else ""
        words = {**request.params, **{name: values[0] for name, values in parse_qs(body).items()}}
        self.log.append(f"token {words.get('refresh_token') or words.get('access_token')}")
        if words.get("refresh_token") not in (f"refresh-{self.number}", None):
            return Answer(status=400, body=b'{"error":"invalid_grant"}', words="invalid_grant: used")
        self.number += 1
        told = [f'"access_token":"access-{self.number}"', f'"refresh_token":"refresh-{self.number}"', '"expires_in":60']
        return Answer(status=200, body=("{" + ",".join(told[: self.gives.get("parts", 3)]) + "}").encode())


def made(service: str = "x", **secrets: str) -> tuple[Bearer, Wire, MemoryVault]:
    vault = MemoryVault({name: Secret(value) for name, value in secrets.items()})
    account = Account(
        service=service,
        server="https://api.example",
        name=f"walks {service}",
        settings={"client_id": "app"},
        vault=vault,
    )
    wire = Wire(vault)
    return Bearer(account, wire, PACE), wire, vault


GET = Request(method="GET", url="https://api.example/me", scheme="OAuth")


def test_a_stale_token_is_renewed_once() -> None:
    """The same request goes again with the new one, in its own scheme; the next uses it at once."""
    bearer, wire, vault = made(access="access-0", refresh="refresh-1")
    assert bearer.send(GET).status == 200
    assert bearer.send(GET).status == 200
    assert wire.log == ["me OAuth access-0", "token refresh-1", "me OAuth access-2", "me OAuth access-2"]
    assert vault.get("refresh") == Secret("refresh-2")
    assert vault.get("expires_at") == Secret(str(int(NOW.timestamp()) + 60))


def test_an_answer_that_stays_stale_is_given() -> None:
    """No circle: one renewal for one request."""
    bearer, wire, _ = made(access="access-0", refresh="refresh-1")
    forbidden = Bearer(bearer._account, wire, PACE, stale=lambda answer: answer.status in (200, 401))
    assert forbidden.send(GET).status == 200
    assert [line for line in wire.log if "token" in line] == ["token refresh-1"]


def test_what_another_has_just_renewed_is_taken() -> None:
    """The vault is read again inside the lock."""
    bearer, wire, vault = made(access="access-0", refresh="refresh-0")
    send = wire.send

    def meanwhile(request: Request) -> Answer:
        answer = send(request)
        vault.put("access", Secret("access-1"))
        return answer

    wire.send = meanwhile  # type: ignore[method-assign]
    assert bearer.send(GET).status == 200
    assert not [line for line in wire.log if "token" in line]


def test_many_at_once_renew_once() -> None:
    """A refresh token that comes twice would lock the account out."""
    first, wire, _ = made(access="access-0", refresh="refresh-1")
    ready, found = threading.Barrier(8), list[int]()
    send = wire.send

    def together(request: Request) -> Answer:
        answer = send(request)
        if answer.status == 401:
            ready.wait(10)
        return answer

    wire.send = together  # type: ignore[method-assign]
    each = [Bearer(first._account, wire, PACE) for _ in range(8)]
    threads = [threading.Thread(target=lambda one=one: found.append(one.send(GET).status)) for one in each]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [200] * 8
    assert [line for line in wire.log if "token" in line] == ["token refresh-1"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"error":"invalid_grant"}', "X wants a new sign-in: no"),
        ('{"error":"invalid_request"}', "X wants a new sign-in: no"),
        ('{"error":"invalid_client"}', "X does not know the app: no"),
        ("<html>", "X wants a new sign-in: no"),
    ],
)
def test_a_refusal_asks_for_a_new_sign_in(body: str, words: str) -> None:
    """With the command for it; the old tokens stay as they are."""
    bearer, wire, vault = made(access="access-0", refresh="refresh-1")
    wire.errors = [Answer(status=400, body=body.encode(), words="no")]
    with pytest.raises(Failure) as caught:
        bearer.send(GET)
    assert (caught.value.kind, caught.value.words, caught.value.remedy) == ("sign-in", words, "make-promo login x")
    assert vault.get("refresh") == Secret("refresh-1")


def test_a_busy_token_address_is_waited_for() -> None:
    """Errors of the server are sat out; too many of them are no sign-in."""
    bearer, wire, _ = made(access="access-0", refresh="refresh-1")
    wire.errors = [Answer(status=503), Answer(status=500)]
    assert bearer.send(GET).status == 200
    bearer, wire, _ = made(access="access-0", refresh="refresh-1")
    wire.errors = [Answer(status=503)] * 3
    with pytest.raises(Failure) as caught:
        bearer.send(GET)
    assert caught.value.kind == "again"


def test_without_a_way_to_renew_the_answer_is_given() -> None:
    """The network's own words are better than ours; and without any token nobody has signed in."""
    for service in ("facebook", "linkedin"):
        bearer, wire, _ = made(service, access="access-0")
        assert bearer.send(GET).words == "expired"
        assert wire.log == ["me OAuth access-0"]
    bearer, wire, _ = made()
    with pytest.raises(Failure, match="nobody has signed in") as caught:
        bearer.send(GET)
    assert caught.value.kind == "sign-in"
    assert wire.log == []


def test_a_refresh_token_alone_opens_the_account() -> None:
    """As environment variables give it."""
    bearer, wire, _ = made(refresh="refresh-1")
    assert bearer.token == Secret("access-2")
    assert bearer.send(GET).status == 200
    assert wire.log == ["token refresh-1", "me OAuth access-2"]


def test_a_server_that_keeps_the_refresh_token_keeps_it() -> None:
    """Google gives no new one, and may tell no end."""
    bearer, wire, vault = made(access="access-0", refresh="refresh-1", expires_at="5")
    wire.gives = {"parts": 1}
    assert bearer.send(GET).status == 200
    assert vault.get("refresh") == Secret("refresh-1")
    assert vault.get("expires_at") is None


@pytest.mark.parametrize(("left", "before"), [(-1, True), (3600, False)])
def test_what_must_be_over_is_renewed_before_it_is_sent(left: int, before: bool) -> None:
    """By our clock; a token that is still good is sent as it is."""
    ends = str(int(NOW.timestamp()) + left)
    bearer, wire, _ = made(access="access-1", refresh="refresh-1", expires_at=ends)
    assert bearer.send(GET).status == 200
    assert wire.log == (["token refresh-1", "me OAuth access-2"] if before else ["me OAuth access-1"])


def test_our_clock_decides_nothing() -> None:
    """Renewing ahead fails, and the token is good all the same: the server says so. It is tried once."""
    bearer, wire, _ = made(access="access-1", refresh="refresh-0", expires_at="5")
    assert bearer.send(GET).status == 200
    assert bearer.send(GET).status == 200
    assert wire.log == ["token refresh-0", "me OAuth access-1", "me OAuth access-1"]


@pytest.mark.parametrize(("days", "renewed"), [(29, True), (31, False), (-1, True)])
def test_threads_renews_long_before_the_end(days: int, renewed: bool) -> None:
    """A token of Threads is renewed with itself while it is good; one that has ended is worth nothing."""
    ends = NOW + timedelta(days=days)
    bearer, wire, vault = made("threads", access="access-1", expires_at=str(int(ends.timestamp())))
    assert bearer.send(GET).status == 200
    assert [line for line in wire.log if "token" in line] == (["token access-1"] if renewed else [])
    assert vault.get("access") == Secret("access-2" if renewed else "access-1")
    bearer, wire, _ = made("threads", access="access-0")
    assert bearer.send(GET).status == 401
    assert wire.log == ["me OAuth access-0"]


def test_new_tokens_are_kept_out_of_what_the_door_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are guarded before anything is sent with them."""
    vault = MemoryVault(
        {"access": Secret("access-0"), "refresh": Secret("refresh-1"), "client_secret": Secret("word-of-app")}
    )
    account = Account(service="x", server="https://a.example", name="g", settings={"client_id": "app"}, vault=vault)
    wire, guarded = Wire(vault), list[str]()
    monkeypatch.setattr(Door, "send", lambda self, request: wire.send(request))
    monkeypatch.setattr(Door, "guard", lambda self, *secrets: guarded.extend(one.reveal() for one in secrets))
    assert Bearer(account, Door(), PACE).send(replace(GET, scheme="Bearer")).status == 200
    assert set(guarded) == {"refresh-1", "word-of-app", "access-2", "refresh-2"}
