"""What is due, and what becomes of times that passed while nobody was awake. Pure: facts and a clock in, turns out.

A render catches up with its latest turn; a post never goes out late by surprise: half an hour after its time it is
held until a person says what becomes of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from pipeline.schedule_rules import occurrences
from pipeline.schedules import LOOK_BACK, Entry, Occurrence

Settled = Literal["done", "failed", "held", "missed", "skipped"]
Verdict = Literal["run", "hold", "miss", "skip", "give up"]
MOST_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Fact:
    """What the ledger knows of one turn: that it was begun, or how it ended."""

    key: str  # of the occurrence
    entry: str
    state: Literal["begun"] | Settled
    at: datetime
    due: datetime


@dataclass(frozen=True, kw_only=True)
class Due:
    """A turn and what becomes of it. `missed`: how many earlier turns it stands for as well."""

    occurrence: Occurrence
    verdict: Verdict
    why: str
    missed: int = 0


def due(entries: Sequence[Entry], since: Mapping[str, datetime], now: datetime, done: Iterable[Fact]) -> list[Due]:
    """The turns that want something now, oldest first. `since`: when each entry (by its key) was seen first."""
    by_entry: dict[str, list[Fact]] = {}
    for fact in done:
        by_entry.setdefault(fact.entry, []).append(fact)
    found = [
        one
        for entry in entries
        for one in _of_entry(entry, since.get(entry.key, now), now, by_entry.get(entry.key, []))
    ]
    return sorted(found, key=lambda one: (one.occurrence.at, one.occurrence.key))


def _of_entry(entry: Entry, seen: datetime, now: datetime, facts: Sequence[Fact]) -> list[Due]:
    back = now - max(LOOK_BACK, entry.missed.within)
    # A single time that had passed before the entry was seen was written for something, and a person shall know;
    # a time of first sight in the future was written by a wrong clock.
    start = back if entry.once or seen > now else max(seen, back)
    turns = occurrences(entry, start, now)
    settled = {fact.key for fact in facts if fact.state != "begun"}
    last = max((fact.due for fact in facts if fact.state != "begun" and fact.due <= now), default=None)
    waiting = [one for one in turns if one.key not in settled]
    if entry.missed.policy != "each":  # what is older than a turn that was settled has been stood for
        waiting = [one for one in waiting if last is None or one.at > last]
    busy = [one for one in waiting if entry.overlap == "skip" and _during_a_run(one, facts)]
    free = [one for one in waiting if one not in busy]
    skipped = [Due(occurrence=one, verdict="skip", why="the run before was still going") for one in busy]
    if entry.missed.policy == "each" or entry.once:
        return skipped + [_judged(one, now, facts, 0) for one in free]
    return skipped + ([_judged(free[-1], now, facts, len(free) - 1)] if free else [])


def _judged(turn: Occurrence, now: datetime, facts: Sequence[Fact], missed: int) -> Due:
    entry, late = turn.entry, now - turn.at
    tries = sum(fact.key == turn.key and fact.state == "begun" for fact in facts)
    if tries >= MOST_TRIES:
        why = f"it was begun {tries} times and never came to its end"
        return Due(occurrence=turn, verdict="give up", why=why, missed=missed)
    if late <= entry.missed.within:
        why = f"{lasted(late)} late" if late >= timedelta(minutes=15) else "on time"
        return Due(occurrence=turn, verdict="run", why=why, missed=missed)
    verdict: Verdict = "hold" if entry.missed.policy == "hold" else "miss"
    return Due(occurrence=turn, verdict=verdict, why=f"its time passed {lasted(late)} ago", missed=missed)


def _during_a_run(turn: Occurrence, facts: Sequence[Fact]) -> bool:
    """Whether the entry's run of an earlier turn was going at the turn's time."""
    ends = {fact.key: fact.at for fact in facts if fact.state != "begun"}
    return any(
        fact.state == "begun" and fact.key in ends and fact.key != turn.key and fact.at < turn.at < ends[fact.key]
        for fact in facts
    )


def lasted(span: timedelta) -> str:
    """`3 days`, `2 hours`, `45 minutes`."""
    for unit, name in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if (number := int(span.total_seconds()) // unit) >= 1:
            return f"{number} {name}{'s' * (number > 1)}"
    return "a moment"
