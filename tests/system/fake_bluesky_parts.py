"""Bluesky's video service for long films: the multipart upload of its lexicons of August 2026, strictly.

A field it does not know, a part of another length, a state that does not allow the call, or a permit for something
else is refused with the service's own error. `put_together` rounds of asking pass before a finished upload is complete.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from system.fake_networks import FakePds, FakeVideo, Reply, Seen

_FIELDS = {"sizeBytes": int, "mimeType": str, "name": str, "durationMs": int, "width": int, "height": int}
_CALLS = {
    "startUpload": "POST", "uploadPart": "POST", "finishUpload": "POST", "getUploadStatus": "GET", "abortUpload": "POST"
}  # fmt: skip


class FakeParts(FakeVideo):
    """`part`: the bytes of a part. `known`: a job of the same film that was there before."""

    def __init__(self, pds: FakePds, *, part: int = 100_000, put_together: int = 1, polls: int = 1) -> None:
        super().__init__(pds, polls=polls)
        self._part_bytes, self._rounds = part, put_together
        self.uploads: dict[str, dict[str, Any]] = {}
        self.known, self.most_open = "", 3
        self.sent: list[int] = []  # the number of each part that arrived whole

    def answer(self, seen: Seen) -> Reply:
        name = seen.path.removeprefix("/xrpc/app.bsky.video.")
        if name not in _CALLS:
            return super().answer(seen)
        if seen.bearer.startswith(("access", "refresh")):
            self.leaks.append(seen.path)
        if seen.method != _CALLS[name]:
            return Reply(405, {"error": "InvalidRequest", "message": "Incorrect HTTP method"})
        if self.pds.permits.get(seen.bearer) != (self.pds.server_did, "com.atproto.repo.uploadBlob"):
            return Reply(401, {"error": "BadJwt", "message": "bad token"})
        work: Callable[[Seen], Reply] = getattr(self, f"_{name}")
        return work(seen)

    def _startUpload(self, seen: Seen) -> Reply:
        told = seen.values()
        wrong = [key for key, value in told.items() if not isinstance(value, _FIELDS.get(key, type(None)))]
        if wrong or not {"sizeBytes", "mimeType"} <= set(told) or seen.query:
            return Reply(400, {"error": "InvalidRequest", "message": f"Input has wrong fields: {wrong}"})
        if told["mimeType"] != "video/mp4":
            return Reply(400, {"error": "UnsupportedContentType"})
        if told["sizeBytes"] > 300_000_000:
            return Reply(400, {"error": "VideoTooLarge"})
        if sum(one["state"] == "created" for one in self.uploads.values()) >= self.most_open:
            return Reply(400, {"error": "TooManyOpenUploads", "message": "finish one first"})
        name = f"upload-{len(self.uploads) + 1}"
        count = -(-told["sizeBytes"] // self._part_bytes)
        self.uploads[name] = {
            "size": told["sizeBytes"], "count": count, "parts": {}, "state": "created", "asked": 0, "job": ""
        }  # fmt: skip
        return Reply(200, {**self._told(name), "partCount": count})

    def _uploadPart(self, seen: Seen) -> Reply:
        found, refused = self._open(seen.query.get("jobId", ""))
        if refused:
            return refused
        if set(seen.query) != {"jobId", "partNumber"} or seen.headers["Content-Type"] != "application/octet-stream":
            return Reply(400, {"error": "InvalidRequest", "message": "Wrong request encoding"})
        number = int(seen.query["partNumber"])
        if not 1 <= number <= found["count"]:
            return Reply(400, {"error": "InvalidPartNumber"})
        wanted = min(self._part_bytes, found["size"] - (number - 1) * self._part_bytes)
        if len(seen.body) != wanted or seen.headers["Content-Length"] != str(wanted):
            return Reply(400, {"error": "PartSizeMismatch", "message": f"expected {wanted}"})
        found["parts"][number] = seen.body
        self.sent.append(number)
        return Reply(200, {"partNumber": number, "sizeBytes": wanted})

    def _finishUpload(self, seen: Seen) -> Reply:
        if set(seen.values()) != {"jobId"}:
            return Reply(400, {"error": "InvalidRequest", "message": "Input has wrong fields"})
        name = seen.values()["jobId"]
        found = self.uploads.get(name)
        if found and found["state"] == "completed":
            return Reply(200, self._completed(found))
        found, refused = self._open(name)
        if refused:
            return refused
        if missing := sorted(set(range(1, found["count"] + 1)) - set(found["parts"])):
            return Reply(400, {"error": "MissingParts", "message": f"missing parts: {missing}"})
        film = b"".join(found["parts"][number] for number in range(1, found["count"] + 1))
        found["job"] = self.known or hashlib.sha256(film).hexdigest()[:16]
        self.jobs.setdefault(found["job"], {"asked": 0, "body": film})
        if self._rounds:
            found["state"] = "finishing"
            return Reply(400, {"error": "UploadNotReady", "message": "A finish is in progress"})
        found["state"] = "completed"
        return Reply(200, self._completed(found))

    def _getUploadStatus(self, seen: Seen) -> Reply:
        name = seen.query.get("jobId", "")
        found = self.uploads.get(name)
        if found is None:
            return Reply(404, {"error": "UploadNotFound", "message": "Upload not found"})
        if found["state"] == "finishing":
            found["asked"] += 1
            found["state"] = "completed" if found["asked"] >= self._rounds else "finishing"
        told = {**self._told(name), "state": found["state"], "receivedParts": sorted(found["parts"])}
        if found["state"] == "completed":
            told |= self._completed(found)
        if found["state"] == "failed":
            told["failureReason"] = "the store was lost"
        return Reply(200, told)

    def _abortUpload(self, seen: Seen) -> Reply:
        found = self.uploads.get(seen.values()["jobId"])
        if found is None:
            return Reply(404, {"error": "UploadNotFound"})
        if found["state"] == "finishing":
            return Reply(400, {"error": "UploadNotReady"})
        if found["state"] == "created":
            found["state"] = "aborted"
        return Reply(200, {"state": found["state"]})

    def _open(self, name: str) -> tuple[dict[str, Any], Reply | None]:
        """An upload that takes parts, or why it does not."""
        found = self.uploads.get(name)
        if found is None:
            return {}, Reply(404, {"error": "UploadNotFound", "message": "Upload not found"})
        words = {
            "finishing": "UploadNotReady", "completed": "UploadAlreadyCompleted", "failed": "UploadFailed",
            "aborted": "UploadAborted", "expired": "UploadExpired",
        }  # fmt: skip
        error = words.get(found["state"])
        return found, Reply(400, {"error": error, "message": found["state"]}) if error else None

    def _told(self, name: str) -> dict[str, Any]:
        until = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "jobId": name, "partSizeBytes": self._part_bytes, "partCount": self.uploads[name]["count"],
            "expiresAt": until,
        }  # fmt: skip

    def _completed(self, found: dict[str, Any]) -> dict[str, Any]:
        status = {"jobId": found["job"], "did": self.pds.did, "state": "JOB_STATE_CREATED"}
        return {"completedJobId": found["job"], "jobStatus": status}
