"""Posts are handed the day before to networks that hold them, so that they appear though this computer is off.

What was handed over is looked at by every tick. When it may not appear any longer, because of a freeze, a hold, a
lost sign-off or another time in the schedule, it is taken back, and has its turn here again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from pipeline import turns
from pipeline.brake_book import subject_of
from pipeline.errors import PromoError, ToolError
from pipeline.platforms import load_platform
from pipeline.post_turns import Answer, Posting, channels_of
from pipeline.schedule_rules import occurrences
from pipeline.schedules import Entry, Occurrence, Schedule, on_clock
from pipeline.targets import promos_of
from pipeline.turns import PostTurn

AHEAD = timedelta(hours=24)
HOLD_POSTS = frozenset({"facebook", "mastodon", "youtube"})  # networks that can


@dataclass(frozen=True, kw_only=True)
class Handing:
    """`hand` gives a post to its network for a time; `recall` takes it back and gives "" or why that failed."""

    hand: Callable[[Path, str, datetime], Answer]
    recall: Callable[[Path, str], str]


@dataclass(frozen=True, kw_only=True)
class HandingOver:
    """Works for one tick. `posting` knows the ledger, the brakes and the sign-off."""

    posting: Posting
    handing: Handing

    def schedule(self, schedule: Schedule, entries: Sequence[Entry], *, whole: bool) -> None:
        """The posts of one file. `whole`: all that it names could be read, so what is not among `entries` is gone."""
        now, file = self.posting.clock(), subject_of(schedule.path)
        known = self._known()
        coming: dict[str, tuple[PostTurn, Entry]] = {
            post.name: (replace(post, schedule=file), entry)
            for entry in entries
            for turn in occurrences(entry, now, now + AHEAD)
            for post in self._posts(turn)
        }
        if whole:
            for post in known.values():
                if post.state == "scheduled" and post.schedule == file and post.due > now and post.name not in coming:
                    self._recalled(post, "the schedule does not want it any longer")
        for post, entry in coming.values():
            self._one(post, known.get(post.name), entry.zone)

    def _posts(self, turn: Occurrence) -> Iterator[PostTurn]:
        try:
            for folder in promos_of(turn.entry):
                there = channels_of(folder)
                for channel in turn.entry.to or there:
                    if channel in there and load_platform(channel).service in HOLD_POSTS:
                        yield turns.post_of(turn, folder, channel, "scheduled", "", self.posting.clock())
        except PromoError:
            return  # not rendered yet, perhaps; at its time it is told

    def _known(self) -> Mapping[str, PostTurn]:
        with self.posting.ledger.reading() as book:
            return turns.posts(book)

    def _one(self, post: PostTurn, known: PostTurn | None, zone: str) -> None:
        if known and known.state != "scheduled":
            return  # it has its answer, or was taken back and waits for its time here
        signed, judged = self.posting.judged(post, "schedule", post.due)
        if not signed.approved or judged.kind != "go":
            if known:
                self._recalled(known, judged.why if judged.kind != "go" else signed.why)
            return
        if known and all(at <= known.at for _, at in signed.approvals):
            return  # the network has it
        try:
            answer = self.handing.hand(post.folder, post.channel, post.due)
        except PromoError as error:
            self.posting.failed(error)
            self.posting.note(replace(post, state="recalled", why=f"it goes out from here: {error}"))
            return
        if answer.state == "scheduled":
            why = f"the network shows it on {on_clock(post.due, zone):%a %d %b at %H:%M}"
            self.posting.note(replace(post, why=why, at=self.posting.clock()))

    def _recalled(self, post: PostTurn, why: str) -> None:
        fault = self.handing.recall(post.folder, post.channel)
        if fault:
            remedy = f"take it out in the app of {post.channel}"
            self.posting.failed(ToolError.at(f"{post.folder.name} on {post.channel}", fault, remedy))
            return  # the next tick tries again
        self.posting.note(replace(post, state="recalled", why=f"taken back: {why}", at=self.posting.clock()))
