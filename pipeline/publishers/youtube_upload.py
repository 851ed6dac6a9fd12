"""A film on its way to YouTube, private, in parts. Whatever is cut off goes on where YouTube says that it stopped.

The upload's own address is a permission to write: it lies in the account's vault, never in the ledger, and is stored
before the first byte. Asking there after a lost answer gives the finished video, so nothing is uploaded twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pipeline.accounts import Account
from pipeline.http_door import Answer, Door, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure
from pipeline.publishers.youtube_answers import id_of
from pipeline.publishers.youtube_calls import Calls
from pipeline.secret import Secret

PART = 8 << 20  # bytes; all parts but the last are multiples of 262,144
PART_ANSWER_S = 120.0
MIME = "video/mp4"

_GONE = (404, 410)
_RANGE = re.compile(r"bytes=0-(\d{1,15})")


class Uploads:
    """Those of one account."""

    def __init__(self, account: Account, calls: Calls, door: Sends) -> None:
        self._vault, self._calls, self._door = account.vault, calls, door

    def video(
        self, post: Post, resource: Mapping[str, Any], params: Mapping[str, str], earlier: Callable[[], str]
    ) -> str:
        """The id of the video. `earlier` looks for one that is there already when no upload is known."""
        if (known := self._vault.get(_name(post))) and (found := self._whole(post, known, begun=True)):
            return found
        if found := earlier():
            return found
        begun = self._begun(post, resource, params)
        self._vault.put(_name(post), begun)
        if found := self._whole(post, begun, begun=False):
            return found
        raise Failure("restart", "YouTube no longer knows the upload", "publish again: it is uploaded anew")

    def forget(self, post: Post) -> None:
        self._vault.drop(_name(post))

    def _begun(self, post: Post, resource: Mapping[str, Any], params: Mapping[str, str]) -> Secret:
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Upload-Content-Length": str(post.bytes),
            "X-Upload-Content-Type": MIME,
        }
        url = self._calls.upload("videos")
        answer = self._calls.asked(
            Request(method="POST", url=url, params={"uploadType": "resumable", **params}, headers=headers,
                    json=dict(resource))
        )  # fmt: skip
        if not answer.headers.get("location"):
            raise Failure("again", "YouTube gave no address for the upload", "publish again later")
        return Secret(answer.headers["location"])

    def _whole(self, post: Post, session: Secret, *, begun: bool) -> str:
        """Sends all that is missing; gives the video's id, "" when the upload is no longer known. `begun`: some bytes
        may be there."""
        self._guard(session)
        at: int | None = None if begun else 0  # None: only YouTube knows
        most = at or 0

        def step() -> int | str:
            nonlocal at
            start, at = at, None
            if start is None or start >= post.bytes:
                place = self._place(self._asked(post, session))
                if isinstance(place, str) or place > most:
                    return place
                start = place
            if start >= post.bytes:
                raise Failure("again", "YouTube has the whole film and does not say so")
            there = self._place(self._part(post, session, start))
            if isinstance(there, int) and there <= most:
                raise Failure("again", "YouTube takes no more of the film", "publish again later")
            return there

        try:
            while isinstance(found := self._calls.patiently(step), int):
                most = at = found
        except Failure as failure:
            if failure.kind not in ("fix", "restart"):
                raise
            self._vault.drop(_name(post))
            if failure.kind == "fix":
                raise
            return ""
        return found

    def _asked(self, post: Post, session: Secret) -> Answer:
        headers = {"Content-Length": "0", "Content-Range": f"bytes */{post.bytes}"}
        return self._calls.put(Request(method="PUT", url=session.reveal(), headers=headers), 308, *_GONE)

    def _part(self, post: Post, session: Secret, start: int) -> Answer:
        count = min(PART, post.bytes - start)
        part = FileBody(path=post.clip, mime=MIME, start=start, count=count)
        headers = {"Content-Range": f"bytes {start}-{start + count - 1}/{post.bytes}"}
        request = Request(method="PUT", url=session.reveal(), headers=headers, body=part, answer_s=PART_ANSWER_S)
        return self._calls.put(request, 308, *_GONE)

    def _place(self, answer: Answer) -> int | str:
        """How many bytes are there, or the finished video's id."""
        if answer.status in _GONE:
            raise Failure("restart", "YouTube no longer knows the upload")
        if answer.status == 308:
            there = _RANGE.fullmatch(answer.headers.get("range", "").strip())
            return int(there[1]) + 1 if there else 0
        if found := id_of(answer.values()):
            return found
        raise Failure("again", "YouTube did not say which video it made")

    def _guard(self, session: Secret) -> None:
        if isinstance(self._door, Door):
            parts = parse_qs(urlsplit(session.reveal()).query).get("upload_id", [])
            self._door.guard(session, *map(Secret, parts))


def _name(post: Post) -> str:
    return f"session {post.fingerprint[:16]}"
