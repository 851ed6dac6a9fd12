"""Bluesky: the film by way of the video service, or straight into the account's own server; then one record.

We choose the record's key and write it down before the record is sent. So a lost answer is always cured: the record
either stands under that key, or it does not. `swapRecord: null` keeps a second one from ever being written over it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline.accounts import Account, server_of
from pipeline.counting import counted
from pipeline.files import sha256
from pipeline.http_door import FILE_ANSWER_S, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Network, Pace, Proof, Sighting, asked, told
from pipeline.publishers import bluesky_record as records
from pipeline.publishers.bluesky_session import NAME, Session, problem
from pipeline.publishers.bluesky_video import VideoService

VIDEO = "https://video.bsky.app"
STRAIGHT = "none"  # the setting `video` of an account whose server takes the film itself


class Bluesky(Network):
    """One account. Its setting `video` names the video service, or `none`."""

    service = "bluesky"

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._door, self._pace = door, pace
        self._session = Session(account, door, pace)
        video = account.settings.get("video", VIDEO)
        self._video = (
            None
            if video == STRAIGHT
            else VideoService(base=server_of(video), session=self._session, door=door, pace=pace)
        )

    def open(self) -> str:
        self._session.open()
        return self._session.did

    def refusals(self, post: Post) -> tuple[str, ...]:
        found = []
        if post.captions and len(post.captions.vtt) > records.MOST_VTT:
            found.append(f"the subtitles have more than {records.MOST_VTT} bytes")
        if counted(post.alt, "graphemes") > records.MOST_ALT:
            found.append(f"the alternative text has more than {records.MOST_ALT} characters")
        limit = self._describe().get("blobUploadLimit")
        if self._video is None and isinstance(limit, int) and post.bytes > limit:
            found.append(f"the clip has {post.bytes} bytes; this server takes {limit}")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        if kept.get("blob"):
            return dict(kept)
        if self._video:
            blob = self._video.blob(post, kept, keep)
        else:
            blob = self._stored(FileBody(path=post.clip, mime="video/mp4"), "video/mp4")
            if records.cid_of(blob) != records.raw_cid(post.sha256):
                raise Failure("restart", "Bluesky has not stored the clip as it was sent")
        captions = []
        if post.captions:
            captions = [[post.captions.lang, self._stored(post.captions.vtt, "text/vtt")]]
        # As text: a blob's own names are not those of the ledger.
        done = {**kept, "blob": json.dumps(blob), "captions": json.dumps(captions)}
        keep(done)
        return done

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        now = self._pace.clock()
        blob, captions = json.loads(prepared["blob"]), json.loads(prepared["captions"])
        record = records.record(post, blob, [(lang, file) for lang, file in captions], now)
        return {
            "repo": self._session.did,
            "handle": self._session.handle,
            "rkey": records.tid(now),
            "record": json.dumps(record, ensure_ascii=False),
        }

    def go(self, frozen: Mapping[str, Any]) -> str:
        body = {
            "repo": frozen["repo"],
            "collection": records.COLLECTION,
            "rkey": frozen["rkey"],
            "record": json.loads(frozen["record"]),
            "swapRecord": None,
        }
        url = self._session.url("com.atproto.repo.putRecord")
        answer = told(self._session, Request(method="POST", url=url, json=body), NAME)
        name = answer.values().get("error")
        if answer.status == 200:
            return str(frozen["rkey"])
        if name == "InvalidSwap":
            raise Failure("unknown", "Bluesky has a record under this key already")
        failure = problem(answer, self._pace)
        failure.dropped = "blob" in f"{name} {answer.words}".lower()  # it was not used for long and is gone
        if failure.dropped:
            failure.kind = "restart"
        raise failure

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        found = self._record(frozen)
        if found is None:
            return Sighting(found="absent")
        if records.same(json.loads(frozen["record"]), found):
            return Sighting(found="there", remote=str(frozen["rkey"]))
        return Sighting(found="unsure", why="another record stands under the key that was ours")

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        address = records.address(frozen["handle"] or frozen["repo"], remote)
        found = self._record(frozen)
        if found is None:
            return Proof(
                address=address, shown="private only", faults=("the post was not there when it was read back",)
            )
        return Proof(address=address, faults=records.differences(json.loads(frozen["record"]), found))

    def _record(self, frozen: Mapping[str, Any]) -> dict[str, Any] | None:
        params = {"repo": frozen["repo"], "collection": records.COLLECTION, "rkey": frozen["rkey"]}
        answer = self._session.get("com.atproto.repo.getRecord", params)
        value = answer.values().get("value")
        if answer.status == 200 and isinstance(value, dict):
            return value
        if answer.values().get("error") == "RecordNotFound":
            return None
        raise problem(answer, self._pace)

    def _stored(self, body: bytes | FileBody, mime: str) -> dict[str, Any]:
        url = self._session.url("com.atproto.repo.uploadBlob")
        headers = {"Content-Type": mime}
        request = Request(method="POST", url=url, headers=headers, body=body, answer_s=FILE_ANSWER_S)
        answer = asked(self._session, request, self._pace, NAME)
        blob = answer.values().get("blob")
        if answer.status == 413:
            raise Failure("fix", "the clip is larger than this server takes", "render it smaller")
        if answer.status != 200 or not isinstance(blob, dict):
            raise problem(answer, self._pace)
        return blob

    def _describe(self) -> dict[str, Any]:
        return self._session.get("com.atproto.server.describeServer", {}).values()


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run, by the method in the address."""
    body = request.body
    name = records.raw_cid(sha256(body.path)) if isinstance(body, FileBody) else "<the server's name of the file>"
    blob = {"$type": "blob", "ref": {"$link": name}, "mimeType": "<type>", "size": "<bytes>"}
    did = {"did": "did:plc:your-account", "accessJwt": "<access>", "refreshJwt": "<refresh>"}
    answers: dict[str, dict[str, Any]] = {
        "com.atproto.server.createSession": did,
        "com.atproto.server.getServiceAuth": {"token": "<token>"},
        "com.atproto.server.describeServer": {"did": "did:web:your-server"},
        "app.bsky.video.getUploadLimits": {"canUpload": True},
        "app.bsky.video.uploadVideo": {"jobId": "<job>"},
        # The service says how large its parts are; here one holds everything.
        "app.bsky.video.startUpload": {"jobId": "<upload>"},
        "app.bsky.video.getUploadStatus": {
            "state": "created",
            "partSizeBytes": 1 << 40,
            "partCount": 1,
            "receivedParts": [],
        },
        "app.bsky.video.finishUpload": {"completedJobId": "<job>"},
        "app.bsky.video.getJobStatus": {"jobId": "<job>", "blob": blob},
        "com.atproto.repo.uploadBlob": {"blob": blob},
        "com.atproto.repo.putRecord": {"uri": "<address>"},
    }
    return answers.get(request.url.rpartition("/")[2], {})
