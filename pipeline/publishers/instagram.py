"""Instagram: reels and stories of a professional account. A clip for the feed is a reel too, for there is nothing else.

The film's bytes go to Facebook's store; or, where the account has a web address (`public_file`), Instagram fetches it
there, and its cover with it. Then one call publishes the container.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import Request, Sends
from pipeline.post_findings import hashtags
from pipeline.posts import Post
from pipeline.publishers import Failure, Keep, Network, Pace, Proof, Sighting, unread
from pipeline.publishers.instagram_bytes import Bytes
from pipeline.publishers.instagram_container import Containers, State, twice
from pipeline.publishers.instagram_errors import MEANINGS, NAME, broken
from pipeline.publishers.instagram_posts import STORIES, Dialect
from pipeline.publishers.meta import STORE, VERSION, Graph
from pipeline.publishers.public_file import PublicFolder

GRAPH = "https://graph.facebook.com"
MOST_WORDS, MOST_TAGS, MOST_NAMES = 2200, 5, 20  # five hashtags since 19 December 2025; the interface would take 30

_STORY = "instagram-story"
_COVER_AT_MS = 2000  # where covers are taken from, as a rule; the film itself begins with a title that is still coming
_MOST_COVER = 8_000_000
_YES = ("yes", "true", "1", "on")
_NAMES = re.compile(r"(?<![\w.])@[A-Za-z0-9_.]+")
_SAY = Dialect(
    name=NAME,
    quota="content_publishing_limit",
    usual_quota=100,
    make="media",
    publish="media_publish",
    film="video_status",
    state="status_code",
    reason="status",
    words="caption",
)


class Instagram(Network):
    """One account, by its number (`user`). Further settings: `api`, `upload`, `files`, `files_folder`,
    `is_ai_generated`."""

    service = "instagram"

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._user = account.settings.get("user", "").strip()
        api = account.base("api", GRAPH)
        self._graph = Graph(account, door, pace, label=NAME, base=f"{api}/{VERSION}", more=MEANINGS)
        self._containers = Containers(self._graph, pace, _SAY, self._user)
        self._bytes = Bytes(account, door, pace, self._graph, api)

    def open(self) -> str:
        if not re.fullmatch(r"\d{1,32}", self._user):
            raise Failure("sign-in", "the account's number (setting `user`) is not known", "make-promo login instagram")
        answer = self._graph.get(self._user, {"fields": "id,username"})
        if answer.status != 200:
            failure = self._containers.posts.problem(answer)
            if failure.kind == "fix":  # it does not know the number, or does not show it to this sign-in
                failure = Failure("sign-in", failure.words, "make-promo login instagram")
            raise failure
        return self._user

    def refusals(self, post: Post) -> tuple[str, ...]:
        _ = self._web  # an address that is none is told before anything is sent
        if post.platform == _STORY:
            return ()
        found = []
        if (count := counted(post.text, "utf16")) > MOST_WORDS:
            found.append(f"the words have {count} characters; Instagram takes {MOST_WORDS}")
        if (count := len(hashtags(post.text))) > MOST_TAGS:
            found.append(f"there are {count} hashtags; Instagram takes {MOST_TAGS}")
        if (count := len(_NAMES.findall(post.text))) > MOST_NAMES:
            found.append(f"{count} accounts are named with @; Instagram takes {MOST_NAMES}")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        self._containers.refuse_full()
        try:
            done = twice(lambda last: self._prepared(post, {} if last else kept, keep, last=last))
        except Failure as failure:
            if failure.dropped or failure.kind == "fix":
                self._cleared(self._offers(post))
                self._bytes.forget(post)
            raise
        self._bytes.forget(post)
        return done

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        story = post.platform == _STORY
        more = {"edge": STORIES, "words": "", "kind": "STORY"} if story else {}
        usual = {"edge": "media", "words": post.text, "kind": "REELS"}
        return {"account": self._user, **prepared, **usual, **more, "offers": self._offers(post)}

    def go(self, frozen: Mapping[str, Any]) -> str:
        return self._containers.published(frozen, self._broken)

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        return self._containers.look(frozen, since)

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        self._cleared(frozen["offers"])

        def faults(found: Mapping[str, Any]) -> Iterator[str]:
            if found.get("media_product_type") != frozen["kind"]:
                yield "Instagram has made another kind of post of it"

        return self._containers.posts.proof(frozen, remote, "media_product_type", faults)

    def _prepared(self, post: Post, kept: Mapping[str, Any], keep: Keep, *, last: bool) -> dict[str, Any]:
        done = {name: kept[name] for name in ("container", "made", "sent") if name in kept}
        if not done.get("container"):
            done = self._made(post)
            keep(done)
        number, fresh = str(done["container"]), not kept.get("sent")

        def broken(reason: str) -> Failure:
            return self._broken(reason, again=not last)

        def alive(film: bool = True) -> State:
            state = self._containers.state(number, film=film)
            if state is None or state.code in ("ERROR", "EXPIRED"):
                raise self._containers.lost(state, broken)
            return state

        if not done.get("sent"):
            self._bytes.send(post, number, alive)
            done = {**done, "sent": 1}
            keep(done)
        if fresh or not (state := alive(film=False)).whole:
            state = self._containers.ready(number, broken)
        return {**done, "out": 1} if state.code == "PUBLISHED" else done

    def _made(self, post: Post) -> dict[str, Any]:
        """A new container, noted with the moment before it was asked for."""
        made = self._pace.clock().isoformat()
        try:
            values = self._values(post)
        except OSError as error:
            raise unread(error) from None
        if self._web:
            return {"container": self._containers.made(values)[0], "made": made, "sent": 1}
        try:
            number, answer = self._containers.made(values)
        except Failure as failure:
            raise self._bytes.explained(failure) if failure.kind == "fix" else failure from None
        self._bytes.noted(post, number, answer)
        return {"container": number, "made": made}

    def _values(self, post: Post) -> dict[str, Any]:
        web, reel, of = self._web, post.platform != _STORY, post.fingerprint
        values: dict[str, Any] = {"media_type": "REELS" if reel else "STORIES"}
        if reel:
            values |= {"caption": post.text, "share_to_feed": True}
            if web and post.cover and post.cover.stat().st_size <= _MOST_COVER:
                values["cover_url"] = web.offered(post.cover, post.cover_sha256, of=of)
            else:
                values["thumb_offset"] = str(min(_COVER_AT_MS, int(post.duration * 600)))
        if self._account.settings.get("is_ai_generated", "").strip().lower() in _YES:
            values["is_ai_generated"] = True
        if web:
            return {**values, "video_url": web.offered(post.clip, post.sha256, of=of)}
        return {**values, "upload_type": "resumable"}

    def _broken(self, reason: str, *, again: bool = False) -> Failure:
        return broken(reason, self._pace.clock(), again=again)

    @property
    def _web(self) -> PublicFolder | None:
        return PublicFolder.of(self._account, self._door, self._pace)

    def _offers(self, post: Post) -> list[str]:
        """The names under which files of this post may lie on the web."""
        if not self._web:
            return []
        files = ((post.clip, post.sha256), (post.cover, post.cover_sha256))
        return [self._web.name(path, digest, of=post.fingerprint) for path, digest in files if path]

    def _cleared(self, names: Any) -> None:
        if self._web:
            self._web.withdrawn(map(str, names))


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run, by the end of the address."""
    if request.url.startswith(STORE):
        return {"success": True}
    found: dict[str, Any] = {
        "id": "<container>", "uri": f"{STORE}/ig-api-upload/{VERSION}/<container>", "status_code": "FINISHED",
    }  # fmt: skip
    if "video_status" in request.params.get("fields", ""):
        found["status_code"] = "IN_PROGRESS"
    others: dict[str, dict[str, Any]] = {"content_publishing_limit": {}, "media_publish": {"id": "<post>"}}
    return others.get(request.url.rpartition("/")[2], found)
