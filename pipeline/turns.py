"""The turns of a schedule in the ledger: what was seen, begun and ended, and where posts stand.

A turn ends once, whoever ticks: its name is taken in the ledger, and who comes second finds it so.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from pipeline.brake_book import POSTED, subject_of
from pipeline.brakes import Posted
from pipeline.due import Fact, Settled
from pipeline.fingerprints import fingerprint
from pipeline.ledger import Book, Event, Taken
from pipeline.schedules import Entry, Occurrence

SEEN, BEGUN, SETTLED, POST = "schedule seen", "turn begun", "turn settled", "post turn"
PostState = Literal["queued", "posted", "held", "failed", "skipped", "scheduled", "recalled"]
_SETTLED: dict[str, Settled] = {
    "done": "done", "failed": "failed", "held": "held", "missed": "missed", "skipped": "skipped",
}  # fmt: skip
_POSTS: dict[str, PostState] = {
    "queued": "queued", "posted": "posted", "held": "held", "failed": "failed", "skipped": "skipped",
    "scheduled": "scheduled", "recalled": "recalled",
}  # fmt: skip
OPEN: tuple[PostState, ...] = ("scheduled", "recalled")  # its turn is still to come
_MOST_WHY = 2000


@dataclass(frozen=True, kw_only=True)
class PostTurn:
    """One promo on one channel at one turn. `at`: since when it stands so."""

    name: str
    folder: Path
    channel: str
    state: PostState
    why: str
    at: datetime
    due: datetime
    entry: str  # the id that people know
    once: bool
    schedule: str = ""  # the file that wanted a network to hold it


def seen(book: Book, entries: Iterable[Entry], *, who: str, now: datetime) -> dict[str, datetime]:
    """When each entry was seen first, by its key; now for those that are new, which is written down."""
    found = {}
    for entry in entries:
        name = f"seen {entry.key}"
        event = book.happened(name)
        if event is None:
            payload = {"entry": entry.id, "where": entry.where, "rule": entry.rule.words, "does": entry.do}
            event = book.append(SEEN, at=now, who=who, subject=entry.key, once=name, payload=payload)
        found[entry.key] = event.at
    return found


def first_seen(book: Book, entries: Iterable[Entry], now: datetime) -> dict[str, datetime]:
    """As `seen`, and writes nothing."""
    return {entry.key: event.at if (event := book.happened(f"seen {entry.key}")) else now for entry in entries}


def facts(book: Book, entries: Iterable[Entry]) -> list[Fact]:
    return [
        _fact(event)
        for key in dict.fromkeys(entry.key for entry in entries)
        for event in book.events(subject=key)
        if event.kind in (BEGUN, SETTLED)
    ]


def _fact(event: Event) -> Fact:
    state = _SETTLED[event.payload["state"]] if event.kind == SETTLED else "begun"
    due = datetime.fromisoformat(event.payload["due"])
    return Fact(key=event.payload["turn"], entry=event.subject, state=state, at=event.at, due=due)


def begin(book: Book, turn: Occurrence, *, who: str, now: datetime) -> None:
    book.append(BEGUN, at=now, who=who, subject=turn.entry.key, payload=_told(turn))


def settle(
    book: Book, turn: Occurrence, state: Settled, why: str, *, who: str, now: datetime, missed: int = 0,
    results: Sequence[str] = (),
) -> bool:  # fmt: skip
    """How a turn ended; False when another had said so before. `results`: a line for each brief or post."""
    payload = {**_told(turn), "state": state, "why": why[:_MOST_WHY], "missed": missed}
    if results:
        payload["results"] = [line[:_MOST_WHY] for line in results[:200]]
    with suppress(Taken):
        name = f"turn {turn.key}"
        book.append(SETTLED, at=now, who=who, subject=turn.entry.key, once=name, payload=payload)
        return True
    return False


def _told(turn: Occurrence) -> dict[str, str]:
    return {
        "turn": turn.key, "entry": turn.entry.id, "does": turn.entry.do, "due": turn.at.isoformat(),
        "local": f"{turn.local:%Y-%m-%d %H:%M}", "zone": turn.entry.zone,
    }  # fmt: skip


def post_name(turn: Occurrence, folder: Path, channel: str) -> str:
    return fingerprint([turn.key, subject_of(folder), channel])


def post_of(turn: Occurrence, folder: Path, channel: str, state: PostState, why: str, now: datetime) -> PostTurn:
    return PostTurn(
        name=post_name(turn, folder, channel), folder=folder, channel=channel, state=state, why=why, at=now,
        due=turn.at, entry=turn.entry.id, once=turn.entry.once,
    )  # fmt: skip


def note(book: Book, post: PostTurn, *, who: str, route: str, new: bool = True) -> None:
    """Where a post stands from now on. `new`: it was made just now, and counts for the channel's limits."""
    made = post.state == "posted" and new
    payload = {
        "post": post.name, "folder": str(post.folder.resolve()), "channel": post.channel, "state": post.state,
        "why": post.why[:_MOST_WHY], "due": post.due.isoformat(), "entry": post.entry, "single": post.once,
        "route": route, **({"schedule": post.schedule} if post.schedule else {}),
    }  # fmt: skip
    subject = subject_of(post.folder)
    once = f"post {post.name} posted" if post.state == "posted" else None
    with suppress(Taken):
        book.append(POSTED if made else POST, at=post.at, who=who, subject=subject, once=once, payload=payload)


def posts(book: Book) -> dict[str, PostTurn]:
    """Where every post of the schedule stands, by its name."""
    events = sorted([*book.events(kind=POST), *book.events(kind=POSTED)], key=lambda event: event.id)
    return {event.payload["post"]: _post(event) for event in events if "post" in event.payload}


def closed(post: PostTurn, made: Iterable[Posted]) -> bool:
    """Whether a post that waits has been made since then, by whomever."""
    promo = subject_of(post.folder)
    return any(one.promo == promo and one.channel == post.channel and one.at >= post.at for one in made)


def _post(event: Event) -> PostTurn:
    given = event.payload
    return PostTurn(
        name=given["post"], folder=Path(given["folder"]), channel=given["channel"], state=_POSTS[given["state"]],
        why=given["why"], at=event.at, due=datetime.fromisoformat(given["due"]), entry=given["entry"],
        once=bool(given["single"]), schedule=str(given.get("schedule", "")),
    )  # fmt: skip
