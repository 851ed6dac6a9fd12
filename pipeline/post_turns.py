"""Posting what a schedule wants: each promo on each channel is asked of the brakes, and goes, waits, or is held.

On time, what nobody has approved and what is frozen waits; when its half hour is over it is held, and a person
releases it. What only keeps its distance from the post before goes by itself later the same day. A turn that comes
again leaves to the next time what a limit forbids; a single one asks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pipeline import turns
from pipeline.brake_book import route_of, standing, subject_of
from pipeline.brakes import Asked, Standing, Verdict, Wish, next_slot, verdict
from pipeline.due import Due, lasted
from pipeline.errors import BriefError, PromoError
from pipeline.ledger import Ledger
from pipeline.review.desk import Desk
from pipeline.review.folder import sidecars
from pipeline.schedules import Limits, Schedule, moment, on_clock
from pipeline.sidecar import read as read_sidecar
from pipeline.targets import promos_of
from pipeline.turns import PostState, PostTurn

_STATES: dict[str, PostState] = {"posted": "posted", "waiting": "queued", "asked": "held", "scheduled": "queued"}
PATIENCE = timedelta(hours=12)  # for what waits by itself: distance to the post before, a network's own limit


@dataclass(frozen=True, kw_only=True)
class Answer:
    """`posted` (`new`: just now, not by an earlier run) · `waiting`: the network asks for patience · `asked`: only a
    person can say whether it is out · `scheduled`: the network holds it until its time. `says`: the address, or a
    sentence."""

    state: Literal["posted", "waiting", "asked", "scheduled"]
    says: str
    new: bool = True


@dataclass(frozen=True, kw_only=True)
class SignOff:
    """Whether a promo is approved as its files are now, why, and by whom and when."""

    approved: bool
    why: str
    approvals: tuple[tuple[str, datetime], ...] = ()


def signed(folder: Path, now: datetime, desk: Desk | None = None) -> SignOff:
    """The sign-off as this computer's ledger has it."""
    state = (desk or Desk.ours()).look(folder, now=now).state
    approvals = tuple((one.by, one.at) for one in state.approvals)
    return SignOff(approved=state.name == "approved", why=str(state), approvals=approvals)


@dataclass(frozen=True, kw_only=True)
class Posting:
    """`homes`: the schedule of an entry, by its key; the rest as `ticking.Hands` has it."""

    ledger: Ledger
    schedules: tuple[Schedule, ...]
    homes: Mapping[str, Schedule]
    post: Callable[[Path, str, datetime], Answer]
    look: Callable[[Path, datetime], SignOff]
    clock: Callable[[], datetime]
    who: str
    tell: Callable[[str], None]
    failed: Callable[[PromoError], None]

    def turn(self, one: Due) -> None:
        """A turn that is due: its posts go, wait or are held; it ends when each has its answer."""
        turn = one.occurrence
        try:
            folders = promos_of(turn.entry)
        except PromoError as error:
            # Rendering may still be under way: until its half hour is over nobody is told.
            if one.verdict == "hold":
                self.failed(error)
                self._settle(one, "failed", str(error))
            return
        open_posts, file = False, subject_of(self.homes[turn.entry.key].path)
        for folder in folders:
            for channel in turn.entry.to or channels_of(folder):
                post = turns.post_of(turn, folder, channel, "queued", one.why, self.clock())
                open_posts |= not self._answered(replace(post, schedule=file), one)
        if not open_posts:
            self._settle(one, "held" if one.verdict == "hold" else "done", one.why)

    def _answered(self, post: PostTurn, one: Due) -> bool:
        """Whether the post has its answer, now or since an earlier tick."""
        with self.ledger.reading() as book:
            known = turns.posts(book).get(post.name)
            if known and known.state not in turns.OPEN:
                return True
        signed, judged = self.judged(post, "schedule")
        if one.verdict == "hold":
            why = judged.why if judged.kind != "go" else "" if signed.approved else signed.why
            self.note(replace(post, state="held", why=f"{one.why}{f'; {why}' if why else ''}{self._better(post)}"))
            return True
        if judged.kind == "wait" and judged.until is None:
            return False  # frozen: nothing is decided yet
        if not signed.approved:
            return False  # somebody may still approve it in time
        if judged.kind == "go":
            self._post(post)
        elif judged.kind == "later":
            self._put_off(post, "held" if post.once else "skipped", judged)
        else:
            self._put_off(post, "queued" if judged.kind == "wait" else "held", judged)
        return True

    def _put_off(self, post: PostTurn, state: PostState, judged: Verdict) -> None:
        zone = self._limits(post).zone
        until = f"; possible from {on_clock(judged.until, zone):%a %d %b %H:%M}" if judged.until else ""
        self.note(replace(post, state=state, why=f"{judged.why}{until}"))

    def waiting(self) -> None:
        """Posts of earlier ticks that wait for their distance, and those that somebody has released."""
        with self.ledger.reading() as book:
            known, now = turns.posts(book), self.clock()
            state = standing(book)
        releases = [hold for hold in state.holds if not hold.on]
        waiting = [post for post in known.values() if not turns.closed(post, state.posted)]
        for post in sorted(waiting, key=lambda one: (one.due, one.name)):
            promo = subject_of(post.folder)
            released = any(
                hold.promo == promo and hold.channel in ("", post.channel) and hold.at >= post.at for hold in releases
            )
            if post.state == "queued" and now - post.due > PATIENCE:
                self.note(
                    replace(post, state="held", why=f"it has waited {lasted(now - post.due)}: {post.why}", at=now)
                )
            elif post.state == "queued" or (released and post.state in ("held", "failed")):
                self._again(replace(post, at=now), "release" if released else "schedule")

    def _again(self, post: PostTurn, asked: Asked) -> None:
        try:
            signed, judged = self.judged(post, asked)
            if judged.kind == "go" and signed.approved:
                self._post(post)
            elif asked == "release":
                why = signed.why if not signed.approved else judged.why
                self.tell(f"{_name(post)}: released, and waits: {why}")
        except PromoError as error:
            self.failed(error)

    def _limits(self, post: PostTurn) -> Limits:
        """Those of the file that wants the post; when this tick does not look at that file, of the first."""
        own = [one.limits for one in self.schedules if subject_of(one.path) == post.schedule]
        return next(iter([*own, *(one.limits for one in self.schedules)]), Limits())

    def judged(self, post: PostTurn, asked: Asked, at: datetime | None = None) -> tuple[SignOff, Verdict]:
        """The sign-off as it is, and what the brakes say of the post, now or `at` its time."""
        signed, wish, state = self._asked(post)
        return signed, verdict(wish, state, at or self.clock(), asked)

    def _asked(self, post: PostTurn) -> tuple[SignOff, Wish, Standing]:
        signed = self.look(post.folder, self.clock())
        wish = Wish(
            promo=subject_of(post.folder), channel=post.channel, route=route_of(post.folder), approvals=signed.approvals
        )
        with self.ledger.reading() as book:
            return signed, wish, replace(standing(book, self.schedules), limits=self._limits(post))

    def _better(self, post: PostTurn) -> str:
        """The next day on which it could go out at the same time, in words; "" when there is none in a month."""
        _, wish, state = self._asked(post)
        zone = state.limits.zone
        local = on_clock(post.due, zone)
        days = [moment(local + timedelta(days=day), zone) for day in range(31)]
        free = next_slot(wish, state, [at for at in days if at > self.clock()])
        return f"; it could go out on {on_clock(free, zone):%a %d %b at %H:%M}" if free else ""

    def _post(self, post: PostTurn) -> None:
        if post.channel not in channels_of(post.folder):
            what = f"this promo has no clip for {post.channel}"
            self._failed_post(post, BriefError.at(str(post.folder), what, "name it under `platforms:` and render"))
            return
        try:
            answer = self.post(post.folder, post.channel, self.clock())
        except PromoError as error:
            self._failed_post(post, error)
            return
        state = _STATES[answer.state]
        if state == post.state == "queued" and answer.says == post.why:
            return  # said already
        self.note(replace(post, state=state, why=answer.says, at=self.clock()), new=answer.new)

    def _failed_post(self, post: PostTurn, error: PromoError) -> None:
        self.failed(error)
        self.note(replace(post, state="failed", why=str(error), at=self.clock()))

    def note(self, post: PostTurn, *, new: bool = True) -> None:
        """Writes down where a post stands, and says it."""
        with self.ledger.writing() as book:
            turns.note(book, post, who=self.who, route=route_of(post.folder), new=new)
        self.tell(f"{_name(post)}: {post.state} ({post.why})")

    def _settle(self, one: Due, state: Literal["done", "held", "failed"], why: str) -> None:
        now = self.clock()
        with self.ledger.writing() as book:
            turns.settle(book, one.occurrence, state, why, who=self.who, now=now, missed=one.missed)


def channels_of(folder: Path) -> tuple[str, ...]:
    """The platforms for which the promo has clips. ToolError for a sidecar that cannot be read."""
    return tuple(dict.fromkeys(read_sidecar(path).platform for path in sidecars(folder)))


def _name(post: PostTurn) -> str:
    return f"{post.folder.name} on {post.channel}"
