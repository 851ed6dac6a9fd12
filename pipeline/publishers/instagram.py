"""Instagram: reels and stories of a professional account. A clip for the feed is a reel too, for there is nothing else.

The film's bytes go to Facebook's store; or, where the account has a web address (`public_file`), Instagram fetches it
there, and its cover with it. Then one call publishes the container.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from pipeline.accounts import Account
from pipeline.counting import counted
from pipeline.http_door import Door, FileBody, Request, Sends
from pipeline.post_findings import hashtags
from pipeline.posts import Post
from pipeline.publishers import Failure, Pace, Proof, Sighting
from pipeline.publishers.instagram_container import UNLISTED, Containers, Dialect, State, same_words, twice
from pipeline.publishers.instagram_errors import MEANINGS, NAME, broken
from pipeline.publishers.meta import STORE, VERSION, Graph, carried, uploaded
from pipeline.publishers.public_file import PublicFolder
from pipeline.secret import Secret

GRAPH = "https://graph.facebook.com"
MOST_WORDS, MOST_TAGS, MOST_NAMES = 2200, 5, 20  # five hashtags since 19 December 2025; the interface would take 30

_STORY = "instagram-story"
_COVER_AT_MS = 2000  # where covers are taken from, as a rule; the film itself begins with a title that is still coming
_MOST_COVER = 8_000_000
_UNLISTED_FOR = timedelta(hours=1)
_YES = ("yes", "true", "1", "on")
_NAMES = re.compile(r"(?<![\w.])@[A-Za-z0-9_.]+")
_BY_FACEBOOK = (
    "sign in by way of Facebook, or give the setting `files`: a web address from which Instagram fetches clips"
)
_SAY = Dialect(
    name=NAME,
    quota="content_publishing_limit",
    usual_quota=100,
    make="media",
    publish="media_publish",
    container="status_code,status,video_status",
    state="status_code",
    reason="status",
    words="caption",
)


class Instagram:
    """One account, by its number (`user`). Further settings: `api`, `upload`, `files`, `files_folder`,
    `is_ai_generated`."""

    service = "instagram"
    ahead: tuple[timedelta, timedelta] | None = None
    pressed = False

    def __init__(self, account: Account, door: Sends, pace: Pace) -> None:
        self._account, self._door, self._pace = account, door, pace
        self._user = account.settings.get("user", "").strip()
        self._api, self._store = account.base("api", GRAPH), account.base("upload", STORE)
        self._graph = Graph(account, door, pace, label=NAME, base=f"{self._api}/{VERSION}", more=MEANINGS)
        self._containers = Containers(self._graph, pace, _SAY, self._user)

    def open(self) -> str:
        if not re.fullmatch(r"\d{1,32}", self._user):
            raise Failure("sign-in", "the account's number (setting `user`) is not known", "make-promo login instagram")
        answer = self._graph.get(self._user, {"fields": "id,username"})
        if answer.status != 200:
            failure = self._containers.problem(answer)
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

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], None]) -> dict[str, Any]:
        self._containers.refuse_full()
        try:
            done = twice(lambda again: self._prepared(post, {} if again else kept, keep))
        except Failure as failure:
            if failure.dropped or failure.kind == "fix":
                self._cleared(self._offers(post))
                self._account.vault.drop(_kept_as(post))
            raise
        self._account.vault.drop(_kept_as(post))
        return done

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        story = post.platform == _STORY
        more = {"edge": "stories", "words": "", "kind": "STORY"} if story else {}
        usual = {"edge": "media", "words": post.text, "kind": "REELS"}
        return {"account": self._user, **prepared, **usual, **more, "offers": self._offers(post)}

    def go(self, frozen: Mapping[str, Any]) -> str:
        return self._containers.published(frozen, self._broken)

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        return self._containers.look(frozen, since)

    def withdraw(self, frozen: Mapping[str, Any], remote: str) -> bool:
        return False

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        self._cleared(frozen.get("offers") or ())
        if not (media := self._containers.listed(frozen, remote)):
            young = self._pace.clock() - datetime.fromisoformat(str(frozen["made"])) < _UNLISTED_FOR
            words = "Instagram says that it is out, but it is not to be found among the account's newest posts"
            return Proof(address="", shown="processing") if young else Proof(address="", faults=(words,))
        found = self._containers.read(media, "id,permalink,caption,media_type,media_product_type")
        if found is None:
            return Proof(address="", shown="private only", faults=("the post was not there when it was read back",))
        faults = []
        if found.get("media_type") != "VIDEO":
            faults.append("the post does not hold our clip")
        if found.get("media_product_type") != frozen["kind"]:
            faults.append("Instagram has made another kind of post of it")
        if not same_words(found.get("caption"), str(frozen["words"])):
            faults.append("the post does not say our words")
        return Proof(address=str(found.get("permalink") or ""), faults=tuple(faults))

    def _prepared(
        self, post: Post, kept: Mapping[str, Any], keep: Callable[[Mapping[str, Any]], None]
    ) -> dict[str, Any]:
        done = {name: kept[name] for name in ("container", "made", "sent") if name in kept}
        if not done.get("container"):
            done = self._made(post)
            keep(done)
        number = str(done["container"])
        if not done.get("sent"):
            self._send(post, number)
            done = {**done, "sent": 1}
            keep(done)
        state = self._alive(number) if kept.get("sent") else State(code="IN_PROGRESS")
        if state.code not in ("FINISHED", "PUBLISHED"):
            state = self._containers.ready(number, self._broken)
        return {**done, "out": 1} if state.code == "PUBLISHED" else done

    def _made(self, post: Post) -> dict[str, Any]:
        """A new container, noted with the moment before it was asked for."""
        made = self._pace.clock().isoformat()
        number, answer = self._containers.made(self._values(post))
        if self._web:
            return {"container": number, "made": made, "sent": 1}
        uri = str(answer.get("uri") or "")
        if not uri:
            raise self._without_store(Failure("restart", "Instagram named no place to send the clip to"))
        if not uri.startswith(f"{self._store}/"):
            host = urlsplit(uri).hostname if uri.isprintable() else ""
            words = f"Instagram wants the clip sent to {host or 'another place'}, which is not its store"
            raise Failure("fix", words, "tell us about it: nothing was sent")
        secret = Secret(f"{number} {uri}")
        if isinstance(self._door, Door):
            self._door.guard(secret, Secret(uri))
        self._account.vault.put(_kept_as(post), secret)
        return {"container": number, "made": made}

    def _values(self, post: Post) -> dict[str, Any]:
        web, reel = self._web, post.platform != _STORY
        values: dict[str, Any] = {"media_type": "REELS" if reel else "STORIES"}
        if reel:
            values |= {"caption": post.text, "share_to_feed": True}
            if web and post.cover and post.cover.stat().st_size <= _MOST_COVER:
                values["cover_url"] = web.offered(post.cover, of=post.fingerprint)
            else:
                values["thumb_offset"] = str(min(_COVER_AT_MS, int(post.duration * 600)))
        if self._account.settings.get("is_ai_generated", "").strip().lower() in _YES:
            values["is_ai_generated"] = True
        if web:
            return {**values, "video_url": web.offered(post.clip, of=post.fingerprint)}
        return {**values, "upload_type": "resumable"}

    def _send(self, post: Post, number: str) -> None:
        """The bytes, from where the store has them. Failure `restart` when the way there is no longer known."""
        kept = self._account.vault.get(_kept_as(post))
        known, _, uri = kept.reveal().partition(" ") if kept else ("", "", "")
        if known != number:
            raise Failure("restart", "where the clip was being sent is no longer known")
        clip = FileBody(path=post.clip, mime="video/mp4")

        def send(offset: int) -> None:
            if offset < post.bytes:
                token = self._graph.token
                uploaded(self._door, self._pace, uri, token, clip, offset, base=self._store, label=NAME)

        try:
            carried(lambda: self._alive(number).sent, send, self._pace)
        except Failure as failure:
            if failure.kind in ("restart", "fix"):
                raise self._without_store(failure) from None
            raise

    def _alive(self, number: str) -> State:
        state = self._containers.state(number)
        if state is None or state.code in ("ERROR", "EXPIRED"):
            raise self._containers.lost(state, self._broken)
        return state

    def _without_store(self, failure: Failure) -> Failure:
        """Meta's pages say that accounts signed in at Instagram itself send no bytes; then that is the likeliest cause."""
        if urlsplit(self._api).hostname != "graph.instagram.com":
            return failure
        words = "an account that was signed in at Instagram itself may not be allowed to send films"
        return Failure("fix", f"{failure.words}; {words}", _BY_FACEBOOK, dropped=True)

    def _broken(self, reason: str) -> Failure:
        return broken(reason, self._pace.clock())

    @property
    def _web(self) -> PublicFolder | None:
        return PublicFolder.of(self._account, self._door, self._pace)

    def _offers(self, post: Post) -> list[str]:
        """The names under which files of this post may lie on the web."""
        if not self._web:
            return []
        return [self._web.name(path, of=post.fingerprint) for path in (post.clip, post.cover) if path]

    def _cleared(self, names: Any) -> None:
        if self._web:
            self._web.withdrawn(map(str, names))


def _kept_as(post: Post) -> str:
    return f"upload {post.fingerprint[:16]}"


def rehearsal(request: Request) -> dict[str, Any]:
    """Stand-in answers for a dry run, by the end of the address."""
    container = {"id": "<container>", "uri": f"{STORE}/ig-api-upload/{VERSION}/<container>", "status_code": "FINISHED"}
    if request.url.startswith(STORE):
        return {"success": True}
    return {"content_publishing_limit": {"data": []}, "media_publish": {"id": "<post>"}}.get(
        request.url.rpartition("/")[2], container
    )
