"""The brakes in the ledger: freezing and thawing, holding and releasing, and what the rules of `brakes` need to know.

with ledger.writing() as book:                             # also for a post that a person asks for
    if stop := stops(book, folder, "bluesky", approvals, now):
        …                                                  # not now, and stop.why says it
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.approvals.answer import name_of, note_of
from pipeline.brakes import Freeze, Hold, Posted, Standing, Verdict, Wish, stopped
from pipeline.errors import BriefError
from pipeline.fingerprints import fingerprint
from pipeline.ledger import Book, Event, Ledger
from pipeline.schedules import Effect, Schedule, Window

EVERYTHING = "everything"
FROZEN, THAWED = "frozen", "thawed"
HELD, RELEASED = "post held", "post released"
POSTED = "post made"  # by the schedule
BY_HAND = ("posted", "post.done")  # by a person, and by publishing whoever asked for it
WINDOWS = "windows set"
_MOST_JSON = 1 << 20


def subject_of(folder: Path) -> str:
    """A promo's folder as the ledger names it."""
    return os.path.normcase(os.path.realpath(folder))


def freeze(ledger: Ledger, *, by: str, reason: str, who: str, now: datetime) -> Freeze:
    """Stops every post on every channel from now on. Frozen twice is frozen once."""
    with ledger.writing() as book:
        if (state := _freezes(book)) and state[-1].on:
            return state[-1]
        given = Freeze(on=True, at=now, by=name_of(by) or who, reason=note_of(reason))
        payload = {"by": given.by, "reason": given.reason}
        book.append(FROZEN, at=now, who=who, subject=EVERYTHING, payload=payload)
    return given


def thaw(ledger: Ledger, *, by: str, review: bool, who: str, now: datetime) -> Freeze | None:
    """Lets posts go again; with `review` each only after somebody has looked at it again. None: nothing was frozen."""
    with ledger.writing() as book:
        if not (state := _freezes(book)) or not state[-1].on:
            return None
        given = Freeze(on=False, at=now, by=name_of(by) or who, review=review)
        book.append(THAWED, at=now, who=who, subject=EVERYTHING, payload={"by": given.by, "review": review})
    return given


def hold(book: Book, folder: Path, channel: str, *, by: str, note: str, who: str, now: datetime) -> Event:
    """Holds the posts of a promo on a channel, "" for all, until somebody releases them."""
    return _set_aside(book, HELD, folder, channel, by, note, who, now)


def release(book: Book, folder: Path, channel: str, *, by: str, note: str, who: str, now: datetime) -> Event:
    """Somebody has looked at the post and says that it may go: lifts a hold, and answers what the schedule asked."""
    return _set_aside(book, RELEASED, folder, channel, by, note, who, now)


def _set_aside(book: Book, kind: str, folder: Path, channel: str, by: str, note: str, who: str, now: datetime) -> Event:
    if not (name := name_of(by)):
        raise BriefError.at("--by", "who decides is not said", "write the name of the person who decides")
    payload = {"folder": str(folder.resolve()), "channel": channel, "by": name, "note": note_of(note)}
    return book.append(kind, at=now, who=who, subject=subject_of(folder), payload=payload)


def set_windows(book: Book, schedule: Schedule, *, who: str, now: datetime) -> None:
    """Keeps the windows of a schedule file, so that they also hold for posts that a person asks for."""
    subject, rows = subject_of(schedule.path), [_row(window) for window in schedule.windows]
    known = book.events(subject=subject, kind=WINDOWS)
    if rows != (known[-1].payload["windows"] if known else []):
        book.append(WINDOWS, at=now, who=who, subject=subject, payload={"windows": rows})


def standing(book: Book, schedules: Sequence[Schedule] = ()) -> Standing:
    """All that can hold a post back. Windows of `schedules` come from their files, those of others as last seen."""
    own = {subject_of(schedule.path): schedule.windows for schedule in schedules}
    kept: dict[str, tuple[Window, ...]] = {}
    for event in book.events(kind=WINDOWS):
        kept[event.subject] = tuple(_window(row) for row in event.payload["windows"])
    return Standing(
        freezes=tuple(_freezes(book)),
        holds=tuple(_holds(book)),
        windows=tuple(window for windows in {**kept, **own}.values() for window in windows),
        posted=tuple(sorted(_posted(book), key=lambda one: one.at)),
    )


def stops(
    book: Book, folder: Path, channel: str, approvals: Iterable[tuple[str, datetime]], now: datetime
) -> Verdict | None:
    """What holds this post whoever makes it: a freeze, a hold, a thaw with review, a window. None: it may go."""
    wish = Wish(promo=subject_of(folder), channel=channel, route="", approvals=tuple(approvals))
    return stopped(wish, standing(book), now)


def _freezes(book: Book) -> list[Freeze]:
    events = [event for event in book.events(subject=EVERYTHING) if event.kind in (FROZEN, THAWED)]
    return [
        Freeze(
            on=event.kind == FROZEN, at=event.at, by=str(event.payload.get("by", event.who)),
            reason=str(event.payload.get("reason", "")), review=bool(event.payload.get("review", False)),
        )
        for event in events
    ]  # fmt: skip


def _holds(book: Book) -> list[Hold]:
    events = sorted([*book.events(kind=HELD), *book.events(kind=RELEASED)], key=lambda event: event.id)
    return [
        Hold(
            promo=event.subject, channel=str(event.payload["channel"]), on=event.kind == HELD, at=event.at,
            by=str(event.payload["by"]), note=str(event.payload.get("note", "")),
        )
        for event in events
    ]  # fmt: skip


def _posted(book: Book) -> list[Posted]:
    """One post is told twice: by publishing and by the schedule. Both count as one post of the day."""
    found: dict[tuple[str, str, object], Posted] = {}
    for kind in (*BY_HAND, POSTED):
        for event in book.events(kind=kind):
            channel = event.payload.get("platform") or event.payload.get("channel")
            if isinstance(channel, str):
                promo = str(event.payload.get("folder") or event.subject)
                one = Posted(
                    promo=subject_of(Path(promo)), channel=channel, at=event.at,
                    route=str(event.payload.get("route") or route_of(Path(promo))),
                )  # fmt: skip
                found[(one.promo, channel, one.at.date())] = one
    return list(found.values())


def route_of(folder: Path) -> str:
    """What makes two promos promos of one route: where it begins and how long it is; else the folder's own name."""
    try:
        with (folder / "route.json").open("rb") as file:
            told = json.loads(file.read(_MOST_JSON))
        start, length = told["start"], round(float(told["distance_m"]) / 100)
        return fingerprint([[round(float(value), 3) for value in _pair(start)], length])[:16]
    except (OSError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return folder.name


def _pair(start: Any) -> Sequence[Any]:
    return [start["lng"], start["lat"]] if isinstance(start, dict) else [start[0], start[1]]


def _row(window: Window) -> dict[str, Any]:
    return {
        "name": window.name, "start": window.start.isoformat(), "end": window.end.isoformat(),
        "effect": window.effect, "zone": window.zone,
    }  # fmt: skip


def _window(row: dict[str, Any]) -> Window:
    effect: Effect = "block" if row["effect"] == "block" else "second-approval"
    return Window(
        name=row["name"], start=datetime.fromisoformat(row["start"]), end=datetime.fromisoformat(row["end"]),
        effect=effect, zone=row["zone"],
    )  # fmt: skip
