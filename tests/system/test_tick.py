"""`tick` with a real ledger, real sign-off and real processes; rendering and posting are stand-ins that keep count."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline import brake_book, schedule_hands, turns
from pipeline.approvals.answer import Answer as Approval
from pipeline.calendar_view import calendar
from pipeline.errors import BriefError, MaterialError, ToolError
from pipeline.handing_over import Handing
from pipeline.ledger import Ledger
from pipeline.packing import posted
from pipeline.post_outcomes import Outcome
from pipeline.post_turns import Answer
from pipeline.review.desk import Desk
from pipeline.sidecar import PostWords, Sidecar
from pipeline.ticking import Hands, Report, tick

NOON = datetime(2027, 4, 14, 11, tzinfo=UTC)  # a Wednesday, noon in London
MINUTE = timedelta(minutes=1)


def promo(folder: Path, *channels: str, approved: bool = True) -> Path:
    """A finished promo, as far as a schedule looks at it."""
    folder.mkdir(parents=True)
    for channel in channels:
        clip = f"{folder.name} {channel}".encode()
        (folder / f"{channel}.en.mp4").write_bytes(clip)
        (folder / f"{channel}.en.post.txt").write_text(f"A walk on {channel}\n", "utf-8")
        note = Sidecar(
            platform=channel, lang="en", sha256=hashlib.sha256(clip).hexdigest(), bytes=len(clip), width=1080,
            height=1920, fps=30, duration_s=20, fingerprint="f", post=PostWords(text=f"A walk on {channel}"),
            made_at=NOON - timedelta(days=1), checks=(CHECK,),
        )  # fmt: skip
        (folder / f"{channel}.en.json").write_text(note.to_json(), "utf-8")
    if approved:
        approve(folder)
    return folder


CHECK = {"id": "A1", "what": "x", "measured": "1", "limit": "1", "passed": True, "level": "block"}


def approve(folder: Path, by: str = "A. Khan", now: datetime = NOON - timedelta(hours=20)) -> None:
    desk = Desk.ours()
    code = desk.record(folder, now=now - MINUTE, by="The Author")
    desk.answer(folder, Approval(decision="approve", by=by), now=now, code=code)


class World:
    """A schedule, a clock that is set by hand, and hands that keep count."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, NOON - timedelta(hours=12)
        self.rendered: list[str] = []
        self.posted: list[str] = []
        self.held: dict[str, datetime] = {}  # at the network, by promo and channel
        self.holds, self.handed, self.stuck = False, 0, ""
        self.bad: dict[str, Exception] = {}
        self.during: Callable[[], None] = lambda: None
        self.ledger = Ledger.ours()

    def schedule(self, text: str, name: str = "schedule.yml") -> Path:
        path = self.folder / name
        path.write_text(textwrap.dedent(text), "utf-8")
        return path

    def render(self, brief: Path) -> None:
        self.rendered.append(brief.name)
        self.during()
        if brief.name in self.bad:
            raise self.bad[brief.name]

    def post(self, folder: Path, channel: str, now: datetime) -> Answer:
        if channel in self.bad:
            raise self.bad[channel]
        self.held.pop(f"{folder.name}/{channel}", None)
        self.posted.append(f"{folder.name}/{channel}")
        return Answer(state="posted", says=f"https://{channel}.example/1")

    def hand(self, folder: Path, channel: str, at: datetime) -> Answer:
        if channel in self.bad:
            raise self.bad[channel]
        self.handed += 1
        self.held[f"{folder.name}/{channel}"] = at
        return Answer(state="scheduled", says="")

    def recall(self, folder: Path, channel: str) -> str:
        if not self.stuck:
            self.held.pop(f"{folder.name}/{channel}", None)
        return self.stuck

    def tick(self, *names: str, at: datetime | None = None) -> Report:
        self.now = at or self.now
        handing = Handing(hand=self.hand, recall=self.recall) if self.holds else None
        hands = Hands(render=self.render, post=self.post, clock=lambda: self.now, handing=handing)
        return tick([self.folder / name for name in names or ("schedule.yml",)], hands)

    def state(self) -> dict[str, str]:
        with self.ledger.reading() as book:
            return {f"{one.folder.name}/{one.channel}": one.state for one in turns.posts(book).values()}

    def release(self, folder: Path, by: str = "B. Jones", channel: str = "") -> None:
        with self.ledger.writing() as book:
            brake_book.release(book, folder, channel, by=by, note="", who="b", now=self.now)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("MAKE_PROMO_STATE", str(tmp_path / "state"))
    return World(tmp_path)


HOUR = timedelta(hours=1)
HELD = "schedule: [{promo: out/walk, at: 2027-04-14 12:00, to: [mastodon, bluesky]}]"


def test_a_network_that_holds_posts_gets_them_the_day_before(world: World) -> None:
    """Handed over once, within a day of its time; at its time it is posted like any other. Bluesky holds nothing."""
    world.holds = True
    promo(world.folder / "out/walk", "mastodon", "bluesky")
    world.schedule(HELD)
    world.tick(at=NOON - 30 * HOUR)
    assert world.held == {}
    for hours in (19, 12, 1):
        world.tick(at=NOON - hours * HOUR)
        assert world.held == {"walk/mastodon": NOON}
    assert (world.handed, world.posted, world.state()) == (1, [], {"walk/mastodon": "scheduled"})
    world.tick(at=NOON + MINUTE)
    world.tick(at=NOON + 40 * MINUTE)
    assert sorted(world.posted) == ["walk/bluesky", "walk/mastodon"]
    assert world.state() == {"walk/mastodon": "posted", "walk/bluesky": "posted"}


def test_what_may_not_appear_any_longer_is_taken_back(world: World) -> None:
    """A freeze, a hold, a changed file, another time, an entry that is gone: nothing is left at the network."""
    world.holds = True
    folder = promo(world.folder / "out/walk", "mastodon")

    def handed(day: int) -> None:
        world.now = NOON + timedelta(days=day)
        world.schedule(f"schedule: [{{promo: out/walk, at: 2027-04-{14 + day} 12:00}}]\nlimits: {{same_route: 0 d}}")
        world.tick(at=world.now - 5 * HOUR)
        assert world.held == {"walk/mastodon": NOON + timedelta(days=day)}, day

    handed(0)
    brake_book.freeze(world.ledger, by="B", reason="flood", who="b", now=world.now)
    world.tick(at=world.now + HOUR)
    assert (world.held, world.state()) == ({}, {"walk/mastodon": "recalled"})
    world.tick(at=NOON)
    assert world.posted == []  # it is frozen still
    brake_book.thaw(world.ledger, by="B", review=False, who="b", now=world.now)
    world.tick(at=NOON + 20 * MINUTE)
    assert world.posted == ["walk/mastodon"]  # taken back is not lost

    handed(2)
    with world.ledger.writing() as book:
        brake_book.hold(book, folder, "mastodon", by="B", note="", who="b", now=world.now)
    world.tick(at=world.now + HOUR)
    assert world.held == {}
    world.release(folder)

    handed(4)
    world.schedule("schedule: [{promo: out/walk, at: 2027-04-18 15:00}]\nlimits: {same_route: 0 d}")
    world.tick(at=world.now + HOUR)
    assert world.held == {"walk/mastodon": NOON + timedelta(days=4, hours=3)}
    world.schedule("schedule: [{promo: out/walk, at: 2028-01-01 12:00}]")
    world.tick(at=world.now + HOUR)
    assert world.held == {}

    handed(6)
    world.schedule("schedule: [{promo: out/wolk, at: 2027-04-20 12:00}]")  # a slip of the pen takes nothing back …
    (folder / "mastodon.en.post.txt").write_text("Something else\n", "utf-8")  # … and a changed word does
    world.schedule("schedule: [{promo: out/walk, at: 2027-04-20 12:00}]")
    world.tick(at=world.now + HOUR)
    assert world.held == {}


def test_what_stays_at_the_network_is_told_at_every_tick(world: World) -> None:
    """It cannot be taken back: the officer is told until it can."""
    world.holds = True
    promo(world.folder / "out/walk", "mastodon")
    world.schedule(HELD)
    world.tick(at=NOON - 5 * HOUR)
    world.stuck = "the network does not answer"
    brake_book.freeze(world.ledger, by="B", reason="flood", who="b", now=world.now)
    for _ in range(2):
        assert world.stuck in str(world.tick(at=world.now + MINUTE).errors)
    world.stuck = ""
    assert world.tick(at=world.now + MINUTE).errors == []
    assert world.held == {}


def test_a_network_that_refuses_to_hold_gets_the_post_at_its_time(world: World) -> None:
    """The officer knows a day before, and the post goes out from here."""
    world.holds = True
    promo(world.folder / "out/walk", "mastodon")
    world.schedule(HELD.replace(", bluesky", ""))
    world.bad["mastodon"] = ToolError.at("mastodon", "the server is asleep")
    assert "asleep" in str(world.tick(at=NOON - 5 * HOUR).errors)
    del world.bad["mastodon"]
    world.tick(at=NOON - 4 * HOUR)
    world.tick(at=NOON)
    assert (world.handed, world.posted) == (0, ["walk/mastodon"])


def test_what_is_held_is_told_a_better_time(world: World) -> None:
    """Half an hour late it is held, and the note names the next day on which nothing forbids it."""
    promo(world.folder / "out/walk", "bluesky")
    closed = "windows: {roadworks: {from: 2027-04-15, until: 2027-04-18, effect: block}}"
    world.schedule(f"{POST}\n{closed}")
    world.tick()
    world.tick(at=NOON + 45 * MINUTE)
    with world.ledger.reading() as book:
        (post,) = turns.posts(book).values()
    assert post.state == "held"
    assert post.why.endswith("it could go out on Mon 19 Apr at 12:00"), post.why


def test_a_render_is_made_once_however_often_it_is_woken(world: World) -> None:
    """What is due is rendered at its time, once; the ledger tells when, and that it went well."""
    world.schedule("schedule: [{id: walks, brief: '*.brief.yml', every: 'day at 12:00'}]")
    (world.folder / "a.brief.yml").write_text("title: A\nroute: a.gpx\n", "utf-8")
    for minutes in range(-30, 60, 10):
        world.tick(at=NOON + minutes * MINUTE)
    assert world.rendered == ["a.brief.yml"]
    with world.ledger.reading() as book:
        kinds = [event.kind for event in book.events()]
        ended = book.events(kind=turns.SETTLED)
    assert kinds == ["schedule seen", "turn begun", "turn settled"]
    assert (ended[0].payload["state"], ended[0].payload["local"]) == ("done", "2027-04-14 12:00")


def test_a_failing_entry_never_stops_another(world: World) -> None:
    """A brief, an entry or a whole file that is broken leaves the others as they are; the code is the gravest."""
    world.schedule(
        """
        schedule:
          - {brief: bad.yml, every: day at 12:00}
          - {brief: gone.yml, every: day at 12:00}
          - {brief: good.yml, every: day at 12:00}
        """
    )
    world.schedule("schedule: [{breif: x}]", "broken.yml")
    world.schedule("schedule: [{brief: good.yml, every: 'day at 12:00'}]", "other.yml")
    for name in ("bad", "good"):
        (world.folder / f"{name}.yml").write_text(f"title: {name}\nroute: a.gpx\n", "utf-8")
    world.bad["bad.yml"] = MaterialError.at("bad.yml", "the route is empty")
    world.tick("broken.yml", "schedule.yml", "other.yml")
    report = world.tick("broken.yml", "schedule.yml", "other.yml", at=NOON)
    assert sorted(world.rendered) == ["bad.yml", "good.yml", "good.yml"]
    assert report.code == 3
    told = "\n".join(map(str, report.errors))
    assert "breif" in told
    assert "the route is empty" in told
    assert "is not there" in told
    assert world.tick("schedule.yml", at=NOON + 10 * MINUTE).code == 0  # and nothing is tried again and again


def test_a_mistake_of_ours_stops_no_other_entry(world: World) -> None:
    """A bug or a broken disk under one entry is told, after the others were done, and tried three times."""
    world.schedule(
        "schedule: [{brief: bug.yml, every: 'day at 12:00'}, {brief: disk.yml, every: 'day at 12:00'}, "
        "{brief: good.yml, every: 'day at 12:00'}]"
    )
    for name in ("bug", "disk", "good"):
        (world.folder / f"{name}.yml").write_text(f"title: {name}\nroute: a.gpx\n", "utf-8")
    world.bad |= {"bug.yml": ZeroDivisionError(), "disk.yml": OSError(5, "input/output error", "disk.yml")}
    world.tick()
    for minutes in range(0, 30, 10):
        with pytest.raises(ZeroDivisionError):
            world.tick(at=NOON + minutes * MINUTE)
    assert sorted(world.rendered) == ["bug.yml"] * 3 + ["disk.yml"] * 3 + ["good.yml"]
    world.tick(at=NOON + 40 * MINUTE)
    assert len(world.rendered) == 7
    with world.ledger.reading() as book:
        states = sorted(event.payload["state"] for event in book.events(kind=turns.SETTLED))
    assert states == ["done", "failed", "failed"]


POST = "schedule: [{promo: out/walk, at: 2027-04-14 12:00}]"


def test_a_post_goes_at_its_time_once_and_channels_keep_their_distance(world: World) -> None:
    """Two channels at noon: the first at noon, the second half an hour later, and nothing more."""
    promo(world.folder / "out/walk", "bluesky", "mastodon")
    world.schedule(POST)
    for minutes in range(-20, 180, 10):
        world.tick(at=NOON + minutes * MINUTE)
        if minutes in (0, 20):
            assert world.posted == ["walk/bluesky"]
    assert world.posted == ["walk/bluesky", "walk/mastodon"]
    with world.ledger.reading() as book:
        times = [event.at for event in book.events(kind=brake_book.POSTED)]
    assert times == [NOON, NOON + 30 * MINUTE]


def test_a_post_that_missed_its_time_asks_and_goes_when_it_is_released(world: World) -> None:
    """After half an hour a post is held; the calendar shows it; a release lets it go, once."""
    folder = promo(world.folder / "out/walk", "bluesky")
    path = world.schedule(POST)
    world.tick()
    world.tick(at=NOON + 31 * MINUTE)
    world.tick(at=NOON + 60 * MINUTE)
    assert (world.posted, world.state()) == ([], {"walk/bluesky": "held"})
    row = str(calendar([path], world.now).rows[0])
    assert "its time passed 31 minutes ago" in row
    assert "make-promo release" in row
    world.release(folder)
    for minutes in (70, 80):
        world.tick(at=NOON + minutes * MINUTE)
    assert world.posted == ["walk/bluesky"]


def test_what_a_person_has_posted_meanwhile_is_closed(world: World) -> None:
    """A held post that somebody made by hand is neither listed nor made again, even when it is released."""
    folder = promo(world.folder / "out/walk", "bluesky")
    path = world.schedule(POST)
    world.tick()
    world.tick(at=NOON + 31 * MINUTE)
    assert calendar([path], world.now).rows
    now = NOON + 40 * MINUTE
    address = "https://bluesky.example/1"
    posted(world.ledger, folder, "bluesky", address=address, by="B. Jones", who="b", now=now)
    assert calendar([path], now).rows == ()
    world.now = now + MINUTE
    world.release(folder)
    world.tick(at=NOON + 50 * MINUTE)
    assert world.posted == []


def test_nothing_unapproved_goes_out(world: World) -> None:
    """Unapproved, a post waits its half hour for an approval and is then held; approved late it does not jump out."""
    folder = promo(world.folder / "out/walk", "bluesky", approved=False)
    world.schedule(POST)
    world.tick()
    world.tick(at=NOON)
    assert world.state() == {}
    world.tick(at=NOON + 40 * MINUTE)
    assert world.state() == {"walk/bluesky": "held"}
    world.release(folder)
    world.tick(at=NOON + 50 * MINUTE)
    approve(folder, now=NOON + 55 * MINUTE)
    assert world.posted == []
    world.tick(at=NOON + 60 * MINUTE)
    assert world.posted == ["walk/bluesky"]


def test_approved_within_the_half_hour_it_goes(world: World) -> None:
    """An approval ten minutes late is in time."""
    folder = promo(world.folder / "out/walk", "bluesky", approved=False)
    world.schedule(POST)
    world.tick()
    world.tick(at=NOON)
    approve(folder, now=NOON + 5 * MINUTE)
    world.tick(at=NOON + 10 * MINUTE)
    assert world.posted == ["walk/bluesky"]


def test_a_freeze_holds_everything_and_a_thaw_with_review_asks_again(world: World) -> None:
    """Frozen at noon nothing goes, not even what is released; after `thaw --review` each post asks."""
    folder = promo(world.folder / "out/walk", "bluesky", "mastodon")
    path = world.schedule(POST)
    world.tick()
    brake_book.freeze(world.ledger, by="B", reason="mourning", who="b", now=NOON - MINUTE)
    assert "Everything is frozen by B" in calendar([path], NOON).brakes[0]
    world.tick(at=NOON)
    assert (world.posted, world.state()) == ([], {})
    brake_book.thaw(world.ledger, by="B", review=True, who="b", now=NOON + 5 * MINUTE)
    world.tick(at=NOON + 10 * MINUTE)
    assert world.state() == {"walk/bluesky": "held", "walk/mastodon": "held"}
    world.release(folder, channel="mastodon")
    world.tick(at=NOON + 20 * MINUTE)
    assert world.posted == ["walk/mastodon"]


def test_a_window_wants_a_second_person(world: World) -> None:
    """In a window a post is held until somebody else releases it."""
    folder = promo(world.folder / "out/walk", "bluesky")
    world.schedule(POST + "\nwindows: {pre-election: {from: 2027-04-01, until: 2027-05-06}}")
    world.tick()
    world.tick(at=NOON)
    assert world.state() == {"walk/bluesky": "held"}
    world.release(folder, by="a khan")
    world.tick(at=NOON + 10 * MINUTE)
    assert world.posted == []
    world.release(folder, by="B. Jones")
    world.tick(at=NOON + 20 * MINUTE)
    assert world.posted == ["walk/bluesky"]


def test_a_network_that_fails_is_told_and_another_goes_on(world: World) -> None:
    """A channel that fails is recorded and not tried again by itself; the next channel goes."""
    promo(world.folder / "out/walk", "bluesky", "mastodon")
    world.schedule(POST + "\nlimits: {spacing: 0 min}")
    world.bad["bluesky"] = ToolError.at("bluesky", "the account must be signed in again")
    world.tick()
    report = world.tick(at=NOON)
    assert (world.posted, report.code) == (["walk/mastodon"], 4)
    assert world.state() == {"walk/bluesky": "failed", "walk/mastodon": "posted"}
    assert world.tick(at=NOON + 10 * MINUTE).code == 0


def test_a_pattern_of_promos_is_spread_by_the_limits(world: World) -> None:
    """Five promos every day at noon: one a day on the channel, three in a week, each once."""
    for number in range(5):
        promo(world.folder / f"out/walk{number}", "bluesky")
    world.schedule("schedule: [{promo: 'out/*', every: 'day at 12:00'}]\nlimits: {spacing: 0 min}")
    counts = []
    for day in range(-1, 10):
        for minutes in (0, 10):
            world.tick(at=NOON + timedelta(days=day, minutes=minutes))
        counts.append(len(world.posted))
    assert counts == [0, 1, 2, 3, 3, 3, 3, 3, 4, 5, 5]
    assert world.posted == [f"walk{number}/bluesky" for number in range(5)]


def test_posts_due_while_rendering_go_after_it(world: World) -> None:
    """A post whose time comes while the same tick renders goes when the rendering is done."""
    promo(world.folder / "out/walk", "bluesky")
    world.schedule("schedule: [{brief: a.yml, every: 'day at 11:30'}, {promo: out/walk, at: 2027-04-14 12:00}]")
    (world.folder / "a.yml").write_text("title: A\nroute: a.gpx\n", "utf-8")

    def slowly() -> None:
        world.now = NOON + 5 * MINUTE

    world.during = slowly
    world.tick()
    world.tick(at=NOON - 30 * MINUTE)
    assert (world.rendered, world.posted) == (["a.yml"], ["walk/bluesky"])


PROGRAM = """
import sys, time
from datetime import datetime
from pathlib import Path
from pipeline.post_turns import Answer, SignOff
from pipeline.ticking import Hands, tick

log, pause, now, *paths = sys.argv[1:]

def note(line):
    with open(log, "a", encoding="utf-8") as file:
        file.write(line + "\\n")

def render(brief):
    note(f"render {brief.name}")
    time.sleep(float(pause))
    note(f"rendered {brief.name}")

def post(folder, channel, at):
    note(f"post {folder.name} {channel}")
    time.sleep(float(pause))
    return Answer(state="posted", says="x")

look = lambda folder, at: SignOff(approved=True, why="")
clock = lambda: datetime.fromisoformat(now)
sys.exit(tick(list(map(Path, paths)), Hands(render=render, post=post, look=look, clock=clock)).code)
"""


def started(world: World, log: Path, pause: float, now: datetime) -> subprocess.Popen[bytes]:
    schedule = world.folder / "schedule.yml"
    command = [sys.executable, "-c", PROGRAM, str(log), str(pause), now.isoformat(), str(schedule)]
    return subprocess.Popen(command, env=dict(os.environ))


BOTH = """
schedule:
  - {brief: a.yml, every: day at 12:00}
  - {promo: out/walk, at: 2027-04-14 12:00}
limits: {spacing: 0 min}
"""


def test_ticks_at_the_same_moment_do_no_harm(world: World) -> None:
    """Six processes woken at once render once and post once on each channel, and all end well."""
    promo(world.folder / "out/walk", "bluesky", "mastodon", approved=False)
    (world.folder / "a.yml").write_text("title: A\nroute: a.gpx\n", "utf-8")
    world.schedule(BOTH)
    world.tick()
    log = world.folder / "log.txt"
    for _ in range(2):
        many = [started(world, log, 0.3, NOON) for _ in range(6)]
        assert [one.wait(timeout=60) for one in many] == [0] * 6
    lines = sorted(log.read_text("utf-8").splitlines())
    assert lines == ["post walk bluesky", "post walk mastodon", "render a.yml", "rendered a.yml"]
    with world.ledger.reading() as book:
        assert book.verify() is None


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_a_tick_that_is_killed_leaves_its_turn_to_the_next(world: World) -> None:
    """Killed while rendering, a tick leaves no lock behind; the next one makes the turn, and then it is done."""
    (world.folder / "a.yml").write_text("title: A\nroute: a.gpx\n", "utf-8")
    world.schedule("schedule: [{brief: a.yml, every: 'day at 12:00'}]")
    world.tick()
    log = world.folder / "log.txt"
    dying = started(world, log, 60, NOON)
    until = time.monotonic() + 30
    while not log.exists() and time.monotonic() < until:
        time.sleep(0.05)
    dying.send_signal(signal.SIGKILL)
    dying.wait(timeout=10)
    for minutes in (10, 20):
        assert started(world, log, 0, NOON + minutes * MINUTE).wait(timeout=60) == 0
    assert log.read_text("utf-8").splitlines() == ["render a.yml", "render a.yml", "rendered a.yml"]


def test_the_calendar_writes_nothing(world: World) -> None:
    """Looking at what is due leaves no ledger behind, and tells local times and what will hold a post."""
    promo(world.folder / "out/walk", "bluesky", approved=False)
    path = world.schedule(
        "schedule: [{promo: out/walk, every: 'weekday at 22:00'}, {brief: a.yml, every: 'Friday at 06:00'}]"
    )
    found = calendar([path], NOON)
    assert not Ledger.ours().path.exists()
    rows = [str(row) for row in found.rows]
    assert len(rows) == 12
    assert rows[0].startswith("Wed 14 Apr 22:00  publish")
    assert "nothing is posted between 21:00 and 07:00" in rows[0]
    assert "Fri 16 Apr 06:00  render" in "\n".join(rows)


def test_the_calendar_is_short_for_what_happens_often(world: World) -> None:
    """An entry of every hour takes one line a day, which says how often and until when."""
    rows = [str(row) for row in calendar([world.schedule("schedule: [{brief: a.yml, every: hour}]")], NOON).rows]
    assert len(rows) == 15
    assert "and 23 times more until 23:00" in rows[1]


def outcome(state: str, name: str = "bluesky.en", **more: str) -> Outcome:
    return Outcome(promo="walk", name=name, service="bluesky", state=state, **more)  # type: ignore[arg-type]


def test_what_publishing_says_becomes_one_answer() -> None:
    """Of the languages of a platform the worst counts: failed, then asked, then waiting, then posted."""
    out, again = outcome("published", address="https://a.example/1"), outcome("already published", name="bluesky.cy")
    answer = schedule_hands.answer
    assert answer("bluesky", [out, again]) == Answer(state="posted", says="https://a.example/1; already published")
    assert not answer("bluesky", [again]).new
    assert answer("bluesky", [out, outcome("waiting", words="until noon")]).state == "waiting"
    assert answer("bluesky", [outcome("waiting"), outcome("unsure", words="?", remedy="look")]).state == "asked"
    for bad in ("refused", "failed", "not approved", "no account", "earlier version is out"):
        with pytest.raises(schedule_hands.PostFailed, match=bad) as caught:
            answer("bluesky", [out, outcome(bad, name="bluesky.cy")])
        assert caught.value.exit_code == 5
    with pytest.raises(schedule_hands.PostFailed, match="nothing to publish"):
        answer("bluesky", [])


def test_a_brief_that_cannot_be_rendered_is_raised(tmp_path: Path) -> None:
    """The schedule's own renderer raises what went wrong with the brief."""
    with pytest.raises(BriefError, match="there is no such file"):
        schedule_hands.rendered(tmp_path / "gone.yml", lambda: NOON)
