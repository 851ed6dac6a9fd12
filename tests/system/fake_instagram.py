"""Instagram as its documents describe it: the Graph with its containers, the store for bytes, and a council's website.

Each is a server of its own, so that what comes to the wrong one is seen. Rules are those of the pages "content
publishing", "resumable uploads", "IG User media" and "error codes" of the Instagram Platform (v26.0); what they do not
know is an error here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, ClassVar

from system.fake_networks import FakeServer, Reply, Seen

VERSION = "v26.0"
USER = "17841400000000001"
DAY = timedelta(hours=24)


def graph_error(code: int, subcode: int = 0, message: str = "Invalid parameter", status: int = 400) -> Reply:
    error = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "Atrace"}
    return Reply(status, {"error": error | ({"error_subcode": subcode} if subcode else {})})


class FakeWeb(FakeServer):
    """A council's web server that shows `folder`. `mood`: how it is set up."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder, self.mood = folder, "open"

    @property
    def files(self) -> str:
        return f"{self.url}/promo-clips/"

    def answer(self, seen: Seen) -> Reply:
        if seen.headers.get("Authorization"):
            self.leaks.append(seen.path)
        if self.mood == "sign-in":
            return Reply(302, None, {"Location": "https://login.example.org/?return=clip"})
        if self.mood == "page":
            return Reply(200, b"<html>Sign in</html>", {"Content-Type": "text/html; charset=utf-8"})
        if self.mood in ("401", "404", "403"):
            return Reply(int(self.mood), b"")
        data = self.shown(f"{self.url}{seen.path}")
        if data is None:
            return Reply(404, b"")
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", seen.headers.get("Range", ""))
        if not wanted or self.mood == "whole":
            return Reply(200, data)
        start, end = int(wanted[1]), min(int(wanted[2]), len(data) - 1)
        return Reply(206, data[start : end + 1], {"Content-Range": f"bytes {start}-{end}/{len(data)}"})

    def shown(self, url: str) -> bytes | None:
        """What anybody gets who asks for `url`."""
        path = self.folder / url.removeprefix(self.files)
        if not url.startswith(self.files) or self.mood not in ("open", "whole", "other", "short") or not path.is_file():
            return None
        data = path.read_bytes()
        if self.mood == "other":
            return data[:-1] + bytes([data[-1] ^ 1])
        return data[:-7] if self.mood == "short" else data

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        handler.send_response(reply.status)
        for name, value in {"Content-Type": "video/mp4", **reply.headers}.items():
            handler.send_header(name, value)
        body = reply.values or b""
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


@dataclass
class Container:
    values: dict[str, Any]
    made: datetime
    data: bytearray = field(default_factory=bytearray)
    whole: bool = False
    asked: int = 0
    media: str = ""
    state: str = ""  # where a test has put it
    reason: str = ""

    def failing(self, reason: str) -> None:
        self.state, self.reason = ("ERROR", reason) if reason else (self.state, "")


class FakeGraph(FakeServer):
    """What Instagram and Threads share: an account, its containers, and posts made of them."""

    version, user, name = VERSION, USER, "walks"
    knows_me = False  # whether `me` is the account
    edges: ClassVar[dict[str, str]]  # make, publish, quota, lists
    takes: ClassVar[dict[str, tuple[type, ...]]]  # the fields of a container
    state_fields: ClassVar[set[str]]

    def __init__(self, *, polls: int = 1, token: str = "page-token-abcdef", web: FakeWeb | None = None) -> None:
        super().__init__()
        self.polls, self.token, self.web = polls, token, web
        self.stale = ""  # a token that has run out
        self.containers: dict[str, Container] = {}
        self.posts: list[dict[str, Any]] = []
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.failure, self.fails_once = "", False  # the reason for which films fail that come
        self.used = 0  # of the quota, by other programs
        self.quota = 100
        self.hides = 0  # so often the newest posts are not shown yet
        self.changes: dict[str, Any] = {}  # what is otherwise in posts than was asked for
        self._numbers = 0

    def answer(self, seen: Seen) -> Reply:
        if not seen.path.startswith(f"/{self.version}/"):
            return graph_error(2635, message="You are calling a deprecated version")
        if self.stale and seen.bearer == self.stale:
            return graph_error(190, 463, f"Error validating access token: {seen.bearer} has expired", 401)
        if str(seen.headers.get("Authorization", "")) != f"Bearer {self.token}":
            return graph_error(190, 0, "Invalid OAuth access token - Cannot parse access token", 401)
        if "access_token" in seen.query:
            self.leaks.append("a token in an address")
        node, _, edge = seen.path.removeprefix(f"/{self.version}/").partition("/")
        node = self.user if self.knows_me and node == "me" else node
        if node == self.user and edge:
            return self.of_user(seen, edge)
        if edge:
            return graph_error(2500, message="Unknown path components")
        return self.of_node(seen, node)

    def of_user(self, seen: Seen, edge: str) -> Reply:
        if seen.method == "POST" and edge == self.edges["make"]:
            return self._make(seen)
        if seen.method == "POST" and edge == self.edges["publish"]:
            return self._publish(seen)
        if seen.method != "GET":
            return graph_error(100, 33, "Unsupported post request")
        if edge == self.edges["quota"]:
            if seen.query != {"fields": "quota_usage,config"}:
                return graph_error(100, message="wrong fields")
            config = {"quota_total": self.quota, "quota_duration": 86400}
            return Reply(200, {"data": [{"quota_usage": self.used + len(self.posts), "config": config}]})
        return self._newest(seen, edge)

    def of_node(self, seen: Seen, node: str) -> Reply:
        fields = set(seen.query.get("fields", "").split(","))
        if seen.method != "GET" or set(seen.query) != {"fields"}:
            return graph_error(100, message="fields, and nothing else")
        if node == self.user:
            return Reply(200, {"id": self.user, "username": self.name})
        if node in self.containers:
            if fields - self.state_fields:
                return graph_error(100, message=f"Tried accessing nonexisting field ({fields - self.state_fields})")
            return self._state(node, fields)
        found = next((one for one in self.posts if one["id"] == node), None)
        if found is None:
            return self.missing()
        if fields - set(found):
            return graph_error(100, message=f"Tried accessing nonexisting field ({fields - set(found)})")
        return Reply(200, {name: found[name] for name in fields | {"id"} if found[name] is not None})

    def missing(self) -> Reply:
        return graph_error(100, 33, "Unsupported get request. Object with ID does not exist")

    def checked(self, values: dict[str, Any]) -> Reply | None:
        """What is wrong with a new container."""
        raise AssertionError("each network has its own")

    def of_state(self, one: Container, code: str, fields: set[str]) -> dict[str, Any]:
        raise AssertionError("each network has its own")

    def posted(self, one: Container, number: str) -> dict[str, Any]:
        raise AssertionError("each network has its own")

    def code_of(self, one: Container) -> str:
        if self.clock() - one.made >= DAY:
            return "EXPIRED"  # perhaps also of one that was published: no page says
        if one.media:
            return "PUBLISHED"
        if one.state:
            return one.state
        return "FINISHED" if one.whole and one.asked > self.polls else "IN_PROGRESS"

    def fetched(self, url: str) -> bytes | None:
        return self.web.shown(url) if self.web else None

    def _number(self) -> str:
        self._numbers += 1
        return str(17890000000000000 + self._numbers)

    def _make(self, seen: Seen) -> Reply:
        if seen.headers["Content-Type"] != "application/json":
            return graph_error(100, message="expected JSON")
        values = seen.values()
        if unknown := set(values) - set(self.takes):
            return graph_error(100, message=f"Unexpected field {unknown}")
        if wrong := [name for name, value in values.items() if not isinstance(value, self.takes[name])]:
            return graph_error(100, message=f"(#100) Param {wrong} is of another type")
        if sum(self.clock() - one.made < DAY for one in self.containers.values()) >= 400:
            return graph_error(9, 2207042, "Too many containers")
        if wrong_reply := self.checked(values):
            return wrong_reply
        number, one = self._number(), Container(values, self.clock())
        self.containers[number] = one
        if "video_url" in values:
            one.data, one.whole = bytearray(self.fetched(values["video_url"]) or b""), True
            one.failing(self.failure)
            self.failure = "" if self.fails_once else self.failure
            return Reply(200, {"id": number})
        return Reply(200, {"id": number, "uri": self.place(number)})

    def place(self, number: str) -> str:
        raise AssertionError("only Instagram takes bytes")

    def _state(self, node: str, fields: set[str]) -> Reply:
        one = self.containers[node]
        if self.clock() - one.made >= DAY + DAY:
            return self.missing()
        one.asked += one.whole
        return Reply(200, {"id": node, **self.of_state(one, self.code_of(one), fields)})

    def _publish(self, seen: Seen) -> Reply:
        values = seen.values()
        if set(values) != {"creation_id"}:
            return graph_error(100, message="creation_id, and nothing else")
        one = self.containers.get(str(values["creation_id"]))
        if one is None:
            return graph_error(24, 2207008, "The media builder with creation id does not exist or has been expired")
        if self.used + len(self.posts) >= self.quota:
            return graph_error(9, 2207042, "User has reached the maximum number of posts")
        if self.code_of(one) != "FINISHED":
            return graph_error(9007, 2207027, "Media ID is not available")
        one.media = self._number()
        self.posts.append({**self.posted(one, one.media), "timestamp": self._moment(), **self.changes})
        return Reply(200, {"id": one.media})

    def _moment(self) -> str:
        return self.clock().strftime("%Y-%m-%dT%H:%M:%S+0000")

    def shows(self, post: dict[str, Any], edge: str) -> bool:
        return True

    def _newest(self, seen: Seen, edge: str) -> Reply:
        if edge not in self.edges["lists"].split():
            return graph_error(2500, message="Unknown path components")
        fields = set(seen.query.get("fields", "").split(","))
        if set(seen.query) - {"fields", "limit", "after"}:
            return graph_error(100, message="unknown parameter")
        if fields - {"id", "timestamp", "permalink", "caption", "text"}:
            return graph_error(100, message="Tried accessing nonexisting field")
        rows = [] if self.hides > 0 else [one for one in reversed(self.posts) if self.shows(one, edge)]
        self.hides -= 1
        start, most = int(seen.query.get("after", "0")), int(seen.query["limit"])
        shown = [{name: one[name] for name in fields | {"id"}} for one in rows[start : start + most]]
        return Reply(200, {"data": shown, "paging": {"cursors": {"after": str(start + most)}}})


class FakeStore(FakeServer):
    """rupload.facebook.com. `keeps`: so many bytes of the next body arrive."""

    def __init__(self, graph: FakeInstagram) -> None:
        super().__init__()
        self.graph = graph
        self.keeps: int | None = None
        self.refuses: dict[str, Any] = {}
        self.taken = 0  # bytes that came, all in all

    def answer(self, seen: Seen) -> Reply:
        given = str(seen.headers.get("Authorization", ""))
        if not given.startswith("OAuth "):
            self.leaks.append(f"{given.partition(' ')[0]} at the store")
        if given != f"OAuth {self.graph.token}":
            return self._no("NotAuthorizedError", "User not authorized to perform this request")
        if self.refuses:
            return Reply(400, {"debug_info": self.refuses})
        one = self.graph.containers.get(seen.path.removeprefix(f"/ig-api-upload/{VERSION}/"))
        if one is None or one.values.get("upload_type") != "resumable":
            return self._no("InvalidRequest", "Invalid container id")
        offset, size = seen.headers.get("offset"), seen.headers.get("file_size")
        if offset != str(len(one.data)):
            return self._no("OffsetInvalidError", f"offset {offset}, but there are {len(one.data)} bytes")
        if size != str(len(one.data) + len(seen.body)) or not seen.body:
            return self._no("PartialRequestError", f"file_size {size} is not what came")
        kept, self.keeps = seen.body[: self.keeps], None
        self.taken += len(kept)
        one.data += kept
        one.whole = len(kept) == len(seen.body)
        if one.whole:
            one.failing(self.graph.failure)
            self.graph.failure = "" if self.graph.fails_once else self.graph.failure
        if not one.whole:
            return self._no("PartialRequestError", "the rest is missing", retriable=True)
        return Reply(200, {"success": True, "message": "Upload successful."})

    def _no(self, kind: str, message: str, retriable: bool = False) -> Reply:
        return Reply(400, {"debug_info": {"retriable": retriable, "type": kind, "message": message}})


class FakeInstagram(FakeGraph):
    """The Graph of a professional account whose films last `film_ms`."""

    edges: ClassVar[dict[str, str]] = {
        "make": "media", "publish": "media_publish", "quota": "content_publishing_limit", "lists": "media stories",
    }  # fmt: skip
    takes: ClassVar[dict[str, tuple[type, ...]]] = {
        "media_type": (str,), "caption": (str,), "share_to_feed": (bool,), "thumb_offset": (str, int),
        "cover_url": (str,), "upload_type": (str,), "video_url": (str,), "is_ai_generated": (bool,),
    }  # fmt: skip
    state_fields: ClassVar[set[str]] = {"id", "status_code", "status", "video_status"}

    def __init__(self, *, film_ms: int = 2000, **more: Any) -> None:
        super().__init__(**more)
        self.film_ms = film_ms
        self.store = FakeStore(self)
        self.elsewhere = ""  # a place that it names instead of its store
        self.takes_bytes = True

    def stop(self) -> None:
        super().stop()
        self.store.stop()

    def place(self, number: str) -> str:
        return f"{self.elsewhere or self.store.url}/ig-api-upload/{VERSION}/{number}?sig=upload-permission-123"

    def checked(self, values: dict[str, Any]) -> Reply | None:
        story, words = values.get("media_type") == "STORIES", values.get("caption", "")
        if values.get("media_type") not in ("REELS", "STORIES"):
            return graph_error(100, 2207023, "The media type is unknown")
        if story and set(values) & {"caption", "share_to_feed", "thumb_offset", "cover_url"}:
            return graph_error(100, message="not for stories")
        if ("upload_type" in values) == ("video_url" in values):
            return graph_error(100, message="either upload_type or video_url")
        if values.get("upload_type", "resumable") != "resumable" or (not self.takes_bytes and "upload_type" in values):
            return graph_error(100, message="(#100) The parameter upload_type is not supported")
        if len(words.encode("utf-16-le")) // 2 > 2200:
            return graph_error(36004, 2207010, "The caption was too long")
        if len(re.findall(r"@\w", words)) > 20 or words.count("#") > 30:
            return graph_error(100, 2207040, "Cannot use more than 20 tags")
        if int(values.get("thumb_offset", 0)) >= self.film_ms:
            return graph_error(1, 2207057, "Thumbnail offset must be greater than or equal to 0 and less than duration")
        if "cover_url" in values and not (self.fetched(values["cover_url"]) or b"").startswith(b"\xff\xd8"):
            return graph_error(36001, 2207005, "The image format is not supported")
        if "video_url" in values and b"ftyp" not in (self.fetched(values["video_url"]) or b"")[:12]:
            return graph_error(9004, 2207052, "Only photo or video can be accepted as media type.")
        return None

    def of_state(self, one: Container, code: str, fields: set[str]) -> dict[str, Any]:
        reason = {"ERROR": f"Error: {one.reason}", "FINISHED": "Finished: Media has been uploaded"}
        told: dict[str, Any] = {"status_code": code, "status": reason.get(code, code.title())}
        phase: dict[str, Any] = {"status": "in_progress", "bytes_transferred": len(one.data)}
        if not one.data or one.whole:
            phase = {"status": "complete" if one.whole else "not_started"}
        told["video_status"] = {"uploading_phase": phase, "processing_phase": {"status": "not_started"}}
        return {name: told[name] for name in fields - {"id"}}

    def posted(self, one: Container, number: str) -> dict[str, Any]:
        story = one.values["media_type"] == "STORIES"
        path = f"stories/{self.name}" if story else "reel"
        return {
            "id": number, "caption": one.values.get("caption") or None, "media_type": "VIDEO",
            "media_product_type": "STORY" if story else "REELS",
            "permalink": f"https://www.instagram.com/{path}/{number}/",
        }  # fmt: skip

    def shows(self, post: dict[str, Any], edge: str) -> bool:
        return (post["media_product_type"] == "STORY") == (edge == "stories")


def film_of(graph: FakeGraph) -> bytes:
    """The film of the only post."""
    (number,) = [one for one in graph.containers if graph.containers[one].media]
    return bytes(graph.containers[number].data)
