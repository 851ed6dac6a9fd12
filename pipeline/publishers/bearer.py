"""Requests signed with an account's short token, renewed once when the network says that it has run out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from pipeline.accounts import Account
from pipeline.http_door import Answer, Request, Sends
from pipeline.publishers import Failure, Pace
from pipeline.secret import Secret


def _unauthorised(answer: Answer) -> bool:
    return answer.status == 401


class Bearer:
    """A door (`Sends`) that signs. `stale` tells whether an answer means that the token has run out."""

    def __init__(
        self, account: Account, door: Sends, pace: Pace, *, stale: Callable[[Answer], bool] = _unauthorised
    ) -> None:
        self._account, self._door, self._pace, self._stale = account, door, pace, stale

    @property
    def token(self) -> Secret:
        """What is valid now. Failure `sign-in` when there is none."""
        found = self._account.vault.get("access") or self._account.vault.get("token")
        if not found:
            raise Failure("sign-in", "nobody has signed in", f"make-promo login {self._account.service}")
        return found

    def send(self, request: Request) -> Answer:
        return self._door.send(replace(request, bearer=self.token))
