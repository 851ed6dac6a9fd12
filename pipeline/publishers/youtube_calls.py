"""Calls to YouTube, signed and patient. Its two addresses, `api` and `upload`, can be set; usually they are one host.

An upload's own address is signed only while it lies on the host of uploads: it carries its own permission, and no other
host is shown the account's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TypeVar

from pipeline.accounts import Account
from pipeline.http_door import Answer, Request, Sends
from pipeline.publishers import Failure, Pace, patiently, sent, told
from pipeline.publishers.bearer import Bearer
from pipeline.publishers.youtube_answers import NAME, Busy, problem

GOOGLE = "https://www.googleapis.com"
Value = TypeVar("Value")

_WHILE = timedelta(minutes=15)  # an account that asks too often, and is not told until when


class Calls:
    """All that is asked of YouTube for one account."""

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._plain, self._pace = door, pace
        self._signed = Bearer(account, door, pace)
        self._api = f"{account.base('api', GOOGLE)}/youtube/v3"
        self._uploads = account.base("upload", GOOGLE)

    def get(self, what: str, params: Mapping[str, str], *also: int) -> Answer:
        return self.asked(Request(method="GET", url=self.api(what), params=params), *also)

    def api(self, what: str) -> str:
        return f"{self._api}/{what}"

    def upload(self, what: str) -> str:
        return f"{self._uploads}/upload/youtube/v3/{what}"

    def asked(self, request: Request, *also: int) -> Answer:
        """An answer that is good, or has one of the `also` statuses. Failure for any other."""
        return self.patiently(lambda: self._good(sent(self._signed, request), *also))

    def told(self, request: Request) -> Answer:
        """The answer of the public call; Failure `unknown` when it is lost. What is refused for haste is not done, so
        that is asked again."""
        return self.patiently(lambda: self._good(told(self._signed, request, NAME)))

    def put(self, request: Request, *also: int) -> Answer:
        """One call to an upload's own address, asked once: what comes next depends on how much has arrived."""
        ours = request.url.startswith(f"{self._uploads}/")
        return self._good(sent(self._signed if ours else self._plain, request), *also)

    def patiently(self, step: Callable[[], Value]) -> Value:
        """`step` until it does not fail by accident; an account that is told to slow down for too long waits."""
        try:
            return patiently(step, self._pace)
        except Busy as busy:
            raise Failure("wait", busy.words, until=busy.until or self._pace.clock() + _WHILE) from None

    def _good(self, answer: Answer, *also: int) -> Answer:
        if answer.status < 300 or answer.status in also:
            return answer
        raise problem(answer, self._pace.clock())
