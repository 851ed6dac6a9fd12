"""YouTube and Shorts: the video comes up private with all that belongs to it, and is then made public by one call.

Until that call nobody sees anything, so all before it may be done again. The call itself sets a state and may be
repeated; whether it has worked is read from the video. A time of publication is set in the same way, and YouTube keeps
it. `unlisted` (a setting) is told as what it is: only those with the address can see it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pipeline.accounts import Account
from pipeline.http_door import Answer, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, Proof, Shown, Sighting, polled
from pipeline.publishers import youtube_words as words
from pipeline.publishers.answers import group, moment, rows
from pipeline.publishers.youtube_answers import differences, id_of, is_ready, word
from pipeline.publishers.youtube_calls import GOOGLE, Calls
from pipeline.publishers.youtube_extras import TAKEN, Extras
from pipeline.publishers.youtube_upload import Uploads

AHEAD = (timedelta(minutes=5), timedelta(days=180))

_STATE = "status,processingDetails"
_NEW = timedelta(minutes=10)  # for so long a video may be missing from the lists
_FRESH = timedelta(minutes=2)  # for so long a call whose answer was lost may still do its work
_NEWEST = "50"
_STAND_IN = "your-channel"  # of a dry run, whichever channel the account has chosen
_SETTLE_S = (0.0, 2.0, 5.0)  # what was just set may be read back late


class YouTube:
    """One channel. Settings: `channel`, `category`, `privacy` (public, unlisted), `made_for_kids`, `synthetic_media`,
    `notify_subscribers` (yes, no)."""

    service = "youtube"
    pressed = False

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._settings, self._pace = account.settings, pace
        self._calls = Calls(account, door, pace)
        self._uploads = Uploads(account, self._calls, door)
        self._extras = Extras(self._calls, pace)
        self._list = ""  # the channel's own list of all it uploaded
        # What is published at a set time is public: YouTube keeps no time for unlisted videos.
        self.ahead: tuple[timedelta, timedelta] | None = (
            None if account.settings.get("privacy") == "unlisted" else AHEAD
        )

    def open(self) -> str:
        words.Choices.of(self._settings)
        answer = self._calls.get("channels", {"part": "id,contentDetails", "mine": "true"})
        channels = {id_of(one): one for one in rows(answer.values(), "items") if id_of(one)}
        wanted = self._settings.get("channel", "")
        if not channels:
            raise Failure("account", "this Google account has no YouTube channel", "sign in with the channel's account")
        name = wanted or next(iter(channels))
        channel = channels.get(name, channels.get(_STAND_IN))
        if channel is None:
            remedy = "sign in with the channel's account: make-promo login youtube"
            raise Failure("account", f"this sign-in is not for the channel {wanted}", remedy)
        self._list = str(group(group(channel, "contentDetails"), "relatedPlaylists").get("uploads", ""))
        return name

    def refusals(self, post: Post) -> tuple[str, ...]:
        return tuple(words.refusals(post))

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        done = dict(kept)
        if not done.get("video"):
            done = {"video": self._uploaded(post), "uploaded": self._pace.clock().isoformat()}
            keep(done)
        else:
            self._seen(done)
        self._uploads.forget(post)
        video = str(done["video"])
        if post.captions and not done.get("captions"):
            done["captions"] = self._extras.captions(video, post.captions)
            keep(done)
        found = polled(lambda: self._finished(done), self._pace, "YouTube is still working on the video")
        if post.cover and not done.get("cover"):
            done["cover"] = self._extras.cover(video, post.cover)  # a Short takes one only now
            keep(done)
        return {**done, "shown": str(group(found, "status").get("privacyStatus", ""))}

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        choices = words.Choices.of(self._settings)
        if prepared.get("shown") in ("public", "unlisted"):
            at = None  # it is out already, by an earlier run or by hand: it is not hidden again
        status = words.status(choices, "private" if at else choices.privacy, at)
        return {
            "video": prepared["video"],
            "platform": post.platform,
            "title": post.title,
            "description": words.description(post),
            "captions": post.captions.lang if post.captions else "",
            "cover": "" if prepared.get("cover", TAKEN) == TAKEN else prepared["cover"],
            "status": json.dumps(status),  # as text: its names are not those of the ledger
        }

    def go(self, frozen: Mapping[str, Any]) -> str:
        self._calls.told(self._set(frozen["video"], json.loads(frozen["status"])))
        return str(frozen["video"])

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        wanted = json.loads(frozen["status"])
        found = self._video(frozen["video"], "status")
        now = group(found, "status")
        privacy, due = word(now, "privacyStatus"), moment(now.get("publishAt"))
        asked_for = (wanted["privacyStatus"], moment(wanted.get("publishAt")))
        if privacy == "public" or (privacy, due) == asked_for:  # public: also when its time has come since
            return Sighting(found="there", remote=str(frozen["video"]))
        if not found or (privacy == "private" and due is None):
            return Sighting(found="absent", same_only=self._pace.clock() - since < _FRESH)
        return Sighting(found="unsure", why=f"the video is {privacy}, and this was not asked for from here")

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        address = words.address(str(frozen["platform"]), remote)
        found = self._settled(frozen, remote)
        if not found:
            return Proof(address=address, shown="private only", faults=("the video is not there any more",))
        try:
            ready = is_ready(found)
        except Failure as failure:
            return Proof(address=address, shown="private only", faults=(failure.words,))
        status = group(found, "status")
        shown: Shown = "private only"
        if status.get("privacyStatus") == "public":
            shown = "published" if ready else "processing"
        elif _is_due(found):
            shown = "scheduled"
        # What waits for its time is read back again then: faults are told of what people can see.
        if shown != "published":
            return Proof(address=address, shown=shown)
        tracks = self._extras.tracks(remote) if frozen["captions"] else []
        return Proof(address=address, shown=shown, faults=differences(frozen, found, tracks))

    def withdraw(self, frozen: Mapping[str, Any], remote: str) -> bool:
        found = self._video(remote, "status")
        if _is_due(found):
            back = {**json.loads(frozen["status"]), "privacyStatus": "private"}
            back.pop("publishAt", None)
            self._calls.asked(self._set(remote, back), 404)
            found = self._video(remote, "status")
        return not found or (group(found, "status").get("privacyStatus") == "private" and not _is_due(found))

    def _uploaded(self, post: Post) -> str:
        choices = words.Choices.of(self._settings)
        resource = {"snippet": words.snippet(post, choices), "status": words.status(choices, "private")}
        params = {"part": "snippet,status", "notifySubscribers": "true" if choices.notify else "false"}
        return self._uploads.video(post, resource, params, lambda: self._earlier(words.mark(post)))

    def _earlier(self, mark: str) -> str:
        """The id of an upload of ours that is whole, among the channel's newest; "" when there is none."""
        if not self._list:
            return ""
        params = {"part": "contentDetails", "playlistId": self._list, "maxResults": _NEWEST}
        newest = rows(self._calls.get("playlistItems", params, 404).values(), "items")
        ids = [name for one in newest if (name := id_of({"id": group(one, "contentDetails").get("videoId")}))]
        if not ids:
            return ""
        params = {"part": f"id,snippet,{_STATE}", "id": ",".join(ids)}
        for video in rows(self._calls.get("videos", params).values(), "items"):
            tags = group(video, "snippet").get("tags")
            if isinstance(tags, list) and mark in tags and _is_whole(video):
                return id_of(video)
        return ""

    def _finished(self, done: Mapping[str, Any]) -> Mapping[str, Any] | None:
        found = self._seen(done)
        return found if found and is_ready(found) else None

    def _seen(self, done: Mapping[str, Any]) -> Mapping[str, Any]:
        """The video's state. Failure when it has gone; one that has just come may not be seen yet."""
        found = self._video(str(done["video"]), _STATE)
        if not found and self._pace.clock() - (moment(done.get("uploaded")) or self._pace.clock()) > _NEW:
            raise Failure(
                "restart", "the uploaded video is gone from the channel", "publish again: it is uploaded anew"
            )
        return found

    def _video(self, video: str, part: str) -> Mapping[str, Any]:
        found = rows(self._calls.get("videos", {"part": part, "id": video}).values(), "items")
        return found[0] if found else {}

    def _settled(self, frozen: Mapping[str, Any], video: str) -> Mapping[str, Any]:
        """All that is said of the video, as soon as it is in the state that was asked for."""
        wanted = json.loads(frozen["status"])["privacyStatus"]
        found: Mapping[str, Any] = {}
        for pause in _SETTLE_S:
            self._pace.sleep(pause)
            found = self._video(video, f"snippet,{_STATE},contentDetails")
            if group(found, "status").get("privacyStatus") in (wanted, "public"):
                break
        return found

    def _set(self, video: str, status: Mapping[str, Any]) -> Request:
        body = {"id": video, "status": dict(status)}
        return Request(method="PUT", url=self._calls.api("videos"), params={"part": "status"}, json=body)


def _is_whole(video: Mapping[str, Any]) -> bool:
    """Also one on which YouTube still works."""
    try:
        is_ready(video)
    except Failure:
        return False
    return True


def _is_due(video: Mapping[str, Any]) -> bool:
    """Whether YouTube will make it public by itself."""
    status = group(video, "status")
    return status.get("privacyStatus") == "private" and bool(status.get("publishAt"))


def rehearsal(request: Request) -> dict[str, Any] | Answer:
    """Stand-in answers for a dry run, by the end of the address."""
    path = urlsplit(request.url).path
    if path.endswith("/upload/youtube/v3/videos"):
        return _upload_rehearsed(request)
    lists = {"relatedPlaylists": {"uploads": "your-list"}}
    answers: dict[str, dict[str, Any]] = {
        "GET channels": {"items": [{"id": _STAND_IN, "contentDetails": lists}]},
        "GET videos": {"items": [{"id": "your-video", "status": {"uploadStatus": "processed"}}]},
        "POST captions": {"id": "your-subtitles"},
    }
    return answers.get(f"{request.method} {path.rpartition('/')[2]}", {})


def _upload_rehearsed(request: Request) -> Answer:
    if request.method == "POST":
        return Answer(status=200, headers={"location": f"{GOOGLE}/upload/youtube/v3/videos?upload_id=your-upload"})
    sent = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", request.headers.get("Content-Range", ""))
    if sent and int(sent[1]) + 1 < int(sent[2]):
        return Answer(status=308, headers={"range": f"bytes=0-{sent[1]}"})
    return Answer(status=200, body=json.dumps({"id": "your-video"}).encode())
