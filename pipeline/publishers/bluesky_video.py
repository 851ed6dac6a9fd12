"""The video service of Bluesky: it takes the film, makes it ready, and puts it into the account's own server for us.

Each call carries a token that our server made for it alone. A job that goes on is remembered by its number, so a later
run asks for it and sends nothing again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from pipeline.http_door import FILE_ANSWER_S, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Pace, asked, polled
from pipeline.publishers.bluesky_session import NAME, Session, problem
from pipeline.secret import Secret

_LIMITS = "app.bsky.video.getUploadLimits"
_DAY = timedelta(hours=24)
_KINDS: dict[str, Any] = {
    "UnsupportedContentType": "fix",
    "VideoTooLarge": "fix",
    "VideoTooLong": "fix",
    "BadAspectRatio": "fix",
    "UploadForbidden": "account",
    "ServiceOverloaded": "again",
    "DailyLimitExceeded": "wait",
    "TooManyOpenUploads": "wait",
}
_JOB_KINDS: dict[str, Any] = {
    "validation_failure": "fix",
    "encoding_failure": "fix",
    "pds_upload_unsupported_blob_size": "fix",
}


@dataclass(frozen=True, kw_only=True)
class VideoService:
    """`base` is its address."""

    base: str
    session: Session
    door: Sends
    pace: Pace

    def blob(self, post: Post, kept: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        """The film as the account's server has it. Failure `later` while the service is still working."""
        job = str(kept.get("job") or "")
        if not job:
            self._refuse_full(post)
            job = self._uploaded(post)
            keep({"job": job})
        return polled(lambda: self._ready(job), self.pace, "Bluesky is still preparing the clip")

    def _refuse_full(self, post: Post) -> None:
        bearer = self._permit(f"did:web:{_web(self.base)}", _LIMITS)
        answer = asked(self.door, Request(method="GET", url=self._url(_LIMITS), bearer=bearer), self.pace, NAME)
        told = answer.values()
        if answer.status != 200:
            raise problem(answer, self.pace)
        left = told.get("remainingDailyBytes")
        if told.get("canUpload") is False or (isinstance(left, int) and left < post.bytes):
            words = " ".join(str(told.get(name) or "") for name in ("error", "message")).strip()
            raise Failure(
                "wait", f"Bluesky takes no more clips today: {words}".rstrip(": "), until=self.pace.clock() + _DAY
            )

    def _uploaded(self, post: Post) -> str:
        described = self.session.get("com.atproto.server.describeServer", {}).values()
        audience = str(described.get("did") or f"did:web:{_web(self.session.pds)}")
        bearer = self._permit(audience, "com.atproto.repo.uploadBlob", minutes=30)
        params = {"did": self.session.did, "name": f"{post.sha256[:20]}.mp4"}
        film = FileBody(path=post.clip, mime="video/mp4")
        request = Request(
            method="POST", url=self._url("app.bsky.video.uploadVideo"), params=params, body=film, bearer=bearer,
            answer_s=FILE_ANSWER_S,
        )  # fmt: skip
        answer = asked(self.door, request, self.pace, NAME)
        told = answer.values()
        state = told.get("jobStatus")
        job = (state if isinstance(state, dict) else told).get("jobId")
        # 409: the same bytes were sent before, and their job goes on.
        if answer.status in (200, 409) and isinstance(job, str) and job:
            return job
        raise self._problem(answer)

    def _ready(self, job: str) -> dict[str, Any] | None:
        request = Request(method="GET", url=self._url("app.bsky.video.getJobStatus"), params={"jobId": job})
        answer = asked(self.door, request, self.pace, NAME)
        if answer.status in (400, 404):
            raise Failure("restart", "Bluesky no longer knows the upload")
        if answer.status != 200:
            raise self._problem(answer)
        told = answer.values()
        state = told.get("jobStatus") if isinstance(told.get("jobStatus"), dict) else told
        assert isinstance(state, dict)
        if isinstance(state.get("blob"), dict):
            return dict(state["blob"])
        if state.get("state") == "JOB_STATE_FAILED":
            code = str(state.get("failureCode") or "")
            words = f"Bluesky could not prepare the clip: {state.get('error') or code or 'it gives no reason'}"
            remedy = "render it below 50 MB" if code == "pds_upload_unsupported_blob_size" else ""
            raise Failure(_JOB_KINDS.get(code, "restart"), words, remedy, dropped=True)
        return None

    def _permit(self, audience: str, method: str, minutes: int = 0) -> Secret:
        """A token of our server for one method of another."""
        params = {"aud": audience, "lxm": method}
        if minutes:
            params["exp"] = str(int(self.pace.clock().timestamp()) + 60 * minutes)
        answer = self.session.get("com.atproto.server.getServiceAuth", params)
        token = answer.values().get("token")
        if answer.status != 200 or not isinstance(token, str):
            raise problem(answer, self.pace)
        return Secret(token)

    def _problem(self, answer: Any) -> Failure:
        kind = _KINDS.get(str(answer.values().get("error", "")))
        if kind is None:
            return problem(answer, self.pace)
        until = self.pace.clock() + _DAY if kind == "wait" else None
        return Failure(kind, f"Bluesky says: {answer.words}", until=until)

    def _url(self, method: str) -> str:
        return f"{self.base}/xrpc/{method}"


def _web(url: str) -> str:
    """The host as a did:web writes it."""
    return quote(urlsplit(url).netloc, safe="")
