"""Asking X, and what its answers mean. Each call is paid for, so nothing is asked that is not needed.

Every answer of X names the moment at which its limit begins anew, refusals or not. It is heard only when the limit was
hit: a passing error would make the account wait for a quarter of an hour.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.accounts import Account
from pipeline.http_door import Answer, Request, Sends
from pipeline.publishers import Failure, Pace, asked, failed, told
from pipeline.publishers.bearer import Bearer

NAME = "X"
API = "https://api.x.com"
SIGN_IN = "make-promo login x"
TOKENS = re.compile(r"[A-Za-z0-9_\-+/=:]{40,}")  # no word is that long; tokens are

_PART_S = 120.0
_RESET = "x-rate-limit-reset"
_DAY = ("x-user-limit-24hour", "x-app-limit-24hour")  # of these, one may be used up long before the quarter of an hour
_RIGHTS = ("scope", "oauth", "permission", "access token", "client-forbidden", "not-enrolled", "authentication")
_CREDITS = "buy credits in X's developer console, then publish again: what is uploaded stays there for a day or so"


class Api:
    """X, as one account sees it: a door (`Sends`) that signs."""

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._pace, self._bearer = pace, Bearer(account, door, pace)
        self._base = account.base("api", API)

    def send(self, request: Request) -> Answer:
        answer = self._bearer.send(request)
        headers = {name: value for name, value in answer.headers.items() if name != _RESET}
        if answer.status == 429 and (reset := _reset(answer.headers)):
            headers[_RESET] = reset
        return replace(answer, headers=headers)

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Answer:
        return asked(self, self._request("GET", path, params=params or {}), self._pace, NAME)

    def post(self, path: str, values: Any = None, **more: Any) -> Answer:
        return asked(self, self._request("POST", path, json=values, answer_s=_PART_S, **more), self._pace, NAME)

    def public(self, path: str, values: Any) -> Answer:
        """One try; what leaves open whether it was done is Failure `unknown`."""
        return told(self, self._request("POST", path, json=values), NAME)

    def problem(self, answer: Answer) -> Failure:
        """What an error means when the place where it came up has no finer words for it."""
        words = self.words(answer)
        said = f"{NAME} says: {words}"
        if answer.status == 401:
            return Failure("sign-in", said, SIGN_IN)
        if answer.status == 402:
            return Failure("account", said, _CREDITS)
        if answer.status == 403 and "video longer than" in words.lower():
            return Failure("fix", said, "make the clip shorter")
        if answer.status == 403 and any(word in _all_of(answer) for word in _RIGHTS):
            return Failure("sign-in", said, f"sign in again, with the right to post and to upload: {SIGN_IN}")
        failure = failed(answer, self._pace.clock(), NAME)
        return Failure(failure.kind, said, failure.remedy, until=failure.until)

    def words(self, answer: Answer) -> str:
        """What it says went wrong, on one line and without secrets."""
        found = "; ".join(dict.fromkeys(_sentences(answer))) or answer.words or f"error {answer.status}"
        return answer.said(found, also=TOKENS)

    def _request(self, method: str, path: str, **more: Any) -> Request:
        return Request(method=method, url=f"{self._base}{path}", **more)


def data_of(answer: Answer) -> dict[str, Any]:
    """The `data` of an answer; empty when there is none."""
    found = answer.values().get("data")
    return found if isinstance(found, dict) else {}


def is_double(answer: Answer) -> bool:
    """X does not take the same words twice within a while."""
    return answer.status == 403 and "duplicate" in _all_of(answer)


def is_about_media(answer: Answer) -> bool:
    """The film that was uploaded is not, or no longer, one that a post can take."""
    return answer.status in (400, 404) and "media" in _all_of(answer)


def _sentences(answer: Answer) -> list[str]:
    """Of a problem and of the single errors in it; the title only when there is nothing else."""
    values = answer.values()
    errors = values.get("errors")
    parts = [one for one in errors if isinstance(one, dict)] if isinstance(errors, list) else []
    found = [part.get(name) for part in (values, *parts) for name in ("detail", "message")]
    return [one for one in found if isinstance(one, str) and one] or [
        one for one in (values.get("title"),) if isinstance(one, str) and one
    ]


def _all_of(answer: Answer) -> str:
    """All that is said, its kind among it, in small letters."""
    values = answer.values()
    return " ".join([*_sentences(answer), str(values.get("title", "")), str(values.get("type", ""))]).lower()


def _reset(headers: Mapping[str, str]) -> str | None:
    """When the limit that was hit begins anew, in Unix seconds."""
    for name in _DAY:
        if headers.get(f"{name}-remaining", "").strip() == "0" and f"{name}-reset" in headers:
            return headers[f"{name}-reset"]
    return headers.get(_RESET)
