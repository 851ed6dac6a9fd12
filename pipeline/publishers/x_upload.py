"""Files to X in parts: begun, part after part, closed, and waited for until X has made them ready.

What X has acknowledged is written down part by part, so that a cut upload goes on where it was; a part that is sent
twice does no harm. Uploads end after a while, and then all begins anew. A film that X cannot make ready is sent once
more, for that may have been an accident, and then it is ours to put right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from pipeline.http_door import Answer, FileBody
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace
from pipeline.publishers.answers import group
from pipeline.publishers.x_answers import TOKENS, Api, data_of

SEGMENT = 4 << 20  # bytes of a part; X takes at most 5 MB
MOST_SEGMENTS = 1000

_SMALLEST = 64 << 10
_EARLY = timedelta(minutes=5)  # an upload that ends so soon is not gone on with
_LONGEST_PAUSE_S = 60.0
_PATIENCE_S = 1800.0
_LOST = (400, 404, 410)


@dataclass(frozen=True, kw_only=True)
class File:
    """What is uploaded: a part of a film's file, or bytes. `category` and `mime` as X names them."""

    body: FileBody | bytes
    category: str
    mime: str

    @property
    def size(self) -> int:
        return self.body.size if isinstance(self.body, FileBody) else len(self.body)

    def part(self, start: int, count: int) -> FileBody | bytes:
        if isinstance(self.body, bytes):
            return self.body[start : start + count]
        return FileBody(path=self.body.path, name="part", start=start, count=count)


@dataclass(frozen=True, kw_only=True)
class Uploads:
    """The uploads of one account.

    What is kept of one: `media` (its number), `called` (what posts call it), `ends`, `sent` (bytes) and `parts` that X
    has, `part` (bytes of each from here on), `whole` when it is closed, `ready` when a post can take it, and `again`
    when it had to begin anew.
    """

    api: Api
    pace: Pace

    def film(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        """The clip at X, ready for a post; gives what is kept. Failure `later` while X is still working."""
        file = File(body=FileBody(path=post.clip, count=post.bytes), category="tweet_video", mime="video/mp4")
        known = {} if self.is_over(kept) else dict(kept)
        try:
            return self.stored(file, known, keep)
        except Failure as failure:
            if failure.kind != "restart":
                raise
            if known.get("again"):
                raise Failure("fix", failure.words, "render the clip again", dropped=True) from None
        try:
            return self.stored(file, {"again": 1}, keep)
        except Failure as failure:
            if failure.kind == "restart":
                raise Failure("fix", failure.words, "render the clip again", dropped=True) from None
            raise

    def stored(self, file: File, kept: Mapping[str, Any], keep: Keep = lambda _: None) -> dict[str, Any]:
        """One file at X, ready. Failure `restart` when the upload is lost or X cannot make it ready."""
        known, resumed = dict(kept), bool(kept.get("media"))
        if not resumed:
            known |= self._begun(file)
            keep(known)
        while known["sent"] < file.size:
            known |= self._next_part(file, known, resumed=resumed)
            keep(known)
        pause = 0.0
        if not known.get("whole"):
            closed = self._closed(str(known["media"]))
            known |= {"whole": 1, **self._ends(closed)}
            pause = self._pause(_processing(closed))
            if not _processing(closed):
                known["ready"] = 1
            keep(known)
        if not known.get("ready"):
            self._processed(str(known["media"]), pause)
            known["ready"] = 1
            keep(known)
        return known

    def is_over(self, kept: Mapping[str, Any]) -> bool:
        """Whether X no longer has what is kept, or will not have it for long."""
        ends = kept.get("ends")
        return bool(ends) and self.pace.clock() >= datetime.fromisoformat(str(ends)) - _EARLY

    def _begun(self, file: File) -> dict[str, Any]:
        wanted = {"media_type": file.mime, "total_bytes": file.size, "media_category": file.category}
        answer = self.api.post("/2/media/upload/initialize", wanted)
        told = data_of(answer)
        if answer.status not in (200, 201, 202):
            raise self.api.problem(answer)
        if not told.get("id"):
            raise Failure("again", "X gave the upload no number")
        return {
            "media": str(told["id"]), "called": str(told.get("media_key") or ""), "sent": 0, "parts": 0,
            "part": SEGMENT, **self._ends(told),
        }  # fmt: skip

    def _next_part(self, file: File, known: Mapping[str, Any], *, resumed: bool) -> dict[str, Any]:
        count = min(known["part"], file.size - known["sent"])
        if known["parts"] >= MOST_SEGMENTS:
            raise Failure("fix", "X takes the clip neither as it is nor in smaller parts", "render it smaller")
        form = {"segment_index": str(known["parts"]), "media": file.part(known["sent"], count)}
        answer = self.api.post(f"/2/media/upload/{_quoted(known['media'])}/append", form=form)
        if answer.status == 413 and known["part"] > _SMALLEST:
            return {"part": known["part"] // 2}
        if answer.status in (404, 410) or (answer.status == 400 and resumed):
            raise Failure("restart", f"X no longer knows the upload: {self.api.words(answer)}")
        if not 200 <= answer.status < 300:
            raise self.api.problem(answer)
        return {"sent": known["sent"] + count, "parts": known["parts"] + 1, **self._ends(data_of(answer))}

    def _closed(self, media: str) -> dict[str, Any]:
        """What X says of the file when all parts are there. The answer to a first try may have been lost: then it is
        closed already, and asked for."""
        answer = self.api.post(f"/2/media/upload/{_quoted(media)}/finalize")
        if 200 <= answer.status < 300:
            return data_of(answer)
        if answer.status in _LOST:
            again = self._status(media)
            if again.status == 200 and _processing(data_of(again)):
                return data_of(again)
            raise Failure("restart", f"X did not take the file: {self.api.words(answer)}")
        raise self.api.problem(answer)

    def _processed(self, media: str, pause: float) -> None:
        waited = 0.0
        for _ in range(self.pace.polls):
            self.pace.sleep(pause)
            waited += pause
            answer = self._status(media)
            if answer.status in _LOST:
                raise Failure("restart", f"X no longer knows the upload: {self.api.words(answer)}")
            if answer.status != 200:
                raise self.api.problem(answer)
            working = _processing(data_of(answer))
            state = working.get("state", "succeeded")
            if state == "succeeded":
                return
            if state == "failed":
                raise Failure("restart", f"X could not prepare the clip: {answer.said(_why(working), also=TOKENS)}")
            pause = self._pause(working)
            if waited > _PATIENCE_S:
                break
        raise Failure("later", "X is still preparing the clip", "run publish again later: it goes on from there")

    def _status(self, media: str) -> Answer:
        return self.api.get("/2/media/upload", {"command": "STATUS", "media_id": media})

    def _pause(self, working: Mapping[str, Any]) -> float:
        """Until X wants to be asked, in seconds."""
        wanted = working.get("check_after_secs")
        seconds = min(wanted, _LONGEST_PAUSE_S) if isinstance(wanted, int) else 0.0
        return max(float(seconds), self.pace.poll_s)

    def _ends(self, told: Mapping[str, Any]) -> dict[str, str]:
        """When X forgets the upload: it says so in seconds from now, or since 1970."""
        after, at = told.get("expires_after_secs"), told.get("expires_at")
        try:
            if isinstance(after, int) and after > 0:
                return {"ends": (self.pace.clock() + timedelta(seconds=after)).astimezone(UTC).isoformat()}
            if isinstance(at, int) and at > 0:
                return {"ends": datetime.fromtimestamp(at, UTC).isoformat()}
        except (OverflowError, ValueError, OSError):
            pass
        return {}


def _processing(told: Mapping[str, Any]) -> Mapping[str, Any]:
    return group(told, "processing_info")


def _why(working: Mapping[str, Any]) -> str:
    told = group(working, "error")
    return str(told.get("message") or told.get("name") or "it gives no reason")


def _quoted(media: Any) -> str:
    return quote(str(media), safe="")
