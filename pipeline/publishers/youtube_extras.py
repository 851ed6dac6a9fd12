"""What goes with a video: its subtitles and its cover. A video that has just come may not be known here for a while."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

from pathlib import Path

from pipeline.http_door import Answer, FileBody, Request
from pipeline.posts import Captions
from pipeline.publishers import Failure, Pace, polled
from pipeline.publishers.youtube_answers import NAME, Busy, id_of, problem, group, reason_of, rows
from pipeline.publishers.youtube_calls import Calls
from pipeline.publishers.youtube_upload import PART_ANSWER_S
from pipeline.publishers.youtube_words import picture_type

TAKEN = "taken"

_POLLS = 30  # in pauses that grow to ten seconds: some minutes
_VERIFY = "the channel must be verified by telephone: youtube.com/verify"


class Extras:
    """For the videos of one account."""

    def __init__(self, calls: Calls, pace: Pace) -> None:
        self._calls, self._pace = calls, pace

    def captions(self, video: str, captions: Captions) -> str:
        """Sends the subtitles, or puts them in the place of those that are there. Gives the name of their track."""
        told = {"videoId": video, "language": captions.lang, "name": "", "isDraft": False}
        answer = self._known(_captions("POST", self._calls, "snippet", {"snippet": told}, captions), 409)
        if answer.status == 409:
            if not (track := self._track(video, captions.lang)):
                raise problem(answer, self._pace.clock())
            changed = {"id": track, "snippet": {"isDraft": False}}
            answer = self._known(_captions("PUT", self._calls, "id,snippet", changed, captions))
        return id_of(answer.values()) or TAKEN

    def cover(self, video: str, cover: Path) -> str:
        """`taken`, or why this channel may not have one: that keeps no video back."""
        with cover.open("rb") as stream:
            mime = picture_type(stream.read(8)) or "image/jpeg"
        request = Request(
            method="POST", url=self._calls.upload("thumbnails/set"), answer_s=PART_ANSWER_S,
            params={"videoId": video, "uploadType": "media"}, body=FileBody(path=cover, mime=mime),
        )  # fmt: skip
        answer = self._known(request, 403)
        if answer.status != 403:
            return TAKEN
        return f"YouTube has not taken the cover: {answer.words or 'it is not allowed to'} ({_VERIFY})"

    def _known(self, request: Request, *also: int) -> Answer:
        """An answer from a video that YouTube may still have to find."""
        pace = replace(self._pace, polls=min(_POLLS, self._pace.polls))

        def step() -> Answer | None:
            answer = self._calls.asked(request, 404, *also)
            return None if answer.status == 404 else answer

        return polled(step, pace, "YouTube does not know its new video yet")
