"""Threads: one film with its words and its alternative text. It takes no bytes, but fetches the film from the web.

So an account here needs a web address (`public_file`); without one a person posts from a pack.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import Request, Sends
from pipeline.post_findings import addresses
from pipeline.posts import Post, with_tagged
from pipeline.publishers import Failure, Keep, Kind, Network, Pace, Proof, Sighting, unread
from pipeline.publishers.answers import same_words
from pipeline.publishers.instagram_container import Containers, twice
from pipeline.publishers.instagram_errors import MEANINGS
from pipeline.publishers.instagram_posts import Dialect
from pipeline.publishers.meta import Graph, Meaning
from pipeline.publishers.public_file import PublicFolder

GRAPH, VERSION, NAME = "https://graph.threads.net", "v1.0", "Threads"
MOST_WORDS, MOST_LINKS, MOST_ALT, MOST_TOPIC = 500, 5, 1000, 50

_RENDER = "render the clip again"
_OWN: dict[int, Meaning] = {
    **MEANINGS,
    2207051: ("account", "Threads takes it for spam: look into the account in its app, and post less often"),
    4279013: ("account", "look into the account in Threads' app: it says there what is wrong"),
}
_REASONS: dict[str, tuple[Kind, Kind, str]] = {  # what to do at first, and when it comes a second time
    "FAILED_DOWNLOADING_VIDEO": ("restart", "fix", "look whether the clip's address opens for everybody"),
    "FAILED_PROCESSING_VIDEO": ("restart", "fix", _RENDER),
    "FAILED_PROCESSING_AUDIO": ("fix", "fix", _RENDER),
    "INVALID_ASPEC_RATIO": ("fix", "fix", _RENDER),  # so written in older pages
    "INVALID_ASPECT_RATIO": ("fix", "fix", _RENDER),
    "INVALID_DURATION": ("fix", "fix", "make the clip five minutes long at most"),
    "INVALID_BIT_RATE": ("fix", "fix", _RENDER),
    "INVALID_FRAME_RATE": ("fix", "fix", _RENDER),
    "INVALID_AUDIO_CHANNELS": ("fix", "fix", _RENDER),
    "INVALID_AUDIO_CHANNEL_LAYOUT": ("fix", "fix", _RENDER),
}
_BY_HAND = (
    "post it by hand: make-promo pack; or give the account the setting `files`, a web address that shows files to "
    "everybody (and `files_folder`, the folder that lies behind it)"
)
_SAY = Dialect(
    name=NAME,
    quota="threads_publishing_limit",
    usual_quota=250,
    make="threads",
    publish="threads_publish",
    film="",
    state="status",
    reason="error_message",
    words="text",
)

STAND_IN: dict[str, str] = {}  # a dry run without an account says that a web address is wanted


class Threads(Network):
    """One account. Settings: `files`, `files_folder`, `user` (its number, else whose the token is), `topic`, `api`."""

    service = "threads"

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._user = account.settings.get("user", "").strip() or "me"
        base = f"{account.base('api', GRAPH)}/{VERSION}"
        self._graph = Graph(account, door, pace, label=NAME, base=base, more=_OWN)
        self._containers = Containers(self._graph, pace, _SAY, self._user)

    def open(self) -> str:
        if not re.fullmatch(r"\d{1,32}|me", self._user):
            raise Failure("sign-in", "the account's number (setting `user`) is not one", "make-promo login threads")
        answer = self._graph.get(self._user, {"fields": "id,username"})
        name = str(answer.values().get("id") or "")
        if answer.status != 200 or not name:
            failure = self._containers.posts.problem(answer) if answer.status != 200 else None
            if failure and failure.kind != "fix":
                raise failure
            words = failure.words if failure else "Threads did not say which account this is"
            raise Failure("sign-in", words, "make-promo login threads")
        return name

    def refusals(self, post: Post) -> tuple[str, ...]:
        if not self._web:
            raise Failure("fix", "Threads takes clips only from a web address, and the account has none", _BY_HAND)
        found = []
        if (count := counted(post.text, "chars_emoji_as_bytes")) > MOST_WORDS:
            found.append(f"the words have {count} characters as Threads counts; it takes {MOST_WORDS}")
        if (count := len(set(addresses(post.text)))) > MOST_LINKS:
            found.append(f"there are {count} links; Threads takes {MOST_LINKS}")
        if counted(post.alt, "utf16") > MOST_ALT:
            found.append(f"the alternative text has more than {MOST_ALT} characters")
        topic = self._topic
        if topic and (len(topic) > MOST_TOPIC or re.search(r"[.&]", topic)):
            found.append(f"the topic “{topic}” (setting `topic`) is too long, or has a full stop or an & in it")
        return tuple(found)

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        self._containers.refuse_full()
        try:
            return twice(lambda last: self._prepared(post, {} if last else kept, keep, last=last))
        except Failure as failure:
            if failure.dropped or failure.kind == "fix":
                self._cleared(self._offers(post))
            raise

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        named = {"account": self._user, "edge": "threads", "offers": self._offers(post)}
        return {**prepared, **named, "words": _words(post), "alt": post.alt}

    def go(self, frozen: Mapping[str, Any]) -> str:
        return self._containers.published(frozen, lambda reason: _broken(reason, again=False))

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        return self._containers.look(frozen, since)

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        self._cleared(frozen["offers"])

        def faults(found: Mapping[str, Any]) -> Iterator[str]:
            if not same_words(found.get("alt_text"), str(frozen["alt"])):
                yield "the clip in the post does not hold the alternative text"

        return self._containers.posts.proof(frozen, remote, "alt_text", faults)

    def _prepared(self, post: Post, kept: Mapping[str, Any], keep: Keep, *, last: bool) -> dict[str, Any]:
        def broken(reason: str) -> Failure:
            return _broken(reason, again=not last)

        done = {name: kept[name] for name in ("container", "made") if name in kept}
        if number := str(done.get("container") or ""):
            state = self._containers.state(number)
            if state is None or state.code in ("ERROR", "EXPIRED"):
                raise self._containers.lost(state, broken)
            if state.whole:
                return {**done, "out": 1} if state.code == "PUBLISHED" else done
        else:
            made = self._pace.clock().isoformat()
            number, _ = self._containers.made(self._values(post))
            done = {"container": number, "made": made}
            keep(done)
        state = self._containers.ready(number, broken)
        return {**done, "out": 1} if state.code == "PUBLISHED" else done

    def _values(self, post: Post) -> dict[str, Any]:
        assert self._web
        try:
            address = self._web.offered(post.clip, post.sha256, of=post.fingerprint)
        except OSError as error:
            raise unread(error) from None
        values = {"media_type": "VIDEO", "video_url": address, "text": _words(post), "alt_text": post.alt}
        return {**values, "topic_tag": self._topic} if self._topic else values

    @property
    def _topic(self) -> str:
        return self._account.settings.get("topic", "").strip().removeprefix("#")

    @property
    def _web(self) -> PublicFolder | None:
        return PublicFolder.of(self._account, self._door, self._pace)

    def _offers(self, post: Post) -> list[str]:
        return [self._web.name(post.clip, post.sha256, of=post.fingerprint)] if self._web else []

    def _cleared(self, names: Any) -> None:
        if self._web:
            self._web.withdrawn(map(str, names))


def _words(post: Post) -> str:
    """With the link that can be counted, where there is room for it."""
    tagged = with_tagged(post.text, post)
    return tagged if counted(tagged, "chars_emoji_as_bytes") <= MOST_WORDS else post.text


def _broken(reason: str, *, again: bool) -> Failure:
    """What it means that a container has failed. `again`: another one may be tried."""
    first, second, remedy = _REASONS.get(reason, ("restart", "restart", "run publish again later"))
    words = f"Threads could not prepare the clip: {reason.lower().replace('_', ' ') or 'it gives no reason'}"
    return Failure(first if again else second, words, remedy, dropped=True)


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run, by the end of the address."""
    others: dict[str, dict[str, Any]] = {"threads_publishing_limit": {}, "threads_publish": {"id": "<post>"}}
    return others.get(request.url.rpartition("/")[2], {"id": "<container>", "status": "FINISHED"})
