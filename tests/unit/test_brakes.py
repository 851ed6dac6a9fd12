"""What holds a post back, as pure rules and as the ledger remembers it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import brake_book
from pipeline.brakes import Freeze, Hold, Posted, Standing, Wish, next_slot, verdict
from pipeline.errors import BriefError
from pipeline.ledger import Ledger
from pipeline.schedules import Limits, Schedule, Window, on_clock

NOON = datetime(2027, 4, 14, 11, tzinfo=UTC)  # a Wednesday, noon in London
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
WISH = Wish(promo="/p/fryent", channel="bluesky", route="fryent", approvals=(("A. Khan", NOON - 2 * DAY),))


def hold(on: bool, at: datetime, channel: str = "", by: str = "B. Jones") -> Hold:
    return Hold(promo="/p/fryent", channel=channel, on=on, at=at, by=by)


def posted(at: datetime, channel: str = "bluesky", route: str = "other") -> Posted:
    return Posted(promo="/p/other", channel=channel, route=route, at=at)


def kind(standing: Standing, now: datetime = NOON, wish: Wish = WISH, asked: str = "schedule") -> str:
    return verdict(wish, standing, now, asked).kind  # type: ignore[arg-type]


def test_nothing_holds_a_post_in_the_day() -> None:
    """With nothing in its way a post goes."""
    assert kind(Standing()) == "go"


@pytest.mark.parametrize("asked", ["schedule", "release", "hand"])
def test_a_freeze_stops_everybody(asked: str) -> None:
    """What is frozen waits, whoever asks, on every channel; after the thaw it goes."""
    freeze = Freeze(on=True, at=NOON - HOUR, by="B. Jones", reason="national mourning")
    found = verdict(WISH, Standing(freezes=(freeze,)), NOON, asked)  # type: ignore[arg-type]
    assert (found.kind, found.why) == ("wait", "everything is frozen by B. Jones: national mourning")
    thaw = Freeze(on=False, at=NOON - HOUR / 2, by="B. Jones")
    assert kind(Standing(freezes=(freeze, thaw)), asked=asked) == "go"


@pytest.mark.parametrize("asked", ["schedule", "release", "hand"])
def test_after_a_thaw_with_review_somebody_looks_again(asked: str) -> None:
    """After `thaw --review` an older approval is not enough; a release or a new approval is."""
    freezes = (Freeze(on=True, at=NOON - 3 * HOUR, by="B"), Freeze(on=False, at=NOON - HOUR, by="B", review=True))
    assert kind(Standing(freezes=freezes), asked=asked) == "hold"
    assert kind(Standing(freezes=freezes, holds=(hold(False, NOON - 2 * HOUR),)), asked=asked) == "hold"
    assert kind(Standing(freezes=freezes, holds=(hold(False, NOON - HOUR / 2),)), asked=asked) == "go"
    again = replace(WISH, approvals=(("A. Khan", NOON - HOUR / 2),))
    assert kind(Standing(freezes=freezes), wish=again, asked=asked) == "go"
    later = (*freezes, Freeze(on=True, at=NOON - HOUR / 2, by="B"), Freeze(on=False, at=NOON - HOUR / 3, by="B"))
    assert kind(Standing(freezes=later), asked=asked) == "hold"  # a short freeze answers no question


def test_a_hold_is_for_its_channel() -> None:
    """A hold on one channel leaves the others alone; a hold on all is lifted on each by its release."""
    assert kind(Standing(holds=(hold(True, NOON, "bluesky"),))) == "hold"
    assert kind(Standing(holds=(hold(True, NOON, "mastodon"),))) == "go"
    both = Standing(holds=(hold(True, NOON - HOUR), hold(False, NOON, "bluesky")))
    assert kind(both) == "go"
    assert kind(both, wish=replace(WISH, channel="mastodon")) == "hold"


def window(effect: str) -> Standing:
    one = Window(name="pre-election", start=datetime(2027, 3, 22), end=datetime(2027, 5, 6, 22), effect=effect)  # type: ignore[arg-type]
    return Standing(windows=(one,))


@pytest.mark.parametrize("asked", ["schedule", "release", "hand"])
def test_in_a_window_two_people_approve(asked: str) -> None:
    """In the weeks before an election one person is not enough, and the same person twice is one."""
    state = window("second-approval")
    assert kind(state, asked=asked) == "hold"
    assert kind(replace(state, holds=(hold(False, NOON, by="a khan"),)), asked=asked) == "hold"
    assert kind(replace(state, holds=(hold(False, NOON, by="B. Jones"),)), asked=asked) == "go"
    two = replace(WISH, approvals=(*WISH.approvals, ("C. Patel", NOON)))
    assert kind(state, wish=two, asked=asked) == "go"


def test_a_window_that_blocks_lets_nobody_through() -> None:
    """`block` holds whatever was approved, from its first to its last minute and not a minute longer."""
    state = window("block")
    many = replace(WISH, approvals=tuple((name, NOON) for name in ("A", "B", "C")))
    assert kind(state, wish=many, asked="hand") == "hold"
    end = datetime(2027, 5, 6, 21, tzinfo=UTC)  # 22:00 in London
    assert kind(state, end - timedelta(minutes=1), many, "hand") == "hold"
    assert kind(state, end, many, "hand") == "go"


@settings(max_examples=200, deadline=None)
@given(minutes=st.integers(0, 60 * 24 * 400))
def test_quiet_hours_are_quiet_all_year(minutes: int) -> None:
    """No scheduled post goes between 21:00 and 07:00 on London's clock, and at the time that is named one goes."""
    now = datetime(2027, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    clock = on_clock(now, "Europe/London").time()
    found = verdict(WISH, Standing(), now)
    assert (found.kind == "go") == (time(7) <= clock < time(21))
    if found.until:
        assert timedelta() < found.until - now <= timedelta(hours=11)
        assert on_clock(found.until, "Europe/London").time() == time(7)
        assert kind(Standing(), found.until) == "go"


def test_a_person_may_post_at_night_and_a_release_waits_for_the_morning() -> None:
    """Who types `publish` at night means it; a released post waits by itself for the end of the quiet hours."""
    night = NOON + 11 * HOUR
    assert kind(Standing(), night, asked="hand") == "go"
    assert kind(Standing(), night, asked="release") == "wait"
    assert kind(Standing(), night, asked="schedule") == "later"


def test_posts_keep_their_distance() -> None:
    """Half an hour lies between two posts, on whatever channel, and then the next goes."""
    state = Standing(posted=(posted(NOON - timedelta(minutes=10), "mastodon"),))
    found = verdict(WISH, state, NOON)
    assert (found.kind, found.until) == ("wait", NOON + timedelta(minutes=20))
    assert kind(state, NOON + timedelta(minutes=20)) == "go"


def test_a_channel_takes_one_a_day_and_three_a_week() -> None:
    """One post a day and three in seven days on a channel; other channels are not concerned."""
    assert kind(Standing(posted=(posted(NOON - 3 * HOUR),))) == "later"
    assert kind(Standing(posted=(posted(NOON - 3 * HOUR, "x"),))) == "go"
    three = tuple(posted(NOON - n * DAY) for n in (6, 4, 2))
    found = verdict(WISH, Standing(posted=three), NOON)
    assert (found.kind, found.why) == ("later", "bluesky takes 3 posts a week")
    assert found.until is not None
    assert kind(Standing(posted=three), found.until) == "go"
    assert kind(Standing(posted=three), found.until - HOUR) == "later"
    assert kind(Standing(posted=three, limits=Limits(a_week=4))) == "go"
    assert kind(Standing(limits=Limits(a_day=0))) == "later"


def test_the_same_route_rests_two_weeks() -> None:
    """The same route comes again on a channel after fourteen days, not before."""
    for days, wanted in ((13, "later"), (14, "go")):
        assert kind(Standing(posted=(posted(NOON - days * DAY, route="fryent"),))) == wanted
    assert kind(Standing(posted=(posted(NOON - 5 * DAY, "x", "fryent"),))) == "go"
    assert kind(Standing(posted=(posted(NOON - 5 * DAY, route="fryent"),)), asked="release") == "go"


def test_the_next_slot_is_one_that_is_free() -> None:
    """Of the wanted times the first is named at which the post could go."""
    state = Standing(posted=(posted(NOON - HOUR),))
    night, same_day, next_day = NOON + 11 * HOUR, NOON + 2 * HOUR, NOON + DAY
    assert next_slot(WISH, state, [next_day, night, same_day]) == next_day
    assert next_slot(WISH, state, [night, same_day]) is None


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path / "state" / "ledger.sqlite")


def standing(ledger: Ledger) -> Standing:
    with ledger.reading() as book:
        return brake_book.standing(book)


def test_freezing_twice_is_freezing_once(ledger: Ledger) -> None:
    """Freezing and thawing are kept in the ledger; saying it again changes nothing."""
    first = brake_book.freeze(ledger, by="B. Jones", reason="flood", who="bjones", now=NOON)
    again = brake_book.freeze(ledger, by="C", reason="", who="c", now=NOON + HOUR)
    assert again == first
    assert standing(ledger).frozen == first
    assert brake_book.thaw(ledger, by="B. Jones", review=True, who="b", now=NOON + HOUR)
    assert brake_book.thaw(ledger, by="B. Jones", review=True, who="b", now=NOON + HOUR) is None
    assert standing(ledger).frozen is None
    with ledger.reading() as book:
        assert [event.kind for event in book.events()] == ["frozen", "thawed"]


def test_stops_holds_a_post_that_a_person_makes(ledger: Ledger, tmp_path: Path) -> None:
    """What publishing asks before each post knows of holds, freezes and the windows of schedules seen last."""
    folder = tmp_path / "promo"
    folder.mkdir()
    one = Window(name="mourning", start=datetime(2027, 4, 14), end=datetime(2027, 4, 20), effect="block")
    schedule = Schedule(path=tmp_path / "schedule.yml", windows=(one,))
    with ledger.writing() as book:
        assert brake_book.stops(book, folder, "bluesky", [], NOON) is None
        for _ in range(2):
            brake_book.set_windows(book, schedule, who="tick", now=NOON)
        stop = brake_book.stops(book, folder, "bluesky", [], NOON)
        assert stop is not None
        assert "mourning" in stop.why
        brake_book.set_windows(book, replace(schedule, windows=()), who="tick", now=NOON)
        assert brake_book.stops(book, folder, "bluesky", [], NOON) is None
        assert len(book.events(kind=brake_book.WINDOWS)) == 2
        brake_book.hold(book, folder, "bluesky", by="B", note="wrong photo", who="b", now=NOON)
        assert brake_book.stops(book, folder, "mastodon", [], NOON) is None
        held = brake_book.stops(book, folder / ".." / "promo", "bluesky", [], NOON)
        assert held is not None
        assert held.why == "held by B: wrong photo"
        with pytest.raises(BriefError, match="who decides"):
            brake_book.release(book, folder, "", by=" \u202e ", note="", who="b", now=NOON)


def test_a_route_is_known_by_its_place_and_length(tmp_path: Path) -> None:
    """Two promos of one walk are one route; a folder without a route is known by its name."""
    told = {"start": {"lng": -0.2776, "lat": 51.5636}, "distance_m": 8010.0}
    for name, length in (("a", 8010.0), ("b", 8030.0), ("c", 12_000.0)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "route.json").write_text(json.dumps({**told, "distance_m": length}), "utf-8")
    route = brake_book.route_of
    assert route(tmp_path / "a") == route(tmp_path / "b") != route(tmp_path / "c")
    for text in ("[]", "{", '{"start": 3, "distance_m": "x"}', '{"start": [], "distance_m": 1}'):
        (tmp_path / "a" / "route.json").write_text(text, "utf-8")
        assert route(tmp_path / "a") == "a"
    assert route(tmp_path / "none") == "none"
