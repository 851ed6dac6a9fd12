"""Stands for Bluesky's video service before a real PDS: it stores the film there with the permit that it was given.

Only the states of the job are ours. Whether the permit is good for storing is the PDS's to say; its answer becomes the
job's end. The film is stored as it came, so a test can read it back.
"""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
from system.fake_networks import FakeServer, Reply, Seen


class VideoDouble(FakeServer):
    """`pds` is the address of the real one. `wrapped`: the answer to an upload is in `jobStatus`, as documented."""

    def __init__(self, pds: str, *, wrapped: bool = False, polls: int = 1) -> None:
        super().__init__()
        self._pds, self._wrapped, self._polls = pds, wrapped, polls
        self.tokens: list[str] = []
        self.jobs: dict[str, dict[str, Any]] = {}

    def answer(self, seen: Seen) -> Reply:
        method = seen.path.removeprefix("/xrpc/app.bsky.video.")
        if method == "getJobStatus":
            return self._status(seen.query["jobId"])
        self.tokens.append(seen.bearer)
        if method == "getUploadLimits":
            return Reply(200, {"canUpload": True, "remainingDailyVideos": 20, "remainingDailyBytes": 10**9})
        if method == "uploadVideo" and seen.method == "POST":
            return self._taken(seen)
        return Reply(501, {"error": "MethodNotImplemented"})

    def _taken(self, seen: Seen) -> Reply:
        name = hashlib.sha256(seen.query["did"].encode() + seen.body).hexdigest()[:16]
        if name in self.jobs:
            return Reply(409, {"error": "already_exists", "jobId": name})
        headers = {"Authorization": f"Bearer {seen.bearer}", "Content-Type": "video/mp4"}
        url = f"{self._pds}/xrpc/com.atproto.repo.uploadBlob"
        told = httpx.post(url, content=seen.body, headers=headers, trust_env=False, timeout=60)
        self.jobs[name] = {"asked": 0, "status": told.status_code, "told": told.json()}
        state = {"jobId": name, "did": seen.query["did"], "state": "JOB_STATE_CREATED"}
        return Reply(200, {"jobStatus": state} if self._wrapped else state)

    def _status(self, name: str) -> Reply:
        job = self.jobs.get(name)
        if job is None:
            return Reply(400, {"error": "InvalidRequest", "message": "Job not found"})
        job["asked"] += 1
        state: dict[str, Any] = {"jobId": name, "state": "JOB_STATE_ENCODING", "progress": 50}
        if job["asked"] > self._polls and job["status"] == 200:
            state |= {"state": "JOB_STATE_COMPLETED", "blob": job["told"]["blob"]}
        elif job["asked"] > self._polls:
            code = "pds_upload_unsupported_blob_size" if job["status"] == 413 else "pds_upload_failure"
            state |= {"state": "JOB_STATE_FAILED", "failureCode": code, "error": str(job["told"].get("error"))}
        return Reply(200, {"jobStatus": state})
