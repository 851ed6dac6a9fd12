"""What LinkedIn wants with every request, and what its errors mean."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from pipeline.http_door import Answer, Request, Sends
from pipeline.publishers import Failure, Kind, Pace, failed
from pipeline.rate_limits import wait_until

NAME = "LinkedIn"
VERSION = "202609"  # lives until about September 2027; the setting `version` of an account overrules it
SIGN_IN = "sign in again: make-promo login linkedin"

_PROTOCOL = "2.0.0"
_RIGHTS = "the account must be allowed to post for this owner: as an administrator of the Page, and by its app"
_KINDS: dict[str, tuple[Kind, bool]] = {  # code → kind, and whether the upload is of no more use
    "FIELD_LENGTH_TOO_LONG": ("fix", False),
    "MEDIA_ASSET_PROCESSING_FAILED": ("fix", True),
    "MEDIA_ASSET_WAITING_UPLOAD": ("later", False),
    "EXPIRED_UPLOAD_URL": ("restart", True),
}

_REMEDIES: Mapping[str, str] = {
    "FIELD_LENGTH_TOO_LONG": "shorten `post: {text: …}` in the brief and render again",
    "MEDIA_ASSET_PROCESSING_FAILED": "render again; the clip is sent anew",
    "MEDIA_ASSET_WAITING_UPLOAD": "run publish again later",
}


class Api:
    """A door (`Sends`) that says the version with every request.

    An answer that forbids more requests today, without saying until when, means: until midnight in UTC.
    """

    def __init__(self, door: Sends, version: str, pace: Pace) -> None:
        self._door, self._version, self._pace = door, version or VERSION, pace

    def send(self, request: Request) -> Answer:
        headers = {
            "Linkedin-Version": self._version, "X-Restli-Protocol-Version": _PROTOCOL,
            "Content-Type": "application/json", **request.headers,
        }  # fmt: skip
        answer = self._door.send(replace(request, headers=headers))
        if answer.status == 426:
            remedy = "update make-promo; until then the account's setting `version` may name a newer month"
            raise Failure("fix", "this make-promo is too old for LinkedIn", remedy)
        now = self._pace.clock()
        if answer.status == 429 and wait_until(answer.headers, now) is None:
            return replace(answer, headers={**answer.headers, "retry-after": _to_midnight(now)})
        return answer


def code_of(answer: Answer) -> str:
    """The name of an error, "" without one."""
    code = answer.values().get("code")
    return code if isinstance(code, str) and re.fullmatch(r"[A-Z_]{1,60}", code) else ""


def problem(answer: Answer, pace: Pace) -> Failure:
    """What an error of LinkedIn means."""
    code = code_of(answer)
    said = f"{NAME} says: {answer.words or code.replace('_', ' ').lower() or f'error {answer.status}'}"
    if code in _KINDS:
        kind, dropped = _KINDS[code]
        return Failure(kind, said, _REMEDIES.get(code, "publish again"), dropped=dropped)
    if answer.status == 401:
        return Failure("sign-in", said, SIGN_IN)
    if answer.status == 403:
        return Failure("sign-in", said, f"{_RIGHTS}; then {SIGN_IN}")
    return failed(answer, pace.clock(), NAME)


def _to_midnight(now: datetime) -> str:
    """Seconds until the day ends in UTC; `now` is one of ours, so any zone will do."""
    here = now.astimezone(UTC)
    ends = here.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return str(int((ends - here).total_seconds()) + 1)
