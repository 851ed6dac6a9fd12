"""Facebook as its documents have it: the Graph with Pages, reels, videos and upload sessions, and the store for bytes.

Sources: Reels Publishing API (2026-07-30), Video API publishing, Resumable Upload API, Video captions reference, Graph
API error handling, field lists of the SDK 26.0.3. Whatever these do not name is refused. `deny("POST /…", code, …)`
answers the next call with an error of the Graph; `truncate` lets only so many bytes of the next body arrive.
"""

from __future__ import annotations

import base64
import email
import email.policy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from system.fake_networks import FakeServer, Reply, Seen

V = "/v26.0/"
PAGE, APP = "106001112223334", "9988776655"
PAGE_TOKEN, USER_TOKEN = f"EAAGpage{'x7Ya' * 30}", f"EAAGuser{'b4Zc' * 30}"  # as long as real ones
_START, _FINISH = (
    {"upload_phase"},
    {"upload_phase", "video_id", "video_state", "description", "title", "scheduled_publish_time"},
)
_VIDEO = {"fbuploader_video_file_chunk", "title", "description", "published", "scheduled_publish_time", "thumb"}
_FIELDS = {
    "page": {"id", "name", "category"},
    "user": {"id", "name"},
    "video": {
        "id", "status", "permalink_url", "published", "scheduled_publish_time", "description", "title", "created_time",
    },
    "captions": {"locale", "is_auto_generated", "is_default", "create_time", "locale_name"},
}  # fmt: skip


@dataclass
class Film:
    """A video of the Page. `polls`: how often it is still being worked on when it is read."""

    id: str
    edge: str
    size: int = 0
    data: bytes = b""
    up: bool = False
    finished: bool = False
    scheduled: int = 0
    draft: bool = False
    expired: bool = False
    trouble: str = ""
    polls: int = 0
    made: datetime = datetime(2026, 11, 22, tzinfo=UTC)
    values: dict[str, Any] = field(default_factory=dict)
    captions: list[dict[str, Any]] = field(default_factory=list)
    subtitles: dict[str, bytes] = field(default_factory=dict)
    thumb: bytes = b""


@dataclass
class Session:
    size: int
    sig: str
    data: bytes = b""


class FakeGraph(FakeServer):
    """graph.facebook.com, and graph-video where that is wanted."""

    def __init__(self) -> None:
        super().__init__()
        self.films: dict[str, Film] = {}
        self.sessions: dict[str, Session] = {}
        self.handles: dict[str, bytes] = {}
        self.store = ""
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.tokens = {PAGE_TOKEN: "page"}
        self.users = {PAGE_TOKEN, USER_TOKEN}  # whose tokens may open a session
        self.polls = 1
        self.trouble = ""  # what processing finds wrong
        self.refinish = "refused"  # a reel that is finished twice: `refused`, or `accepted` and still one
        self.after_upload = "upload_complete"  # a real answer was seen with `processing` here
        self.hides = False  # the list of videos does not show the new one yet
        self.lists_newest = 25
        self.reels_left = 30
        self.truncate: int | None = None
        self.no_captions_before_shown = False
        self.clings = False  # says that it has deleted, and has not
        self._denied: list[tuple[str, Reply]] = []
        self._number = 7000

    # -- what tests ask ------------------------------------------------------------------------------------------

    def deny(self, path: str, code: int, *, times: int = 1, headers: dict[str, str] | None = None, **more: Any) -> None:
        self._denied += [(path, wrong(code, headers=headers, **more))] * times

    def shown(self) -> list[Film]:
        """What is out, or will be by itself."""
        return [film for film in self.films.values() if film.finished and not film.trouble]

    def film(self) -> Film:
        (film,) = self.shown()
        return film

    # -- the Graph -----------------------------------------------------------------------------------------------

    def answer(self, seen: Seen) -> Reply:
        if any("access_token" in place for place in (seen.query, seen.path)) or b"access_token" in seen.body:
            self.leaks.append(f"token in {seen.path}")
        if not seen.path.startswith(V):
            return wrong(2500, "Unknown path components")
        denied = next((one for one in self._denied if one[0] in f"{seen.method} {seen.path}"), None)
        if denied:
            self._denied.remove(denied)
            return denied[1]
        what, *rest = seen.path.removeprefix(V).split("/")
        if what.startswith("upload:"):
            return self._session(seen, what)
        scheme, _, token = str(seen.headers.get("Authorization", "")).partition(" ")
        if rest == ["uploads"]:
            return self._begin_session(seen, what, scheme, token)
        if scheme != "Bearer" or token not in self.tokens:
            return wrong(190, "Error validating access token: Session has expired", status=401, subcode=463)
        name = f"_{seen.method.lower()}_{'_'.join(rest) or 'node'}"
        work: Callable[[Seen, str], Reply] | None = getattr(self, name, None)
        return work(seen, what) if work else wrong(100, f"Unsupported {seen.method.lower()} request", subcode=33)

    def _get_node(self, seen: Seen, what: str) -> Reply:
        wanted = set(seen.query.get("fields", "id").split(","))
        if what in (PAGE, "me"):
            kind = self.tokens[seen.bearer]
            if bad := wanted - _FIELDS[kind]:
                return wrong(100, f"Tried accessing nonexisting field ({sorted(bad)[0]}) on node type (User)")
            if what == "me" and kind == "user":
                return Reply(200, {"id": "55500011", "name": "A Person"})
            return Reply(200, {"id": PAGE, "name": "Brent Walks", "category": "Government organisation"})
        film = self.films.get(what)
        if film is None:
            return missing(what)
        if bad := wanted - _FIELDS["video"]:
            return wrong(100, f"Tried accessing nonexisting field ({sorted(bad)[0]}) on node type (Video)")
        return Reply(200, {**{name: value for name, value in self._told(film).items() if name in wanted}, "id": what})

    def _post_video_reels(self, seen: Seen, page: str) -> Reply:
        if page != PAGE:
            return missing(page)
        values = _json(seen)
        if values is None:
            return wrong(100, "The body is not JSON")
        if values.get("upload_phase") == "start":
            if set(values) != _START:
                return wrong(100, f"Unknown parameter: {sorted(set(values) - _START)}")
            film = self._film("reel")
            return Reply(200, {"video_id": film.id, "upload_url": f"{self.store}/video-upload/v26.0/{film.id}"})
        return self._finish(values)

    def _finish(self, values: dict[str, Any]) -> Reply:
        if values.get("upload_phase") != "finish" or set(values) - _FINISH:
            return wrong(100, f"Invalid parameter: {sorted(set(values) - _FINISH)}")
        film = self.films.get(str(values.get("video_id")))
        if film is None or film.edge != "reel":
            return wrong(100, "Invalid video_id")
        if film.expired:
            return wrong(1363030, "Your video upload has expired")
        if film.trouble:
            return wrong(1363037, film.trouble)
        if not film.up:
            return wrong(6000, "There was a problem with your video file. Please try again with another file.")
        if values.get("video_state") not in ("PUBLISHED", "DRAFT", "SCHEDULED"):
            return wrong(100, "video_state must be one of DRAFT, PUBLISHED, SCHEDULED")
        if film.finished:
            return Reply(200, {"success": True}) if self.refinish == "accepted" else wrong(100, "Already published")
        late = self._bad_time(values, values["video_state"] == "SCHEDULED", timedelta(days=29))
        if late:
            return late
        if self.reels_left <= 0:
            return wrong(613, "You have reached the limit of reels that can be published in 24 hours")
        self.reels_left -= 1
        self._made(film, values)
        film.draft = values["video_state"] == "DRAFT"
        return Reply(200, {"success": True})

    def _post_videos(self, seen: Seen, page: str) -> Reply:
        if page != PAGE:
            return missing(page)
        values, files = _json(seen), {}
        if values is None:
            words, files = form(seen)
            values = {**words}
            for name in ("published", "scheduled_publish_time"):
                if name in values:
                    values[name] = json.loads(values[name])
        if bad := (set(values) - _VIDEO) | (set(files) - {"thumb"}):
            return wrong(100, f"Unknown parameter: {sorted(bad)}")
        data = self.handles.get(str(values.get("fbuploader_video_file_chunk")))
        if data is None:
            return wrong(6000, "There was a problem with your video file. Please try again with another file.")
        if "thumb" in files and files["thumb"][1] != "image/jpeg":
            return wrong(100, "thumb is not a picture")
        if late := self._bad_time(values, values.get("published") is False, timedelta(days=180)):
            return late
        film = self._film("video")
        film.data, film.size, film.up = data, len(data), True
        film.thumb = files["thumb"][2] if "thumb" in files else b""
        self._made(film, values)
        return Reply(200, {"id": film.id})

    def _get_videos(self, seen: Seen, page: str) -> Reply:
        if (
            page != PAGE
            or seen.query.get("type") != "uploaded"
            or set(seen.query) - {"type", "fields", "limit", "after"}
        ):
            return wrong(100, "Invalid parameter")
        wanted = set(seen.query["fields"].split(","))
        films = sorted(
            (film for film in self.films.values() if film.finished), key=lambda film: film.made, reverse=True
        )
        films = [film for film in films if not (self.hides and film.edge == "video")]
        start, size = int(seen.query.get("after", 0)), min(int(seen.query["limit"]), self.lists_newest)
        part = films[start : start + size]
        rows = [{name: value for name, value in self._told(film).items() if name in wanted} for film in part]
        paging: dict[str, Any] = {"cursors": {"before": str(start), "after": str(start + len(part))}}
        if start + len(part) < len(films):
            paging["next"] = f"{self.url}{V}{page}/videos?access_token={PAGE_TOKEN}&after={start + len(part)}"
        return Reply(200, {"data": rows, "paging": paging})

    def _get_captions(self, seen: Seen, video: str) -> Reply:
        film, wanted = self.films.get(video), set(seen.query.get("fields", "locale").split(","))
        if film is None or wanted - _FIELDS["captions"]:
            return missing(video)
        rows = [{name: value for name, value in row.items() if name in wanted} for row in film.captions]
        return Reply(200, {"data": rows})

    def _post_captions(self, seen: Seen, video: str) -> Reply:
        film = self.films.get(video)
        if film is None or not film.up:
            return missing(video)
        if self.no_captions_before_shown and not self._out(film):
            return wrong(100, "The video is not ready for captions")
        words, files = form(seen)
        if set(words) - {"default_locale", "locales_to_delete"} or set(files) != {"captions_file"}:
            return wrong(100, f"Unknown parameter: {sorted({*words, *files})}")
        name, _, data = files["captions_file"]
        parts = name.split(".")
        if len(parts) != 3 or parts[2] != "srt" or not data.decode("utf-8").startswith("1\n"):
            return wrong(386, "The caption file has an invalid format")
        film.captions.append({"locale": parts[1], "is_auto_generated": False})
        film.subtitles[parts[1]] = data
        return Reply(200, {"success": True})

    def _delete_node(self, seen: Seen, video: str) -> Reply:
        if video not in self.films:
            return missing(video)
        if not self.clings:
            del self.films[video]
        return Reply(200, {"success": True})

    # -- upload sessions of the app ------------------------------------------------------------------------------

    def _begin_session(self, seen: Seen, app: str, scheme: str, token: str) -> Reply:
        if scheme not in ("Bearer", "OAuth") or token not in self.users:
            return wrong(190, "Invalid OAuth access token - Cannot parse access token", status=401)
        if app != APP or set(seen.query) != {"file_name", "file_length", "file_type"}:
            return wrong(100, "Invalid parameter")
        if seen.query["file_type"] != "video/mp4" or not seen.query["file_length"].isdecimal():
            return wrong(100, "Invalid file_type")
        self._number += 1
        name = base64.urlsafe_b64encode(f"attachment:{self._number}".encode()).decode()
        sig = f"ARZplanted{self._number}"
        self.sessions[name] = Session(int(seen.query["file_length"]), sig)
        return Reply(200, {"id": f"upload:{name}?sig={sig}"})

    def _session(self, seen: Seen, what: str) -> Reply:
        session = self.sessions.get(what.removeprefix("upload:"))
        scheme, _, token = str(seen.headers.get("Authorization", "")).partition(" ")
        if scheme != "OAuth" or token not in self.users:
            return wrong(190, "Invalid OAuth access token", status=401)
        if session is None or seen.query != {"sig": session.sig}:
            return wrong(100, "The upload session was not found")
        if seen.method == "GET":
            return Reply(200, {"id": f"{what}?sig={session.sig}", "file_offset": len(session.data)})
        if seen.headers.get("file_offset") != str(len(session.data)):
            return store_wrong("OffsetInvalidError", retriable=True)
        session.data += self.arrived(seen.body)
        if len(session.data) != session.size:
            return store_wrong("PartialRequestError", retriable=True)
        self._number += 1
        handle = f"4::dmlkZW8vbXA0:{self._number}"
        self.handles[handle] = session.data
        return Reply(200, {"h": handle})

    def arrived(self, body: bytes) -> bytes:
        kept, self.truncate = body[: self.truncate], None
        return kept

    # -- what a video is -----------------------------------------------------------------------------------------

    def _film(self, edge: str) -> Film:
        self._number += 1
        film = Film(id=str(1000000000000000 + self._number), edge=edge, made=self.clock())
        self.films[film.id] = film
        return film

    def _made(self, film: Film, values: dict[str, Any]) -> None:
        film.finished, film.values, film.polls, film.trouble = True, values, self.polls, self.trouble
        film.scheduled = int(values.get("scheduled_publish_time") or 0)
        film.made = self.clock()

    def _bad_time(self, values: dict[str, Any], wanted: bool, most: timedelta) -> Reply | None:
        at = values.get("scheduled_publish_time")
        if not wanted:
            return wrong(100, "scheduled_publish_time without a scheduled state") if at is not None else None
        left = (at or 0) - self.clock().timestamp()
        if not isinstance(at, int) or not timedelta(minutes=10).total_seconds() - 5 <= left <= most.total_seconds():
            return wrong(100, "The specified scheduled publish time is invalid.", user="The time is not in the window.")
        return None

    def _out(self, film: Film) -> bool:
        due = not film.scheduled or film.scheduled <= self.clock().timestamp()
        return film.finished and not film.trouble and film.polls <= 0 and due and not film.draft

    def _told(self, film: Film) -> dict[str, Any]:
        return {
            "id": film.id,
            "status": self._status(film),
            "permalink_url": f"/reel/{film.id}/" if film.edge == "reel" else f"/brentwalks/videos/{film.id}/",
            "published": self._out(film),
            **({"scheduled_publish_time": film.scheduled} if film.scheduled else {}),
            "created_time": f"{film.made:%Y-%m-%dT%H:%M:%S+0000}",
            **{name: film.values[name] for name in ("description", "title") if film.values.get(name)},
        }

    def _status(self, film: Film) -> dict[str, Any]:
        status: dict[str, Any] = {
            "video_status": self.after_upload if film.up else "uploading",
            "uploading_phase": {
                "status": "complete" if film.up else "in_progress", "bytes_transfered": len(film.data),
            },
            "processing_phase": {"status": "not_started"},
            "publishing_phase": {"status": "not_started"},
        }  # fmt: skip
        if film.expired:
            status["video_status"] = "expired"
        if not film.finished:
            return status
        film.polls -= 1
        status["video_status"] = "processing"
        status["processing_phase"] = {"status": "in_progress"}
        if film.scheduled and film.scheduled > self.clock().timestamp():
            told = {"status": "not_started", "publish_status": "scheduled", "publish_time": film.scheduled}
            status["publishing_phase"] = told
        elif film.polls < 0:
            status["video_status"] = "error" if film.trouble else "ready"
            problem = {"status": "error", "errors": [{"code": 1363040, "message": film.trouble}]}
            status["processing_phase"] = problem if film.trouble else {"status": "complete"}
            told = {"status": "complete", "publish_status": "draft" if film.draft else "published"}
            status["publishing_phase"] = {"status": "not_started"} if film.trouble else told
        return status


class FakeStore(FakeServer):
    """rupload.facebook.com. It is given the Page's token, by the word `OAuth`."""

    def __init__(self, graph: FakeGraph) -> None:
        super().__init__()
        self.graph = graph
        self.refusal: Reply | None = None
        graph.store = self.url

    def answer(self, seen: Seen) -> Reply:
        if self.refusal:
            reply, self.refusal = self.refusal, None
            return reply
        scheme, _, token = str(seen.headers.get("Authorization", "")).partition(" ")
        if scheme != "OAuth" or self.graph.tokens.get(token) != "page":
            return store_wrong("NotAuthorizedError", status=401)
        film = self.graph.films.get(seen.path.removeprefix("/video-upload/v26.0/"))
        if film is None or film.expired or film.up:
            return store_wrong("UploadNotFoundError", status=404)
        offset, size = seen.headers.get("offset"), seen.headers.get("file_size")
        if offset is None or size is None or not offset.isdecimal() or not size.isdecimal():
            return store_wrong("ParameterValidationError")
        if int(offset) != len(film.data):
            return store_wrong("OffsetInvalidError", retriable=True)
        film.data += self.graph.arrived(seen.body)
        film.size = int(size)
        film.up = len(film.data) == film.size
        return Reply(200, {"success": True}) if film.up else store_wrong("PartialRequestError", retriable=True)


class Stranger(FakeServer):
    """Another's server: that anything comes here is the fault."""

    def answer(self, seen: Seen) -> Reply:
        self.leaks.append(f"{seen.method} {seen.path} {seen.headers.get('Authorization', '')}")
        return Reply(200, {"success": True})


def wrong(
    code: int, words: str = "An error", *, status: int = 400, subcode: int | None = None, transient: bool = False,
    user: str = "", headers: dict[str, str] | None = None,
) -> Reply:  # fmt: skip
    """An error of the Graph."""
    error: dict[str, Any] = {"message": f"(#{code}) {words}", "type": "OAuthException", "code": code}
    error |= {"error_subcode": subcode} if subcode else {}
    error |= {"error_user_title": "Something is wrong", "error_user_msg": user} if user else {}
    error |= {"is_transient": True} if transient else {}
    return Reply(status, {"error": {**error, "fbtrace_id": "EJplcsCHuLu"}}, headers or {})


def missing(what: str) -> Reply:
    words = f"Unsupported get request. Object with ID '{what}' does not exist, or cannot be loaded"
    return wrong(100, words, subcode=33)


def store_wrong(kind: str, *, retriable: bool = False, status: int = 400) -> Reply:
    return Reply(status, {"debug_info": {"retriable": retriable, "type": kind, "message": f"{kind}: it is not taken"}})


def form(seen: Seen) -> tuple[dict[str, str], dict[str, tuple[str, str, bytes]]]:
    """The words of a multipart body, and its files as (name, type, bytes)."""
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    message = email.message_from_bytes(head + seen.body, policy=email.policy.HTTP)
    words, files = {}, {}
    for part in message.iter_parts() if message.is_multipart() else ():  # type: ignore[attr-defined]
        name, data = str(part.get_param("name", header="content-disposition")), part.get_payload(decode=True)
        if part.get_filename():
            files[name] = (str(part.get_filename()), part.get_content_type(), data)
        else:
            words[name] = data.decode()
    return words, files


def _json(seen: Seen) -> dict[str, Any] | None:
    if seen.headers.get("Content-Type") != "application/json":
        return None
    found = json.loads(seen.body)
    return found if isinstance(found, dict) else None
