"""LinkedIn as its documents describe it (`publishing.md` 9): the interface, and a store for parts that wants no token.

    learn.microsoft.com/linkedin/marketing/community-management/shares/{videos-api,posts-api,little-text-format}

Anything unknown is an error of LinkedIn's own: a field, a header, a part of the wrong length. Text that is not escaped
is cut off at that sign without a word, as the real one does. `faults` are those of `FakeServer`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, quote, unquote

from system.fake_networks import FakeServer, Reply, Seen

OWNER = "urn:li:organization:2414183"
SAME = timedelta(minutes=10)
_POST = {
    "author", "commentary", "visibility", "distribution", "content", "lifecycleState", "isReshareDisabledByAuthor",
}  # fmt: skip
_PIECE = re.compile(r"\\[|{}@\[\]()<>#\\*_~]|\{hashtag\|\\#\|((?:\\_|\w)+)\}|#\w+|[^|{}@\[\]()<>#\\*_~]+")


def error(status: int, code: str, message: str = "") -> Reply:
    return Reply(status, {"status": status, "serviceErrorCode": 100, "code": code, "message": message or code})


class Store(FakeServer):
    """Where parts, subtitles and covers go. `got`: by address; `size`: all bytes that came."""

    def __init__(self) -> None:
        super().__init__()
        self.expects: dict[str, tuple[str, int]] = {}  # path → its permission, and the length (-1: any)
        self.got: dict[str, bytes] = {}
        self.types: dict[str, str] = {}
        self.size = 0
        self.ended = False
        self.captions_as = "any"  # file | form | any | none
        self.tagless = False

    def address(self, name: str, length: int) -> str:
        # A permission with signs that are easily spoilt by encoding it once more, or once less.
        path, word = f"/dms-uploads/{name}", f"AQ{hashlib.sha256(name.encode()).hexdigest()[:20]}%2B~c="
        self.expects[path] = (word, length)
        return f"{self.url}{path}?m={quote(word, safe='')}&app=1"

    def answer(self, seen: Seen) -> Reply:
        self.size += len(seen.body)
        if seen.headers.get("Authorization"):
            self.leaks.append(seen.path)
        word, length = self.expects.get(seen.path, ("", 0))
        if seen.method != "PUT" or not word or seen.query != {"m": word, "app": "1"}:
            return error(403, "ACCESS_DENIED", f"Not a valid address: {seen.path}?m={word}")
        if self.ended:
            return error(400, "EXPIRED_UPLOAD_URL")
        kind = str(seen.headers.get("Content-Type", ""))
        if seen.path.endswith("captions") and (wrong := self._captions(kind, seen.body)):
            return wrong
        if seen.path.endswith("thumbnail") and not seen.body.startswith(b"\xff\xd8\xff"):
            return error(400, "INVALID_THUMBNAIL")
        if length >= 0 and (kind, len(seen.body)) != ("application/octet-stream", length):
            return error(400, "INVALID_PART", f"{kind} {len(seen.body)}")
        self.got[seen.path] = seen.body
        self.types[seen.path] = kind
        return Reply(200, None, {} if self.tagless else {"ETag": f'"{self.tag(seen.path)}"'})

    def tag(self, path: str) -> str:
        return f"/ambry-video/signedId/{hashlib.sha256(self.got[path]).hexdigest()[:30]}"

    def _captions(self, kind: str, body: bytes) -> Reply | None:
        how = "form" if kind.startswith("multipart/form-data; boundary=") else "file"
        if self.captions_as not in ("any", how):
            return error(415, "UNSUPPORTED_MEDIA_TYPE", "captions are not taken like this")
        if how == "form":
            edge = kind.partition("boundary=")[2].encode()
            names = re.findall(rb"--" + edge + rb'\r\nContent-Disposition: form-data; name="(\w+)"', body)
            if names != [b"metadata", b"file"] or not body.endswith(b"\r\n--" + edge + b"--\r\n"):
                return error(400, "INVALID_FORM")
        return None


class FakeLinkedIn(FakeServer):
    """`part`: bytes of a part; `polls`: how often a film is still worked on; `may_read`: the token may read posts."""

    def __init__(self, *, part: int = 4_194_304, polls: int = 1, may_read: bool = True) -> None:
        super().__init__()
        self.store = Store()
        self.part, self.polls, self.may_read = part, polls, may_read
        self.tokens, self.refresh = {"li-access-000001"}, {"li-refresh-000001"}
        self.videos: dict[str, dict[str, Any]] = {}
        self.posts: list[dict[str, Any]] = []
        self.versions = {"202609"}
        self.failure = ""
        self.hides = 0  # so often posts are not shown yet
        self.lives = timedelta(hours=1)  # of addresses for uploads
        self.state = "PUBLISHED"
        self.later: list[tuple[str, str]] = []  # faults from when an upload has begun
        self.names_duplicates = True
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def stop(self) -> None:
        super().stop()
        self.store.stop()

    def expire(self) -> None:
        self.tokens.clear()

    def answer(self, seen: Seen) -> Reply:
        if seen.path == "/oauth/v2/accessToken":
            return self._renewed(seen)
        if seen.bearer not in self.tokens:
            return error(401, "EXPIRED_ACCESS_TOKEN", f"The token used in the request has expired: {seen.bearer}")
        version = seen.headers.get("Linkedin-Version")
        if version is None:
            return error(400, "VERSION_MISSING", "A version must be present")
        if version not in self.versions:
            return error(426, "NONEXISTENT_VERSION", f"Requested version {version} is not active")
        if seen.headers.get("X-Restli-Protocol-Version") != "2.0.0":
            return error(400, "ILLEGAL_ARGUMENT", "Invalid protocol version")
        if seen.headers.get("Content-Type") != "application/json":
            return error(415, "UNSUPPORTED_MEDIA_TYPE")
        if seen.path == "/rest/videos" and seen.method == "POST":
            work = {"initializeUpload": self._initialize, "finalizeUpload": self._finalize}
            action = seen.query.get("action", "")
            return work[action](seen.values()) if action in work else error(400, "ILLEGAL_ARGUMENT")
        if seen.path.startswith("/rest/videos/") and seen.method == "GET":
            return self._video(seen.path.removeprefix("/rest/videos/"))
        if seen.path == "/rest/posts":
            return self._create(seen.values()) if seen.method == "POST" else self._newest(seen.query)
        if seen.path.startswith("/rest/posts/") and seen.method == "GET":
            return self._read(seen.path.removeprefix("/rest/posts/"))
        return error(404, "RESOURCE_NOT_FOUND")

    def _renewed(self, seen: Seen) -> Reply:
        form = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        if form.get("grant_type") != "refresh_token" or form.get("refresh_token") not in self.refresh:
            return Reply(400, {"error": "invalid_request", "error_description": "The provided token is invalid"})
        token = f"li-access-{len(self.requests):06}"
        self.tokens = {token}
        return Reply(200, {"access_token": token, "expires_in": 5_184_000, "refresh_token": form["refresh_token"]})

    def _initialize(self, values: dict[str, Any]) -> Reply:
        wanted = values.get("initializeUploadRequest", {})
        if set(values) != {"initializeUploadRequest"} or set(wanted) != {
            "owner", "fileSizeBytes", "uploadCaptions", "uploadThumbnail",
        }:  # fmt: skip
            return error(400, "ILLEGAL_ARGUMENT", "unknown field")
        if wanted["owner"] != OWNER:
            return error(403, "ACCESS_DENIED", "Accessing this video resource is forbidden")
        number, size = f"C5F10AQ{len(self.videos)}", wanted["fileSizeBytes"]
        urn = f"urn:li:video:{number}"
        rows = [
            {"firstByte": first, "lastByte": min(first + self.part, size) - 1}
            for first in range(0, size, self.part)
        ]  # fmt: skip
        for index, row in enumerate(rows):
            row["uploadUrl"] = self.store.address(f"{number}/{index}", row["lastByte"] - row["firstByte"] + 1)
        value = {
            "video": urn, "uploadToken": "" if size < 2 * self.part else f"upload-word-{number}",
            "uploadUrlsExpireAt": int((self.clock() + self.lives).timestamp() * 1000), "uploadInstructions": rows,
        }  # fmt: skip
        for name in ("captions", "thumbnail"):
            if wanted[f"upload{name.title()}"]:
                value[f"{name}UploadUrl"] = self.store.address(f"{number}/{name}", -1)
        self.videos[urn] = {"value": value, "status": "WAITING_UPLOAD", "asked": 0, "paths": [
            f"/dms-uploads/{number}/{index}" for index in range(len(rows))
        ]}  # fmt: skip
        for path, how in self.later:
            self.fault(path, how)
        self.later.clear()
        return Reply(200, {"value": value})

    def _finalize(self, values: dict[str, Any]) -> Reply:
        wanted = values.get("finalizeUploadRequest", {})
        if set(wanted) != {"video", "uploadToken", "uploadedPartIds"} or wanted["video"] not in self.videos:
            return error(400, "ILLEGAL_ARGUMENT", "unknown field or video")
        video = self.videos[wanted["video"]]
        if video["status"] != "WAITING_UPLOAD":
            return error(400, "ILLEGAL_ARGUMENT", "The upload is finalized already")
        if wanted["uploadToken"] != video["value"]["uploadToken"]:
            return error(400, "ILLEGAL_ARGUMENT", "wrong uploadToken")
        missing = [path for path in video["paths"] if path not in self.store.got]
        if missing or wanted["uploadedPartIds"] != [self.store.tag(path) for path in video["paths"]]:
            return error(400, "ILLEGAL_ARGUMENT", "the parts are not those that were uploaded")
        home = video["paths"][0].rpartition("/")[0]
        for name in ("captions", "thumbnail"):
            if f"{name}UploadUrl" in video["value"] and f"{home}/{name}" not in self.store.got:
                return error(400, "ILLEGAL_ARGUMENT", f"the {name} are missing")
        video["status"] = "PROCESSING"
        return Reply(200, None)

    def _video(self, name: str) -> Reply:
        video = self.videos.get(unquote(name))
        if ":" in name or video is None:
            return error(400 if ":" in name else 404, "RESOURCE_NOT_FOUND", "Could not find entity")
        told: dict[str, Any] = {"id": unquote(name), "owner": OWNER}
        if video["status"] == "PROCESSING":
            video["asked"] += 1
            if video["asked"] > self.polls:
                video["status"] = "PROCESSING_FAILED" if self.failure else "AVAILABLE"
        if video["status"] == "PROCESSING_FAILED":
            told["processingFailureReason"] = self.failure
        return Reply(200, {**told, "status": video["status"]})

    def film(self, urn: str) -> bytes:
        return b"".join(self.store.got[path] for path in self.videos[urn]["paths"])

    def beside(self, urn: str, name: str) -> bytes:
        return self.store.got[f"{self.videos[urn]['paths'][0].rpartition('/')[0]}/{name}"]

    def _create(self, values: dict[str, Any]) -> Reply:
        if said := _fault(values):
            return error(422, "UNPROCESSABLE_ENTITY", said)
        if values["author"] != OWNER:
            return error(
                403, "ACCESS_DENIED", "Organization permissions must be used when using organization as author"
            )
        if len(values["commentary"].encode("utf-16-le")) // 2 > 3000:
            return error(400, "FIELD_LENGTH_TOO_LONG", "commentary is too long")
        video = self.videos.get(values["content"]["media"]["id"])
        if video is None or video["status"] in ("WAITING_UPLOAD", "PROCESSING"):
            return error(400, "MEDIA_ASSET_WAITING_UPLOAD")
        if video["status"] != "AVAILABLE":
            return error(400, "MEDIA_ASSET_PROCESSING_FAILED")
        now = self.clock()
        for post in self.posts:
            made = datetime.fromtimestamp(post["createdAt"] / 1000, UTC)
            if post["commentary"] == _cut(values["commentary"]) and now - made < SAME:
                told = f"Content is a duplicate of {post['id'] if self.names_duplicates else OWNER}"
                return Reply(422, {"status": 422, "message": told})
        self.add(values)
        return Reply(201, None, {"x-restli-id": self.posts[-1]["id"]})

    def add(self, values: dict[str, Any]) -> None:
        """Also what others post there."""
        at = int(self.clock().timestamp() * 1000)
        self.posts.append({
            **values, "commentary": _cut(values["commentary"]), "id": f"urn:li:share:{7000 + len(self.posts)}",
            "createdAt": at, "publishedAt": at, "lifecycleState": self.state,
        })  # fmt: skip

    def _newest(self, query: dict[str, str]) -> Reply:
        if set(query) - {"author", "q", "count", "start", "sortBy"} or query.get("q") != "author":
            return error(400, "ILLEGAL_ARGUMENT", "unknown parameter")
        if not self.may_read:
            return error(403, "ACCESS_DENIED", "Not enough permissions to access: posts.FINDER-author.20260901")
        if self.hides > 0:
            self.hides -= 1
            return Reply(200, {"elements": []})
        found = [post for post in reversed(self.posts) if post["author"] == query["author"]]
        return Reply(200, {"elements": found[: int(query.get("count", 10))]})

    def _read(self, name: str) -> Reply:
        if not self.may_read:
            return error(403, "ACCESS_DENIED", "Not enough permissions to access: posts.GET.20260901")
        found = [post for post in self.posts if post["id"] == unquote(name)]
        if ":" in name or not found or self.hides > 0:
            self.hides -= 1
            return error(400 if ":" in name else 404, "RESOURCE_NOT_FOUND")
        return Reply(200, found[0])


def _fault(values: dict[str, Any]) -> str:
    if set(values) != _POST:
        return f"fields: {sorted(set(values) ^ _POST)}"
    spread = {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []}
    media = values["content"].get("media", {})
    if values["distribution"] != spread or set(values["content"]) != {"media"} or set(media) - {"id", "title"}:
        return "distribution or content"
    if (values["visibility"], values["lifecycleState"]) != ("PUBLIC", "PUBLISHED"):
        return "visibility or lifecycleState"
    return "" if values["commentary"].strip() else "commentary is empty"


def _cut(commentary: str) -> str:
    """As far as LinkedIn reads: to the first sign that should have been escaped."""
    at = 0
    while hit := _PIECE.match(commentary, at):
        at = hit.end()
    return commentary[:at]


def people_read(commentary: str) -> str:
    """What is shown of a post."""
    plain = re.sub(r"\{hashtag\|\\#\|((?:\\_|\w)+)\}", r"#\1", commentary)
    return re.sub(r"\\(.)", r"\1", plain)
