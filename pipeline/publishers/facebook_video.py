"""Videos of a Page that are no reels: an upload session of the app, its handle, then the one call that publishes.

Facebook names the video only in the answer to that call. When the answer is lost, a video that was not there before and
has our words is looked for among the Page's newest; where there is none, nobody can say, for what is still being
prepared may not be listed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.accounts import Account
from pipeline.files import sha256
from pipeline.http_door import FILE_ANSWER_S, Answer, FileBody, Request, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Pace, Sighting, patiently, sent
from pipeline.publishers.answers import group, moment, rows, same_words
from pipeline.publishers.facebook_status import named
from pipeline.publishers.meta import Graph, carried, held, hold, unstored
from pipeline.secret import Secret

_CLOCKS = timedelta(minutes=10)  # by which ours and Facebook's may differ
_PAGES, _PAGE = 4, 25
_SETTLE_S = (0.0, 2.0, 5.0, 10.0)
_SESSION = re.compile(r"upload:[^\s#@\\]{1,2000}")


class Videos:
    """The videos of one Page. `graph` knows it, `host` takes what is published."""

    def __init__(self, account: Account, door: Sends, pace: Pace, graph: Graph, host: Graph) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._graph, self._host = graph, host

    def prepare(self, post: Post, page: str, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        handle = str(kept.get("handle") or "")
        if not handle:
            handle = self._sent_up(post)
            keep({"handle": handle})  # without our token it opens nothing
            self._account.vault.drop(_slot(post))
        return {"handle": handle, "known": [row["id"] for row in self._newest(page, pages=1)]}

    def go(self, frozen: Mapping[str, Any]) -> str:
        files = _cover(frozen)
        values = published(frozen)
        if files:  # a form knows only texts
            values = {
                name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()
            }
        answer = self._host.post(f"{frozen['page']}/videos", values, public=True, files=files)
        if answer.status == 200:
            try:
                return named(answer.values(), "id", "the video")
            except Failure as failure:
                raise Failure("unknown", failure.words) from None
        trouble = self._host.problem(answer)
        trouble.dropped = trouble.kind == "fix"
        raise trouble

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        fresh = self._pace.clock() - since < timedelta(minutes=1)
        for pause in _SETTLE_S if fresh else (0.0,):
            self._pace.sleep(pause)
            for row in self._newest(str(frozen["page"]), since=since - _CLOCKS):
                ours = same_words(row.get("description"), frozen["text"])
                if ours and row["id"] not in frozen["known"]:
                    return Sighting(found="there", remote=str(row["id"]))
        why = "it is not among the Page's newest videos, but Facebook may not list what it still works on"
        return Sighting(found="unsure", why=why)

    def _sent_up(self, post: Post) -> str:
        """The handle of the clip. What is left of an earlier session is tried first."""
        kept = held(self._account, self._door, _slot(post))
        if kept:
            try:
                return self._carried(post, kept, begun=False)
            except Failure as failure:
                if failure.kind != "restart":
                    raise
        return self._carried(post, self._session(post), begun=True)

    def _session(self, post: Post) -> Secret:
        params = {"file_name": "clip.mp4", "file_length": str(post.bytes), "file_type": "video/mp4"}
        request = self._graph.request("POST", f"{app_of(self._account)}/uploads", params=params)

        def once() -> str:
            answer = sent(self._door, replace(request, bearer=self._user))
            if answer.status != 200:
                raise unstored(answer, self._pace.clock(), "Facebook")
            return str(answer.values().get("id") or "")

        session = patiently(once, self._pace)
        if not _SESSION.fullmatch(session):
            raise Failure("again", "Facebook gave the upload no name")
        return hold(self._account, self._door, _slot(post), session)

    def _carried(self, post: Post, session: Secret, *, begun: bool) -> str:
        clip, known = FileBody(path=post.clip), [0] if begun else []
        handles: list[str] = []

        def arrived() -> int:
            if known:
                return known.pop()
            answer = sent(self._door, self._signed("GET", session))
            found = answer.values().get("file_offset")
            if answer.status != 200 or not isinstance(found, int):
                raise self._unsent(answer)
            return found

        def send(start: int) -> None:
            if not 0 <= start < clip.size:
                raise Failure("restart", "Facebook has the clip, and did not say under what name", "publish again")
            request = self._signed("POST", session)
            body = replace(clip, start=start, count=clip.size - start)
            headers = {"file_offset": str(start)}
            answer = sent(self._door, replace(request, headers=headers, body=body, answer_s=FILE_ANSWER_S))
            handle = answer.values().get("h")
            if answer.status != 200 or not isinstance(handle, str) or not handle:
                raise self._unsent(answer)
            handles.append(handle)

        carried(arrived, send, self._pace)
        return handles[-1]

    def _unsent(self, answer: Answer) -> Failure:
        failure = unstored(answer, self._pace.clock(), "Facebook")
        return failure if failure.kind != "fix" else Failure("restart", failure.words, "publish again: it begins anew")

    def _signed(self, method: str, session: Secret) -> Request:
        return self._graph.request(method, session.reveal(), bearer=self._user, scheme="OAuth")

    @property
    def _user(self) -> Secret:
        """Sessions are the person's, where the sign-in has kept that person's token."""
        return self._account.vault.get("user") or self._graph.token

    def _newest(self, page: str, *, since: datetime | None = None, pages: int = _PAGES) -> Iterator[Mapping[str, Any]]:
        params = {"type": "uploaded", "fields": "id,description,created_time", "limit": str(_PAGE)}
        for _ in range(pages):
            answer = self._graph.get(f"{page}/videos", params)
            if answer.status != 200:
                raise self._graph.problem(answer)
            found = answer.values()
            videos = [row for row in rows(found, "data") if row.get("id")]
            yield from (row for row in videos if since is None or (moment(row.get("created_time")) or since) >= since)
            oldest = moment(videos[-1].get("created_time")) if videos else None
            after = _after(found)
            if not after or (since and oldest and oldest < since):
                return
            params = {**params, "after": after}


def app_of(account: Account) -> str:
    """The number of the app that opens upload sessions; "" when nobody has told it."""
    found = account.settings.get("app") or account.settings.get("client_id") or ""
    return found if re.fullmatch(r"\d{1,30}", found) else ""


def published(frozen: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of the public call."""
    values: dict[str, Any] = {"fbuploader_video_file_chunk": frozen["handle"], "description": frozen["text"]}
    values |= {"title": frozen["title"]} if frozen["title"] else {}
    return values | ({"published": False, "scheduled_publish_time": frozen["scheduled"]} if frozen["scheduled"] else {})


def _slot(post: Post) -> str:
    return f"session {post.fingerprint[:16]}"


def _cover(frozen: Mapping[str, Any]) -> dict[str, FileBody]:
    """Failure when the cover is not what it was."""
    if not frozen["cover"]:
        return {}
    path = Path(str(frozen["cover"]))
    try:
        same = sha256(path) == frozen["cover_sha256"]
    except OSError:
        same = False
    if not same:
        raise Failure("again", f"{path.name} is not there any more, or has changed", "publish again")
    return {"thumb": FileBody(path=path, mime="image/jpeg", name="cover.jpg")}


def _after(found: Mapping[str, Any]) -> str:
    """Where the next page begins. Its address is not followed: our token stands in it."""
    paging = group(found, "paging")
    return str(group(paging, "cursors").get("after") or "") if paging.get("next") else ""
