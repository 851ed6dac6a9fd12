"""Requests signed with an account's short token, renewed once when the network says that it has run out.

One process at a time renews, and takes what another has just renewed. New tokens are stored before they are used: of
many networks a refresh token works once, and one that was used up and lost locks the account out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta

from pipeline.accounts import Account, alone
from pipeline.http_door import Answer, Door, Request, Sends
from pipeline.networks import NetworkFile, Swap, load, placed
from pipeline.oauth.grants import Client, Denied, Tokens, spellings, swap_request, tokens_of
from pipeline.publishers import Failure, Pace, asked
from pipeline.secret import Secret

_PATIENCE_S = 90.0


def _unauthorised(answer: Answer) -> bool:
    return answer.status == 401


class Bearer:
    """A door (`Sends`) that signs. `stale` tells whether an answer means that the token has run out; such an answer
    means that nothing was done."""

    def __init__(
        self, account: Account, door: Sends, pace: Pace, *, stale: Callable[[Answer], bool] = _unauthorised
    ) -> None:
        self._account, self._door, self._pace, self._stale = account, door, pace, stale
        self._looked_ahead = False

    @property
    def token(self) -> Secret:
        """What is valid now. Failure `sign-in` when there is none."""
        if found := self._found():
            return found
        if self._renewed(None) and (found := self._found()):
            return found
        raise Failure("sign-in", "nobody has signed in", self._remedy)

    def send(self, request: Request) -> Answer:
        """As the door's. An answer that the token has run out is given only when there is nothing to renew it with."""
        self._look_ahead()
        token = self.token
        answer = self._door.send(replace(request, bearer=token))
        if self._stale(answer) and self._renewed(token):
            answer = self._door.send(replace(request, bearer=self.token))
        return answer

    def _found(self) -> Secret | None:
        return self._account.vault.get("access") or self._account.vault.get("token")

    def _look_ahead(self) -> None:
        """Renews what must be over by our clock. Clocks are wrong: if that fails, the network's answer decides."""
        if self._looked_ahead:
            return
        self._looked_ahead = True
        ends, swap = self._account.vault.get("expires_at"), self._swap
        if not ends or not swap or not ends.reveal().isdecimal():
            return
        left = timedelta(seconds=int(ends.reveal()) - self._pace.clock().timestamp())
        if left <= timedelta(days=swap.ahead_days):
            with suppress(Failure):
                self._renewed(self._found(), ahead=True)

    def _renewed(self, stale: Secret | None, *, ahead: bool = False) -> bool:
        """False when there is nothing to renew with. Failure when it does not work."""
        swap = self._swap
        if not swap:
            return False
        with self._alone():
            if self._found() != stale:
                return True  # another process has just done so
            old = self._account.vault.get("refresh") if swap.grant == "refresh_token" else stale
            if not old or (swap.ahead_days and not ahead):
                return False
            self._store(self._exchanged(swap, old))
        return True

    def _exchanged(self, swap: Swap, old: Secret) -> Tokens:
        network, settings = self._network, self._account.settings
        secret = self._account.vault.get("client_secret")
        way = network.oauth.client if network.oauth else "body"
        client = Client(id=settings.get("client_id", ""), secret=secret, way=way)
        if isinstance(self._door, Door):
            self._door.guard(*spellings(old, secret))
        address = placed(swap.address, self._account.server, settings, "oauth")
        answer = asked(self._door, swap_request(swap, address, client, old), self._pace, network.label)
        try:
            return tokens_of(answer, network.oauth.wrapped if network.oauth else "")
        except Denied as denied:
            raise self._failure(denied) from None

    def _failure(self, denied: Denied) -> Failure:
        label = self._network.label
        if denied.code in ("temporarily_unavailable", "server_error"):
            return Failure("again", f"{label} says: {denied.words}")
        if denied.app:
            return Failure("sign-in", f"{label} does not know the app: {denied.words}", self._remedy)
        return Failure("sign-in", f"{label} wants a new sign-in: {denied.words}", self._remedy)

    def _store(self, tokens: Tokens) -> None:
        vault = self._account.vault
        if isinstance(self._door, Door):
            self._door.guard(*spellings(tokens.access, tokens.refresh))
        if tokens.refresh:
            vault.put("refresh", tokens.refresh)  # first: it is what must not be lost
        vault.put("access", tokens.access)
        if tokens.lasts_s:
            ends = self._pace.clock() + timedelta(seconds=tokens.lasts_s)
            vault.put("expires_at", Secret(str(int(ends.timestamp()))))
        else:
            vault.drop("expires_at")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        try:
            with alone(f"session {self._account.id}", patience_s=_PATIENCE_S):
                yield
        except TimeoutError:
            raise Failure("again", "another make-promo is signing in", "wait for it to end") from None

    @property
    def _network(self) -> NetworkFile:
        return load(self._account.service)

    @property
    def _swap(self) -> Swap | None:
        oauth = self._network.oauth
        return oauth.refresh if oauth else None

    @property
    def _remedy(self) -> str:
        return f"make-promo login {self._account.service}"
