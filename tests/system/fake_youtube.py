"""YouTube as its documents and its upload protocol behave, faults included; no code is shared with the publisher.

An upload has an address of its own, takes parts in order and tells how far it is; when the last byte is there the film
is there, whoever hears of it. `status` is replaced whole by an update. Unknown fields, odd parts, missing headers and
words that break a rule are YouTube's own errors.
"""

from __future__ import annotations

import email
import hashlib
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from system.fake_networks import FakeServer, Reply, Seen

STEP = 262_144
_SNIPPET = {"title", "description", "tags", "categoryId", "defaultLanguage", "defaultAudioLanguage"}
_STATUS = {
    "privacyStatus", "publishAt", "selfDeclaredMadeForKids", "containsSyntheticMedia", "license", "embeddable",
    "publicStatsViewable",
}  # fmt: skip
_YES_OR_NO = {"selfDeclaredMadeForKids", "containsSyntheticMedia", "embeddable", "publicStatsViewable"}
_PARTS = {"id", "snippet", "status", "processingDetails", "contentDetails"}
_SRT = re.compile(r"\A\d+\r?\n\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}\r?\n")


@dataclass
class Session:
    """An upload that has begun."""

    resource: dict[str, Any]
    size: int
    data: bytes = b""
    video: str = ""


@dataclass
class Video:
    """`asked`: how often its state was read since it came."""

    id: str
    snippet: dict[str, Any]
    status: dict[str, Any]
    data: bytes
    asked: int = 0
    captions: dict[str, dict[str, Any]] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)  # of the captions
    cover: bytes = b""
    due: datetime | None = None

    @property
    def privacy(self) -> str:
        return str(self.status["privacyStatus"])


def error(code: int, reason: str, message: str = "", **headers: str) -> Reply:
    """As Google writes them."""
    one = {"domain": "youtube.video", "reason": reason, "message": message or reason}
    return Reply(code, {"error": {"code": code, "message": message or reason, "errors": [one]}}, headers)


class FakeYouTube(FakeServer):
    """One channel. `polls`: how often a video is still being worked on; `unknown`: how often its subtitles are not."""

    channel, uploads = "UCfake7walks", "UUfake7walks"

    def __init__(self, polls: int = 1, unknown: int = 0) -> None:
        super().__init__()
        self.polls, self.unknown = polls, unknown
        self.access, self.refresh = "ya29-access-0001", "1//refresh-word"
        self.renewed = 0
        self.sessions: dict[str, Session] = {}
        self.videos: dict[str, Video] = {}
        self.bytes_in = 0  # of films, sent again or not
        self.outcome: dict[str, str] = {}  # what becomes of a film that is worked on, instead of success
        self.locks_private = False  # as with an app that is not verified
        self.verified = True
        self.lists = True  # whether a new video is in the channel's list at once
        self.slow_end = 0  # so often a whole film is not a video yet
        self.late = 0  # so often a change of state is not seen yet
        self.storage: FakeServer | None = None  # where uploads go, if not here
        self.has_channel = True
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.breaks: list[tuple[int, str, Any]] = []  # for parts: after so many bytes, how
        self.part_faults: list[tuple[str, Any]] = []  # for parts that came whole: how, before they are kept

    # --- what the tests look at

    @property
    def public(self) -> list[Video]:
        self._pass()
        return [one for one in self.videos.values() if one.privacy == "public"]

    def _pass(self) -> None:
        for one in self.videos.values():
            if one.due and one.due <= self.clock():
                one.status |= {"privacyStatus": "public"}
                one.status.pop("publishAt", None)
                one.due = None

    # --- the wire

    def _handled(self, handler: BaseHTTPRequestHandler) -> None:
        size = int(handler.headers.get("Content-Length") or 0)
        if handler.command == "PUT" and "upload_id=" in handler.path and size and self.breaks:
            with self._lock:
                most, how, more = self.breaks.pop(0)
            self._broken(handler, min(most, size), how, more)
            return
        super()._handled(handler)

    def _broken(self, handler: BaseHTTPRequestHandler, count: int, how: str, more: Any) -> None:
        """Takes only `count` bytes of a part; whole steps of them are kept."""
        parts = urlsplit(handler.path)
        data = handler.rfile.read(count)
        with self._lock:
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            self.requests.append(Seen(str(handler.command), parts.path, query, handler.headers, data))
            self.bytes_in += len(data)
            session = self.sessions[query["upload_id"]]
            start = int(re.match(r"bytes (\d+)-", str(handler.headers["Content-Range"]))[1])  # type: ignore[index]
            assert start == len(session.data), "a part that does not follow"
            session.data += data[: len(data) // STEP * STEP]
        if how == "cut":
            self._cut(handler)
        elif how == "stall":
            time.sleep(float(more))
            self._cut(handler)
        else:
            handler.close_connection = True
            self._send(handler, Reply(int(more), {"error": {"code": int(more), "message": "Backend Error"}}))

    def answer(self, seen: Seen) -> Reply:
        self._pass()
        path = seen.path
        if path == "/token":
            return self._token(seen)
        if path == "/upload/youtube/v3/videos" and seen.method == "PUT":
            return self._part(seen)
        if seen.bearer != self.access:
            return error(401, "authError", f"Invalid Credentials {seen.bearer}")
        if not self.has_channel:
            return error(401, "youtubeSignupRequired", "Unauthorized")
        work: Callable[[Seen], Reply] | None = {
            "GET /youtube/v3/channels": self._channels,
            "GET /youtube/v3/playlistItems": self._newest,
            "GET /youtube/v3/videos": self._videos,
            "PUT /youtube/v3/videos": self._update,
            "GET /youtube/v3/captions": self._tracks,
            "POST /upload/youtube/v3/videos": self._begin,
            "POST /upload/youtube/v3/captions": self._captions,
            "PUT /upload/youtube/v3/captions": self._captions,
            "POST /upload/youtube/v3/thumbnails/set": self._cover,
        }.get(f"{seen.method} {path}")
        return work(seen) if work else error(404, "notFound", "Not Found")

    def _token(self, seen: Seen) -> Reply:
        given = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        if given.get("grant_type") != "refresh_token" or given.get("refresh_token") != self.refresh:
            return Reply(400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
        self.renewed += 1
        self.access = f"ya29-access-{self.renewed + 1:04}"
        return Reply(200, {"access_token": self.access, "expires_in": 3599, "token_type": "Bearer"})

    # --- reading

    def _channels(self, seen: Seen) -> Reply:
        if seen.query.get("mine") != "true" or "part" not in seen.query:
            return error(400, "missingRequiredParameter", "No filter selected.")
        lists = {"relatedPlaylists": {"uploads": self.uploads}}
        return Reply(200, {"items": [{"id": self.channel, "contentDetails": lists}]})

    def _newest(self, seen: Seen) -> Reply:
        if seen.query.get("playlistId") != self.uploads or int(seen.query.get("maxResults", 5)) > 50:
            return error(404, "playlistNotFound", "The playlist cannot be found.")
        names = list(reversed(self.videos)) if self.lists else []
        found = [{"contentDetails": {"videoId": one}} for one in names]
        return (
            Reply(200, {"items": found}) if found else error(404, "playlistNotFound", "The playlist cannot be found.")
        )

    def _videos(self, seen: Seen) -> Reply:
        parts, names = set(seen.query.get("part", "").split(",")), seen.query.get("id", "").split(",")
        if not parts <= _PARTS:
            return error(400, "unknownPart", f"{parts}")
        found = [self.videos[name] for name in names if name in self.videos]
        return Reply(200, {"items": [self._shown(one, parts) for one in found]})

    def _shown(self, video: Video, parts: set[str]) -> dict[str, Any]:
        told: dict[str, Any] = {"id": video.id}
        if "snippet" in parts:
            told["snippet"] = {"channelId": self.channel, **video.snippet}
        if "contentDetails" in parts:
            told["contentDetails"] = {"caption": "true" if video.captions else "false", "duration": "PT2S"}
        if "status" in parts:
            told["status"] = {"uploadStatus": "uploaded", **video.status}
            if self.late > 0:
                self.late -= 1
                told["status"] |= {"privacyStatus": "private"}
                told["status"].pop("publishAt", None)
        if "processingDetails" in parts:
            video.asked += 1
            working = video.asked <= self.polls
            told["processingDetails"] = {"processingStatus": "processing" if working else "succeeded"}
            if not working:
                told.setdefault("status", {})["uploadStatus"] = "processed"
                for name, value in self.outcome.items():
                    group = "processingDetails" if name.startswith("processing") else "status"
                    told[group][name] = value
        return told

    def _tracks(self, seen: Seen) -> Reply:
        video = self.videos.get(seen.query.get("videoId", ""))
        if video is None or "part" not in seen.query:
            return error(404, "videoNotFound", "The video could not be found.")
        asr = {"id": "asr-track", "snippet": {"language": "en", "trackKind": "ASR", "status": "serving"}}
        return Reply(200, {"items": [asr, *({"id": name, "snippet": one} for name, one in video.captions.items())]})

    # --- the film

    def _begin(self, seen: Seen) -> Reply:
        if set(seen.query) != {"uploadType", "part", "notifySubscribers"} or seen.query["uploadType"] != "resumable":
            return error(400, "unexpectedParameter", "Invalid query")
        if seen.headers["Content-Type"] != "application/json; charset=UTF-8":
            return error(400, "badContent", "Media type is not supported")
        if seen.headers["X-Upload-Content-Type"] != "video/mp4":
            return error(400, "badContent", "Media type is not supported")
        resource = seen.values()
        if set(seen.query["part"].split(",")) != set(resource) or set(resource) != {"snippet", "status"}:
            return error(400, "unexpectedPart", "part names other things than the body")
        if said := _snippet_fault(resource["snippet"]) or _status_fault(resource["status"]):
            return error(400, said)
        if resource["status"]["privacyStatus"] != "private":
            self.leaks.append("an upload that is not private")
        name = f"upload-{len(self.sessions) + 1:04}-{hashlib.sha256(seen.body).hexdigest()[:20]}"
        self.sessions[name] = Session(resource, int(str(seen.headers["X-Upload-Content-Length"])))
        where = self.storage.url if self.storage else self.url
        place = f"{where}/upload/youtube/v3/videos?uploadType=resumable&upload_id={name}"
        return Reply(200, None, {"Location": place})

    def _part(self, seen: Seen) -> Reply:
        if seen.bearer and seen.bearer != self.access:
            return error(401, "authError", "Invalid Credentials")
        session = self.sessions.get(seen.query.get("upload_id", ""))
        if session is None:
            return Reply(404, None)
        asked = re.fullmatch(r"bytes \*/(\d+)", str(seen.headers["Content-Range"]))
        if asked:
            if int(asked[1]) != session.size or seen.body or seen.headers["Content-Length"] != "0":
                return error(400, "badContent", "Invalid request")
            return self._how_far(session)
        self.bytes_in += len(seen.body)
        if self.part_faults:
            how, more = self.part_faults.pop(0)
            if how == "answer":
                return Reply(*more)
        sent = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", str(seen.headers["Content-Range"]))
        if not sent or seen.headers["Content-Type"] != "video/mp4":
            return error(400, "badContent", "Invalid request")
        start, last, size = map(int, sent.groups())
        whole = last + 1 == size or len(seen.body) % STEP == 0
        if (start, size, last - start + 1) != (len(session.data), session.size, len(seen.body)) or not whole:
            return error(400, "badContent", f"Invalid request: {sent[0]}, have {len(session.data)}")
        session.data += seen.body
        return self._how_far(session)

    def _how_far(self, session: Session) -> Reply:
        if len(session.data) < session.size:
            return Reply(308, None, {"Range": f"bytes=0-{len(session.data) - 1}"} if session.data else {})
        if self.slow_end > 0:
            self.slow_end -= 1
            return Reply(308, None, {"Range": f"bytes=0-{session.size - 1}"})
        if not session.video:
            session.video = f"vid{len(self.videos) + 1:08}"
            resource = session.resource
            self.videos[session.video] = Video(
                session.video, dict(resource["snippet"]), dict(resource["status"]), session.data
            )
        video = self.videos.get(session.video)
        return Reply(200, self._shown(video, {"snippet", "status"}) if video else {"id": session.video})

    # --- what goes with it

    def _captions(self, seen: Seen) -> Reply:
        if seen.query.get("uploadType") != "multipart":
            return error(400, "badContent", "Invalid query")
        parts = related(seen)
        if [kind for kind, _ in parts] != ["application/json", "application/octet-stream"]:
            return error(400, "badContent", "Invalid multipart request")
        resource, words = json.loads(parts[0][1]), parts[1][1].decode()
        if seen.method == "PUT":
            return self._changed(seen, resource, words)
        made = resource.get("snippet", {})
        if set(resource) != {"snippet"} or set(made) != {"videoId", "language", "name", "isDraft"}:
            return error(400, "invalidMetadata", "The request contains invalid metadata values")
        video = self.videos.get(made["videoId"])
        if self.unknown > 0 or video is None:
            self.unknown -= 1
            return error(404, "videoNotFound", "The video could not be found.")
        if any(one["language"] == made["language"] for one in video.captions.values()):
            return error(409, "captionExists", "A caption with that language and name exists already.")
        return self._kept(video, f"track-{len(video.captions) + 1}", made, words)

    def _changed(self, seen: Seen, resource: dict[str, Any], words: str) -> Reply:
        video = next((one for one in self.videos.values() if resource.get("id") in one.captions), None)
        if video is None or set(resource) != {"id", "snippet"} or seen.query.get("part") != "id,snippet":
            return error(404, "captionNotFound", "The caption could not be found.")
        return self._kept(video, resource["id"], video.captions[resource["id"]] | resource["snippet"], words)

    @staticmethod
    def _kept(video: Video, name: str, made: dict[str, Any], words: str) -> Reply:
        read = "serving" if _SRT.match(words) else "failed"
        video.captions[name] = {**made, "trackKind": "standard", "status": read}
        video.words[name] = words
        return Reply(200, {"id": name, "snippet": made})

    def _cover(self, seen: Seen) -> Reply:
        video = self.videos.get(seen.query.get("videoId", ""))
        if video is None or set(seen.query) - {"videoId", "uploadType"}:
            return error(404, "videoNotFound", "The video could not be found.")
        if video.asked <= self.polls:
            return error(400, "processingNotFinished", "Shorts take covers when they are processed.")
        if not self.verified:
            return error(403, "forbidden", "The authenticated user doesn't have permissions to set custom thumbnails.")
        if seen.headers["Content-Type"] not in ("image/jpeg", "image/png") or not seen.body:
            return error(400, "invalidImage", "The provided image content is invalid.")
        video.cover = seen.body
        return Reply(200, {"items": [{"default": {"url": "https://i.ytimg.example/1.jpg"}}]})

    # --- the public call

    def _update(self, seen: Seen) -> Reply:
        values = seen.values()
        if seen.query != {"part": "status"} or set(values) != {"id", "status"}:
            return error(400, "unexpectedPart", "part names other things than the body")
        video = self.videos.get(values["id"])
        if video is None:
            return error(404, "videoNotFound", "The video that you are trying to update cannot be found.")
        if said := _status_fault(values["status"]):
            return error(400, said)
        at = values["status"].get("publishAt")
        if at and video.privacy == "public":
            return error(
                400, "invalidPublishAt", "The request metadata specifies an invalid scheduled publishing time."
            )
        video.status = dict(values["status"])  # the whole of it: what was not sent is gone
        video.due = datetime.fromisoformat(at) if at else None
        if self.locks_private:
            video.status |= {"privacyStatus": "private"}
        self._pass()
        return Reply(200, {"id": video.id, "status": video.status})


def related(seen: Seen) -> list[tuple[str, bytes]]:
    """The parts of a `multipart/related` body, by Python's own reader of mail: (type, content)."""
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    mail = email.message_from_bytes(head + seen.body)
    if mail.get_content_type() != "multipart/related" or not mail.is_multipart():
        return []
    return [(one.get_content_type(), one.get_payload(decode=True)) for one in mail.get_payload()]  # type: ignore


def _snippet_fault(snippet: dict[str, Any]) -> str:
    if set(snippet) - _SNIPPET:
        return "invalidVideoMetadata"
    title, said, tags = snippet.get("title", ""), snippet.get("description", ""), snippet.get("tags", [])
    if not title or len(title) > 100 or set("<>") & set(title):
        return "invalidTitle"
    if len(said.encode()) > 5000 or set("<>") & set(said):
        return "invalidDescription"
    if len(",".join(tags)) + 2 * sum(" " in tag for tag in tags) > 500 or any(set("<>") & set(tag) for tag in tags):
        return "invalidTags"
    return "" if snippet.get("categoryId") in ("19", "22", "25", "27") else "invalidCategoryId"


def _status_fault(status: dict[str, Any]) -> str:
    if set(status) - _STATUS or status.get("license", "youtube") not in ("youtube", "creativeCommon"):
        return "invalidVideoMetadata"
    if not all(isinstance(status.get(name, False), bool) for name in _YES_OR_NO):
        return "invalidVideoMetadata"
    if status.get("privacyStatus") not in ("public", "unlisted", "private"):
        return "invalidVideoMetadata"
    if "publishAt" in status and (
        status["privacyStatus"] != "private"
        or not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", status["publishAt"])
    ):
        return "invalidPublishAt"
    return ""
