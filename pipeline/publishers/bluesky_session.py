"""Being signed in to Bluesky: an app password gives a session, a session gives short tokens, and those run out.

An expired token is answered with 400 here, not 401. One process at a time renews, takes what another has just renewed,
and stores the new tokens before it uses them: a token that was used up and lost locks the account out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from pipeline.accounts import Account, alone
from pipeline.http_door import Answer, Door, Request, Sends, is_safe
from pipeline.publishers import Failure, Pace, asked, failed
from pipeline.secret import Secret

NAME = "Bluesky"
SIGN_IN = "sign in again: make-promo login bluesky"
_LOOK = "look into the account in the Bluesky app"
_NEW_WORD = f"make a new app password and sign in again: make-promo login bluesky; if that fails, {_LOOK}"
_STALE = ("ExpiredToken",)
_REJECTED = ("InvalidToken", "AuthenticationRequired", "AuthMissing", "AuthFactorTokenRequired", "ExpiredToken")
_CLOSED = ("AccountTakedown", "AccountDeactivated", "AccountSuspended")
_PATIENCE_S = 90.0


def problem(answer: Answer, pace: Pace) -> Failure:
    """What an error of a Bluesky server means."""
    name = str(answer.values().get("error", ""))
    said = f"Bluesky says: {answer.words or f'error {answer.status}'}"
    if name in _CLOSED:
        return Failure("account", said, _LOOK)
    if name in _REJECTED:
        return Failure("sign-in", said, SIGN_IN)
    return failed(answer, pace.clock(), NAME)


class Session:
    """The account's own server (PDS) and the tokens for it. `did` is the name of the account that never changes."""

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self.pds = account.server
        self.did = ""
        self.handle = account.name

    def open(self) -> None:
        if self._account.vault.get("access") and self._account.vault.get("refresh"):
            answer = self.get("com.atproto.server.getSession", {})
            if answer.status != 200:
                failure = problem(answer, self._pace)
                if failure.kind == "fix":  # a good token of an account that the server no longer knows
                    raise Failure("account", failure.words, _LOOK)
                raise failure
            self._known(answer)
        else:
            with self._alone():
                self._sign_in()

    def get(self, method: str, params: Mapping[str, str]) -> Answer:
        return asked(self, Request(method="GET", url=self.url(method), params=params), self._pace, NAME)

    def url(self, method: str) -> str:
        return f"{self.pds}/xrpc/{method}"

    def send(self, request: Request) -> Answer:
        """As the door's, signed; a token that has run out is renewed once. Such an answer means nothing was done."""
        access = self._account.vault.get("access")
        answer = self._door.send(replace(request, bearer=access))
        if answer.status in (400, 401) and answer.values().get("error") in _STALE:
            self._renew(access)
            answer = self._door.send(replace(request, bearer=self._account.vault.get("access")))
        return answer

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with alone(f"session {self._account.id}", patience_s=_PATIENCE_S):
                yield
        except TimeoutError:
            raise Failure("again", "another make-promo is signing in", "wait for it to end") from None

    def _renew(self, stale: Secret | None) -> None:
        with self._alone():
            if self._account.vault.get("access") != stale:
                return  # another process has just done so
            refresh = self._account.vault.get("refresh")
            url = self.url("com.atproto.server.refreshSession")
            answer = asked(self._door, Request(method="POST", url=url, bearer=refresh), self._pace, NAME)
            if answer.status == 200:
                self._store(answer)
            elif answer.values().get("error") in _REJECTED:
                self._sign_in()
            else:
                raise problem(answer, self._pace)

    def _sign_in(self) -> None:
        word = self._account.vault.get("app_password")
        if not word or not self._account.name:
            raise Failure("sign-in", "Bluesky wants a new sign-in", SIGN_IN)
        given = {"identifier": self._account.name, "password": word.reveal()}
        url = f"{self._account.server}/xrpc/com.atproto.server.createSession"
        answer = asked(self._door, Request(method="POST", url=url, json=given), self._pace, NAME)
        if answer.status != 200:
            failure = problem(answer, self._pace)
            if failure.kind == "sign-in":
                failure.remedy = _NEW_WORD  # of a closed account, too, a server says that the password is wrong
            raise failure
        self._store(answer)

    def _store(self, answer: Answer) -> None:
        values = answer.values()
        access, refresh = values.get("accessJwt"), values.get("refreshJwt")
        if not isinstance(access, str) or not isinstance(refresh, str):
            raise Failure("sign-in", "Bluesky gave no session", SIGN_IN)
        if isinstance(self._door, Door):
            self._door.guard(Secret(access), Secret(refresh))
        self._account.vault.put("refresh", Secret(refresh))  # first: it is what must not be lost
        self._account.vault.put("access", Secret(access))
        self._known(answer)

    def _known(self, answer: Answer) -> None:
        values = answer.values()
        did = str(values.get("did", ""))
        if not did.startswith("did:"):
            raise Failure("sign-in", "Bluesky did not say which account this is", SIGN_IN)
        if values.get("active") is False:
            how = answer.said(values.get("status") or "not active")
            raise Failure("account", f"the account is {how}", "look into it in the app")
        self.did, self.handle = did, str(values.get("handle") or self.handle)
        document = values.get("didDoc")
        services = document.get("service", ()) if isinstance(document, Mapping) else ()
        for service in services if isinstance(services, list) else ():
            place = str(service.get("serviceEndpoint", "")) if isinstance(service, Mapping) else ""
            if place and str(service.get("id", "")).endswith("#atproto_pds") and is_safe(place):
                self.pds = place.rstrip("/")
