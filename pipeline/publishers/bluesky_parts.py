"""A long film to Bluesky's video service, part by part. What has arrived is asked for, never assumed.

    startUpload ─► (kept) ─► getUploadStatus ─► uploadPart of each that is missing ─► finishUpload ─► the job's number
                                   └── finishing: ask again · completed: the job · over: begin anew

So a run that was cut off, a part whose answer was lost and a finish that is slow all go on in the same way. An upload
that is given up is aborted, for an open one counts against what the account may send in a day.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from pipeline.http_door import Answer, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, asked, polled
from pipeline.publishers.bluesky_permit import Permits, refusal
from pipeline.publishers.bluesky_session import NAME

FROM = 16 << 20  # bytes: as Bluesky's own app does

_PART_S = 120.0
_NOT_YET = ("UploadNotReady", "UploadAlreadyCompleted", "MissingParts", "ServiceOverloaded")
_OVER = ("failed", "aborted", "expired")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """`base` is the address of the video service."""

    base: str
    permits: Permits
    door: Sends
    pace: Pace

    def job(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> str:
        """The number of the job that makes the film ready. Failure `later` while the service puts it together."""
        upload = str(kept.get("upload") or "")
        if not upload:
            upload = self._started(post)
            keep({"upload": upload})
        try:
            return polled(lambda: self._gone_on(post, upload), self.pace, "Bluesky is still putting the clip together")
        except Failure as failure:
            if failure.kind in ("fix", "restart"):
                failure.dropped = True
                self._aborted(upload)
            raise

    def _started(self, post: Post) -> str:
        told = {
            "sizeBytes": post.bytes,
            "mimeType": "video/mp4",
            "name": f"{post.sha256[:20]}.mp4",
            "durationMs": int(post.duration * 1000),
            "width": post.width,
            "height": post.height,
        }
        answer = self._asked("startUpload", json=told)
        upload = answer.values().get("jobId")
        if answer.status != 200 or not isinstance(upload, str) or not upload:
            raise refusal(answer, self.pace)
        return upload

    def _gone_on(self, post: Post, upload: str) -> str | None:
        """One round: sends what is missing and finishes. None when the service is to be asked again."""
        status = self._asked("getUploadStatus", method="GET", params={"jobId": upload})
        if status.status != 200:
            raise refusal(status, self.pace)
        told = status.values()
        if told.get("state") == "completed":
            return str(told.get("completedJobId") or upload)
        if told.get("state") in _OVER:
            reason = told.get("failureReason") or f"the upload is {told['state']}"
            raise Failure("restart", f"Bluesky did not take the clip: {status.said(reason)}")
        if told.get("state") != "created":
            return None
        for request in _missing(post, upload, told):
            if not self._taken(self._asked("uploadPart", answer_s=_PART_S, **request)):
                return None
        done = self._asked("finishUpload", new=True, json={"jobId": upload})
        return str(done.values().get("completedJobId") or upload) if self._taken(done) else None

    def _taken(self, answer: Answer) -> bool:
        """False when the status is to say how it stands; other refusals are failures."""
        if answer.status != 200 and answer.values().get("error") not in _NOT_YET:
            raise refusal(answer, self.pace)
        return answer.status == 200

    def _aborted(self, upload: str) -> None:
        with suppress(Failure):
            self._asked("abortUpload", json={"jobId": upload})

    def _asked(self, name: str, *, method: str = "POST", new: bool = False, **more: Any) -> Answer:
        """With a permit; with a new one when the service no longer takes it."""
        url = f"{self.base}/xrpc/app.bsky.video.{name}"
        for again in (new, True):
            request = Request(method=method, url=url, bearer=self.permits.storing(new=again), **more)
            answer = asked(self.door, request, self.pace, NAME)
            if answer.status != 401:
                break
        return answer


def _missing(post: Post, upload: str, told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What to send, part by part. Failure `restart` when the upload was not made for this film."""
    size, count, received = told.get("partSizeBytes"), told.get("partCount"), told.get("receivedParts")
    if not isinstance(size, int) or size < 1 or count != -(-post.bytes // size) or not isinstance(received, list):
        raise Failure("restart", "Bluesky's upload is not for a clip of this size")
    return [
        {
            "params": {"jobId": upload, "partNumber": str(number)},
            "body": FileBody(
                path=post.clip, start=(number - 1) * size, count=min(size, post.bytes - (number - 1) * size)
            ),
        }
        for number in range(1, count + 1)
        if number not in received
    ]
