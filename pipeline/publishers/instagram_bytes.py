"""The film's bytes on their way to Facebook's store, for accounts without a web address of their own.

Where they go to is told once, for one container, and kept in the account's vault. What was cut goes on from where the
store has it; where the way is no longer known, a new container is begun.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from pipeline.accounts import Account
from pipeline.http_door import FileBody, Sends
from pipeline.posts import Post
from pipeline.publishers import Failure, Pace
from pipeline.publishers.instagram_container import State
from pipeline.publishers.instagram_errors import NAME
from pipeline.publishers.meta import STORE, Graph, carried, guard, uploaded
from pipeline.secret import Secret

_OWN_SIGN_IN = "graph.instagram.com"
_BY_FACEBOOK = "sign in by way of Facebook; or set `files`, a web address from which Instagram fetches the clips"


class Bytes:
    """`api`: the address of the Graph that the account was signed in at."""

    def __init__(self, account: Account, door: Sends, pace: Pace, graph: Graph, api: str) -> None:
        self._account, self._door, self._pace, self._graph = account, door, pace, graph
        self._store, self._own = account.base("upload", STORE), urlsplit(api).hostname == _OWN_SIGN_IN

    def noted(self, post: Post, number: str, answer: Mapping[str, Any]) -> None:
        """Keeps the way to the store that the answer names. Failure when it names none, or a stranger's."""
        uri = str(answer.get("uri") or "")
        if not uri:
            raise self.explained(Failure("restart", "Instagram named no place to send the clip to"))
        if not uri.startswith(f"{self._store}/"):
            host = _host(uri) or "another place"
            words = f"Instagram wants the clip sent to {host}, which is not its store"
            raise Failure("fix", words, "tell us about it: nothing was sent")
        guard(self._door, uri)
        self._account.vault.put(_name(post), Secret(f"{number} {uri}"))

    def send(self, post: Post, number: str, alive: Callable[[], State]) -> None:
        """All that the store has not got. `alive`: the container's state; Failure when it has none any more."""
        kept = self._account.vault.get(_name(post))
        known, _, uri = kept.reveal().partition(" ") if kept else ("", "", "")
        if known != number:
            raise Failure("restart", "where the clip was being sent is no longer known")
        guard(self._door, uri)
        clip = FileBody(path=post.clip, mime="video/mp4")

        def offset() -> int:
            state = alive()
            return post.bytes if state.whole else min(state.sent, post.bytes)

        def send(at: int) -> None:
            if at < post.bytes:
                uploaded(self._door, self._pace, uri, self._graph.token, clip, at, base=self._store, label=NAME)

        try:
            carried(offset, send, self._pace)
        except Failure as failure:
            raise self.explained(failure) from None

    def forget(self, post: Post) -> None:
        self._account.vault.drop(_name(post))

    def explained(self, failure: Failure) -> Failure:
        """Meta's pages say that accounts signed in at Instagram itself send no bytes: the likeliest cause, then."""
        if not self._own or failure.kind not in ("restart", "fix", "sign-in", "account"):
            return failure
        words = "accounts that were signed in at Instagram itself may not be allowed to send films"
        return Failure("fix", f"{failure.words}; {words}", _BY_FACEBOOK, dropped=True)


def _name(post: Post) -> str:
    return f"upload {post.fingerprint[:16]}"


def _host(uri: str) -> str:
    try:
        return (urlsplit(uri).hostname or "") if uri.isprintable() else ""
    except ValueError:
        return ""
