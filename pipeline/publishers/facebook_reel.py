"""Reels of a Page: begin, send the bytes to the store, then the one call that publishes.

One name, given at the beginning, is one reel at most: a call whose answer was lost is looked up under that name, and to
make the same call again cannot make a second reel.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from pipeline.accounts import Account
from pipeline.http_door import FileBody, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, Sighting, polled
from pipeline.publishers.facebook_status import Standing, named, read, watched
from pipeline.publishers.meta import STORE, Graph, carried, held, hold, uploaded

_SETTLE_S = (0.0, 2.0, 5.0, 10.0)  # Facebook may still be writing down what we look for
_REFUSED_S = (1.0, 2.0, 4.0)  # what cannot be shown is mostly refused within seconds
_CERTAIN = timedelta(hours=1)  # what has not begun by then was never asked for


class Reels:
    """The reels of one Page."""

    def __init__(self, account: Account, door: Sends, pace: Pace, graph: Graph) -> None:
        self._account, self._door, self._pace, self._graph = account, door, pace, graph

    def prepare(self, post: Post, page: str, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        slot = f"upload {post.fingerprint[:16]}"
        video = str(kept.get("video") or "")
        standing = read(self._graph, video) if video else None
        usable = standing is not None and not standing.lost and not standing.trouble
        if not usable or not (standing and standing.up):
            url = held(self._account, self._door, slot) if usable else None
            begun = not url
            if not url:
                answer = self._graph.post(f"{page}/video_reels", {"upload_phase": "start"})
                if answer.status != 200:
                    raise self._graph.problem(answer)
                video = named(answer.values(), "video_id", "the reel")
                url = hold(self._account, self._door, slot, str(answer.values().get("upload_url") or ""))
                keep({"video": video})
            self._send(video, url.reveal(), FileBody(path=post.clip), begun)
        polled(lambda: self._there(video).up or None, self._pace, "Facebook is still taking the clip in")
        self._account.vault.drop(slot)
        return {"video": video}

    def go(self, frozen: Mapping[str, Any]) -> str:
        video = str(frozen["video"])
        answer = self._graph.post(f"{frozen['page']}/video_reels", finish(frozen), public=True)
        if answer.status == 200:
            if answer.values().get("success") is not True:
                raise Failure("unknown", "Facebook did not say whether it took the reel")
            self._refuse_what_failed(video)
            return video
        trouble = self._graph.problem(answer)
        try:
            standing = read(self._graph, video)
        except Failure as failure:
            raise Failure("unknown", f"{trouble.words}; {failure.words}") from None
        if standing and standing.trouble:
            raise _unusable(standing)
        if standing and (standing.taken or standing.working):  # by a call before this one, whose answer was lost
            raise Failure("unknown", trouble.words)
        # The name is given up only when no reel can come of it: under another one there might be two.
        trouble.dropped = standing is None or standing.lost
        raise trouble

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        video, ago = str(frozen["video"]), self._pace.clock() - since
        standing = None
        for pause in _SETTLE_S if ago < timedelta(minutes=1) else (0.0,):
            self._pace.sleep(pause)
            standing = read(self._graph, video)
            if standing and standing.taken:
                return Sighting(found="there", remote=video)
        if standing is None:
            return Sighting(found="unsure", why="Facebook does not know the reel any more: perhaps it was taken down")
        if standing.lost or standing.trouble or (ago > _CERTAIN and not standing.working):
            return Sighting(found="absent")
        return Sighting(found="absent", same_only=True)

    def _send(self, video: str, url: str, clip: FileBody, begun: bool) -> None:
        known = [0] if begun else []

        def arrived() -> int:
            if known:
                return known.pop()
            standing = self._there(video)
            return clip.size if standing.up else min(standing.bytes, clip.size)

        def send(start: int) -> None:
            if start < clip.size:
                base = self._account.base("upload", STORE)
                uploaded(self._door, self._pace, url, self._graph.token, clip, start, base=base)

        carried(arrived, send, self._pace)

    def _there(self, video: str) -> Standing:
        standing = read(self._graph, video)
        if standing is None or standing.lost:
            raise Failure("restart", "the upload to Facebook has run out", "publish again: it begins anew")
        if standing.trouble:
            raise _unusable(standing)
        return standing

    def _refuse_what_failed(self, video: str) -> None:
        try:
            standing = watched(self._graph, video, self._pace, _REFUSED_S)
        except Failure:
            return  # it is sent; whether it is shown is read back later
        if standing and standing.trouble:
            raise _unusable(standing)


def finish(frozen: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the public call."""
    values = {
        "upload_phase": "finish",
        "video_id": frozen["video"],
        "video_state": "SCHEDULED" if frozen["scheduled"] else "PUBLISHED",
        "description": frozen["text"],
    }
    values |= {"title": frozen["title"]} if frozen["title"] else {}
    return values | ({"scheduled_publish_time": frozen["scheduled"]} if frozen["scheduled"] else {})


def _unusable(standing: Standing) -> Failure:
    return Failure("fix", f"Facebook cannot use the clip: {standing.trouble}", "render the clip again", dropped=True)
