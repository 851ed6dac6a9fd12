"""`tick`: does what is due now, once, whoever wakes it.

One tick posts at a time and one renders at a time; another that comes meanwhile does the other thing or nothing. Both
locks go with the process that holds them, so a turn that was begun and not ended belongs to a tick that is dead, and
is done again: rendering goes on from what was finished, and publishing knows what is out. Posts come first, and once
more at the end, because rendering takes long and posts have their minute.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline import brake_book, targets, turns
from pipeline.due import Due, Settled, due
from pipeline.errors import PromoError, gravest
from pipeline.files import explained
from pipeline.handing_over import Handing, HandingOver
from pipeline.ledger import Ledger
from pipeline.post_turns import Answer, Posting, SignOff, signed
from pipeline.schedule_reading import read_schedule
from pipeline.schedules import Entry, Schedule

_ENDS: dict[str, Settled] = {"miss": "missed", "skip": "skipped", "give up": "failed"}


@dataclass(frozen=True, kw_only=True)
class Hands:
    """What a tick works with. `render` makes the clips of one brief and `post` one post; both raise PromoError.

    `post` gets the promo's folder, the channel (a platform id) and the time, and is safe to call twice. `look` says
    whether a promo is signed off as its files are now.
    """

    render: Callable[[Path], None]
    post: Callable[[Path, str, datetime], Answer]
    look: Callable[[Path, datetime], SignOff] = signed
    handing: Handing | None = None  # for networks that hold posts; without it all goes out from here
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    say: Callable[[str], None] = lambda line: None
    who: str = "schedule"


@dataclass(kw_only=True)
class Report:
    """What a tick did, a line for each thing, and what went wrong."""

    lines: list[str] = field(default_factory=list)
    errors: list[PromoError] = field(default_factory=list)

    @property
    def code(self) -> int:
        return gravest(self.errors)


def tick(paths: Sequence[Path], hands: Hands, ledger: Ledger | None = None) -> Report:
    """Does what the schedules in `paths` want now. One that fails never stops another; all is in the report."""
    return _Tick(hands=hands, ledger=ledger or Ledger.ours()).all(paths)


def entries_of(schedule: Schedule) -> tuple[list[Entry], list[PromoError]]:
    """The entries of the file and those of its briefs."""
    own, errors = targets.wishes(schedule)
    return [*schedule.entries, *own], errors


@contextmanager
def only_one(ledger: Ledger, what: str) -> Iterator[bool]:
    """True for the one process that may do `what`; it ends with the block or with the process."""
    from filelock import FileLock, Timeout

    ledger.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(ledger.path.with_name(f"tick.{what}.lock"), timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@dataclass(kw_only=True)
class _Tick:
    """One waking; `report` fills as it goes."""

    hands: Hands
    ledger: Ledger
    report: Report = field(default_factory=Report)
    mistakes: list[Exception] = field(default_factory=list)

    def all(self, paths: Sequence[Path]) -> Report:
        schedules = list(self._read(paths))
        known = [(schedule, *entries_of(schedule)) for schedule in schedules]
        for error in (error for _, _, errors in known for error in errors):
            self._failed(error)
        entries = list({entry.key: entry for _, found, _ in known for entry in found}.values())
        homes = {entry.key: schedule for schedule, found, _ in known for entry in found}
        now = self.hands.clock()
        with self.ledger.writing() as book:
            since = turns.seen(book, entries, who=self.hands.who, now=now)
            for schedule in schedules:
                brake_book.set_windows(book, schedule, who=self.hands.who, now=now)
        hands = self.hands
        posting = Posting(
            ledger=self.ledger, schedules=tuple(schedules), homes=homes, post=hands.post, look=hands.look,
            clock=hands.clock, who=hands.who, tell=self._tell, failed=self._failed,
        )  # fmt: skip
        posts = [entry for entry in entries if entry.do == "publish"]
        renders = [entry for entry in entries if entry.do == "render"]
        self._posts(posting, posts, since)
        if renders and self._renders(renders, since):
            self._posts(posting, posts, since)
        if hands.handing:
            self._hand_over(HandingOver(posting=posting, handing=hands.handing), known)
        if self.mistakes:
            raise self.mistakes[0]
        return self.report

    def _read(self, paths: Sequence[Path]) -> Iterator[Schedule]:
        for path in dict.fromkeys(path.resolve() for path in paths):
            try:
                yield read_schedule(path)
            except PromoError as error:
                self._failed(error)

    def _posts(self, posting: Posting, entries: Sequence[Entry], since: dict[str, datetime]) -> None:
        with only_one(self.ledger, "publish") as mine:
            if not mine:
                self._tell("another tick is posting; this one leaves posts to it")
                return
            for one in self._due(entries, since):
                if not self._passed(one):
                    self._guarded(lambda one=one: posting.turn(one))  # type: ignore[misc]
            self._guarded(posting.waiting)

    def _hand_over(
        self, handing: HandingOver, known: Sequence[tuple[Schedule, Sequence[Entry], Sequence[PromoError]]]
    ) -> None:
        with only_one(self.ledger, "publish") as mine:
            for schedule, entries, errors in known if mine else ():
                posts = [entry for entry in entries if entry.do == "publish"]
                self._guarded(
                    lambda schedule=schedule, posts=posts, whole=not errors: (  # type: ignore[misc]
                        handing.schedule(schedule, posts, whole=whole)
                    )
                )

    def _renders(self, entries: Sequence[Entry], since: dict[str, datetime]) -> bool:
        """Whether anything was rendered."""
        with only_one(self.ledger, "render") as mine:
            if not mine:
                self._tell("another tick is rendering; this one leaves clips to it")
                return False
            found = [one for one in self._due(entries, since) if not self._passed(one)]
            for one in found:
                self._guarded(lambda one=one: self._render(one))  # type: ignore[misc]
        return bool(found)

    def _due(self, entries: Sequence[Entry], since: dict[str, datetime]) -> list[Due]:
        with self.ledger.reading() as book:
            known = turns.facts(book, entries)
        return due(entries, since, self.hands.clock(), known)

    def _passed(self, one: Due) -> bool:
        """Writes down a turn that is not taken; False for one that wants something."""
        if one.verdict not in _ENDS:
            return False
        self._settle(one, _ENDS[one.verdict], one.why)
        return True

    def _render(self, one: Due) -> None:
        turn = one.occurrence
        with self.ledger.writing() as book:
            turns.begin(book, turn, who=self.hands.who, now=self.hands.clock())
        try:
            briefs = targets.briefs_of(turn.entry)
        except PromoError as error:
            self._failed(error)
            self._settle(one, "failed", str(error))
            return
        results, failures = [], 0
        for brief in briefs:
            try:
                self.hands.render(brief)
                results.append(f"{brief}: rendered")
            except PromoError as error:
                failures += 1
                self._failed(error)
                results.append(f"{brief}: {error}")
        why = f"{len(briefs) - failures} of {len(briefs)} rendered, {one.why}"
        self._settle(one, "failed" if failures else "done", why, results)

    def _settle(self, one: Due, state: Settled, why: str, results: Sequence[str] = ()) -> None:
        turn = one.occurrence
        with self.ledger.writing() as book:
            mine = turns.settle(
                book, turn, state, why, who=self.hands.who, now=self.hands.clock(), missed=one.missed, results=results
            )
        if mine:
            self._tell(f"{turn.entry.id}, {turn.local:%a %d %b %H:%M}: {state} ({why})")

    def _guarded(self, step: Callable[[], None]) -> None:
        """An entry's failure stays its own, also one of the disk; a mistake of ours is raised when all else is done."""
        try:
            step()
        except PromoError as error:
            self._failed(error)
        except OSError as error:
            self._failed(explained(error, Path(str(error.filename or "tick"))))
        except Exception as error:
            self.mistakes.append(error)

    def _tell(self, line: str) -> None:
        self.report.lines.append(line)
        self.hands.say(line)

    def _failed(self, error: PromoError) -> None:
        self.report.errors.append(error)
        self.hands.say(str(error))
