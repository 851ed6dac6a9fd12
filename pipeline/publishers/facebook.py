"""A Page on Facebook: reels, and videos that are longer or not upright.

The public call is answered before the clip is prepared; what is then `processing` is read back by later runs. Facebook
holds posts until their time. Subtitles are added when the video is there, wherever it then stands.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from urllib.parse import urlsplit

from pipeline.accounts import Account
from pipeline.http_door import Request, Sends
from pipeline.posts import Post, with_tagged
from pipeline.publishers import Failure, Keep, Pace, Proof, Sighting
from pipeline.publishers.answers import same_words
from pipeline.publishers.facebook_captions import captioned, locale_of
from pipeline.publishers.facebook_reel import Reels
from pipeline.publishers.facebook_status import Standing, read, watched
from pipeline.publishers.facebook_video import Videos, app_of
from pipeline.publishers.meta import STORE, VERSION, Graph, error_of

API = "https://graph.facebook.com"

_LABEL = "Facebook"
_LEAST, _MOST = timedelta(minutes=10), timedelta(days=29)  # of reels; videos may wait for longer
_SLACK = timedelta(minutes=1)
_SHORTEST, _LONGEST = 3, 90  # seconds of a reel
_SETTLE_S = (0.0, 2.0, 5.0, 10.0, 15.0)
_PAGE = re.compile(r"\d{1,30}")

STAND_IN = {"app": "0"}  # of a dry run that nobody is signed in for


class Facebook:
    """One Page, known by its number and opened with its own token."""

    service = "facebook"
    ahead: tuple[timedelta, timedelta] | None = (_LEAST, _MOST)
    pressed = False

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        api = account.base("api", API)
        self._account, self._pace = account, pace
        self._graph = Graph(account, door, pace, label=_LABEL, base=f"{api}/{VERSION}")
        host = Graph(account, door, pace, label=_LABEL, base=f"{account.base('video', api)}/{VERSION}")
        self._reels = Reels(account, door, pace, self._graph)
        self._videos = Videos(account, door, pace, self._graph, host)
        self._page = ""

    def open(self) -> str:
        wanted = self._account.settings.get("page") or "me"
        if wanted != "me" and not _PAGE.fullmatch(wanted):
            raise Failure("fix", "the Page is not given by its number", "make-promo login facebook")
        answer = self._graph.get(wanted, {"fields": "id,name,category"})
        if error_of(answer).get("code") == 100:  # only Pages have a category
            words = "the account's token is not for this Page" if wanted != "me" else "the token is not that of a Page"
            raise Failure("sign-in", words, "make-promo login facebook")
        if answer.status != 200:
            raise self._graph.problem(answer)
        self._page = str(answer.values().get("id") or "")
        if not self._page or wanted not in ("me", self._page):
            raise Failure("sign-in", "Facebook did not say which Page this is", "make-promo login facebook")
        return f"page {self._page}"

    def refusals(self, post: Post) -> tuple[str, ...]:
        if is_reel(post):
            return ()
        if post.platform == "facebook-reel":
            return (f"reels are upright (9:16, at least 540×960) and of {_SHORTEST} to {_LONGEST} seconds",)
        if not app_of(self._account):
            return ("for videos that are no reels Facebook wants the number of your app: `make-promo login facebook`",)
        return ()

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        edge = self._reels if is_reel(post) else self._videos
        return edge.prepare(post, self._page, kept, keep)

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        captions = post.captions.srt.decode("utf-8", "replace") if post.captions else ""
        cover = post.cover if not is_reel(post) else None
        return {
            **prepared,
            "edge": "reel" if is_reel(post) else "video",
            "page": self._page,
            "text": with_tagged(post.text, post),
            "title": post.title,
            "scheduled": int(at.timestamp()) if at else 0,
            "locale": locale_of(post.captions.lang) if post.captions else "",
            "srt": captions,
            "cover": str(cover) if cover else "",
            "cover_sha256": post.cover_sha256 if cover else "",
        }

    def go(self, frozen: Mapping[str, Any]) -> str:
        if frozen["scheduled"]:
            left = frozen["scheduled"] - self._pace.clock().timestamp()
            if left < (_LEAST - _SLACK).total_seconds():
                raise Failure("fix", "its time has come too near for Facebook to hold it", "publish again")
        return self._edge(frozen).go(frozen)

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        return self._edge(frozen).look(frozen, since)

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        standing = watched(self._graph, remote, self._pace, _SETTLE_S)
        if standing is None:
            return Proof(address="", shown="private only", faults=("the video was not there when it was read back",))
        if standing.trouble or standing.lost:
            words = f"Facebook could not use the clip, and shows it to nobody: {standing.trouble or 'it was lost'}"
            return Proof(address="", shown="private only", faults=(words,))
        faults = [self._captions(frozen, remote)] if frozen["srt"] and standing.up else []
        if standing.words is not None and not same_words(standing.words, str(frozen["text"])):
            faults.append("the video does not have our words")
        if standing.shown in ("processing", "scheduled"):
            faults = []  # it is read back again, and what is missing is then added
        return Proof(address=standing.address, shown=standing.shown, faults=tuple(filter(None, faults)))

    def withdraw(self, frozen: Mapping[str, Any], remote: str) -> bool:
        standing = read(self._graph, remote)
        if not _waits(standing):
            return False
        self._graph.delete(remote)
        return read(self._graph, remote) is None

    def _captions(self, frozen: Mapping[str, Any], remote: str) -> str:
        return captioned(self._graph, self._pace, remote, str(frozen["locale"]), str(frozen["srt"]))

    def _edge(self, frozen: Mapping[str, Any]) -> Reels | Videos:
        return self._reels if frozen["edge"] == "reel" else self._videos


def is_reel(post: Post) -> bool:
    """Upright and short. Upright clips of the other edge become drafts, and wide ones are refused by this one."""
    upright = abs(Fraction(post.width, post.height) / Fraction(9, 16) - 1) <= Fraction(1, 100)
    large = post.width >= 540 and post.height >= 960
    return upright and large and _SHORTEST <= post.duration <= _LONGEST


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run."""
    parts = urlsplit(request.url).path.strip("/").split("/")
    if request.url.startswith(STORE):
        return {"success": True}
    if parts[-1] == "video_reels" and isinstance(request.json, dict) and request.json.get("upload_phase") == "start":
        return {"video_id": "<video>", "upload_url": f"{STORE}/video-upload/{VERSION}/<video>"}
    if parts[-1] == "videos" and request.method == "GET":
        return {"data": []}
    if parts[-1].startswith("upload:"):
        return {"h": "<handle>"}
    answers: dict[str, dict[str, Any]] = {
        "video_reels": {"success": True},
        "uploads": {"id": "upload:<session>"},
        "videos": {"id": "<video>"},
        "<video>": {"status": {"video_status": "ready"}, "published": True},
        "me": {"id": "<page>"},
    }
    return answers.get(parts[-1], {"id": parts[-1]})


def _waits(standing: Standing | None) -> bool:
    return standing is not None and standing.shown == "scheduled"
