"""What Bluesky's video service is shown: permits, which the account's own server makes for one method of one service.

The account's token never goes there. And what the service's refusals mean, by their names.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from pipeline.http_door import Answer
from pipeline.publishers import Failure, Pace
from pipeline.publishers.bluesky_session import Session, problem
from pipeline.secret import Secret

LIMITS = "app.bsky.video.getUploadLimits"
DAY = timedelta(hours=24)

_STORE = "com.atproto.repo.uploadBlob"
_HOLDS = timedelta(minutes=30)
_OPEN = timedelta(hours=1)  # an upload that nobody goes on with runs out
_FRESH = timedelta(minutes=10)  # the service stores the film with it some time after it was shown
_KINDS: dict[str, Any] = {
    "UnsupportedContentType": "fix",
    "VideoTooLarge": "fix",
    "VideoTooLong": "fix",
    "BadAspectRatio": "fix",
    "UploadForbidden": "account",
    "ServiceOverloaded": "again",
    "DailyLimitExceeded": "wait",
    "TooManyOpenUploads": "wait",
    "UploadNotFound": "restart",
    "UploadExpired": "restart",
    "UploadFailed": "restart",
    "UploadAborted": "restart",
}


class Permits:
    """`base` is the address of the video service."""

    def __init__(self, base: str, session: Session, pace: Pace) -> None:
        self._base, self._session, self._pace = base, session, pace
        self._storing: tuple[datetime, Secret] | None = None
        self._audience = ""

    def limits(self) -> Secret:
        """For asking how much it takes today."""
        return self._made(f"did:web:{web(self._base)}", LIMITS)

    def storing(self, *, new: bool = False) -> Secret:
        """For sending a film, which the service then stores in our server with it. One does for some minutes."""
        now = self._pace.clock()
        if new or self._storing is None or now - self._storing[0] > _FRESH:
            if not self._audience:
                told = self._session.get("com.atproto.server.describeServer", {}).values()
                self._audience = str(told.get("did") or f"did:web:{web(self._session.pds)}")
            until = now + _HOLDS
            self._storing = now, self._made(self._audience, _STORE, exp=str(int(until.timestamp())))
        return self._storing[1]

    def _made(self, audience: str, method: str, **more: str) -> Secret:
        answer = self._session.get("com.atproto.server.getServiceAuth", {"aud": audience, "lxm": method, **more})
        token = answer.values().get("token")
        if answer.status != 200 or not isinstance(token, str):
            raise problem(answer, self._pace)
        return Secret(token)


def refusal(answer: Answer, pace: Pace) -> Failure:
    """What an error of the video service means."""
    name = str(answer.values().get("error", ""))
    kind = _KINDS.get(name)
    if kind is None:
        return problem(answer, pace)
    rest = _OPEN if name == "TooManyOpenUploads" else DAY
    return Failure(kind, f"Bluesky says: {answer.words}", until=pace.clock() + rest if kind == "wait" else None)


def web(url: str) -> str:
    """The host as a did:web writes it."""
    return quote(urlsplit(url).netloc, safe="")
