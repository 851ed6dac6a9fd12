"""A film's way into LinkedIn: in parts, to addresses that carry their own permission, then its subtitles and cover.

The addresses are kept with the account's secrets, what has arrived in the ledger; so a cut upload goes on with the next
part. No token goes to the places where parts are stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from pipeline.accounts import Account
from pipeline.errors import ToolError
from pipeline.http_door import FILE_ANSWER_S, Answer, Door, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, asked, polled
from pipeline.publishers.linkedin_answers import NAME, code_of, problem
from pipeline.secret import Secret

_MARGIN = timedelta(minutes=2)  # an address that ends sooner is not begun with
_GONE = (401, 403, 404, 410)  # how a store says that an address has ended
_REFUSED = (400, 406, 415, 422)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """Where the parts go. `until`: milliseconds since 1970; `parts`: address, first and last byte."""

    video: str
    until: int
    word: str = field(repr=False)  # LinkedIn's upload token; may be empty
    parts: tuple[tuple[str, int, int], ...] = field(repr=False)
    captions: str = field(default="", repr=False)
    thumbnail: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """The addresses and the token: whoever has them may send."""
        found = (*(part[0] for part in self.parts), self.captions, self.thumbnail, self.word)
        return tuple(map(Secret, filter(None, found)))


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """`api` signs, `door` does not. `owner`: the urn in whose name the film is kept."""

    api: Sends
    door: Sends
    pace: Pace
    account: Account
    videos: str  # the address of the interface
    owner: str

    def film(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> str:
        """The urn of the film, ready to be posted. Failure `later` while LinkedIn still works on it."""
        video = str(kept.get("video") or "")
        state = self.state(video) if video else "GONE"
        if state in ("GONE", "WAITING_UPLOAD"):
            video = self._sent(post, video if state == "WAITING_UPLOAD" else "", kept, keep)
        self._forget(post)
        polled(lambda: self._ready(video), self.pace, f"{NAME} is still preparing the clip")
        return video

    def state(self, video: str) -> str:
        """As LinkedIn calls it, or `GONE`."""
        answer = self._video(video)
        return "GONE" if answer.status == 404 else str(self._good(answer).get("status") or "")

    def _sent(self, post: Post, video: str, kept: Mapping[str, Any], keep: Keep) -> str:
        if (upload := self._recalled(post)) and upload.video == video:
            try:
                return self._all(post, upload, dict(kept), keep)
            except Failure as failure:
                if failure.kind != "restart":
                    raise
        upload = self._begun(post)
        kept = {"video": upload.video}
        keep(kept)
        return self._all(post, upload, kept, keep)

    def _begun(self, post: Post) -> Upload:
        wanted = {
            "owner": self.owner, "fileSizeBytes": post.bytes, "uploadCaptions": self._captions(post) is not None,
            "uploadThumbnail": post.cover is not None,
        }  # fmt: skip
        request = Request(
            method="POST", url=self.videos, params={"action": "initializeUpload"},
            json={"initializeUploadRequest": wanted},
        )  # fmt: skip
        values = self._good(asked(self.api, request, self.pace, NAME)).get("value")
        upload = _upload(values, post.bytes) if isinstance(values, Mapping) else None
        if upload is None:
            raise Failure("restart", f"{NAME} did not say where the clip is to go", "publish again")
        if isinstance(self.door, Door):
            self.door.guard(*upload.secrets)
        with suppress(ToolError):  # a keyring may be too small for so much: then a cut upload begins anew
            self.account.vault.put(_name(post), Secret(json.dumps(asdict(upload))))
        return upload

    def _recalled(self, post: Post) -> Upload | None:
        """What an earlier run was given, while its addresses last."""
        secret = self.account.vault.get(_name(post))
        if secret is None:
            return None
        try:
            values = json.loads(secret.reveal())
            upload = Upload(**{**values, "parts": tuple((str(a), int(b), int(c)) for a, b, c in values["parts"])})
        except (ValueError, TypeError, KeyError):
            return None
        if isinstance(self.door, Door):
            self.door.guard(*upload.secrets)
        ends = upload.until / 1000
        return upload if (self.pace.clock() + _MARGIN).timestamp() < ends else None

    def _forget(self, post: Post) -> None:
        self.account.vault.drop(_name(post))

    def _all(self, post: Post, upload: Upload, done: dict[str, Any], keep: Keep) -> str:
        tags = [str(tag) for tag in done.get("parts") or ()][: len(upload.parts)]
        for url, first, last in upload.parts[len(tags) :]:
            body = FileBody(path=post.clip, start=first, count=last - first + 1)
            tags.append(_tag(self._put(url, body)))
            done["parts"] = list(tags)
            keep(done)
        if upload.captions and (captions := self._captions(post)) and not done.get("captions"):
            self._captioned(upload.captions, captions, self.account.settings.get("captions_body", ""))
            done["captions"] = True
            keep(done)
        if upload.thumbnail and post.cover and not done.get("thumbnail"):
            self._put(upload.thumbnail, FileBody(path=post.cover, mime="image/jpeg"))
            done["thumbnail"] = True
            keep(done)
        self._finalized(upload, tags)
        return upload.video

    def _put(self, url: str, body: FileBody | bytes, mime: str = "", *, may_refuse: bool = False) -> Answer:
        """Without a token: the address is the permission."""
        headers = {"Content-Type": mime} if mime else {}
        request = Request(method="PUT", url=url, headers=headers, body=body, answer_s=FILE_ANSWER_S)
        answer = asked(self.door, request, self.pace, NAME)
        if 200 <= answer.status < 300 or (may_refuse and answer.status in _REFUSED):
            return answer
        if answer.status in _GONE or code_of(answer) == "EXPIRED_UPLOAD_URL":
            raise Failure("restart", f"{NAME}'s addresses for the upload have ended", "publish again: it begins anew")
        raise problem(answer, self.pace)

    def _captions(self, post: Post) -> bytes | None:
        return post.captions.srt if post.captions and takes_captions(self.account, post) else None

    def _captioned(self, url: str, captions: bytes, how: str) -> None:
        """As a file, or as a form of the shape in LinkedIn's examples: it is not confirmed which is read, so what is
        refused is sent the other way, unless the account's setting `captions_body` says how."""
        ways = {"file": (captions, "application/octet-stream"), "form": _form(captions)}
        for number, way in enumerate(tried := [how] if how in ways else list(ways), 1):
            body, mime = ways[way]
            answer = self._put(url, body, mime, may_refuse=True)
            if answer.status < 300:
                return
            if number == len(tried):
                said = answer.words or f"error {answer.status}"
                remedy = "the account's setting `captions_body` may be file, form or none"
                raise Failure("fix", f"{NAME} does not take the subtitles: {said}", remedy)

    def _finalized(self, upload: Upload, tags: Sequence[str]) -> None:
        wanted = {"video": upload.video, "uploadToken": upload.word, "uploadedPartIds": list(tags)}
        request = Request(
            method="POST", url=self.videos, params={"action": "finalizeUpload"},
            json={"finalizeUploadRequest": wanted},
        )  # fmt: skip
        answer = asked(self.api, request, self.pace, NAME)
        if answer.status == 200:
            return
        # Perhaps an earlier try arrived and its answer was lost.
        if answer.status in (401, 403) or self.state(upload.video) not in ("PROCESSING", "AVAILABLE"):
            raise problem(answer, self.pace)

    def _ready(self, video: str) -> bool | None:
        answer = self._video(video)
        if answer.status == 404:
            raise Failure("restart", f"{NAME} no longer knows the upload", "publish again: it begins anew")
        values = self._good(answer)
        if values.get("status") == "PROCESSING_FAILED":
            why = answer.said(values.get("processingFailureReason") or "it gives no reason")
            raise Failure("fix", f"{NAME} could not prepare the clip: {why}", "render it again", dropped=True)
        return True if values.get("status") == "AVAILABLE" else None

    def _video(self, video: str) -> Answer:
        url = f"{self.videos}/{quote(video, safe='')}"
        return asked(self.api, Request(method="GET", url=url), self.pace, NAME)

    def _good(self, answer: Answer) -> dict[str, Any]:
        if answer.status != 200:
            raise problem(answer, self.pace)
        return answer.values()


def takes_captions(account: Account, post: Post) -> bool:
    """LinkedIn takes one file of subtitles, and calls it English."""
    english = post.lang.partition("-")[0] == "en"
    return english and bool(post.captions and post.captions.srt) and account.settings.get("captions_body") != "none"


def _upload(values: Mapping[str, Any], size: int) -> Upload | None:
    """None unless the parts make up the whole film, one after the other."""
    try:
        rows = [
            (str(row["uploadUrl"]), int(row["firstByte"]), int(row["lastByte"])) for row in values["uploadInstructions"]
        ]
        parts = sorted(rows, key=lambda row: row[1])
        until = int(values.get("uploadUrlsExpireAt") or 0)
    except (KeyError, TypeError, ValueError):
        return None
    ends = [0, *(last + 1 for _, _, last in parts)]
    whole = ends[-1] == size and all(
        first == end and last >= first for (_, first, last), end in zip(parts, ends, strict=False)
    )
    video, word = values.get("video"), values.get("uploadToken") or ""
    if not whole or not isinstance(video, str) or not video.startswith("urn:li:") or not isinstance(word, str):
        return None
    captions, thumbnail = (str(values.get(name) or "") for name in ("captionsUploadUrl", "thumbnailUploadUrl"))
    return Upload(video=video, until=until, word=word, parts=tuple(parts), captions=captions, thumbnail=thumbnail)


def _tag(answer: Answer) -> str:
    tag = answer.headers.get("etag", "").removeprefix("W/").strip('"')
    if not tag:
        raise Failure("restart", f"{NAME} did not confirm a part of the clip", "publish again: it begins anew")
    return tag


def _form(captions: bytes) -> tuple[bytes, str]:
    """What is said of the subtitles is LinkedIn's own example, whose only English is the American."""
    described = {
        "format": "SRT", "formattedForEasyReader": True, "largeText": True, "source": "USER_PROVIDED",
        "locale": {"variant": "AMERICAN", "country": "US", "language": "EN"}, "transcriptType": "CLOSED_CAPTION",
    }  # fmt: skip
    edge = sha256(captions).hexdigest()[:40]  # no text holds its own sum
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n{json.dumps(described)}\r\n'
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="subtitles.srt"\r\n'
        "Content-Type: application/x-subrip\r\n\r\n"
    )
    body = head.encode() + captions + f"\r\n--{edge}--\r\n".encode()
    return body, f"multipart/form-data; boundary={edge}"


def _name(post: Post) -> str:
    return f"upload {post.fingerprint[:16]}"
