"""What is due in the next days, in words: local times, clock changes, and what will hold a post. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from pipeline import turns
from pipeline.brake_book import route_of, standing, subject_of
from pipeline.brakes import Standing, Wish, verdict
from pipeline.due import due
from pipeline.errors import PromoError
from pipeline.ledger import Ledger
from pipeline.post_turns import channels_of
from pipeline.schedule_reading import read_schedule
from pipeline.schedule_rules import occurrences
from pipeline.schedules import Entry, Occurrence, Schedule, on_clock
from pipeline.targets import promos_of
from pipeline.ticking import entries_of

DAYS = 14
_MOST_A_DAY = 4
_WAITING = ("held", "queued", "failed")  # two of them for a person


@dataclass(frozen=True, kw_only=True)
class Row:
    """One turn, or one post that waits for a person (`local` None)."""

    local: datetime | None
    zone: str
    does: str  # render, publish
    entry: str
    what: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        when = f"{self.local:%a %d %b %H:%M}" if self.local else "waits"
        notes = f"  [{'; '.join(self.notes)}]" if self.notes else ""
        return f"{when:16}  {self.does:7}  {self.entry}: {', '.join(self.what) or '–'}{notes}"

    def as_json(self) -> dict[str, Any]:
        return {
            "when": self.local.isoformat(" ", "minutes") if self.local else None, "zone": self.zone, "does": self.does,
            "entry": self.entry, "what": list(self.what), "notes": list(self.notes),
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Calendar:
    rows: tuple[Row, ...]
    brakes: tuple[str, ...]  # sentences on what holds everything
    errors: tuple[PromoError, ...]


def calendar(paths: Sequence[Path], now: datetime, *, ledger: Ledger | None = None, days: int = DAYS) -> Calendar:
    """What the schedules want until `days` from now, and what waits already."""
    book_file = ledger or Ledger.ours()
    schedules, errors = _read(paths)
    rows: list[tuple[datetime, Row]] = []
    with book_file.reading() as book:
        state = standing(book, schedules)
        known = turns.posts(book).values()
        waiting = [post for post in known if post.state in _WAITING and not turns.closed(post, state.posted)]
        for schedule in schedules:
            entries, wrong = entries_of(schedule)
            errors += wrong
            limited = replace(state, limits=schedule.limits)
            since = turns.first_seen(book, entries, now)
            for one in due(entries, since, now, turns.facts(book, entries)):
                rows.append((one.occurrence.at, _row(one.occurrence, limited, (f"now: {one.why}",), now)))
            for turn, more in _coming(entries, now, now + timedelta(days=days)):
                rows.append((turn.at, _row(turn, limited, more, turn.at)))
    rows.sort(key=lambda one: (one[0], one[1].entry))
    held = [_waits(post) for post in sorted(waiting, key=lambda one: one.due)]
    return Calendar(
        rows=(*held, *(row for _, row in rows)), brakes=tuple(_brakes(state, now, days)),
        errors=tuple(errors),
    )  # fmt: skip


def _read(paths: Sequence[Path]) -> tuple[list[Schedule], list[PromoError]]:
    schedules: list[Schedule] = []
    errors: list[PromoError] = []
    for path in dict.fromkeys(path.resolve() for path in paths):
        try:
            schedules.append(read_schedule(path))
        except PromoError as error:
            errors.append(error)
    return schedules, errors


def _coming(entries: Iterable[Entry], after: datetime, until: datetime) -> Iterator[tuple[Occurrence, tuple[str, ...]]]:
    """The turns to come; of an entry with many a day the first of each day, which tells of the others."""
    for entry in entries:
        for _, day in groupby(occurrences(entry, after, until), key=lambda turn: turn.local.date()):
            turns_of_day = list(day)
            if len(turns_of_day) <= _MOST_A_DAY:
                yield from ((turn, ()) for turn in turns_of_day)
            else:
                more = f"and {len(turns_of_day) - 1} times more until {turns_of_day[-1].local:%H:%M}"
                yield turns_of_day[0], (more,)


def _row(turn: Occurrence, state: Standing, notes: tuple[str, ...], at: datetime) -> Row:
    entry = turn.entry
    if turn.moved:
        notes = (*notes, "the clocks go forward: moved to the end of the hour that is left out")
    what: tuple[str, ...]
    if entry.do == "render":
        what = tuple(target.name for target in entry.targets)
    else:
        what, held = _posts(entry, state, at)
        notes = (*notes, *held)
    return Row(local=turn.local, zone=entry.zone, does=entry.do, entry=entry.id, what=what, notes=notes)


def _posts(entry: Entry, state: Standing, at: datetime) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What would be posted, and what would hold it at that time as things stand (approvals are asked then)."""
    try:
        folders = promos_of(entry)
    except PromoError:
        return tuple(f"{target.name} {'/'.join(entry.to)}".strip() for target in entry.targets), ("not rendered yet",)
    what, notes = [], []
    for folder in folders:
        try:
            channels = entry.to or channels_of(folder)
        except PromoError as error:
            notes.append(str(error))
            continue
        for channel in channels:
            what.append(f"{folder.name} on {channel}")
            wish = Wish(promo=subject_of(folder), channel=channel, route=route_of(folder))
            judged = verdict(wish, state, at)
            if judged.kind != "go" and judged.why not in notes:
                notes.append(judged.why)
    return tuple(what), tuple(notes)


def _waits(post: turns.PostTurn) -> Row:
    name = f"{post.folder.name} on {post.channel}"
    help = f'make-promo release "{post.folder}" --to {post.channel} --by NAME'
    why = "; ".join(line.strip() for line in post.why.splitlines())
    notes = (f"{post.state}: {why}", *((help,) if post.state != "queued" else ()))
    return Row(local=None, zone="UTC", does="publish", entry=post.entry, what=(name,), notes=notes)


def _brakes(state: Standing, now: datetime, days: int) -> Iterable[str]:
    if freeze := state.frozen:
        reason = f": {freeze.reason}" if freeze.reason else ""
        yield f"Everything is frozen by {freeze.by} since {freeze.at:%d %B %Y %H:%M} UTC{reason}. Nothing is posted."
    for window in state.windows:
        local = on_clock(now, window.zone)
        if window.start <= local + timedelta(days=days) and local < window.end:
            effect = "nothing is posted" if window.effect == "block" else "two people must approve each post"
            yield f"Window {window.name}, {window.start:%d %B %H:%M} to {window.end:%d %B %H:%M}: {effect}."
