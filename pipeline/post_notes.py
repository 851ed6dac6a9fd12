"""What the ledger knows of a post. It is asked before anything is sent, and told before and after.

A post is named by what is published and by the account, so a moved folder or a second run changes nothing. Each attempt
has a number: `armed` opens it before the public call, `failed` closes it when it is certain that nothing is out, and
`done` ends all. The names taken by `once` make each of these happen one time only, whoever tries.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.ledger import Book, Event, Ledger, Taken

ARMED, DONE, FAILED, PREPARED, SEEN, UNSURE, WAIT = (
    f"post.{word}" for word in ("armed", "done", "failed", "prepared", "seen", "unsure", "wait")
)


@dataclass(frozen=True, kw_only=True)
class Name:
    """`place`: account, platform and language; `content`: the fingerprint of all that is published."""

    service: str
    account: str  # as the network names it for good
    platform: str
    lang: str
    content: str

    @property
    def place(self) -> str:
        return f"{self.service} {self.account} {self.platform}.{self.lang}"

    def __str__(self) -> str:
        return f"post {self.place} {self.content}"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """`done`: the event of a post that is out. Else `attempt` is open, and `armed` if it may have been made public."""

    attempt: int
    done: Event | None = None
    armed: Event | None = None
    prepared: Mapping[str, Any] = field(default_factory=dict)
    seen: Mapping[str, Any] = field(default_factory=dict)  # how the post was last read back: out, or waiting there

    @property
    def waits(self) -> bool:
        """The network holds the post and will show it at its time; it can still be taken back."""
        return self.armed is not None and self.done is None and self.seen.get("shown") == "scheduled"

    @property
    def frozen(self) -> Mapping[str, Any]:
        return dict(self.armed.payload["frozen"]) if self.armed else {}


@dataclass(frozen=True, kw_only=True)
class Notes:
    """The ledger's pages about one promo's posts. `who` posts; `folder` is the promo's."""

    ledger: Ledger
    folder: Path
    who: str
    code: str = ""

    @property
    def subject(self) -> str:
        return os.path.normcase(os.path.realpath(self.folder))

    def standing(self, name: Name) -> Standing:
        with self.ledger.reading() as book:
            return _standing(book, name, self.subject)

    def others(self, name: Name) -> tuple[list[Event], list[Event]]:
        """(done, still armed) of other versions of this promo at the same place, oldest first."""
        with self.ledger.reading() as book:
            found = [
                event
                for kind in (DONE, ARMED)
                for event in book.events(subject=self.subject, kind=kind)
                if event.payload.get("place") == name.place and event.payload.get("content") != name.content
            ]
            done = [event for event in found if event.kind == DONE]
            armed = [event for event in found if event.kind == ARMED and still_open(book, event)]
        return done, armed

    def prepare(self, name: Name, attempt: int, values: Mapping[str, Any], at: datetime) -> None:
        self._append(PREPARED, name, at, {"attempt": attempt, "values": dict(values)})

    def arm(self, name: Name, attempt: int, frozen: Mapping[str, Any], at: datetime) -> bool:
        """False when another process has armed or done this post meanwhile."""
        payload = self._payload(name, {"attempt": attempt, "frozen": dict(frozen)})
        try:
            with self.ledger.writing() as book:
                now = _standing(book, name, self.subject)
                if now.done or now.armed or now.attempt != attempt:
                    return False
                once = f"{name} armed {attempt}"
                book.append(
                    ARMED, at=at, who=self.who, subject=self.subject, code=self.code, once=once, payload=payload
                )
        except Taken:
            return False
        return True

    def done(self, name: Name, values: Mapping[str, Any], at: datetime) -> None:
        self._append(DONE, name, at, values, once=f"{name} done")

    def seen(self, name: Name, values: Mapping[str, Any], at: datetime) -> None:
        """How the post was read back: one that waits at the network, or one that is out, once more."""
        self._append(SEEN, name, at, values)

    def failed(self, name: Name, attempt: int, words: str, at: datetime, *, dropped: bool) -> None:
        """Closes the attempt: nothing of it is out. `dropped`: what was prepared must be made anew."""
        values = {"attempt": attempt, "words": words, "dropped": int(dropped)}
        self._append(FAILED, name, at, values, once=f"{name} failed {attempt}")

    def unsure(self, name: Name, attempt: int, words: str, at: datetime) -> None:
        self._append(UNSURE, name, at, {"attempt": attempt, "words": words}, once=f"{name} unsure {attempt}")

    def wait(self, account: str, until: datetime, words: str, at: datetime) -> None:
        with self.ledger.writing() as book:
            book.append(
                WAIT, at=at, who=self.who, subject=account, payload={"until": until.isoformat(), "words": words}
            )

    def waiting(self, account: str, now: datetime) -> tuple[datetime, str] | None:
        """Until when the account is to be left alone, and why; None when it may be used."""
        with self.ledger.reading() as book:
            events = book.events(subject=account, kind=WAIT)
        if not events:
            return None
        until = datetime.fromisoformat(str(events[-1].payload["until"]))
        return (until, str(events[-1].payload["words"])) if until > now else None

    def _payload(self, name: Name, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "service": name.service, "account": name.account, "platform": name.platform, "lang": name.lang,
            "place": name.place, "content": name.content, **values,
        }  # fmt: skip

    def _append(self, kind: str, name: Name, at: datetime, values: Mapping[str, Any], once: str | None = None) -> None:
        try:
            with self.ledger.writing() as book:
                book.append(
                    kind, at=at, who=self.who, subject=self.subject, code=self.code, once=once,
                    payload=self._payload(name, values),
                )  # fmt: skip
        except Taken:
            return  # another of us has written the same


def other_version(event: Event) -> Name:
    """The name of the post of which an event speaks."""
    of = event.payload
    return Name(
        service=of["service"], account=of["account"], platform=of["platform"], lang=of["lang"], content=of["content"]
    )


def still_open(book: Book, event: Event) -> bool:
    """Whether nobody knows yet what became of the attempt that an armed `event` began."""
    now = _standing(book, other_version(event), event.subject)
    return now.done is None and now.armed is not None and now.armed.id == event.id


def _standing(book: Book, name: Name, subject: str) -> Standing:
    done, attempt = book.happened(f"{name} done"), 1
    floor = 0  # what was prepared before this event is gone
    while closed := book.happened(f"{name} failed {attempt}"):
        attempt += 1
        floor = closed.id if closed.payload.get("dropped") else floor
    armed = book.happened(f"{name} armed {attempt}")
    prepared: Mapping[str, Any] = {}
    if not done and not armed:
        for event in book.events(subject=subject, kind=PREPARED, after=floor):
            if other_version(event) == name:
                prepared = event.payload["values"]
    seen: Mapping[str, Any] = done.payload if done else {}
    if opened := done or armed:
        for event in book.events(kind=SEEN, after=opened.id):
            if other_version(event) == name:
                seen = event.payload
    return Standing(attempt=attempt, done=done, armed=armed, prepared=prepared, seen=seen)
