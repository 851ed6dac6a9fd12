"""Networks that take posts, one file each. A post has two halves: `prepare` may be repeated as often as it takes, `go`
is the one call that makes it public.

    open ─► refusals ─► prepare ─► freeze ─► (ledger: armed) ─► go ─► proof ─► (ledger: done)
                                                     └── answer lost ─► look ─► done, or nothing there, or nobody knows

Failure: `kind` says what to do.
    again     try the same once more           fix       our words, film or settings are wrong
    restart   begin with a new upload          sign-in   the account must be signed in again
    wait      stop this account `until` then   account   a person must look into the account
    later     the server is still working      unknown   the public call's answer was lost: look
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, TypeVar

from pipeline.http_door import Answer, Request, Sends, Unanswered
from pipeline.posts import Post
from pipeline.rate_limits import wait_until

Kind = Literal["again", "restart", "wait", "later", "fix", "sign-in", "account", "unknown"]
Keep = Callable[[Mapping[str, Any]], None]
Value = TypeVar("Value")

_UNTOLD_WAIT = timedelta(minutes=15)
_LONGEST_PAUSE_S = 60.0  # what takes longer is a wait of the account


class Failure(Exception):
    """What a network says, or our sentence for it. `dropped`: what was prepared is of no more use."""

    def __init__(
        self, kind: Kind, words: str, remedy: str = "", *, until: datetime | None = None, dropped: bool = False
    ) -> None:
        super().__init__(words)
        self.kind: Kind = kind
        self.words, self.remedy, self.until = words, remedy, until
        self.dropped = dropped or kind == "restart"


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """What looking for a post whose answer was lost has found. `remote`: the network's own name of it.

    `same_only`: it may be absent, and to send the very same once more is safe; anything else is not.
    """

    found: Literal["there", "absent", "unsure"]
    remote: str = ""
    same_only: bool = False
    why: str = ""


Shown = Literal["published", "processing", "scheduled", "private only", "draft in the app"]


@dataclass(frozen=True, kw_only=True)
class Proof:
    """The post as it was read back: who can see it now. `faults`: sentences on what it should have and has not.

    What is `processing` or `scheduled` is read back again by later runs.
    """

    address: str
    shown: Shown = "published"
    faults: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        # Networks say where a post is, and a terminal is where we say it on.
        object.__setattr__(self, "address", "".join(sign for sign in self.address if sign.isprintable()))


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How patiently a network is asked. Tests sleep without sleeping."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    tries: int = 5
    poll_s: float = 1.0
    polls: int = 200  # with pauses that grow to ten seconds: about half an hour


PACE = Pace()


class Network(Protocol):
    """One account of one network. All may raise Failure. One that holds no posts for us inherits how that is said."""

    ahead: tuple[timedelta, timedelta] | None = None  # how far ahead it holds a post for us, at least and at most
    pressed: bool = False  # its terms want a person to press publish, each time

    def open(self) -> str:
        """Signs in; gives the name of the account that never changes. Nothing is posted under any other."""
        ...

    def refusals(self, post: Post) -> tuple[str, ...]:
        """Why this server will not take the post, by its own limits."""
        ...

    def prepare(self, post: Post, kept: Mapping[str, Any], keep: Keep) -> dict[str, Any]:
        """Uploads. `kept` is what an earlier run had done; `keep` writes down each step that need not be repeated."""
        ...

    def freeze(
        self, post: Post, prepared: Mapping[str, Any], attempt: str, at: datetime | None = None
    ) -> dict[str, Any]:
        """All that `go`, `look` and `proof` need, plain, without secrets; it is never changed afterwards.

        `at`: when the network is to show it by itself; given only where `ahead` allows it. None: now.
        """
        ...

    def go(self, frozen: Mapping[str, Any]) -> str:
        """Makes it public, once. Gives the network's own name of the post."""
        ...

    def look(self, frozen: Mapping[str, Any], since: datetime) -> Sighting:
        """Is the post of `frozen`, whose answer was lost, there? `since`: when it was armed."""
        ...

    def proof(self, frozen: Mapping[str, Any], remote: str) -> Proof:
        """Reads the post back."""
        ...

    def withdraw(self, frozen: Mapping[str, Any], remote: str) -> bool:
        """Takes back what is scheduled and not yet shown; True when it is certain that it will not appear."""
        return False


def costs_of(network: Network, post: Post) -> str:
    """What the network charges for the post, as a sentence, where it charges: it has a method `costs` then."""
    costs: Callable[[Post], str] | None = getattr(network, "costs", None)
    return costs(post) if costs else ""


def failed(answer: Answer, now: datetime, where: str) -> Failure:
    """What an answer that is an error means, when the network has no finer words for it."""
    said = f"{where} says: {answer.words or f'error {answer.status}'}"
    if answer.status == 429:
        return Failure("wait", said, until=wait_until(answer.headers, now) or now + _UNTOLD_WAIT)
    if answer.status >= 500:
        return Failure("again", said, until=wait_until(answer.headers, now))
    if answer.status == 401:
        return Failure("sign-in", said, "sign in again: make-promo login")
    if answer.status == 403:
        return Failure("account", said, "look into the account in its app, and into what its token may do")
    return Failure("fix", said)


def asked(door: Sends, request: Request, pace: Pace, where: str) -> Answer:
    """An answer of the first half, asked for patiently. Failure when there is none, or the server is too busy."""

    def once() -> Answer:
        answer = sent(door, request)
        if answer.status == 429 or answer.status >= 500:
            raise failed(answer, pace.clock(), where)
        return answer

    return patiently(once, pace)


def sent(door: Sends, request: Request) -> Answer:
    """Any answer, asked for once. Failure `again` when there is none."""
    try:
        return door.send(request)
    except Unanswered as error:
        raise Failure("again", error.words, "check the connection and the server's address") from None
    except OSError as error:
        raise unread(error) from None


def unread(error: OSError) -> Failure:
    """A file of ours that is to be sent cannot be."""
    return Failure("fix", f"the file cannot be read: {error.strerror or error}", "render again")


def told(door: Sends, request: Request, where: str) -> Answer:
    """The answer of the public call: everything after which the post may be out is `unknown`."""
    try:
        answer = door.send(request)
    except Unanswered as error:
        if error.heard:
            raise Failure("unknown", error.words) from None
        raise Failure("again", error.words, "check the connection and the server's address") from None
    except OSError as error:
        raise unread(error) from None
    if answer.status >= 500 or 300 <= answer.status < 400:
        raise Failure("unknown", f"{where} answered with error {answer.status}")
    return answer


def patiently(step: Callable[[], Value], pace: Pace) -> Value:
    """`step` until it does not fail by accident: 1, 2, 4, 8 s apart, or as the server asks."""
    for attempt in range(pace.tries):
        try:
            return step()
        except Failure as failure:
            if failure.kind != "again" or attempt == pace.tries - 1:
                raise
            pause = float(2**attempt) * random.uniform(0.8, 1.2)
            if failure.until is not None:
                pause = max(pause, (failure.until - pace.clock()).total_seconds())
            if pause > _LONGEST_PAUSE_S:
                raise Failure("wait", failure.words, until=failure.until) from None
            pace.sleep(pause)
    raise AssertionError("a pace has at least one try")


def polled(step: Callable[[], Value | None], pace: Pace, working: str) -> Value:
    """`step` until it gives something, in pauses that grow; Failure `later` when it takes too long."""
    pause = pace.poll_s
    for _ in range(pace.polls):
        if (found := step()) is not None:
            return found
        pace.sleep(pause)
        pause = min(pause * 1.3, 10 * pace.poll_s)
    raise Failure("later", working, "run publish again later: it goes on from there")
