"""The video service of Bluesky: it takes the film, makes it ready, and puts it into the account's own server for us.

Each call carries a permit that our server made for it alone. A job that goes on is remembered by its number, so a later
run asks for it and sends nothing again. Long films go part by part (`bluesky_parts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.http_door import FILE_ANSWER_S, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, asked, bluesky_parts, polled
from pipeline.publishers.bluesky_permit import DAY, LIMITS, Permits, refusal
from pipeline.publishers.bluesky_session import NAME, Session, problem

_JOB_KINDS: dict[str, Any] = {
    "validation_failure": "fix",
    "encoding_failure": "fix",
    "pds_upload_unsupported_blob_size": "fix",
}


class VideoService:
    """`base` is its address."""

    def __init__(self, *, base: str, session: Session, door: Sends, pace: Pace) -> None:
        self._base, self._session, self._door, self._pace = base, session, door, pace
        self._permits = Permits(base, session, pace)

    def blob(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        """The film as the account's server has it. Failure `later` while the service is still working."""
        job = str(kept.get("job") or "")
        if not job:
            if not kept.get("upload"):
                self._refuse_full(post)
            job = self._in_parts(post, kept, keep) if post.bytes >= bluesky_parts.FROM else self._uploaded(post)
            keep({"job": job})
        return polled(lambda: self._ready(job), self._pace, "Bluesky is still preparing the clip")

    def _refuse_full(self, post: Post) -> None:
        request = Request(method="GET", url=self._url(LIMITS), bearer=self._permits.limits())
        answer = asked(self._door, request, self._pace, NAME)
        told = answer.values()
        if answer.status != 200:
            raise problem(answer, self._pace)
        left = told.get("remainingDailyBytes")
        if told.get("canUpload") is False or (isinstance(left, int) and left < post.bytes):
            words = answer.said(" ".join(str(told.get(name) or "") for name in ("error", "message"))).strip()
            raise Failure(
                "wait", f"Bluesky takes no more clips today: {words}".rstrip(": "), until=self._pace.clock() + DAY
            )

    def _in_parts(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> str:
        parts = bluesky_parts.Parts(base=self._base, permits=self._permits, door=self._door, pace=self._pace)
        return parts.job(post, kept, keep)

    def _uploaded(self, post: Post) -> str:
        params = {"did": self._session.did, "name": f"{post.sha256[:20]}.mp4"}
        film = FileBody(path=post.clip, mime="video/mp4")
        request = Request(
            method="POST", url=self._url("app.bsky.video.uploadVideo"), params=params, body=film,
            bearer=self._permits.storing(), answer_s=FILE_ANSWER_S,
        )  # fmt: skip
        answer = asked(self._door, request, self._pace, NAME)
        told = answer.values()
        state = told.get("jobStatus")
        job = (state if isinstance(state, dict) else told).get("jobId")
        # 409: the same bytes were sent before, and their job goes on.
        if answer.status in (200, 409) and isinstance(job, str) and job:
            return job
        raise refusal(answer, self._pace)

    def _ready(self, job: str) -> dict[str, Any] | None:
        request = Request(method="GET", url=self._url("app.bsky.video.getJobStatus"), params={"jobId": job})
        answer = asked(self._door, request, self._pace, NAME)
        if answer.status in (400, 404):
            raise Failure("restart", "Bluesky no longer knows the upload")
        if answer.status != 200:
            raise refusal(answer, self._pace)
        told = answer.values()
        state = told.get("jobStatus") if isinstance(told.get("jobStatus"), dict) else told
        assert isinstance(state, dict)
        if isinstance(state.get("blob"), dict):
            return dict(state["blob"])
        if state.get("state") == "JOB_STATE_FAILED":
            code = str(state.get("failureCode") or "")
            why = answer.said(state.get("error") or code or "it gives no reason")
            remedy = "render it below 50 MB" if code == "pds_upload_unsupported_blob_size" else ""
            kind = _JOB_KINDS.get(code, "restart")
            raise Failure(kind, f"Bluesky could not prepare the clip: {why}", remedy, dropped=True)
        return None

    def _url(self, method: str) -> str:
        return f"{self._base}/xrpc/{method}"
