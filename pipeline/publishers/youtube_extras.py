"""What goes with a video: its subtitles and its cover. A video that has just come may not be known here for a while."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from pipeline.http_door import Answer, FileBody, Request
from pipeline.posts import Captions
from pipeline.publishers import Failure, Pace, polled
from pipeline.publishers.answers import group, rows
from pipeline.publishers.youtube_answers import id_of, same_language
from pipeline.publishers.youtube_calls import Calls
from pipeline.publishers.youtube_upload import PART_ANSWER_S
from pipeline.publishers.youtube_words import picture_type

TAKEN = "taken"

_POLLS = 30  # in pauses that grow to ten seconds: some minutes
_VERIFY = "channels may have covers when they are verified by telephone: youtube.com/verify"


class Extras:
    """For the videos of one account."""

    def __init__(self, calls: Calls, pace: Pace) -> None:
        self._calls, self._pace = calls, pace

    def captions(self, video: str, captions: Captions) -> str:
        """Sends the subtitles, or puts them in the place of those that are there. Gives the name of their track."""
        made = {"snippet": {"videoId": video, "language": captions.lang, "name": "", "isDraft": False}}
        answer = self._known(self._sent("POST", "snippet", made, captions), 409)
        if answer.status == 409:
            track = next((id_of(one) for one in self.tracks(video) if same_language(one, captions.lang)), "")
            if not track:
                raise Failure("fix", f"YouTube says: {answer.words or 'there are subtitles already'}")
            changed = {"id": track, "snippet": {"isDraft": False}}
            answer = self._known(self._sent("PUT", "id,snippet", changed, captions))
        return id_of(answer.values()) or TAKEN

    def tracks(self, video: str) -> list[Mapping[str, Any]]:
        """The subtitles of a video that people have made."""
        answer = self._calls.get("captions", {"part": "id,snippet", "videoId": video}, 404)
        found = rows(answer.values(), "items")
        return [one for one in found if str(group(one, "snippet").get("trackKind")).lower() != "asr"]

    def cover(self, video: str, cover: Path) -> str:
        """`taken`, or why this channel may not have one: that keeps no video back."""
        with cover.open("rb") as stream:
            mime = picture_type(stream.read(8)) or "image/jpeg"
        request = Request(
            method="POST", url=self._calls.upload("thumbnails/set"), answer_s=PART_ANSWER_S,
            params={"videoId": video, "uploadType": "media"}, body=FileBody(path=cover, mime=mime),
        )  # fmt: skip
        try:
            self._known(request)
        except Failure as failure:
            if failure.kind != "account":
                raise
            return f"the cover was not taken: {failure.words} ({_VERIFY})"
        return TAKEN

    def _sent(self, method: str, part: str, resource: Mapping[str, Any], captions: Captions) -> Request:
        """Two parts, as `multipart/related` has them: what the track is, and the file."""
        words = captions.srt or captions.vtt
        edge = sha256(words).hexdigest()[:32]
        told = json.dumps(resource, ensure_ascii=False).encode()
        body = b"\r\n".join([
            b"--%b" % edge.encode(), b"Content-Type: application/json; charset=UTF-8", b"", told,
            b"--%b" % edge.encode(), b"Content-Type: application/octet-stream", b"", words,
            b"--%b--" % edge.encode(), b"",
        ])  # fmt: skip
        return Request(
            method=method, url=self._calls.upload("captions"), params={"uploadType": "multipart", "part": part},
            headers={"Content-Type": f"multipart/related; boundary={edge}"}, body=body, answer_s=PART_ANSWER_S,
        )  # fmt: skip

    def _known(self, request: Request, *also: int) -> Answer:
        """The answer about a video that YouTube may still have to find."""

        def step() -> Answer | None:
            answer = self._calls.asked(request, 404, *also)
            return None if answer.status == 404 else answer

        pace = replace(self._pace, polls=min(_POLLS, self._pace.polls))
        return polled(step, pace, "YouTube does not know its new video yet")
