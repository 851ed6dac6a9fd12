"""A schedule as values: what is to be rendered or posted, by which rule, and what holds posts back.

A rule speaks of naive local times; only then is the zone applied (`moment`). That is why a walk at nine is at nine
all year. Two things can happen on the way, once a year each: a time in the hour that is left out moves forward to its
end, and the hour that comes twice counts once, the first time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

ZONE = "Europe/London"
Do = Literal["render", "publish"]
Policy = Literal["latest", "each", "skip", "hold"]
Overlap = Literal["skip", "queue"]
Effect = Literal["second-approval", "block"]

LATE = timedelta(minutes=30)  # until then nobody notices
LOOK_BACK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """When, in local time: the union of cron lines, RRULEs with the times of their days, and single times.

    `anchor`: the day from which "every second week" and such is counted.
    """

    words: str  # as the author wrote it
    crons: tuple[str, ...] = ()
    rrules: tuple[tuple[str, tuple[time, ...]], ...] = ()
    times: tuple[datetime, ...] = ()
    anchor: date | None = None


@dataclass(frozen=True, kw_only=True)
class Missed:
    """What happens to a time that passed while nobody was awake, and for how long after it."""

    policy: Policy
    within: timedelta


MISSED = {
    "render": Missed(policy="latest", within=LOOK_BACK),
    "publish": Missed(policy="hold", within=LATE),
}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of a schedule. `key` names it in the ledger: the same file and id are the same entry.

    `targets`: briefs to render or promo folders to post, as written, patterns allowed. `first` and `last` are local
    and both belong to it; `days` and `spans` (half-open) are left out.
    """

    key: str
    id: str
    where: str  # the place in the file, for messages
    do: Do
    targets: tuple[Path, ...]
    to: tuple[str, ...] = ()  # platform ids; empty: all that the promo has
    rule: Rule
    zone: str = ZONE
    first: datetime | None = None
    last: datetime | None = None
    days: frozenset[date] = frozenset()
    spans: tuple[tuple[datetime, datetime], ...] = ()
    missed: Missed = MISSED["render"]
    overlap: Overlap = "skip"

    @property
    def once(self) -> bool:
        """A single time: what is not done then has no next time."""
        return not self.rule.crons and not self.rule.rrules

    def left_out(self, local: datetime) -> bool:
        outside = (self.first is not None and local < self.first) or (self.last is not None and local > self.last)
        return outside or local.date() in self.days or any(start <= local < end for start, end in self.spans)


@dataclass(frozen=True, kw_only=True)
class Window:
    """A span of time with its own rule for posts, such as the weeks before an election. Local, half-open."""

    name: str
    start: datetime
    end: datetime
    effect: Effect = "second-approval"
    zone: str = ZONE

    def holds(self, now: datetime) -> bool:
        return moment(self.start, self.zone) <= now < moment(self.end, self.zone)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a channel bears. `quiet` is local and may go over midnight; None: no quiet hours."""

    a_day: int = 1
    a_week: int = 3
    spacing: timedelta = timedelta(minutes=30)
    same_route: timedelta = timedelta(days=14)
    quiet: tuple[time, time] | None = (time(21), time(7))
    zone: str = ZONE


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """One file. `briefs`: those whose own `publish.when` counts, besides those that entries name."""

    path: Path
    zone: str = ZONE
    entries: tuple[Entry, ...] = ()
    briefs: tuple[Path, ...] = ()
    windows: tuple[Window, ...] = ()
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, kw_only=True)
class Occurrence:
    """An entry's turn. `local` is the time on the clock, after a clock change was taken into account."""

    entry: Entry
    local: datetime
    at: datetime  # UTC
    moved: bool = False  # it was written for an hour that the clocks left out

    @property
    def key(self) -> str:
        return f"{self.entry.key} {self.local:%Y-%m-%dT%H:%M}"


def key_of(path: Path, id: str) -> str:
    """A short name for an entry of a file, the same each time."""
    return hashlib.sha256(f"{path}\n{id}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def moment(local: datetime, zone: str) -> datetime:
    """The UTC of a time on the clock: one that is left out moves to the end of the gap; of two, the first."""
    tz = ZoneInfo(zone)
    naive = local.replace(tzinfo=None, fold=0)
    first = naive.replace(tzinfo=tz).astimezone(UTC)
    if first.astimezone(tz).replace(tzinfo=None) == naive:
        return first
    after, before = first, naive.replace(tzinfo=tz, fold=1).astimezone(UTC)  # around the change, inside it neither
    gap = before.astimezone(tz).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if middle.astimezone(tz).utcoffset() == gap else (before, middle)
    return after


def on_clock(at: datetime, zone: str) -> datetime:
    """The naive time that a clock in `zone` shows."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
