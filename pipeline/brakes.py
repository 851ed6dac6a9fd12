"""What holds a post back: pure rules over what is so. The ledger remembers it (`brake_book`), nothing is asked here.

From the strongest: everything is frozen · this post is held · everything was thawed and this post has not been looked
at again · a window such as the weeks before an election · quiet hours, spacing, limits of the channel, and the same
route too soon. The first four hold whoever posts; the rest is for posts that nobody is watching.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from pipeline.approvals.states import same_person
from pipeline.schedules import Limits, Window, moment, on_clock

Asked = Literal["schedule", "release", "hand"]


@dataclass(frozen=True, kw_only=True)
class Freeze:
    """Everything was stopped (`on`) or set going again. `review`: each post is to be looked at again."""

    on: bool
    at: datetime
    by: str
    reason: str = ""
    review: bool = False


@dataclass(frozen=True, kw_only=True)
class Hold:
    """One post was held (`on`) or released. `channel` "" is every channel of the promo."""

    promo: str
    channel: str
    on: bool
    at: datetime
    by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Posted:
    promo: str
    channel: str
    route: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Standing:
    """All that can hold a post back, as it is now. Oldest first."""

    freezes: tuple[Freeze, ...] = ()
    holds: tuple[Hold, ...] = ()
    windows: tuple[Window, ...] = ()
    posted: tuple[Posted, ...] = ()
    limits: Limits = field(default_factory=Limits)

    @property
    def frozen(self) -> Freeze | None:
        return self.freezes[-1] if self.freezes and self.freezes[-1].on else None


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A post that somebody wants to make. `approvals`: who approved the promo as it is, and when."""

    promo: str
    channel: str
    route: str
    approvals: tuple[tuple[str, datetime], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`go` · `wait`: goes by itself later · `later`: not before `until`, and that is another day · `hold`: a person."""

    kind: Literal["go", "wait", "later", "hold"]
    why: str = ""
    until: datetime | None = None


GO = Verdict(kind="go")


def verdict(wish: Wish, standing: Standing, now: datetime, asked: Asked = "schedule") -> Verdict:
    """Whether the post may be made now. `asked`: by the schedule, by somebody's release, or typed by a person."""
    if stop := stopped(wish, standing, now):
        return stop
    if asked == "hand":
        return GO
    steps = [_quiet(standing.limits, now), _spaced(wish, standing, now)]
    if asked == "schedule":
        steps += [_same_route(wish, standing, now), _full(wish, standing, now)]
    elif steps[0].kind == "later":  # somebody has decided: the morning is soon enough
        steps[0] = Verdict(kind="wait", why=steps[0].why, until=steps[0].until)
    return next((step for step in steps if step.kind == "later"), None) or next(
        (step for step in steps if step.kind != "go"), GO
    )


def stopped(wish: Wish, standing: Standing, now: datetime) -> Verdict | None:
    """What holds whoever posts; None when nothing does."""
    if freeze := standing.frozen:
        return Verdict(kind="wait", why=f"everything is frozen by {freeze.by}{_because(freeze.reason)}")
    hold = next((one for one in reversed(standing.holds) if _concerns(one, wish)), None)
    if hold and hold.on:
        return Verdict(kind="hold", why=f"held by {hold.by}{_because(hold.note)}")
    if (thaw := _review(standing)) and not _seen_since(wish, standing, thaw.at):
        day = f"{thaw.at:%d %B %Y}"
        return Verdict(kind="hold", why=f"everything was frozen until {day}, and nobody has looked at this post again")
    for window in standing.windows:
        if window.holds(now):
            until = moment(window.end, window.zone)
            if window.effect == "block":
                return Verdict(kind="hold", why=f"nothing is posted in the window {window.name}", until=until)
            if len(_people(wish, standing)) < 2:
                return Verdict(kind="hold", why=f"in the window {window.name} two people must approve", until=until)
    return None


def _concerns(hold: Hold, wish: Wish) -> bool:
    return hold.promo == wish.promo and hold.channel in ("", wish.channel)


def _review(standing: Standing) -> Freeze | None:
    """The thaw after which posts are looked at again, also when a later freeze was thawed without that wish."""
    return next((one for one in reversed(standing.freezes) if not one.on and one.review), None)


def _seen_since(wish: Wish, standing: Standing, when: datetime) -> bool:
    released = any(_concerns(one, wish) and not one.on and one.at >= when for one in standing.holds)
    return released or any(at >= when for _, at in wish.approvals)


def _people(wish: Wish, standing: Standing) -> list[str]:
    """Who has approved or released the post, each person once."""
    names: list[str] = []
    released = [one.by for one in standing.holds if _concerns(one, wish) and not one.on]
    for name in [*(by for by, _ in wish.approvals), *released]:
        if not any(same_person(name, other) for other in names):
            names.append(name)
    return names


def _quiet(limits: Limits, now: datetime) -> Verdict:
    if limits.quiet is None:
        return GO
    (begin, end), local = limits.quiet, on_clock(now, limits.zone)
    clock = local.time()
    over_night = begin > end
    inside = (clock >= begin or clock < end) if over_night else begin <= clock < end
    if not inside:
        return GO
    day = local.date() + timedelta(days=1 if over_night and clock >= begin else 0)
    until = moment(datetime.combine(day, end), limits.zone)
    return Verdict(kind="later", why=f"nothing is posted between {begin:%H:%M} and {end:%H:%M}", until=until)


def _spaced(wish: Wish, standing: Standing, now: datetime) -> Verdict:
    """Posts of ours keep a distance, on whatever channel."""
    until = max((one.at for one in standing.posted if one.at <= now), default=None)
    if until is None or (until := until + standing.limits.spacing) <= now:
        return GO
    minutes = int(standing.limits.spacing.total_seconds()) // 60
    return Verdict(kind="wait", why=f"posts are {minutes} minutes apart", until=until)


def _same_route(wish: Wish, standing: Standing, now: datetime) -> Verdict:
    span = standing.limits.same_route
    times = [one.at for one in standing.posted if one.channel == wish.channel and one.route == wish.route]
    until = max(times, default=now - span) + span
    if until <= now:
        return GO
    return Verdict(kind="later", why=f"this route was on {wish.channel} less than {span.days} days ago", until=until)


def _full(wish: Wish, standing: Standing, now: datetime) -> Verdict:
    """The channel's posts of a calendar day, and of the seven days that end with it."""
    limits = standing.limits
    today = on_clock(now, limits.zone).date()
    days = [on_clock(one.at, limits.zone).date() for one in standing.posted if one.channel == wish.channel]
    for most, length, words in ((limits.a_week, 7, "a week"), (limits.a_day, 1, "a day")):
        begin = today - timedelta(days=length - 1)
        inside = sorted(day for day in days if begin <= day <= today)
        if len(inside) >= most:
            # The day on which enough of them have grown old; with a limit of nought there is none.
            free = inside[len(inside) - most] + timedelta(days=length) if most else None
            until = (
                moment(datetime.combine(free, (limits.quiet or (None, datetime.min.time()))[1]), limits.zone)
                if free
                else None
            )
            return Verdict(kind="later", why=f"{wish.channel} takes {most} posts {words}", until=until)
    return GO


def _because(words: str) -> str:
    return f": {words}" if words else ""


def next_slot(wish: Wish, standing: Standing, wanted: Sequence[datetime]) -> datetime | None:
    """The first of the moments at which the post could be made, if nothing else is posted before."""
    return next((at for at in sorted(wanted) if verdict(wish, standing, at).kind == "go"), None)
