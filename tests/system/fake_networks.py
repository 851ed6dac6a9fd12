"""Servers that behave as the networks' documents and measured servers do, faults included; no code is shared.

Each runs in a thread of the test on 127.0.0.1. `fault("path", "how")` makes the next call whose path holds those words
go wrong: `429` in each dialect, `500` before or after the work was done, a cut connection before or after it, slowness,
a redirect. `requests` is all that came; `leaks` are credentials that came to where they do not belong.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import Message
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Seen:
    """One request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: Message
    body: bytes

    @property
    def bearer(self) -> str:
        return str(self.headers.get("Authorization", "")).removeprefix("Bearer ")

    def values(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Reply:
    status: int
    values: Any = None
    headers: dict[str, str] = field(default_factory=dict)


class FakeServer:
    """The part that all share: a port, what came, and the faults to come."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.leaks: list[str] = []
        self.on_request: Callable[[Seen], None] | None = None  # hears of each request before it is worked on
        self._faults: list[tuple[str, str, Any]] = []
        self._lock = threading.RLock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                fake._handled(self)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, *_: Any) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._http.shutdown()
        self._http.server_close()

    def fault(self, path: str, how: str, more: Any = None, times: int = 1) -> None:
        self._faults += [(path, how, more)] * times

    def answer(self, seen: Seen) -> Reply:
        raise AssertionError("each server has its own")

    def count(self, path: str, method: str = "") -> int:
        return sum(path in one.path and method in ("", one.method) for one in self.requests)

    def _handled(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        seen = Seen(str(handler.command), parts.path, query, handler.headers, body)
        with self._lock:
            self._noted(seen)
            how, more = self._fault_of(f"{seen.method} {seen.path}")
            if how == "cut-before":
                return self._cut(handler)
            reply = refused(how, more) or self.answer(seen)
        if how == "slow":
            time.sleep(float(more))
        if how == "cut-after":
            return self._cut(handler)
        if how == "500-after":
            reply = Reply(500, {"error": "InternalServerError", "message": more or "Internal Server Error"})
        self._send(handler, reply)
        return None

    def _noted(self, seen: Seen) -> None:
        self.requests.append(seen)
        if self.on_request:
            self.on_request(seen)

    def _fault_of(self, call: str) -> tuple[str, Any]:
        """The next one that was asked for such a call, which is then over."""
        with self._lock:
            fault = next((one for one in self._faults if one[0] in call), None)
            if fault is None:
                return "", None
            self._faults.remove(fault)
            return fault[1], fault[2]

    @staticmethod
    def _cut(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        data = b"" if reply.values is None else json.dumps(reply.values).encode()
        try:
            handler.send_response(reply.status)
            for name, value in reply.headers.items():
                handler.send_header(name, value)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", str(len(data)))
            handler.end_headers()
            handler.wfile.write(data)
        except OSError:
            pass  # the client has gone


def refused(how: str, more: Any) -> Reply | None:
    """The faults that keep the server from doing anything."""
    at = datetime.now(UTC) + timedelta(seconds=float(more or 0)) if how.startswith("429") else None
    said = {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    if how == "429-seconds":
        return Reply(429, said, {"Retry-After": str(more)})
    if how == "429-date" and at:
        return Reply(429, said, {"Retry-After": format_datetime(at, usegmt=True)})
    if how == "429-epoch" and at:
        return Reply(429, said, {"ratelimit-limit": "30", "ratelimit-reset": str(int(at.timestamp()))})
    if how == "429-iso" and at:
        return Reply(429, {"error": "Throttled"}, {"X-RateLimit-Reset": at.isoformat().replace("+00:00", "Z")})
    if how == "429":
        return Reply(429, said)
    if how == "500":
        return Reply(500, {"error": "InternalServerError", "message": more or "Internal Server Error"})
    if how == "answer":
        return Reply(*more)
    if how == "redirect":
        return Reply(302, None, {"Location": str(more)})
    return None


def blob_name(data: bytes) -> str:
    """The CID of a blob, by the multiformats' tables: version 1, raw, sha2-256, base32."""
    return "b" + base64.b32encode(b"\x01\x55\x12\x20" + hashlib.sha256(data).digest()).decode().rstrip("=").lower()


class FakePds(FakeServer):
    """A Bluesky PDS. It takes garbage that is called a film, as the real one does."""

    did = "did:plc:fake7walks"

    def __init__(self, handle: str = "walks.test", password: str = "abcd-efgh-ijkl-mnop") -> None:
        super().__init__()
        self.handle, self.password = handle, password
        self.server_did = "did:web:pds.test"
        self.blobs: dict[str, tuple[bytes, str]] = {}
        self.records: dict[str, dict[str, Any]] = {}
        self.access: set[str] = set()
        self.stale: set[str] = set()
        self.refresh: set[str] = set()
        self.used: set[str] = set()
        self.permits: dict[str, tuple[str, str]] = {}
        self.blob_limit = 0
        self._number = 0

    def expire(self) -> None:
        """All access tokens run out."""
        self.stale |= self.access
        self.access.clear()

    def answer(self, seen: Seen) -> Reply:
        method = seen.path.removeprefix("/xrpc/")
        work: Callable[[Seen], Reply] | None = getattr(self, "_" + method.replace(".", "_"), None)
        return work(seen) if work else Reply(501, {"error": "MethodNotImplemented"})

    def store(self, data: bytes, mime: str) -> dict[str, Any]:
        name = blob_name(data)
        self.blobs[name] = (data, mime)
        return {"$type": "blob", "ref": {"$link": name}, "mimeType": mime, "size": len(data)}

    def _tokens(self) -> dict[str, Any]:
        self._number += 1
        access, refresh = f"access-jwt-{self._number:04}", f"refresh-jwt-{self._number:04}"
        self.access.add(access)
        self.refresh.add(refresh)
        return {**self._account(), "accessJwt": access, "refreshJwt": refresh}

    def _account(self) -> dict[str, Any]:
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": self.url}
        document = {"id": self.did, "service": [service]}
        return {"did": self.did, "handle": self.handle, "didDoc": document, "active": True}

    def _signed(self, seen: Seen) -> Reply | None:
        if seen.bearer in self.access:
            return None
        if seen.bearer in self.stale:
            return Reply(400, {"error": "ExpiredToken", "message": f"Token has expired: {seen.bearer}"})
        if not seen.bearer:
            return Reply(401, {"error": "AuthMissing", "message": "Authentication Required"})
        return Reply(400, {"error": "InvalidToken", "message": "Malformed token"})

    def _com_atproto_server_createSession(self, seen: Seen) -> Reply:
        values = seen.values()
        if values != {"identifier": self.handle, "password": self.password}:
            return Reply(401, {"error": "AuthenticationRequired", "message": "Invalid identifier or password"})
        return Reply(200, self._tokens())

    def _com_atproto_server_refreshSession(self, seen: Seen) -> Reply:
        if seen.bearer in self.used:  # a rotated one used twice: everything is revoked
            self.refresh.clear()
            self.expire()
            return Reply(400, {"error": "ExpiredToken", "message": "Token has been revoked"})
        if seen.bearer not in self.refresh:
            return Reply(400, {"error": "ExpiredToken", "message": "Token has been revoked"})
        self.refresh.remove(seen.bearer)
        self.used.add(seen.bearer)
        return Reply(200, self._tokens())

    def _com_atproto_server_getSession(self, seen: Seen) -> Reply:
        return self._signed(seen) or Reply(200, self._account())

    def _com_atproto_server_describeServer(self, seen: Seen) -> Reply:
        return Reply(200, {"did": self.server_did, **({"blobUploadLimit": self.blob_limit} if self.blob_limit else {})})

    def _com_atproto_server_getServiceAuth(self, seen: Seen) -> Reply:
        if wrong := self._signed(seen):
            return wrong
        self._number += 1
        token = f"service-jwt-{self._number:04}"
        self.permits[token] = (seen.query["aud"], seen.query["lxm"])
        return Reply(200, {"token": token})

    def _com_atproto_repo_uploadBlob(self, seen: Seen) -> Reply:
        if wrong := self._signed(seen):
            return wrong
        if self.blob_limit and len(seen.body) > self.blob_limit:
            return Reply(413, {"error": "PayloadTooLarge", "message": "request entity too large"})
        return Reply(200, {"blob": self.store(seen.body, str(seen.headers["Content-Type"]))})

    def _com_atproto_repo_getRecord(self, seen: Seen) -> Reply:
        found = self.records.get(seen.query["rkey"])
        if found is None or seen.query["repo"] != self.did:
            return Reply(400, {"error": "RecordNotFound", "message": "Could not locate record"})
        return Reply(200, {"uri": f"at://{self.did}/app.bsky.feed.post/{seen.query['rkey']}", "value": found})

    def _com_atproto_repo_putRecord(self, seen: Seen) -> Reply:
        if wrong := self._signed(seen):
            return wrong
        values = seen.values()
        if set(values) - {"repo", "collection", "rkey", "record", "swapRecord", "validate"}:
            return Reply(400, {"error": "InvalidRequest", "message": "unknown field"})
        key, record = values["rkey"], values["record"]
        if not re.fullmatch(r"[234567a-j][234567a-z]{12}", key) or values["repo"] != self.did:
            return Reply(400, {"error": "InvalidRequest", "message": "bad key"})
        if said := self._record_fault(record):
            return Reply(400, {"error": "InvalidRequest", "message": said})
        if "swapRecord" in values and values["swapRecord"] is None and key in self.records:
            return Reply(400, {"error": "InvalidSwap", "message": "Record was at bafy"})
        self.records[key] = record
        return Reply(200, {"uri": f"at://{self.did}/app.bsky.feed.post/{key}", "cid": "bafyrecord"})

    def _record_fault(self, record: dict[str, Any]) -> str:
        embed = record.get("embed", {})
        if set(record) - {"$type", "text", "createdAt", "langs", "facets", "embed", "tags"}:
            return "Record has an unknown field"
        if set(embed) - {"$type", "video", "alt", "aspectRatio", "captions"}:
            return "Embed has an unknown field"
        if embed.get("$type") != "app.bsky.embed.video" or record.get("$type") != "app.bsky.feed.post":
            return "wrong $type"
        if len(record["text"]) > 300 or len(record["langs"]) > 3 or len(embed["alt"]) > 1000:
            return "Record/text must not be longer than 300 graphemes"
        if not all(isinstance(embed["aspectRatio"][side], int) for side in ("width", "height")):
            return "aspectRatio must be whole"
        length = len(record["text"].encode())
        if any(one["index"]["byteEnd"] > length for one in record.get("facets", ())):
            return "facet past the text"
        for blob, kind in [
            (embed["video"], "video/mp4"),
            *((one["file"], "text/vtt") for one in embed.get("captions", ())),
        ]:
            stored = self.blobs.get(blob["ref"]["$link"])
            if stored is None:
                return "Could not find blob"
            if (stored[1], len(stored[0])) != (kind, blob["size"]):
                return "Blob is not what is said of it"
        return ""


class FakeVideo(FakeServer):
    """The video service. It makes another film of ours and stores that in the PDS."""

    def __init__(self, pds: FakePds, polls: int = 2) -> None:
        super().__init__()
        self.pds, self.polls = pds, polls
        self.jobs: dict[str, dict[str, Any]] = {}
        self.can_upload = True
        self.failure = ""

    def answer(self, seen: Seen) -> Reply:
        if seen.bearer.startswith(("access", "refresh")):
            self.leaks.append(seen.path)
        method = seen.path.rpartition(".")[2]
        if method == "getJobStatus":
            return self._status(seen)
        wanted = {"getUploadLimits": "app.bsky.video.getUploadLimits", "uploadVideo": "com.atproto.repo.uploadBlob"}
        own = f"did:web:{self.url.removeprefix('http://').replace(':', '%3A')}"
        audience = own if method == "getUploadLimits" else self.pds.server_did
        if self.pds.permits.get(seen.bearer) != (audience, wanted.get(method)):
            return Reply(401, {"error": "BadJwtAudience", "message": "bad token"})
        if method == "getUploadLimits":
            return Reply(200, {"canUpload": self.can_upload, "message": "" if self.can_upload else "daily limit"})
        if seen.headers["Content-Type"] != "video/mp4" or seen.query.get("did") != self.pds.did:
            return Reply(400, {"error": "UnsupportedContentType"})
        job = hashlib.sha256(seen.body).hexdigest()[:16]
        if job in self.jobs:
            return Reply(409, {"error": "already_exists", "jobId": job, "state": "JOB_STATE_ENCODING"})
        self.jobs[job] = {"asked": 0, "body": seen.body}
        return Reply(200, {"jobId": job, "did": self.pds.did, "state": "JOB_STATE_CREATED"})

    def _status(self, seen: Seen) -> Reply:
        job = self.jobs.get(seen.query["jobId"])
        if job is None:
            return Reply(400, {"error": "InvalidRequest", "message": "Job not found"})
        job["asked"] += 1
        told = {"jobId": seen.query["jobId"], "state": "JOB_STATE_ENCODING", "progress": 10}
        if job["asked"] > self.polls:
            if self.failure:
                told |= {"state": "JOB_STATE_FAILED", "failureCode": self.failure, "error": "no good"}
            else:
                told |= {"state": "JOB_STATE_COMPLETED", "blob": self.pds.store(b"encoded" + job["body"], "video/mp4")}
        return Reply(200, {"jobStatus": told})


_TRAITS = {  # kind: (version, idempotency keys honoured, a film goes into one post only, films are shown by name)
    "mastodon": ("4.3.2", True, True, True),
    "gotosocial": ("0.17.0+git-abc", False, True, True),
    "hollo": ("4.2.0 (compatible; Hollo/0.10.0)", True, True, True),
    "snac": ("4.0.0 (not true; snac/2.75)", False, False, False),
}


class FakeMastodon(FakeServer):
    """A server of the Mastodon family, of one `kind`. `polls`: how often a film is still being made ready."""

    def __init__(self, kind: str = "mastodon", polls: int = 1, token: str = "masto-token-123456") -> None:
        super().__init__()
        self.kind, self.polls, self.token = kind, polls, token
        self.version, self.honours, self.single_use, self.shows = _TRAITS[kind]
        self.media: dict[str, dict[str, Any]] = {}
        self.posts: list[dict[str, Any]] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.held: dict[str, dict[str, Any]] = {}  # posts that wait for their time
        self.most_text, self.drops_film, self.visibility = 500, False, "public"
        self.film_fails = False
        self.hides = 0  # so often the newest posts are not shown yet
        self.rewrites = False  # words are shown otherwise than they were sent

    def answer(self, seen: Seen) -> Reply:
        path = seen.path
        if path == "/api/v2/instance":
            return Reply(200, self._instance())
        if seen.bearer != self.token:
            return Reply(401, {"error": f"The access token {seen.bearer} is invalid"})
        if path == "/api/v1/accounts/verify_credentials":
            return Reply(200, {"id": "42", "acct": "walks", "username": "walks"})
        if path == "/api/v2/media" and seen.method == "POST":
            return self._take(seen)
        if path.startswith("/api/v1/media/"):
            return self._film(path.rpartition("/")[2])
        if path.startswith("/api/v1/scheduled_statuses"):
            return self._waiting(seen, path.removeprefix("/api/v1/scheduled_statuses").strip("/"))
        if path == "/api/v1/statuses" and seen.method == "POST":
            return self._post(seen)
        if path == "/api/v1/accounts/42/statuses" and self.hides > 0:
            self.hides -= 1
            return Reply(200, [])
        if path == "/api/v1/accounts/42/statuses":
            return Reply(200, list(reversed(self.posts))[: int(seen.query.get("limit", 20))])
        if path.startswith("/api/v1/statuses/"):
            found = [one for one in self.posts if one["id"] == path.rpartition("/")[2]]
            return Reply(200, found[0]) if found else Reply(404, {"error": "Record not found"})
        return Reply(404, {"error": "Not found"})

    def _instance(self) -> dict[str, Any]:
        media = {"description_limit": 1500, "video_size_limit": 103809024, "supported_mime_types": ["video/mp4"]}
        statuses = {"max_characters": self.most_text, "characters_reserved_per_url": 23}
        source = "https://codeberg.org/superseriousbusiness/gotosocial" if self.kind == "gotosocial" else ""
        return {
            "version": self.version,
            "source_url": source,
            "configuration": {"statuses": statuses, "media_attachments": media},
        }

    def _take(self, seen: Seen) -> Reply:
        if not str(seen.headers["Content-Type"]).startswith("multipart/form-data"):
            return Reply(422, {"error": "Validation failed: File can't be blank"})
        described = re.search(rb'name="description"\r\n\r\n(.*?)\r\n--', seen.body, re.DOTALL)
        number = str(1000 + len(self.media))
        self.media[number] = {"asked": 0, "alt": described[1].decode() if described else "", "used": False}
        if self.kind in ("mastodon",) and self.polls:
            return Reply(202, {"id": number, "type": "video", "url": None})
        self.media[number]["asked"] = self.polls + 1
        return Reply(200, {"id": number, "type": "video", "url": f"{self.url}/{number}.mp4"})

    def _film(self, number: str) -> Reply:
        film = self.media.get(number)
        if film is None or film["used"] or not self.shows:
            return Reply(404, {"error": "Record not found"})
        film["asked"] += 1
        if film["asked"] <= self.polls:
            return Reply(206, {"id": number, "url": None})
        if self.film_fails:
            return Reply(422, {"error": "Error processing thumbnail for uploaded media"})
        return Reply(200, {"id": number, "type": "video", "url": f"{self.url}/{number}.mp4"})

    def _post(self, seen: Seen) -> Reply:
        if seen.headers["Content-Type"] != "application/json":
            return Reply(422, {"error": "expected JSON"})
        values, key = seen.values(), str(seen.headers.get("Idempotency-Key", ""))
        if set(values) - {"status", "media_ids", "visibility", "language", "sensitive", "spoiler_text", "scheduled_at"}:
            return Reply(422, {"error": "unknown field"})
        if self.honours and key and key in self.keys:
            return Reply(200, self.keys[key])
        if len(values["status"]) > self.most_text + 200:
            return Reply(422, {"error": "Validation failed: Text character limit of 500 exceeded"})
        hanging = []
        for number in values["media_ids"]:
            film = self.media.get(number)
            if film is None and self.kind != "snac":
                return Reply(422, {"error": "Validation failed: Media not found"})
            if film is None:
                continue
            if film["used"] and self.single_use:
                return Reply(422, {"error": "Validation failed: Media has been attached already"})
            if film["asked"] <= self.polls and self.shows:
                return Reply(422, {"error": "Cannot attach files that have not finished processing. Try again!"})
            film["used"] = True
            kind = "image" if self.kind == "snac" else "video"
            name = f"att-{number}" if self.kind == "snac" else number
            hanging.append({"id": name, "type": kind, "url": f"{self.url}/{number}.mp4", "description": film["alt"]})
        at = values.get("scheduled_at")
        if at and self.kind in ("mastodon", "gotosocial", "snac"):
            soon = datetime.fromisoformat(at) < datetime.now(UTC) + timedelta(minutes=5)
            if soon and self.kind != "snac":
                return Reply(422, {"error": "Validation failed: Scheduled at must be in the future"})
            number = str(700 + len(self.held))
            params = {"text": values["status"], "media_ids": values["media_ids"]}
            self.held[number] = {"id": number, "scheduled_at": at, "params": params, "media_attachments": hanging}
            self.keys[key] = self.held[number]
            return Reply(200, {**self.held[number], "scheduled_at": None if self.kind == "snac" else at})
        return Reply(200, self._public(values, hanging, key))

    def show_held(self) -> None:
        """The time of all that waits has come."""
        for one in list(self.held.values()):
            self._public({"status": one["params"]["text"], "language": "en"}, one["media_attachments"], "")
        self.held.clear()

    def _waiting(self, seen: Seen, number: str) -> Reply:
        if not number:
            return Reply(200, list(self.held.values()))
        if number not in self.held:
            return Reply(404, {"error": "Record not found"})
        if seen.method == "DELETE":
            for one in self.held.pop(number)["params"]["media_ids"]:
                self.media[one]["used"] = False
            return Reply(200, {})
        return Reply(200, self.held[number])

    def _public(self, values: dict[str, Any], hanging: list[dict[str, Any]], key: str) -> dict[str, Any]:
        post = {
            "id": str(5000 + len(self.posts)), "url": f"https://walks.example/@walks/{5000 + len(self.posts)}",
            "content": "<p>" + html.escape(values["status"]).replace("\n\n", "</p><p>") + "</p>",
            "created_at": datetime.now(UTC).isoformat().replace("+00:00", "Z"), "visibility": self.visibility,
            "language": values["language"], "media_attachments": [] if self.drops_film else hanging,
        }  # fmt: skip
        if self.rewrites:
            post["content"] = "<p>…</p>"
        self.posts.append(post)
        self.keys[key] = post
        return post
